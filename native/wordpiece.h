#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernels.h"
#include "token_row.h"
#include "trie.h"
#include "word_table.h"

namespace kubesentiment {

/**
 * BertPreTokenizer and WordPiece: words split at white space and punctuation, each split greedily
 * into pieces.
 */
class WordPiece {
 public:
  WordPiece() noexcept;

  /** `continuing` matches pieces inside a word, without their prefix. */
  void load(Trie initial, Trie continuing, int32_t unknown_id, size_t max_chars_per_word) noexcept;

  int32_t unknown_id() const noexcept { return unknown_id_; }

  /** Appends the tokens of a normalized text; stops early once `row` overflows. */
  void encode(std::string_view normalized, TokenRow& row) const noexcept;

  /** Appends the tokens of a word, which is not empty. */
  void add_word(std::string_view word, TokenRow& row) const noexcept {
    add_word(word.data(), word.data() + word.size(), word.data() + word.size(), row);
  }

 private:
  // `inside` is a continuation byte of a multi-byte character, whose first byte has already been
  // handled.
  enum class Kind : uint8_t { word, space, punctuation, wide, inside };

  WordTable build_words() const;
  void add_word(const char* begin, const char* end, const char* text_end,
                TokenRow& row) const noexcept;
  void add_pieces(const char* begin, const char* end, TokenRow& row) const noexcept;
  Kind kind_of_wide(const char* at, uint32_t& length) const noexcept;

  const Kernels* kernels_ = &kernels();
  std::array<Kind, 256> kinds_;
  ByteSet word_bytes_;
  std::array<int32_t, 128> ascii_ids_{};  // of characters that stand alone
  WordTable words_;                       // a shortcut: the tries contain everything in it
  Trie initial_;
  Trie continuing_;
  int32_t unknown_id_ = 0;
  size_t max_chars_per_word_ = 100;
};

}  // namespace kubesentiment
