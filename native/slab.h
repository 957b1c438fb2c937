#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kubesentiment {

/**
 * One row per message in flight: its token ids, and what its result needs from the request. The ids
 * come from calloc, so pages of rows that were never used take no memory.
 */
class Slab {
 public:
  enum Flag : uint8_t {
    kTruncated = 1,
    kPriorityHigh = 2,
    kPriorityLow = 4
  };  // as `Flag` in src/slots.ts

  struct Row {
    uint16_t length = 0;  // tokens; 0 means that nothing was decoded
    uint8_t flags = 0;
    uint8_t windows = 1;   // in which the text is read
    uint16_t unknown = 0;  // tokens of the text that the vocabulary does not have; 65,535 or more
    uint16_t id_bytes = 0;
    uint16_t timestamp_bytes = 0;
    uint32_t token_at = 0;     // where in the message the token of an encrypted request is,
    uint32_t token_bytes = 0;  // until it is decrypted
    /** JSON text of the id, then of the timestamp, then included members; each may be empty. */
    std::string metadata;
    /** All ids of a text that is read in several windows, without special ones. */
    std::vector<int32_t> text_ids;

    std::string_view id() const noexcept { return part(0, id_bytes); }
    std::string_view timestamp() const noexcept { return part(id_bytes, timestamp_bytes); }
    std::string_view included() const noexcept {
      return part(size_t{id_bytes} + timestamp_bytes, std::string_view::npos);
    }

   private:
    std::string_view part(size_t at, size_t size) const noexcept {
      return std::string_view(metadata).substr(at, size);
    }
  };

  Slab(size_t rows, size_t max_tokens)
      : max_tokens_(max_tokens),
        ids_(static_cast<int32_t*>(std::calloc(rows * max_tokens, sizeof(int32_t)))),
        rows_(ids_ == nullptr ? 0 : rows),
        blocks_((rows_ + kBlockRows - 1) / kBlockRows) {}

  bool allocated() const noexcept { return ids_ != nullptr; }
  size_t size() const noexcept { return rows_; }
  size_t max_tokens() const noexcept { return max_tokens_; }

  /** Made when it is used for the first time: making all of them at once takes milliseconds. */
  Row& row(size_t index) {
    std::unique_ptr<Row[]>& block = blocks_[index / kBlockRows];
    if (block == nullptr) block = std::make_unique<Row[]>(kBlockRows);
    return block[index % kBlockRows];
  }
  const Row& row(size_t index) const noexcept {
    static const Row kNeverUsed;
    const std::unique_ptr<Row[]>& block = blocks_[index / kBlockRows];
    return block == nullptr ? kNeverUsed : block[index % kBlockRows];
  }
  int32_t* ids(size_t index) noexcept { return ids_.get() + index * max_tokens_; }
  const int32_t* ids(size_t index) const noexcept { return ids_.get() + index * max_tokens_; }

 private:
  struct Free {
    void operator()(int32_t* ids) const noexcept { std::free(ids); }
  };
  static constexpr size_t kBlockRows = 256;

  size_t max_tokens_;
  std::unique_ptr<int32_t[], Free> ids_;
  size_t rows_;
  std::vector<std::unique_ptr<Row[]>> blocks_;
};

}  // namespace kubesentiment
