#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "trie.h"

namespace kubesentiment {

/**
 * Most words are one token: they are found here with one look at 24 bytes, where a trie takes a
 * step per byte. Words of more than 16 bytes are not stored, nor are words that would end up more
 * than a few places after their hash position, so no input can make a search long.
 */
class WordTable {
 public:
  static constexpr size_t kBytesMax = 16;
  static constexpr int32_t kNone = -1;

  struct Word {
    uint64_t low = 0;
    uint64_t high = 0;
    int32_t id = kNone;
    uint32_t size = 0;
  };

  /**
   * The words to store; those with the smallest ids, the most frequent ones, get their places
   * first.
   */
  void build(std::vector<Word> words);

  /** `size` bytes, 1 to kBytesMax, as a word without an id. Reads nothing at or after `end`. */
  static Word word_of(const char* begin, size_t size, const char* end) noexcept {
    uint64_t halves[2] = {0, 0};
    if (static_cast<size_t>(end - begin) >= kBytesMax) {
      std::memcpy(halves, begin, kBytesMax);
      uint64_t masks[2];
      std::memcpy(masks, kMasks + kBytesMax - size, kBytesMax);
      halves[0] &= masks[0];
      halves[1] &= masks[1];
    } else {
      std::memcpy(halves, begin, size);
    }
    return {halves[0], halves[1], kNone, static_cast<uint32_t>(size)};
  }

  /**
   * The id of a word, or kNone if it is not stored here, which does not mean that it is not a
   * token.
   */
  int32_t find(const Word& word) const noexcept {
    const Word* at = &slots_[place_of(word)];
    for (const Word* const last = at + kProbesMax; at != last; ++at) {
      if (at->low == word.low && at->high == word.high && at->size == word.size) return at->id;
      if (at->size == 0) break;
    }
    return kNone;
  }

 private:
  static constexpr size_t kProbesMax = 8;
  // Starting at 16 - n, the first n bytes are ones and the following ones are zeros.
  static constexpr uint8_t kMasks[2 * kBytesMax] = {255, 255, 255, 255, 255, 255, 255, 255,
                                                    255, 255, 255, 255, 255, 255, 255, 255};

  size_t place_of(const Word& word) const noexcept {
    constexpr uint64_t kOdd1 = 0x9E3779B97F4A7C15;
    constexpr uint64_t kOdd2 = 0xC2B2AE3D27D4EB4F;
    const uint64_t mixed = word.low ^ (word.high * kOdd2 + (word.high >> 29));
    return static_cast<size_t>((mixed ^ (mixed >> 32)) * kOdd1 >> shift_);
  }

  std::vector<Word> slots_ = std::vector<Word>(1 + kProbesMax);
  uint32_t shift_ = 63;
};

}  // namespace kubesentiment
