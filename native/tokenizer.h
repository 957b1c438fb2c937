#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "added_tokens.h"
#include "byte_level_bpe.h"
#include "character_bpe.h"
#include "normalizer.h"
#include "normalizer_chain.h"
#include "pre_tokenizer.h"
#include "token_row.h"
#include "unigram.h"
#include "word_level.h"
#include "wordpiece.h"

namespace kubesentiment {

/**
 * What a tokenizer.json describes: added tokens, normalizer, pre-tokenizer, model, and the special
 * tokens around a text. Holds scratch memory, so each thread needs its own instance.
 */
class Tokenizer {
 public:
  struct Parts {
    AddedTokens added_tokens;       // searched for in the raw text
    AddedTokens normalized_tokens;  // searched for in the normalized text between those
    std::variant<std::monostate, Normalizer, NormalizerChain> normalizer;
    std::optional<PreTokenizer> pre_tokenizer;  // none: the one that the model has built in
    std::variant<WordPiece, ByteLevelBpe, Unigram, CharacterBpe, WordLevel> model;
    std::vector<int32_t> prefix;  // ids before a text, [CLS]
    std::vector<int32_t> suffix;  // ids after a text, [SEP]
    int32_t pad_id = 0;
    bool pad_left = false;
    bool truncate_left = false;  // a text that is too long loses its beginning
  };
  struct Encoded {
    size_t length;  // including special tokens
    bool truncated;
  };

  Tokenizer() = default;
  explicit Tokenizer(Parts parts) noexcept;

  /** Ids around every text: a row must have room for more than these. */
  size_t special_count() const noexcept { return parts_.prefix.size() + parts_.suffix.size(); }
  int32_t pad_id() const noexcept { return parts_.pad_id; }
  /** The id of what is outside the vocabulary; negative if there is none. */
  int32_t unknown_id() const noexcept {
    return std::visit([](const auto& model) { return model.unknown_id(); }, parts_.model);
  }
  bool pad_left() const noexcept { return parts_.pad_left; }
  const std::vector<int32_t>& prefix() const noexcept { return parts_.prefix; }
  const std::vector<int32_t>& suffix() const noexcept { return parts_.suffix; }
  void truncate_left(bool left) noexcept { parts_.truncate_left = left; }

  /** Writes the ids of valid UTF-8 to `row`, at most `capacity` of them, which is more than
   * `special_count()`. */
  Encoded encode(std::string_view text, int32_t* row, size_t capacity);

  /** Sets `ids` to those of valid UTF-8 without special ones, at most `max`; false if the text has
   * more. */
  bool encode_body(std::string_view text, size_t max, std::vector<int32_t>& ids);

 private:
  enum class Cut { nowhere, at_space, behind_letter };
  /** A part of a text between added tokens. */
  struct Section {
    std::string_view text;
    bool first;  // the text begins with it
  };
  using Encode = void (Tokenizer::*)(Section section, TokenRow& row);

  Cut cut_of_parts() const noexcept;
  void encode_segments(const AddedTokens& tokens, Section section, TokenRow& row,
                       Encode encode_between);
  void encode_plain(Section section, TokenRow& row);
  void encode_normalized(Section section, TokenRow& row);
  void encode_words(Section section, TokenRow& row);
  void encode_with_built_in(std::string_view text, TokenRow& row);
  size_t piece_length(std::string_view text) const noexcept;
  void encode_last(std::string_view text, size_t count, int32_t* ids);

  Parts parts_;
  Cut cut_ = Cut::nowhere;
  std::vector<int32_t> all_ids_;  // of a text that is read beyond a row
};

}  // namespace kubesentiment
