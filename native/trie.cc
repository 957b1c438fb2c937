#include "trie.h"

#include <algorithm>

namespace kubesentiment {

void Trie::build(std::vector<Entry> entries) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.key < b.key; });
  size_t count = 0;
  for (const Entry& entry : entries) {
    if (count > 0 && entries[count - 1].key == entry.key) --count;
    entries[count++] = entry;
  }
  entries.resize(count);
  key_count_ = count;
  units_.assign(1, {0, kFree});
  values_.assign(1, 0);
  search_from_ = 1;
  reserve_units(1);
  if (!entries.empty()) place_children(entries, 0, entries.size(), 0, 0);
  while (units_.size() > 1 && units_.back().parent == kFree) units_.pop_back();
  units_.resize(units_.size() + 256, {0, kFree});
  values_.resize(units_.size());
  // Copies have no spare capacity; shrink_to_fit does nothing when exceptions are off.
  units_ = std::vector<Unit>(units_);
  values_ = std::vector<int32_t>(values_);
}

// Entries first…last share `depth` bytes, which lead to `node`, and are longer than that.
void Trie::place_children(const std::vector<Entry>& entries, size_t first, size_t last,
                          size_t depth, uint32_t node) {
  std::vector<uint8_t> labels;
  std::vector<size_t> starts;
  for (size_t i = first; i < last; ++i) {
    const auto label = static_cast<uint8_t>(entries[i].key[depth]);
    if (labels.empty() || labels.back() != label) {
      labels.push_back(label);
      starts.push_back(i);
    }
  }
  starts.push_back(last);

  const uint32_t base = find_base(labels);
  units_[node].base |= base;
  for (const uint8_t label : labels) units_[base + label + 1].parent = node;
  for (size_t i = 0; i < labels.size(); ++i) {
    const uint32_t child = base + labels[i] + 1;
    size_t begin = starts[i];
    if (entries[begin].key.size() == depth + 1) {
      units_[child].base = kTerminal;
      values_[child] = entries[begin].value;
      ++begin;
    }
    if (begin < starts[i + 1]) place_children(entries, begin, starts[i + 1], depth + 1, child);
  }
}

// The first base from `search_from_` on whose children are all free. Once nearly everything that
// was skipped is in use, later searches start after it: that wastes a twentieth of the units and
// makes building linear in practice.
uint32_t Trie::find_base(const std::vector<uint8_t>& labels) {
  uint32_t used = 0;
  for (uint32_t slot = std::max<uint32_t>(search_from_, labels[0] + 1u);; ++slot) {
    reserve_units(slot + 1);
    if (units_[slot].parent != kFree) {
      ++used;
      continue;
    }
    const uint32_t base = slot - labels[0] - 1;
    const bool fits = std::all_of(labels.begin(), labels.end(), [&](uint8_t label) {
      return units_[base + label + 1].parent == kFree;
    });
    if (!fits) continue;
    if (used * 20 >= (slot - search_from_ + 1) * 19) search_from_ = slot;
    return base;
  }
}

// Many at a time: build() frees what is unused.
void Trie::reserve_units(size_t bases) {
  constexpr size_t kStep = 16 * 1024;
  if (units_.size() >= bases + 256) return;
  units_.resize(bases + 256 + kStep, {0, kFree});
  values_.resize(units_.size(), 0);
}

}  // namespace kubesentiment
