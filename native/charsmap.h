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
 * whose values are places in a pool of what becomes of them.
 *
 *   | bytes of the array (uint32) | array (uint32 each) | texts, each with a NUL behind it |
 */
class Charsmap {
 public:
  /** False when the bytes are no such map. */
  bool load(std::string_view bytes);

  /** What becomes of the shortest key that `text` begins with: `found` says whether there is one.
   */
  std::string_view find(std::string_view text, bool& found) const noexcept;

  /** Whether an ASCII character alone is changed. */
  bool changes(uint8_t ascii) const noexcept { return changes_[ascii]; }

 private:
  static uint32_t offset(uint32_t unit) noexcept { return (unit >> 10) << ((unit & 1u << 9) >> 6); }

  std::vector<uint32_t> units_;
  std::string texts_;
  std::array<bool, 128> changes_{};
};

}  // namespace kubesentiment
