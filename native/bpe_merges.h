#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kubesentiment {

/**
 * The merges of a BPE model: of all neighbours that can be merged, the pair with the lowest rank
 * goes first, and of equal ranks the leftmost. Holds scratch memory, so each thread needs its own
 * instance.
 */
class BpeMerges {
 public:
  /** A piece of a word. The last two members are scratch of `apply`. */
  struct Part {
    int32_t id;
    uint32_t bytes;
    uint32_t rank;  // of the merge with the next part
    int32_t merged;
  };

  /** Reserves room for this many merges. */
  void reserve(size_t count);

  /** Of equal pairs the last one counts. Do not add more than were reserved. */
  void add(int32_t left, int32_t right, uint32_t rank, int32_t merged) noexcept;

  /** Merges everything that can be merged, in place; returns how many parts are left. */
  size_t apply(Part* parts, size_t count);

 private:
  struct Slot {
    uint64_t pair = kFree;
    uint32_t rank = 0;
    int32_t merged = 0;
  };
  struct Candidate {
    uint32_t rank;
    uint32_t position;
    int32_t merged;
    bool operator<(const Candidate& other) const noexcept {  // the top of a heap is the greatest
      return rank != other.rank ? rank > other.rank : position > other.position;
    }
  };
  struct Link {
    uint32_t previous;
    uint32_t next;
  };
  static constexpr uint64_t kFree = ~uint64_t{0};
  static constexpr uint32_t kNone = ~uint32_t{0};

  const Slot& find(int32_t left, int32_t right) const noexcept;
  void rank_pair(Part& left, const Part& right) const noexcept;
  size_t apply_scanning(Part* parts, size_t count) const noexcept;
  size_t apply_with_heap(Part* parts, size_t count);
  void push_candidate(const Part* parts, uint32_t left, uint32_t right);

  std::vector<Slot> slots_ = std::vector<Slot>(1);
  size_t mask_ = 0;
  std::vector<Candidate> heap_;
  std::vector<Link> links_;
};

}  // namespace kubesentiment
