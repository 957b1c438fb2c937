#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "token_row.h"
#include "trie.h"
#include "word_cache.h"

namespace kubesentiment {

/**
 * The Metaspace pre-tokenizer and Unigram: words that begin with U+2581, each split into the pieces
 * with the greatest sum of scores. Holds scratch memory, so each thread needs its own instance.
 */
class Unigram {
 public:
  struct Parts {
    Trie pieces;                 // to ids
    std::vector<double> scores;  // by id
    int32_t unknown_id = 0;
    bool byte_fallback = false;
    std::array<int32_t, 256> byte_ids{};  // of <0x00> to <0xFF>, or -1; for `byte_fallback`
    bool split_at_white_space = false;    // WhitespaceSplit before Metaspace
    bool prepend = true;                  // prepend_scheme "always"
    bool split = true;                    // at each U+2581
  };

  Unigram() : Unigram(Parts()) {}
  explicit Unigram(Parts parts);

  int32_t unknown_id() const noexcept { return parts_.unknown_id; }

  /** Appends the tokens of a normalized text; stops early once `row` overflows. */
  void encode(std::string_view normalized, TokenRow& row);

  /** Appends the tokens of a word, which is not empty. */
  void add_word(std::string_view word, TokenRow& row);

 private:
  /** The best path to this byte: the piece that ends here, where it begins, the sum of scores. */
  struct Node {
    double score;
    uint32_t start;
    int32_t id;
  };
  static constexpr uint32_t kUnreached = ~uint32_t{0};

  void encode_section(std::string_view section, TokenRow& row);
  void search(std::string_view word);
  void collect(std::string_view word);
  void push_unknown(std::string_view text);

  Parts parts_;
  double unknown_score_ = 0;
  WordCache cache_;
  std::vector<char> section_;
  std::vector<Node> nodes_;
  std::vector<uint32_t> ends_;
  std::vector<int32_t> ids_;
};

}  // namespace kubesentiment
