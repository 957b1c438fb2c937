#include "word_pattern.h"

#include "normal_form_tables.h"
#include "utf8.h"

namespace kubesentiment {
namespace {

struct Known {
  std::string_view regex;
  WordPattern::Kind kind;
};

// As they stand in the files of the hub.
constexpr Known kKnown[] = {
    {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
     WordPattern::Kind::gpt2},
    {R"('(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
     WordPattern::Kind::gpt2},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)"
     R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     WordPattern::Kind::llama3},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|)"
     R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     WordPattern::Kind::qwen2},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}|)"
     R"( ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     WordPattern::Kind::qwen3_5},
};

bool is_line_end(char c) noexcept { return c == '\r' || c == '\n'; }

// 's, 't, 'm, 'd, 're, 've, 'll; 0 if it is none of them.
size_t contraction_length(const char* at, const char* end) noexcept {
  if (end - at < 2) return 0;
  const char first = at[1];
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
  if (end - at < 3) return 0;
  const char second = at[2];
  const bool two = (first == 'r' && second == 'e') || (first == 'v' && second == 'e') ||
                   (first == 'l' && second == 'l');
  return two ? 3 : 0;
}

// The same in lower or upper case, where a long s counts as well.
size_t any_case_contraction_length(const char* at, const char* end) noexcept {
  constexpr std::string_view kLongS = "\u017F";
  const std::string_view behind(at + 1, static_cast<size_t>(end - at - 1));
  if (behind.substr(0, kLongS.size()) == kLongS) return 1 + kLongS.size();
  char folded[3] = {'\'', 0, 0};
  size_t size = 1;
  for (; size < 3 && size <= behind.size(); ++size) {
    const char c = behind[size - 1];
    folded[size] = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  return contraction_length(folded, folded + size);
}

}  // namespace

std::optional<WordPattern::Kind> WordPattern::find(std::string_view regex) noexcept {
  for (const Known& known : kKnown) {
    if (known.regex == regex) return known.kind;
  }
  return std::nullopt;
}

WordPattern::WordPattern(Kind kind) noexcept : kind_(kind) {
  for (uint32_t c = 0; c < 128; ++c) ascii_[c] = unicode::Segmentation(c).word_class();
}

const char* WordPattern::gpt2_end(const char* at, const char* end) const noexcept {
  uint32_t length = 0;
  if (*at == '\'') {
    if (const size_t contraction = contraction_length(at, end)) return at + contraction;
  }
  if (*at == ' ' && at + 1 != end) {
    const WordClass next = class_of(at + 1, length);
    if (next != WordClass::space) return run_end(at + 1 + length, end, next);
  }
  const WordClass first = class_of(at, length);
  return first == WordClass::space ? space_end(at, end) : run_end(at + length, end, first);
}

const char* WordPattern::llama3_end(const char* at, const char* end) const noexcept {
  if (*at == '\'') {
    if (const size_t contraction = any_case_contraction_length(at, end)) return at + contraction;
  }
  uint32_t length = 0;
  WordClass first = class_of(at, length);
  if (first == WordClass::letter) return run_end(at + length, end, first);
  if (first == WordClass::number) {
    const int digits_max = kind_ == Kind::llama3 ? 3 : 1;
    for (int i = 0; i < digits_max && at != end && class_of(at, length) == first; ++i) at += length;
    return at;
  }
  const char* next = at + length;
  if (next != end && !is_line_end(*at) && class_of(next, length) == WordClass::letter) {
    return run_end(next + length, end, WordClass::letter);
  }
  if (*at == ' ' && next != end) first = class_of(next, length);
  if (first == WordClass::other) {
    next = run_end(next, end, WordClass::other);
    while (next != end && is_line_end(*next)) ++next;
    return next;
  }
  // White space ends behind its last line end.
  const char* const run = run_end(at, end, WordClass::space);
  for (const char* last = run; last != at; --last) {
    if (is_line_end(last[-1])) return last;
  }
  return space_end(at, end);
}

// White space before a word leaves its last character to the word, unless it is the only one.
const char* WordPattern::space_end(const char* at, const char* end) const noexcept {
  uint32_t length = 0;
  const char* last = at;
  const char* next = at + utf8::decode(at).length;
  while (next != end && class_of(next, length) == WordClass::space) {
    last = next;
    next += length;
  }
  return next == end || last == at ? next : last;
}

unicode::WordClass WordPattern::class_of(const char* at, uint32_t& length) const noexcept {
  const auto byte = static_cast<uint8_t>(*at);
  if (byte < 0x80) {
    length = 1;
    return ascii_[byte];
  }
  const utf8::Decoded decoded = utf8::decode(at);
  length = decoded.length;
  const WordClass found = unicode::Segmentation(decoded.code_point).word_class();
  const bool is_mark_of_word = kind_ == Kind::qwen3_5 && found == WordClass::other &&
                               (unicode::traits(decoded.code_point) & unicode::kRegexMark) != 0;
  return is_mark_of_word ? WordClass::letter : found;
}

const char* WordPattern::run_end(const char* at, const char* end, WordClass run) const noexcept {
  uint32_t length = 0;
  while (at != end && class_of(at, length) == run) at += length;
  return at;
}

}  // namespace kubesentiment
