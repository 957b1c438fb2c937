#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace kubesentiment {

/**
 * A byte trie as a double array: the child of node `s` by byte `b` is `t = units[s].base + b + 1`,
 * if `units[t].parent == s`. One step is one memory access, so a walk costs a few nanoseconds per
 * byte.
 */
class Trie {
 public:
  struct Entry {
    std::string_view key;
    int32_t value;
  };
  struct Match {
    const char* end;  // null if nothing matches
    int32_t value;
  };

  /** Keys must not be empty; of equal keys the last one counts. Values must not be negative. */
  void build(std::vector<Entry> entries);

  /** The number of different keys. */
  size_t key_count() const noexcept { return key_count_; }

  /** The value of a key. */
  std::optional<int32_t> find(std::string_view key) const noexcept {
    const char* const end = key.data() + key.size();
    const Match match = longest(key.data(), end);
    if (key.empty() || match.end != end) return std::nullopt;
    return match.value;
  }

  /** The longest key that begins at `text` and ends at or before `end`. */
  Match longest(const char* text, const char* end) const noexcept {
    Match match{nullptr, 0};
    uint32_t node = 0;
    for (; text != end; ++text) {
      const uint32_t child = (units_[node].base & kBaseMask) + static_cast<uint8_t>(*text) + 1;
      if (units_[child].parent != node) break;
      node = child;
      if (units_[node].base & kTerminal) match = {text + 1, values_[node]};
    }
    return match;
  }

  /**
   * Calls `visit(key, value)` for each key of at most kVisitedBytesMax bytes, in no particular
   * order.
   */
  template <typename Visit>
  void each_short_key(Visit visit) const {
    char key[kVisitedBytesMax];
    for (uint32_t leaf = 1; leaf < units_.size(); ++leaf) {
      if (!(units_[leaf].base & kTerminal)) continue;
      char* begin = key + kVisitedBytesMax;
      uint32_t node = leaf;
      while (node != 0 && begin != key) {
        const uint32_t parent = units_[node].parent;
        *--begin = static_cast<char>(node - (units_[parent].base & kBaseMask) - 1);
        node = parent;
      }
      const auto size = static_cast<size_t>(key + kVisitedBytesMax - begin);
      if (node == 0) visit(std::string_view(begin, size), values_[leaf]);
    }
  }
  static constexpr size_t kVisitedBytesMax = 16;

  /**
   * Calls `visit(end, value)` for each key that begins at `text` and ends at or before `end`,
   * shortest first.
   */
  template <typename Visit>
  void each_prefix(const char* text, const char* end, Visit visit) const noexcept {
    uint32_t node = 0;
    for (; text != end; ++text) {
      const uint32_t child = (units_[node].base & kBaseMask) + static_cast<uint8_t>(*text) + 1;
      if (units_[child].parent != node) return;
      node = child;
      if (units_[node].base & kTerminal) visit(text + 1, values_[node]);
    }
  }

 private:
  static constexpr uint32_t kTerminal = 1u << 31;
  static constexpr uint32_t kBaseMask = kTerminal - 1;
  static constexpr uint32_t kFree = ~0u;

  struct Unit {
    uint32_t base;  // upper bit: a key ends here
    uint32_t parent;
  };

  void place_children(const std::vector<Entry>& entries, size_t first, size_t last, size_t depth,
                      uint32_t node);
  uint32_t find_base(const std::vector<uint8_t>& labels);
  void reserve_units(size_t bases);

  // Every base in use is followed by 256 units, so a walk needs no bounds check.
  std::vector<Unit> units_ = std::vector<Unit>(257, Unit{0, kFree});
  std::vector<int32_t> values_ = std::vector<int32_t>(257);
  size_t key_count_ = 0;
  uint32_t search_from_ = 1;
};

}  // namespace kubesentiment
