#include "char_class.h"

#include <algorithm>

#include "normal_form_tables.h"
#include "segmentation.h"
#include "utf8.h"

namespace kubesentiment {

using unicode::Segmentation;
using unicode::WordClass;

namespace {

// The category Zs, which has been the same since Unicode 6.3.
bool is_space_separator(uint32_t c) noexcept {
  return c == 0x20 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

}  // namespace

void CharClass::add(const Item& item) {
  items_.push_back(item);
  for (uint32_t c = 0; c < ascii_.size(); ++c) ascii_[c] = finds(c);
}

void CharClass::invert() noexcept {
  inverted_ = !inverted_;
  for (bool& contained : ascii_) contained = !contained;
}

bool CharClass::finds(uint32_t c) const noexcept {
  const auto has = [c](const Item& item) {
    if (item.last > 0) return item.first <= c && c <= item.last;
    return is(item.named, c) != item.inverted;
  };
  return std::any_of(items_.begin(), items_.end(), has) != inverted_;
}

bool CharClass::is(Named named, uint32_t c) noexcept {
  switch (named) {
    case Named::rust_space:
      return unicode::properties(c) & unicode::kWhiteSpace;
    case Named::rust_punctuation:
      return unicode::properties(c) & unicode::kPunctuation;
    case Named::rust_word:
      return unicode::properties(c) & unicode::kWord;
    case Named::rust_numeric:
      return unicode::traits(c) & unicode::kNumeric;
    case Named::space:
      return Segmentation(c).word_class() == WordClass::space;
    case Named::letter:
      return Segmentation(c).word_class() == WordClass::letter;
    case Named::number:
      return Segmentation(c).word_class() == WordClass::number;
    case Named::word:
      return unicode::traits(c) & unicode::kRegexWord;
    case Named::digit:
      return unicode::traits(c) & unicode::kRegexDigit;
    case Named::mark:
      return unicode::traits(c) & unicode::kRegexMark;
    case Named::punctuation:
      return unicode::traits(c) & unicode::kRegexPunctuation;
    case Named::space_separator:
      return is_space_separator(c);
  }
  return false;
}

// A run that is too short has no shorter one behind its beginning that is not, so the search is
// linear.
CharRun::Match CharRun::find(std::string_view text, size_t from) const noexcept {
  for (size_t at = from; at < text.size();) {
    size_t stop = at;
    size_t count = 0;
    uint32_t length = 0;
    for (; stop < text.size() && count < max; stop += length, ++count) {
      const utf8::Decoded decoded = utf8::decode(text.data() + stop);
      length = decoded.length;
      if (!chars.contains(decoded.code_point)) break;
    }
    if (count >= min) return {at, stop};
    at = stop < text.size() ? stop + length : stop;
  }
  return {std::string_view::npos, std::string_view::npos};
}

size_t CharRun::end_at(std::string_view text, size_t at) const noexcept {
  size_t stop = at;
  size_t count = 0;
  while (stop < text.size() && count < max) {
    const utf8::Decoded decoded = utf8::decode(text.data() + stop);
    if (!chars.contains(decoded.code_point)) break;
    stop += decoded.length;
    ++count;
  }
  return count >= min ? stop : at;
}

CharRun::Match CharRuns::find(std::string_view text, size_t from) const noexcept {
  if (alternatives.size() == 1) return alternatives[0].find(text, from);
  for (size_t at = from; at < text.size(); at += utf8::decode(text.data() + at).length) {
    for (const CharRun& run : alternatives) {
      const size_t stop = run.end_at(text, at);
      if (stop != at) return {at, stop};
    }
  }
  return {std::string_view::npos, std::string_view::npos};
}

}  // namespace kubesentiment
