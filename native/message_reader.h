#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "status.h"

namespace kubesentiment {

enum class Priority : uint8_t { medium, high, low };

/** The fields of a request that are used. The views live until the next message is read. */
struct Message {
  std::string_view text;       // valid UTF-8
  std::string_view id;         // JSON text, empty when the request has none
  std::string_view timestamp;  // JSON text, empty when the request has none
  Priority priority = Priority::medium;
};

/** Reads requests; of members with the same name the last one counts. The whole document is validated. */
class MessageReader {
 public:
  struct Limits {
    size_t message_bytes;
    size_t depth;  // objects and lists inside each other
  };
  static constexpr size_t kMaxIdBytes = 1024;

  explicit MessageReader(Limits limits) noexcept;
  ~MessageReader();
  MessageReader(const MessageReader&) = delete;
  MessageReader& operator=(const MessageReader&) = delete;

  /** `bytes` may be null when there is no value. They are copied first, so a racing writer does no harm. */
  Status read(const char* bytes, size_t size, Message& message);

 private:
  struct State;  // keeps simdjson out of this header
  std::unique_ptr<State> state_;
};

}  // namespace kubesentiment
