#pragma once

#include <cstdint>

/** Where Hugging Face `tokenizers` splits words and grapheme clusters. The tables are generated,
 * see native/tools. */
namespace kubesentiment::unicode {

/** Classes of the regular expression of GPT-2. */
enum class WordClass : uint8_t { other, letter, number, space };

/** Grapheme_Cluster_Break, as far as it changes what the `Precompiled` normalizer writes. */
enum class Grapheme : uint8_t {
  other,
  cr,
  lf,
  control,
  extend,
  zwj,
  spacing_mark,
  prepend,
  pictograph,
  hangul_l,
  hangul_v,
  hangul_t,
  hangul_lv,
  hangul_lvt,
};

/** Indic_Conjunct_Break. */
enum class Conjunct : uint8_t { none, consonant, linker, extend };

extern const uint16_t kSegmentationIndex[0x110000 >> 7];
extern const uint8_t kSegmentationBlocks[];

class Segmentation {
 public:
  explicit Segmentation(uint32_t code_point) noexcept
      : bits_(kSegmentationBlocks[kSegmentationIndex[code_point >> 7] * 128 + (code_point & 127)]) {
  }

  WordClass word_class() const noexcept { return static_cast<WordClass>(bits_ & 3); }
  Grapheme grapheme() const noexcept { return static_cast<Grapheme>(bits_ >> 2 & 15); }
  Conjunct conjunct() const noexcept { return static_cast<Conjunct>(bits_ >> 6); }

 private:
  uint8_t bits_;
};

}  // namespace kubesentiment::unicode
