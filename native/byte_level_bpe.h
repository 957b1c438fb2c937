#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "bpe_merges.h"
#include "token_row.h"
#include "trie.h"
#include "word_cache.h"
#include "word_pattern.h"

namespace kubesentiment {

/**
 * The ByteLevel pre-tokenizer and BPE of GPT-2 and RoBERTa: words split by a regular expression,
 * each starting as single bytes that are merged. Holds scratch memory, so each thread needs its own
 * instance.
 */
class ByteLevelBpe {
 public:
  struct Parts {
    std::array<int32_t, 256> byte_ids{};
    BpeMerges merges;
    /** Words that are a single token regardless of the merges; empty unless `ignore_merges`. */
    Trie whole_words;
    bool add_prefix_space = false;
  };

  ByteLevelBpe() : ByteLevelBpe(Parts()) {}
  explicit ByteLevelBpe(Parts parts);

  /** Every byte has a token. */
  static constexpr int32_t unknown_id() noexcept { return -1; }

  /** Appends the tokens of valid UTF-8; stops early once `row` overflows. */
  void encode(std::string_view text, TokenRow& row);

  /** Appends the tokens of a word, which is not empty. */
  void add_word(std::string_view word, TokenRow& row);

 private:
  using Part = BpeMerges::Part;

  void add_long_word(std::string_view word, TokenRow& row);
  void begin(std::string_view bytes, Part* parts) const noexcept;
  bool append_chunk(std::string_view word, size_t done, size_t chunk_end);
  void merge(std::string_view bytes, std::vector<Part>& parts);
  bool stays_split(const char* bytes, const Part& left, const Part& right);

  Parts parts_;
  WordPattern words_;
  WordCache cache_;
  std::vector<char> prefixed_;
  std::vector<Part> tokens_;  // of a long word
  std::vector<Part> fresh_;   // its end, which is merged again
  std::vector<Part> pair_;
};

}  // namespace kubesentiment
