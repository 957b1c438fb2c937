#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "token_row.h"
#include "trie.h"

namespace kubesentiment {

/** BertPreTokenizer and WordPiece: words split at white space and punctuation, each cut greedily
 * into pieces. */
class WordPiece {
 public:
  WordPiece() noexcept;

  /** `continuing` matches pieces inside a word, without their prefix. */
  void load(Trie initial, Trie continuing, int32_t unknown_id, size_t max_chars_per_word) noexcept;

  /** Appends the tokens of a normalized text; stops early once `row` overflows. */
  void encode(std::string_view normalized, TokenRow& row) const noexcept;

 private:
  enum class Kind : uint8_t { word, space, punctuation, wide };

  void add_word(const char* begin, const char* end, size_t chars, TokenRow& row) const noexcept;
  Kind kind_of_wide(const char* at, uint32_t& length) const noexcept;

  std::array<Kind, 256> kinds_;
  Trie initial_;
  Trie continuing_;
  int32_t unknown_id_ = 0;
  size_t max_chars_per_word_ = 100;
};

}  // namespace kubesentiment
