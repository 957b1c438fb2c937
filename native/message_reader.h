#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "binary_fields.h"
#include "request_mapping.h"
#include "schema_program.h"
#include "status.h"

namespace kubesentiment {

enum class Priority : uint8_t { medium, high, low };

/** The fields of a request that we use. The views are valid until the next message is read. */
struct Message {
  std::string_view text;       // valid UTF-8
  std::string_view id;         // JSON text, empty when the request has none
  std::string_view timestamp;  // JSON text, empty when the request has none
  std::string_view included;   // members for the result, each beginning with a comma
  Priority priority = Priority::medium;
  /**
   * If encrypted, `text` is the token as it appears in the JSON text; in the message it takes
   * `token_bytes`, `text_at` bytes into it.
   */
  bool encrypted = false;
  size_t text_at = 0;
  size_t token_bytes = 0;
};

/** What came with a value, in the key or the headers of its record. */
struct Attached {
  /** The value is the content, and what is around it stands here. */
  bool is_bare = false;
  std::optional<std::string_view> id, timestamp, priority;  // any bytes
  /** The header of a Schema Registry serializer; a value that has it has no frame. */
  std::optional<std::string_view> schema_id;
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
  static constexpr size_t kMaxIncludedBytes = 16 * 1024;

  explicit MessageReader(Limits limits, RequestMapping mapping = {});

  const Limits& limits() const noexcept { return limits_; }
  const RequestMapping& mapping() const noexcept { return mapping_; }
  /** What is known of the schemas of values that have one. */
  SchemaTable& schemas() noexcept { return schemas_; }

  /**
   * `bytes` is null if there is no value. They are copied first, so it is safe if another thread
   * writes to them.
   */
  Status read(const char* bytes, size_t size, Message& message, const Attached& attached = {});

 private:
  char* copy(const char* bytes, size_t size);
  Status read_plain_text(std::string_view value, Message& message);
  Status unframe(const Attached& attached, std::string_view& value,
                 std::optional<std::string_view>& types, const SchemaProgram*& program);
  Status read_binary(const SchemaProgram& program, std::string_view value,
                     const std::optional<std::string_view>& types);
  Status read_fields(std::string_view value, const Attached& attached, Message& message);
  Status check_fields(std::string_view document, Message& message);
  Status read_id(const Attached& attached, Message& message);
  void read_timestamp(const Attached& attached, Message& message);
  void read_priority(const Attached& attached, Message& message) const;
  Status read_included(Message& message);
  Status read_text(Message& message);
  Status read_token(const json::Value& text, Message& message) const;
  const json::Value& field(size_t index) const noexcept { return found_.values[index]; }

  Limits limits_;
  RequestMapping mapping_;
  FieldMap map_;
  FieldMap bare_map_;
  /** Whether nothing else is read from where the text is, after it has been unescaped. */
  bool in_place_;
  FieldMap::Found found_;
  SchemaTable schemas_;
  BinaryFields binary_;
  std::vector<char> copy_;
  // Kept, so that they are not allocated for each message.
  std::string joined_, included_, id_, timestamp_;
};

}  // namespace kubesentiment
