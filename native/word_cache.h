#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "token_row.h"

namespace kubesentiment {

/**
 * Ids of recently seen words: one entry per hash, the last word wins. Its size is fixed, so no text
 * can make it grow; a text that always misses costs one comparison per word. An entry is one cache
 * line:
 *
 *   | bytes of the word, then zeros (22) | bytes (1) | ids (1) | ids (10 × 4) |
 */
class WordCache {
 public:
  static constexpr size_t kBytesMax = 22;
  static constexpr size_t kIdsMax = 10;

  struct alignas(64) Entry {
    char word[kBytesMax];
    uint8_t bytes = 0;  // 0: free
    uint8_t count = 0;
    int32_t ids[kIdsMax];
  };

  /** Where the word is, or would be; a word has 1 to kBytesMax bytes. */
  Entry& entry(std::string_view word) noexcept { return entries_[hash(word) >> (64 - kIndexBits)]; }

  static bool holds(const Entry& entry, std::string_view word) noexcept {
    return entry.bytes == word.size() && std::memcmp(entry.word, word.data(), word.size()) == 0;
  }

  static void push(const Entry& entry, TokenRow& row) noexcept {
    for (size_t i = 0; i < entry.count; ++i) row.push(entry.ids[i]);
  }

  static void store(Entry& entry, std::string_view word, const int32_t* ids,
                    size_t count) noexcept {
    if (count > kIdsMax) return;
    std::memcpy(entry.word, word.data(), word.size());
    std::copy_n(ids, count, entry.ids);  // of a word without ids there is no array
    entry.bytes = static_cast<uint8_t>(word.size());
    entry.count = static_cast<uint8_t>(count);
  }

 private:
  static constexpr int kIndexBits = 13;

  // Eight bytes at a time, the last ones overlapping; only speed depends on its quality.
  static uint64_t hash(std::string_view word) noexcept {
    const char* const data = word.data();
    const size_t size = word.size();
    uint64_t hash = size * kMultiplier;
    if (size < 8) return (hash ^ load_short(data, size)) * kMultiplier;
    for (size_t at = 0; at + 8 < size; at += 8) hash = mix(hash, load(data + at));
    return mix(hash, load(data + size - 8));
  }
  static uint64_t mix(uint64_t hash, uint64_t word) noexcept {
    hash = (hash ^ word) * kMultiplier;
    return hash ^ hash >> 29;
  }
  static uint64_t load(const char* data) noexcept {
    uint64_t word;
    std::memcpy(&word, data, 8);
    return word;
  }
  static uint64_t load_short(const char* data, size_t size) noexcept {
    if (size >= 4) {
      uint32_t first, last;
      std::memcpy(&first, data, 4);
      std::memcpy(&last, data + size - 4, 4);
      return uint64_t{first} << 32 | last;
    }
    const auto byte = [data](size_t at) { return uint64_t{static_cast<uint8_t>(data[at])}; };
    return byte(0) << 16 | byte(size / 2) << 8 | byte(size - 1);
  }
  static constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15;

  std::vector<Entry> entries_ = std::vector<Entry>(size_t{1} << kIndexBits);
};

}  // namespace kubesentiment
