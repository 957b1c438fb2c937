#include "wordpiece.h"

#include <algorithm>
#include <utility>

#include "bytes.h"
#include "unicode.h"
#include "utf8.h"

namespace kubesentiment {

using unicode::Property;

namespace {

constexpr size_t kBlockBytes = 64;

size_t count_chars(const char* begin, const char* end) noexcept {
  return static_cast<size_t>(
      std::count_if(begin, end, [](char byte) { return !utf8::is_continuation(byte); }));
}

}  // namespace

WordPiece::WordPiece() noexcept {
  for (uint32_t byte = 0; byte < 256; ++byte) {
    const uint16_t properties = byte < 128 ? unicode::properties(byte) : 0;
    kinds_[byte] = byte >= 0xC0                          ? Kind::wide
                   : byte >= 0x80                        ? Kind::inside
                   : properties & Property::kWhiteSpace  ? Kind::space
                   : properties & Property::kPunctuation ? Kind::punctuation
                                                         : Kind::word;
    if (kinds_[byte] == Kind::word) word_bytes_.add(static_cast<uint8_t>(byte));
  }
}

void WordPiece::load(Trie initial, Trie continuing, int32_t unknown_id,
                     size_t max_chars_per_word) noexcept {
  initial_ = std::move(initial);
  continuing_ = std::move(continuing);
  unknown_id_ = unknown_id;
  max_chars_per_word_ = max_chars_per_word;
  words_ = build_words();
  for (uint32_t byte = 0; byte < ascii_ids_.size(); ++byte) {
    const char c = static_cast<char>(byte);
    TokenRow row(&ascii_ids_[byte], 1);
    add_pieces(&c, &c + 1, row);
  }
}

WordTable WordPiece::build_words() const {
  std::vector<WordTable::Word> words;
  initial_.each_short_key([&](std::string_view key, int32_t id) {
    const bool is_word = std::all_of(key.begin(), key.end(), [this](char byte) {
      return static_cast<uint8_t>(byte) >= 0x80 || word_bytes_.contains(static_cast<uint8_t>(byte));
    });
    const char* const end = key.data() + key.size();
    if (!is_word || count_chars(key.data(), end) > max_chars_per_word_) return;
    WordTable::Word word = WordTable::word_of(key.data(), key.size(), end);
    word.id = id;
    words.push_back(word);
  });
  WordTable table;
  table.build(std::move(words));
  return table;
}

// Moves from one byte that may end a word to the next, in blocks the size of a mask.
void WordPiece::encode(std::string_view normalized, TokenRow& row) const noexcept {
  const char* const end = normalized.data() + normalized.size();
  const char* word = normalized.data();
  for (const char* block = word; block < end; block += kBlockBytes) {
    const size_t size = std::min(kBlockBytes, static_cast<size_t>(end - block));
    uint64_t others = kernels_->find_outside(block, size, word_bytes_);
    for (; others != 0; others &= others - 1) {
      const char* const at = block + lowest_bit(others);
      uint32_t length = 1;
      Kind kind = kinds_[static_cast<uint8_t>(*at)];
      if (kind == Kind::wide) kind = kind_of_wide(at, length);
      if (kind == Kind::word || kind == Kind::inside) continue;
      if (word != at) add_word(word, at, end, row);
      if (kind == Kind::punctuation) {
        if (length == 1) {
          row.push(ascii_ids_[static_cast<uint8_t>(*at)]);
        } else {
          add_pieces(at, at + length, row);
        }
      }
      word = at + length;
    }
    if (row.overflowed()) return;
  }
  if (word < end) add_word(word, end, end, row);
}

WordPiece::Kind WordPiece::kind_of_wide(const char* at, uint32_t& length) const noexcept {
  const utf8::Decoded decoded = utf8::decode(at);
  length = decoded.length;
  const uint16_t properties = unicode::properties(decoded.code_point);
  if (properties & Property::kWhiteSpace) return Kind::space;
  return properties & Property::kPunctuation ? Kind::punctuation : Kind::word;
}

// `text_end` is the end of the readable bytes.
void WordPiece::add_word(const char* begin, const char* end, const char* text_end,
                         TokenRow& row) const noexcept {
  const auto size = static_cast<size_t>(end - begin);
  if (size <= WordTable::kBytesMax) {
    const int32_t id = words_.find(WordTable::word_of(begin, size, text_end));
    if (id != WordTable::kNone) return row.push(id);
  }
  add_pieces(begin, end, row);
}

// One part without a match makes the whole word unknown, even if earlier parts matched.
void WordPiece::add_pieces(const char* begin, const char* end, TokenRow& row) const noexcept {
  const auto size = static_cast<size_t>(end - begin);
  if (size > max_chars_per_word_ && count_chars(begin, end) > max_chars_per_word_) {
    return row.push(unknown_id_);
  }
  const size_t size_before = row.size();
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
