#include "grapheme.h"

namespace kubesentiment {

using unicode::Conjunct;
using unicode::Grapheme;

bool GraphemeScanner::begins(uint32_t code_point) noexcept {
  const unicode::Segmentation segmentation(code_point);
  const Grapheme next = segmentation.grapheme();
  const Conjunct conjunct = segmentation.conjunct();
  const bool result = breaks(next, conjunct);

  if (next == Grapheme::pictograph) {
    emoji_ = Emoji::pictograph;
  } else if (next == Grapheme::zwj && emoji_ == Emoji::pictograph) {
    emoji_ = Emoji::joiner;
  } else if (next != Grapheme::extend || emoji_ == Emoji::joiner) {
    emoji_ = Emoji::none;
  }

  if (conjunct == Conjunct::consonant) {
    indic_ = Indic::consonant;
  } else if (conjunct == Conjunct::none) {
    indic_ = Indic::none;
  } else if (conjunct == Conjunct::linker && indic_ != Indic::none) {
    indic_ = Indic::linked;
  }
  last_ = next;
  return result;
}

bool GraphemeScanner::breaks(Grapheme next, Conjunct conjunct) const noexcept {
  const auto is_control = [](Grapheme g) {
    return g == Grapheme::control || g == Grapheme::cr || g == Grapheme::lf;
  };
  if (last_ == Grapheme::cr && next == Grapheme::lf) return false;
  if (is_control(last_) || is_control(next)) return true;
  switch (next) {
    case Grapheme::extend:
    case Grapheme::zwj:
    case Grapheme::spacing_mark:
      return false;
    case Grapheme::hangul_l:
    case Grapheme::hangul_lv:
    case Grapheme::hangul_lvt:
      if (last_ == Grapheme::hangul_l) return false;
      break;
    case Grapheme::hangul_v:
      if (last_ == Grapheme::hangul_l || last_ == Grapheme::hangul_lv) return false;
      if (last_ == Grapheme::hangul_v) return false;
      break;
    case Grapheme::hangul_t:
      if (last_ == Grapheme::hangul_lv || last_ == Grapheme::hangul_lvt) return false;
      if (last_ == Grapheme::hangul_v || last_ == Grapheme::hangul_t) return false;
      break;
    case Grapheme::pictograph:
      if (emoji_ == Emoji::joiner) return false;
      break;
    default:
      break;
  }
  if (conjunct == Conjunct::consonant && indic_ == Indic::linked) return false;
  return last_ != Grapheme::prepend;
}

}  // namespace kubesentiment
