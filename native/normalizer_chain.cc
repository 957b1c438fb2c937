#include "normalizer_chain.h"

#include <algorithm>
#include <utility>

#include "grapheme.h"
#include "normal_form_tables.h"
#include "unicode.h"
#include "utf8.h"

namespace kubesentiment {
namespace {

// Memory for longer texts than this is freed after use.
constexpr size_t kKeptBytes = 64 * 1024;
// A grapheme cluster with more bytes is mapped character by character.
constexpr size_t kClusterBytesMax = 5;

bool is_space(utf8::Decoded decoded) noexcept {
  return (unicode::properties(decoded.code_point) & unicode::kWhiteSpace) != 0;
}

std::string_view span(const char* begin, const char* end) noexcept {
  return {begin, static_cast<size_t>(end - begin)};
}

// A character that does not begin a cluster belongs to the previous one.
const char* cluster_end(const char* at, const char* end) noexcept {
  GraphemeScanner scanner;
  for (const char* const begin = at; at != end;) {
    const utf8::Decoded decoded = utf8::decode(at);
    if (scanner.begins(decoded.code_point) && at != begin) break;
    at += decoded.length;
  }
  return at;
}

bool append_mapped(const Charsmap& map, std::string_view text, std::string& out) {
  bool found = false;
  const std::string_view mapped = map.find(text, found);
  if (found) out.append(mapped);
  return found;
}

bool is_deleted_by_nmt(uint32_t c) noexcept {
  return (c >= 0x01 && c <= 0x08) || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F ||
         c == 0x8F || c == 0x9F;
}

bool is_space_for_nmt(uint32_t c) noexcept {
  return c == 0x09 || c == 0x0A || c == 0x0C || c == 0x0D || c == 0x1680 ||
         (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF ||
         c == 0xFFFD;
}

bool is_letter_or_digit(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool contains_letter_or_digit(const CharClass& chars) noexcept {
  for (char c = '0'; c <= 'z'; ++c) {
    if (is_letter_or_digit(c) && chars.contains(static_cast<uint8_t>(c))) return true;
  }
  return false;
}

}  // namespace

NormalizerChain::NormalizerChain(std::vector<Step> steps) : steps_(std::move(steps)) {
  takes_pieces_ = allows_pieces();
}

// Nothing may match across the cut, or depend on whether a letter or digit is before it.
bool NormalizerChain::allows_pieces() {
  const auto is_cut_by = [this](char c) {
    const char text[] = {c, ' ', c};
    const std::string whole(normalize({text, 3}, {false, false}));
    const std::string left(normalize({text, 1}, {false, false}));
    const std::string right(normalize({text + 1, 2}, {false, false}));
    return whole == left + right && left.size() == 1 && right[0] == ' ' &&
           is_letter_or_digit(left[0]);
  };
  for (char c = 'a'; c <= 'z'; ++c) {
    if (!is_cut_by(c) || !is_cut_by(static_cast<char>(c - 'a' + 'A'))) return false;
  }
  for (char c = '0'; c <= '9'; ++c) {
    if (!is_cut_by(c)) return false;
  }
  return std::none_of(steps_.begin(), steps_.end(), [](const Step& step) {
    if (step.kind == Kind::replace_text) {
      return step.pattern.find(' ') != std::string::npos || is_letter_or_digit(step.pattern.back());
    }
    const auto has_letter = [](const CharRun& run) { return contains_letter_or_digit(run.chars); };
    const std::vector<CharRun>& runs = step.runs.alternatives;
    return step.kind == Kind::replace_run && std::any_of(runs.begin(), runs.end(), has_letter);
  });
}

bool NormalizerChain::keeps_beginning() const noexcept {
  return std::all_of(steps_.begin(), steps_.end(), [](const Step& step) {
    switch (step.kind) {
      case Kind::normal_form:
      case Kind::lowercase:
      case Kind::prepend:
        return true;
      case Kind::replace_text:
      case Kind::replace_spaces:
      case Kind::replace_run:
        return !step.content.empty();
      default:
        return false;
    }
  });
}

std::string_view NormalizerChain::normalize(std::string_view text, Piece piece) {
  size_t free = 0;  // the buffer that `text` is not in
  for (Step& step : steps_) {
    if (step.kind == Kind::strip) {
      text = strip(step, piece, text);
      continue;
    }
    if (step.kind == Kind::bert) {
      text = step.normalizer.normalize(text);
      continue;
    }
    std::string& out = buffers_[free];
    if (out.capacity() > kKeptBytes) out = std::string();
    out.clear();
    if (!apply(step, piece, text, out)) continue;
    text = out;
    free = 1 - free;
  }
  return text;
}

// False, with nothing written, if the text stays as it is.
bool NormalizerChain::apply(Step& step, Piece piece, std::string_view text, std::string& out) {
  switch (step.kind) {
    case Kind::precompiled:
      apply_charsmap(step.charsmap, text, out);
      return true;
    case Kind::normal_form:
      return step.form.apply(text, out);
    case Kind::lowercase:
      lowercase(text, out);
      return true;
    case Kind::strip_accents:
      strip_accents(text, out);
      return true;
    case Kind::prepend:
      if (text.empty() || !piece.first) return false;
      out.assign(step.content).append(text);
      return true;
    case Kind::replace_run:
      return replace_run(step, text, out);
    case Kind::nmt:
      apply_nmt(text, out);
      return true;
    default:
      return replace(step, text, out);
  }
}

void NormalizerChain::apply_charsmap(const Charsmap& map, std::string_view text, std::string& out) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto is_ascii = [](char c) { return static_cast<uint8_t>(c) < 0x80; };
  while (at != end) {
    // Each ASCII character is its own cluster, unless a non-ASCII character follows, or \n follows
    // \r.
    const char* const run = at;
    while (at != end && is_ascii(*at) && *at != '\r' && !map.changes(static_cast<uint8_t>(*at)) &&
           (at + 1 == end || is_ascii(at[1]))) {
      ++at;
    }
    out.append(run, at);
    if (at == end) break;
    const char* const next = cluster_end(at, end);
    const std::string_view cluster = span(at, next);
    if (cluster.size() > kClusterBytesMax || !append_mapped(map, cluster, out)) {
      for (uint32_t length = 0; at != next; at += length) {
        length = utf8::decode(at).length;
        if (!append_mapped(map, {at, length}, out)) out.append(at, length);
      }
    }
    at = next;
  }
}

// Nothing is stripped in the middle of a text: there, pieces begin and end at a letter or digit, or
// at a space next to one.
std::string_view NormalizerChain::strip(const Step& step, Piece piece,
                                        std::string_view text) noexcept {
  const char* begin = text.data();
  const char* end = begin + text.size();
  while (step.left && piece.first && begin != end && is_space(utf8::decode(begin))) {
    begin += utf8::decode(begin).length;
  }
  while (step.right && piece.last && begin != end && is_space(utf8::decode_last(begin, end))) {
    end -= utf8::decode_last(begin, end).length;
  }
  return span(begin, end);
}

// False, with nothing written, if there is nothing to replace.
bool NormalizerChain::replace(const Step& step, std::string_view text, std::string& out) {
  size_t found = text.find(step.pattern);
  if (found == std::string_view::npos) return false;
  size_t done = 0;
  for (; found != std::string_view::npos; found = text.find(step.pattern, done)) {
    out.append(text, done, found - done);
    out.append(step.content);
    done = found + step.pattern.size();
    if (step.kind == Kind::replace_spaces) {
      while (done < text.size() && text[done] == ' ') ++done;
    }
  }
  out.append(text, done);
  return true;
}

bool NormalizerChain::replace_run(const Step& step, std::string_view text, std::string& out) {
  CharRun::Match match = step.runs.find(text, 0);
  if (match.start == std::string_view::npos) return false;
  size_t done = 0;
  for (; match.start != std::string_view::npos; match = step.runs.find(text, done)) {
    out.append(text, done, match.start - done);
    out.append(step.content);
    done = match.stop;
  }
  out.append(text, done);
  return true;
}

void NormalizerChain::lowercase(std::string_view text, std::string& out) {
  const char* at = text.data();
  for (const char* const end = at + text.size(); at != end;) {
    const utf8::Decoded decoded = utf8::decode(at);
    if (decoded.length == 1) {
      out.push_back(static_cast<char>(*at >= 'A' && *at <= 'Z' ? *at | 0x20 : *at));
    } else if (unicode::properties(decoded.code_point) & unicode::kLowers) {
      char lowered[16];
      char* behind = lowered;
      for (const uint32_t part : unicode::lowercase(decoded.code_point)) {
        behind = utf8::encode(part, behind);
      }
      out.append(lowered, behind);
    } else {
      out.append(at, decoded.length);
    }
    at += decoded.length;
  }
}

void NormalizerChain::strip_accents(std::string_view text, std::string& out) {
  const char* at = text.data();
  for (const char* const end = at + text.size(); at != end;) {
    const utf8::Decoded decoded = utf8::decode(at);
    if (!(unicode::traits(decoded.code_point) & unicode::kAccent)) out.append(at, decoded.length);
    at += decoded.length;
  }
}

void NormalizerChain::apply_nmt(std::string_view text, std::string& out) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const utf8::Decoded decoded = utf8::decode(at);
    if (is_space_for_nmt(decoded.code_point)) {
      out.push_back(' ');
    } else if (!is_deleted_by_nmt(decoded.code_point)) {
      out.append(at, decoded.length);
    }
    at += decoded.length;
  }
}

}  // namespace kubesentiment
