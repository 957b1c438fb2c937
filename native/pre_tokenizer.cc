#include "pre_tokenizer.h"

#include <utility>

#include "byte_alphabet.h"
#include "utf8.h"

namespace kubesentiment {
namespace {

constexpr size_t npos = std::string_view::npos;
// Memory for longer texts than this is freed after use.
constexpr size_t kKeptBytes = 64 * 1024;

const CharRun& rust_word_run() {
  static const CharRun run{CharClass(CharClass::Named::rust_word), 1, CharRun::kUnlimited};
  return run;
}

const CharRun& rust_symbol_run() {
  static const CharRun run = [] {
    CharClass chars(CharClass::Named::rust_word);
    chars.add(CharClass::Named::rust_space, false);
    chars.invert();
    return CharRun{std::move(chars), 1, CharRun::kUnlimited};
  }();
  return run;
}

// The first run of either kind; what is before it is white space.
CharRun::Match find_rust_word(std::string_view text, size_t from) noexcept {
  while (from < text.size()) {
    const utf8::Decoded decoded = utf8::decode(text.data() + from);
    if (rust_word_run().chars.contains(decoded.code_point)) return rust_word_run().find(text, from);
    if (rust_symbol_run().chars.contains(decoded.code_point)) {
      return rust_symbol_run().find(text, from);
    }
    from += decoded.length;
  }
  return {npos, npos};
}

}  // namespace

PreTokenizer::PreTokenizer(std::vector<Step> steps) noexcept : steps_(std::move(steps)) {}

bool PreTokenizer::knows_first(const std::vector<Step>& steps) noexcept {
  bool writes = false;
  for (const Step& step : steps) {
    if (writes && step.prepend == Prepend::first) return false;
    writes = writes || step.kind == Kind::metaspace || step.kind == Kind::metaspace_joined ||
             step.kind == Kind::space_before || step.kind == Kind::byte_alphabet;
  }
  return true;
}

bool PreTokenizer::cuts_at_space() const noexcept {
  if (steps_.empty()) return false;
  const Step& step = steps_[0];
  if (step.kind == Kind::rust_words) return true;
  if (step.kind == Kind::words) {
    return step.inverted ? step.behavior == Behavior::removed : step.behavior == Behavior::isolated;
  }
  return step.kind == Kind::run && step.behavior == Behavior::removed && !step.inverted &&
         step.run.min == 1 && step.run.chars.contains(' ');
}

void PreTokenizer::apply(size_t index, Piece piece, Sink& sink) {
  if (index == steps_.size()) {
    if (!piece.text.empty()) sink.add(piece.text);
    return;
  }
  Step& step = steps_[index];
  switch (step.kind) {
    case Kind::whole:
      return apply(index + 1, piece, sink);
    case Kind::metaspace_joined:
    case Kind::space_before:
    case Kind::byte_alphabet:
      apply(index + 1, rewrite(step, piece), sink);
      break;
    case Kind::metaspace:
      split_at_matches(index, rewrite(step, piece), sink);
      break;
    default:
      return split_at_matches(index, piece, sink);
  }
  if (step.rewritten.capacity() > kKeptBytes) step.rewritten = std::string();
}

PreTokenizer::Piece PreTokenizer::rewrite(Step& step, Piece piece) {
  std::string& out = step.rewritten;
  out.clear();
  const std::string_view text = piece.text;
  if (text.empty()) return piece;
  if (step.kind == Kind::byte_alphabet) {
    for (const char byte : text) append_byte_character(static_cast<uint8_t>(byte), out);
    return {out, piece.first};
  }
  if (step.kind == Kind::space_before) {
    if (text[0] == ' ') return piece;
    out.push_back(' ');
    out.append(text);
    return {out, piece.first};
  }
  const bool begun = text[0] == ' ' || text.substr(0, step.text.size()) == step.text;
  const bool prepends =
      step.prepend == Prepend::always || (step.prepend == Prepend::first && piece.first);
  if (prepends && !begun) out.append(step.text);
  for (const char c : text) {
    if (c == ' ') {
      out.append(step.text);
    } else {
      out.push_back(c);
    }
  }
  return {out, piece.first};
}

void PreTokenizer::split_at_matches(size_t index, Piece piece, Sink& sink) {
  const Step& step = steps_[index];
  const std::string_view text = piece.text;
  const auto emit = [&](const Segment& segment) {
    if (segment.start == segment.stop) return;
    if (segment.match && step.behavior == Behavior::removed) return;
    const std::string_view part = text.substr(segment.start, segment.stop - segment.start);
    apply(index + 1, {part, piece.first && segment.start == 0}, sink);
  };
  Segment held{0, 0, false};
  bool holds = false;
  const auto offer = [&](size_t start, size_t stop, bool matched) {
    if (start == stop) return;
    const bool match = matched != step.inverted;
    if (holds && joins(step.behavior, held.match, match)) {
      held.stop = stop;
      held.match = match;
      return;
    }
    if (holds) emit(held);
    held = {start, stop, match};
    holds = true;
  };
  size_t done = 0;
  while (done < text.size() && !sink.full()) {
    const CharRun::Match match = find(step, text, done);
    if (match.start == npos) break;
    offer(done, match.start, false);
    offer(match.start, match.stop, true);
    done = match.stop;
  }
  if (sink.full()) return;
  offer(done, text.size(), false);
  if (holds) emit(held);
}

bool PreTokenizer::joins(Behavior behavior, bool match_before, bool match) noexcept {
  switch (behavior) {
    case Behavior::contiguous:
      return match == match_before;
    case Behavior::merged_with_previous:
      return match && !match_before;
    case Behavior::merged_with_next:
      return match_before && !match;
    default:
      return false;
  }
}

CharRun::Match PreTokenizer::find(const Step& step, std::string_view text, size_t from) noexcept {
  switch (step.kind) {
    case Kind::words: {
      const char* const end = text.data() + text.size();
      const char* const word_end = step.words.word_end(text.data() + from, end);
      return {from, static_cast<size_t>(word_end - text.data())};
    }
    case Kind::run:
      return step.run.find(text, from);
    case Kind::rust_words:
      return find_rust_word(text, from);
    default: {
      const size_t start = text.find(step.text, from);
      return {start, start == npos ? npos : start + step.text.size()};
    }
  }
}

}  // namespace kubesentiment
