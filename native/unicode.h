#pragma once

#include <cstddef>
#include <cstdint>

/**
 * What Hugging Face `tokenizers` knows about a code point. The tables are generated, see
 * native/tools.
 */
namespace kubesentiment::unicode {

enum Property : uint16_t {
  kControl = 1 << 0,      // deleted by `clean_text`
  kWhiteSpace = 1 << 1,   // separates words
  kPunctuation = 1 << 2,  // a separate word
  kCjk = 1 << 3,          // gets spaces around it
  kMark = 1 << 4,         // deleted by `strip_accents`
  kDecomposes = 1 << 5,   // has a canonical decomposition other than that of a Hangul syllable
  kLowers = 1 << 6,       // has a different lower-case form
  kWord = 1 << 7,         // \w of a regular expression
};

extern const uint8_t kPropertyIndex[0x110000 >> 7];
extern const uint16_t kPropertyBlocks[];

extern const uint32_t kDecompositionKeys[];
extern const uint16_t kDecompositionStarts[];
extern const uint32_t kDecompositionPool[];
extern const int kDecompositionCount;

extern const uint32_t kLowercaseKeys[];
extern const uint16_t kLowercaseStarts[];
extern const uint32_t kLowercasePool[];
extern const int kLowercaseCount;

/** Bits of `Property`, and the canonical combining class in the upper 8 bits. */
inline uint16_t properties(uint32_t code_point) noexcept {
  return kPropertyBlocks[kPropertyIndex[code_point >> 7] * 128 + (code_point & 127)];
}

inline uint8_t combining_class(uint16_t properties) noexcept {
  return static_cast<uint8_t>(properties >> 8);
}

struct CodePoints {
  const uint32_t* first;
  const uint32_t* last;
  const uint32_t* begin() const noexcept { return first; }
  const uint32_t* end() const noexcept { return last; }
};

/** Full canonical decomposition of a code point that has `kDecomposes`. */
CodePoints decomposition(uint32_t code_point) noexcept;

/** Lower-case form of a code point that has `kLowers`. */
CodePoints lowercase(uint32_t code_point) noexcept;

}  // namespace kubesentiment::unicode
