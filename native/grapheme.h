#pragma once

#include <cstdint>

#include "segmentation.h"

namespace kubesentiment {

/**
 * Finds where grapheme clusters end (Unicode Annex 29), one code point at a time. Pairs of regional
 * indicators are not combined: they are too long for the only user, the `Precompiled` normalizer.
 */
class GraphemeScanner {
 public:
  /** Whether a cluster begins with this code point; always true for the first one. */
  bool begins(uint32_t code_point) noexcept;

 private:
  using Grapheme = unicode::Grapheme;

  enum class Emoji : uint8_t { none, pictograph, joiner };
  enum class Indic : uint8_t { none, consonant, linked };

  bool breaks(Grapheme next, unicode::Conjunct conjunct) const noexcept;

  Grapheme last_ = Grapheme::control;
  Emoji emoji_ = Emoji::none;
  Indic indic_ = Indic::none;
};

}  // namespace kubesentiment
