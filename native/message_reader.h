#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "status.h"

namespace kubesentiment {

enum class Priority : uint8_t { medium, high, low };

/** The fields of a request that we use. The views are valid until the next message is read. */
struct Message {
  std::string_view text;       // valid UTF-8
  std::string_view id;         // JSON text, empty when the request has none
  std::string_view timestamp;  // JSON text, empty when the request has none
  Priority priority = Priority::medium;
  /**
   * If encrypted, `text` is the token as it appears in the JSON text, `text_at` bytes into the
   * message.
   */
  bool encrypted = false;
  size_t text_at = 0;
};

/**
 * Reads requests; if a member occurs more than once, the last one counts. The whole document is
 * validated.
 */
class MessageReader {
 public:
  struct Limits {
    size_t message_bytes;
    size_t depth;                 // nested objects and lists
    bool encrypted_only = false;  // rejects requests that are not encrypted
  };
  static constexpr size_t kMaxIdBytes = 1024;
  static constexpr size_t kMaxTimestampBytes = 128;

  explicit MessageReader(Limits limits) noexcept : limits_(limits) {}

  const Limits& limits() const noexcept { return limits_; }

  /**
   * `bytes` is null if there is no value. They are copied first, so it is safe if another thread
   * writes to them.
   */
  Status read(const char* bytes, size_t size, Message& message);

 private:
  char* copy(const char* bytes, size_t size);

  Limits limits_;
  std::vector<char> copy_;
};

}  // namespace kubesentiment
