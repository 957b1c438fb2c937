#pragma once

#include <algorithm>
#include <cstddef>

namespace kubesentiment {

/**
 * Where a text that is longer than a row is cut into windows that overlap, as by Hugging Face's
 * `enable_truncation` with a `stride`. Counts tokens without the special ones.
 *
 *     window 0   ├──────── room ────────┤
 *     window 1            ├─ overlap ─┼──────── … ──┤
 *                ├─ step ─┤
 */
class Windows {
 public:
  /** Bounds what one text can cost; longer texts are truncated. As `WINDOWS_MAX` in src/slots.ts.
   */
  static constexpr size_t kMax = 32;

  struct Range {
    size_t begin;
    size_t end;
  };

  /** `overlap` is less than `room`. */
  Windows(size_t room, size_t overlap) noexcept : room_(room), step_(room - overlap) {}

  /** What `kMax` windows can hold. */
  size_t tokens_max() const noexcept { return room_ + (kMax - 1) * step_; }

  /** How many a text of `tokens` needs. */
  size_t count(size_t tokens) const noexcept {
    return tokens <= room_ ? 1 : 1 + (tokens - room_ + step_ - 1) / step_;
  }

  Range range(size_t window, size_t tokens) const noexcept {
    const size_t begin = window * step_;
    return {begin, std::min(begin + room_, tokens)};
  }

 private:
  size_t room_;
  size_t step_;
};

}  // namespace kubesentiment
