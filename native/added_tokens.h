#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "trie.h"

namespace kubesentiment {

/** A token that is found in the raw text, before anything else happens to it. */
struct AddedToken {
  std::string content;
  int32_t id = 0;
  bool single_word = false;
  bool lstrip = false;
  bool rstrip = false;
};

/** Finds added tokens: leftmost first, of those the longest, none overlapping. */
class AddedTokens {
 public:
  struct Match {
    size_t start;  // npos when there is none
    size_t stop;
    const AddedToken* token;
  };
  static constexpr size_t npos = std::string_view::npos;

  void load(std::vector<AddedToken> tokens);
  bool empty() const noexcept { return tokens_.empty(); }

  /** The next match at or behind `from`, as it stands in the text: flags are not looked at. */
  Match find(std::string_view text, size_t from) const noexcept;

 private:
  size_t find_candidate(std::string_view text, size_t from) const noexcept;

  std::vector<AddedToken> tokens_;
  Trie trie_;
  std::array<bool, 256> first_bytes_{};
  int only_first_byte_ = -1;  // when all tokens begin with the same byte, usually '['
};

}  // namespace kubesentiment
