#include "wordpiece.h"

#include <utility>

#include "unicode.h"
#include "utf8.h"

namespace kubesentiment {

using unicode::Property;

WordPiece::WordPiece() noexcept {
  for (uint32_t byte = 0; byte < 256; ++byte) {
    const uint16_t properties = byte < 128 ? unicode::properties(byte) : 0;
    kinds_[byte] = byte >= 128                           ? Kind::wide
                   : properties & Property::kWhiteSpace  ? Kind::space
                   : properties & Property::kPunctuation ? Kind::punctuation
                                                         : Kind::word;
  }
}

void WordPiece::load(Trie initial, Trie continuing, int32_t unknown_id,
                     size_t max_chars_per_word) noexcept {
  initial_ = std::move(initial);
  continuing_ = std::move(continuing);
  unknown_id_ = unknown_id;
  max_chars_per_word_ = max_chars_per_word;
}

void WordPiece::encode(std::string_view normalized, TokenRow& row) const noexcept {
  const char* at = normalized.data();
  const char* const end = at + normalized.size();
  const char* word = at;
  size_t chars = 0;
  while (at != end && !row.overflowed()) {
    uint32_t length = 1;
    Kind kind = kinds_[static_cast<uint8_t>(*at)];
    if (kind == Kind::wide) kind = kind_of_wide(at, length);
    if (kind == Kind::word) {
      ++chars;
      at += length;
      continue;
    }
    if (chars > 0) add_word(word, at, chars, row);
    if (kind == Kind::punctuation) add_word(at, at + length, 1, row);
    at += length;
    word = at;
    chars = 0;
  }
  if (chars > 0) add_word(word, at, chars, row);
}

WordPiece::Kind WordPiece::kind_of_wide(const char* at, uint32_t& length) const noexcept {
  const utf8::Decoded decoded = utf8::decode(at);
  length = decoded.length;
  const uint16_t properties = unicode::properties(decoded.code_point);
  if (properties & Property::kWhiteSpace) return Kind::space;
  return properties & Property::kPunctuation ? Kind::punctuation : Kind::word;
}

// One part without a match makes the whole word unknown, also when earlier parts had one.
void WordPiece::add_word(const char* begin, const char* end, size_t chars,
                         TokenRow& row) const noexcept {
  const size_t size_before = row.size();
  if (chars > max_chars_per_word_) return row.push(unknown_id_);
  const Trie* trie = &initial_;
  for (const char* at = begin; at != end; trie = &continuing_) {
    const Trie::Match match = trie->longest(at, end);
    if (match.end == nullptr) {
      row.rewind(size_before);
      return row.push(unknown_id_);
    }
    row.push(match.value);
    at = match.end;
  }
}

}  // namespace kubesentiment
