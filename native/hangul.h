#pragma once

#include <cstdint>

/** Hangul syllables, which Unicode composes and decomposes by arithmetic. */
namespace kubesentiment::hangul {

constexpr uint32_t kSyllables = 0xAC00, kLeads = 0x1100, kVowels = 0x1161, kTails = 0x11A7;
constexpr uint32_t kLeadCount = 19, kVowelCount = 21, kTailCount = 28;  // the first tail is none

constexpr bool is_syllable(uint32_t c) noexcept {
  return c >= kSyllables && c < kSyllables + kLeadCount * kVowelCount * kTailCount;
}

/** Calls `put` with each of the two or three parts of a syllable. */
template <typename Put>
void decompose(uint32_t syllable, Put put) {
  const uint32_t index = syllable - kSyllables;
  put(kLeads + index / (kVowelCount * kTailCount));
  put(kVowels + index % (kVowelCount * kTailCount) / kTailCount);
  if (index % kTailCount != 0) put(kTails + index % kTailCount);
}

/** What two code points become, or 0. */
constexpr uint32_t compose(uint32_t first, uint32_t second) noexcept {
  if (first - kLeads < kLeadCount && second - kVowels < kVowelCount) {
    return kSyllables + ((first - kLeads) * kVowelCount + second - kVowels) * kTailCount;
  }
  const bool open = is_syllable(first) && (first - kSyllables) % kTailCount == 0;
  const uint32_t tail = second - kTails;
  return open && tail > 0 && tail < kTailCount ? first + tail : 0;
}

}  // namespace kubesentiment::hangul
