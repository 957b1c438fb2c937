#pragma once

#include <cstddef>
#include <cstdint>

namespace kubesentiment {

/** A row of token ids that keeps counting past its capacity, so truncation can be detected. */
class TokenRow {
 public:
  TokenRow(int32_t* ids, size_t capacity) noexcept : ids_(ids), capacity_(capacity) {}

  void push(int32_t id) noexcept {
    if (size_ < capacity_) ids_[size_] = id;
    ++size_;
  }
  /** Removes everything from `size` on. */
  void rewind(size_t size) noexcept { size_ = size; }
  size_t size() const noexcept { return size_; }
  bool overflowed() const noexcept { return size_ > capacity_; }

 private:
  int32_t* ids_;
  size_t capacity_;
  size_t size_ = 0;
};

}  // namespace kubesentiment
