#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "trie.h"

namespace kubesentiment {

/** A token that is matched in the raw text, before any other processing. */
struct AddedToken {
  std::string content;
  int32_t id = 0;
  bool single_word = false;
  bool lstrip = false;
  bool rstrip = false;
};

/** Finds added tokens: leftmost, then longest, without overlaps. */
class AddedTokens {
 public:
  struct Match {
    size_t start;  // npos if there is none
    size_t stop;
    const AddedToken* token;
  };
  static constexpr size_t npos = std::string_view::npos;

  void load(std::vector<AddedToken> tokens);
  bool empty() const noexcept { return tokens_.empty(); }

  /** The next match at or after `from`, ignoring the token's flags. */
  Match find(std::string_view text, size_t from) const noexcept;

 private:
  size_t find_candidate(std::string_view text, size_t from) const noexcept;

  std::vector<AddedToken> tokens_;
  Trie trie_;
  std::array<bool, 256> first_bytes_{};
  int only_first_byte_ = -1;  // if all tokens begin with the same byte, usually '['
};

}  // namespace kubesentiment
