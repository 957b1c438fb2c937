#include "bpe_merges.h"

#include <algorithm>

namespace kubesentiment {
namespace {

// Up to this many parts, scanning all of them for each merge is faster than a heap.
constexpr size_t kScannedMax = 40;
// Memory for longer words than this is freed after use.
constexpr size_t kKeptParts = 4096;

constexpr uint64_t pair_of(int32_t left, int32_t right) noexcept {
  return uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
}

constexpr size_t hash(uint64_t pair) noexcept {
  pair *= 0x9E3779B97F4A7C15;
  return static_cast<size_t>(pair >> 32 ^ pair);
}

}  // namespace

void BpeMerges::reserve(size_t count) {
  size_t size = 16;
  while (size < 2 * count) size *= 2;
  slots_.assign(size, Slot{});
  mask_ = size - 1;
}

void BpeMerges::add(int32_t left, int32_t right, uint32_t rank, int32_t merged) noexcept {
  const uint64_t pair = pair_of(left, right);
  size_t at = hash(pair) & mask_;
  while (slots_[at].pair != kFree && slots_[at].pair != pair) at = (at + 1) & mask_;
  slots_[at] = {pair, rank, merged};
}

// The pair's slot, or a free one. Half of the slots are free, so the search terminates.
const BpeMerges::Slot& BpeMerges::find(int32_t left, int32_t right) const noexcept {
  const uint64_t pair = pair_of(left, right);
  size_t at = hash(pair) & mask_;
  while (slots_[at].pair != kFree && slots_[at].pair != pair) at = (at + 1) & mask_;
  return slots_[at];
}

size_t BpeMerges::apply(Part* parts, size_t count) {
  return count <= kScannedMax ? apply_scanning(parts, count) : apply_with_heap(parts, count);
}

void BpeMerges::rank_pair(Part& left, const Part& right) const noexcept {
  const Slot& slot = find(left.id, right.id);
  left.rank = slot.pair == kFree ? kNone : slot.rank;
  left.merged = slot.merged;
}

size_t BpeMerges::apply_scanning(Part* parts, size_t count) const noexcept {
  for (size_t i = 0; i + 1 < count; ++i) rank_pair(parts[i], parts[i + 1]);
  while (count > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < count; ++i) {
      if (parts[i].rank < parts[best].rank) best = i;
    }
    if (parts[best].rank == kNone) break;
    parts[best].id = parts[best].merged;
    parts[best].bytes += parts[best + 1].bytes;
    std::copy(parts + best + 2, parts + count, parts + best + 1);
    --count;
    if (best + 1 < count) rank_pair(parts[best], parts[best + 1]);
    if (best > 0) rank_pair(parts[best - 1], parts[best]);
  }
  return count;
}

// A part that was merged into its predecessor has no bytes. Candidates are not removed from the
// heap when a neighbour changes; instead, the pair they refer to no longer exists.
size_t BpeMerges::apply_with_heap(Part* parts, size_t count) {
  heap_.clear();
  links_.resize(count);
  const auto last = static_cast<uint32_t>(count - 1);
  for (uint32_t i = 0; i <= last; ++i) links_[i] = {i - 1, i == last ? kNone : i + 1};
  for (uint32_t i = 0; i < last; ++i) {
    const Slot& slot = find(parts[i].id, parts[i + 1].id);
    if (slot.pair != kFree) heap_.push_back({slot.rank, i, slot.merged});
  }
  std::make_heap(heap_.begin(), heap_.end());
  while (!heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end());
    const Candidate top = heap_.back();
    heap_.pop_back();
    Part& left = parts[top.position];
    const uint32_t next = links_[top.position].next;
    if (left.bytes == 0 || next == kNone) continue;
    Part& right = parts[next];
    const Slot& slot = find(left.id, right.id);
    if (slot.pair == kFree || slot.merged != top.merged) continue;
    left.id = top.merged;
    left.bytes += right.bytes;
    right.bytes = 0;
    const uint32_t behind = links_[next].next;
    links_[top.position].next = behind;
    if (behind != kNone) {
      links_[behind].previous = top.position;
      push_candidate(parts, top.position, behind);
    }
    const uint32_t previous = links_[top.position].previous;
    if (previous != kNone) push_candidate(parts, previous, top.position);
  }
  if (links_.size() > kKeptParts) {
    links_ = std::vector<Link>();
    heap_ = std::vector<Candidate>();
  }
  const auto merged_away = [](const Part& part) { return part.bytes == 0; };
  return static_cast<size_t>(std::remove_if(parts, parts + count, merged_away) - parts);
}

void BpeMerges::push_candidate(const Part* parts, uint32_t left, uint32_t right) {
  const Slot& slot = find(parts[left].id, parts[right].id);
  if (slot.pair == kFree) return;
  heap_.push_back({slot.rank, left, slot.merged});
  std::push_heap(heap_.begin(), heap_.end());
}

}  // namespace kubesentiment
