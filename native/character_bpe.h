#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "bpe_merges.h"
#include "token_row.h"
#include "trie.h"
#include "word_cache.h"

namespace kubesentiment {

/**
 * BPE whose words start as characters, as in models of SentencePiece (Llama 2) and with an end of
 * word (CLIP, GPT-1). Holds scratch memory, so each thread needs its own instance.
 */
class CharacterBpe {
 public:
  static constexpr int32_t kNone = -1;

  struct Parts {
    /** From characters to ids, with what the model puts around them: [not the first][the last] of a
     * word. */
    std::array<std::array<Trie, 2>, 2> characters;
    BpeMerges merges;
    /** Words that are a single token regardless of the merges; empty unless `ignore_merges`. */
    Trie whole_words;
    int32_t unknown_id = kNone;  // without one, unknown characters are left out
    bool fuse_unknown = false;
    bool byte_fallback = false;
    std::array<int32_t, 256> byte_ids{};  // of <0x00> to <0xFF>, or kNone; for `byte_fallback`
  };

  CharacterBpe() : CharacterBpe(Parts()) {}
  explicit CharacterBpe(Parts parts);

  int32_t unknown_id() const noexcept { return parts_.unknown_id; }

  /** Appends the tokens of a word, which is not empty. */
  void add_word(std::string_view word, TokenRow& row);

 private:
  using Part = BpeMerges::Part;

  void begin(std::string_view word);
  bool add_bytes(std::string_view character);
  void add_unknown(Part& unknown, uint32_t bytes);
  void flush(Part& unknown);

  Parts parts_;
  WordCache cache_;
  std::vector<Part> tokens_;
  std::vector<int32_t> ids_;
};

}  // namespace kubesentiment
