#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kubesentiment {

/**
 * The `precompiled_charsmap` of SentencePiece: a double array (Darts) whose keys are texts and
 * whose values are positions in a pool of their replacements.
 *
 *   | bytes of the array (uint32) | array (uint32 each) | texts, each followed by a NUL |
 */
class Charsmap {
 public:
  /** False if the bytes are not such a map. */
  bool load(std::string_view bytes);

  /**
   * The replacement for the shortest key that `text` begins with; `found` says whether there is
   * one.
   */
  std::string_view find(std::string_view text, bool& found) const noexcept;

  /** Whether an ASCII character is changed on its own. */
  bool changes(uint8_t ascii) const noexcept { return changes_[ascii]; }

 private:
  static uint32_t offset(uint32_t unit) noexcept { return (unit >> 10) << ((unit & 1u << 9) >> 6); }

  std::vector<uint32_t> units_;
  std::string texts_;
  std::array<bool, 128> changes_{};
};

}  // namespace kubesentiment
