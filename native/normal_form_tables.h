#pragma once

#include <cstdint>

#include "unicode.h"

/** What normal forms and regular expressions need to know about a code point. The tables are
 * generated, see native/tools. */
namespace kubesentiment::unicode {

enum Trait : uint8_t {
  kAccent = 1 << 0,   // removed by `StripAccents`
  kNumeric = 1 << 1,  // split by `Digits`
  kRegexWord = 1 << 2,
  kRegexDigit = 1 << 3,
  kRegexMark = 1 << 4,
  kRegexPunctuation = 1 << 5,
  kCompatible = 1 << 6,  // has a compatibility decomposition
  kComposes = 1 << 7,    // the second half of a composition
};

extern const uint8_t kTraitIndex[0x110000 >> 7];
extern const uint8_t kTraitBlocks[];

extern const uint32_t kCompatibleKeys[];
extern const uint16_t kCompatibleStarts[];
extern const uint32_t kCompatiblePool[];
extern const int kCompatibleCount;

extern const uint64_t kPairs[];  // first half << 32 | second half, sorted
extern const uint32_t kComposites[];
extern const int kPairCount;

/** Bits of `Trait`. */
inline uint8_t traits(uint32_t code_point) noexcept {
  return kTraitBlocks[kTraitIndex[code_point >> 7] * 128 + (code_point & 127)];
}

/** Full compatibility decomposition of a code point that has `kCompatible`. */
CodePoints compatible(uint32_t code_point) noexcept;

/** What two code points become, or 0. */
uint32_t composite(uint32_t first, uint32_t second) noexcept;

}  // namespace kubesentiment::unicode
