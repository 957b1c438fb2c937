#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "token_row.h"
#include "trie.h"

namespace kubesentiment {

/** WordLevel: each word is one token, or unknown. */
class WordLevel {
 public:
  WordLevel() = default;
  WordLevel(Trie words, int32_t unknown_id) noexcept
      : words_(std::move(words)), unknown_id_(unknown_id) {}

  int32_t unknown_id() const noexcept { return unknown_id_; }

  /** Appends the token of a word, which is not empty. */
  void add_word(std::string_view word, TokenRow& row) const noexcept {
    row.push(words_.find(word).value_or(unknown_id_));
  }

 private:
  Trie words_;
  int32_t unknown_id_ = 0;
};

}  // namespace kubesentiment
