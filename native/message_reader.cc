#include "message_reader.h"

#include <cstring>

#include "json.h"

namespace kubesentiment {
namespace {

using json::Kind;
using json::Value;

// Memory for larger messages than this is freed after use.
constexpr size_t kKeptBytes = 64 * 1024;

// null means that the member is missing.
struct Fields {
  Value text, id, timestamp, priority, encryption_version;
};

// Unescapes in place, which never needs more room.
std::string_view unescape_in_place(const Value& string) noexcept {
  if (!string.escaped) return string.inside();
  char* const begin = const_cast<char*>(string.inside().data());
  return {begin, static_cast<size_t>(json::unescape(string, begin) - begin)};
}

Value* field_of(const Value& key, Fields& fields) noexcept {
  const std::string_view name = unescape_in_place(key);
  if (name == "text") return &fields.text;
  if (name == "id") return &fields.id;
  if (name == "timestamp") return &fields.timestamp;
  if (name == "priority") return &fields.priority;
  if (name == "encryption_version") return &fields.encryption_version;
  return nullptr;
}

bool is_scalar(const Value& value) noexcept {
  return value.kind == Kind::string || value.kind == Kind::number;
}

Priority read_priority(const Value& value) noexcept {
  if (value.kind != Kind::string) return Priority::medium;
  const std::string_view name = unescape_in_place(value);
  return name == "high" ? Priority::high : name == "low" ? Priority::low : Priority::medium;
}

}  // namespace

Status MessageReader::read(const char* bytes, size_t size, Message& message) {
  if (bytes == nullptr) return Status::value_null;
  if (size == 0) return Status::value_empty;
  if (size > limits_.message_bytes) return Status::value_too_large;

  Fields fields;
  Value key;
  Value value;
  json::Scanner scanner({copy(bytes, size), size}, limits_.depth);
  while (scanner.next_member(key, value)) {
    if (Value* const field = field_of(key, fields)) *field = value;
  }
  if (scanner.status() != Status::ok) return scanner.status();

  if (fields.text.text.empty()) return Status::text_missing;
  if (fields.text.kind != Kind::string) return Status::text_type;
  message.id = {};
  if (is_scalar(fields.id)) {
    message.id = fields.id.text;
    if (message.id.size() > kMaxIdBytes) return Status::id_too_long;
  } else if (fields.id.kind != Kind::null) {
    return Status::id_type;
  }
  const bool has_timestamp =
      is_scalar(fields.timestamp) && fields.timestamp.text.size() <= kMaxTimestampBytes;
  message.timestamp = has_timestamp ? fields.timestamp.text : std::string_view();
  message.priority = read_priority(fields.priority);
  const Value& version = fields.encryption_version;
  if (version.kind == Kind::null) {
    message.text = unescape_in_place(fields.text);
    return limits_.encrypted_only ? Status::not_encrypted : Status::ok;
  }
  if (version.kind != Kind::string || unescape_in_place(version) != "v1") {
    return Status::encryption_version_unknown;
  }
  message.encrypted = true;
  message.text = fields.text.inside();
  message.text_at = static_cast<size_t>(message.text.data() - copy_.data());
  return Status::ok;
}

// Includes the terminating NUL at which the scanner stops.
char* MessageReader::copy(const char* bytes, size_t size) {
  if (copy_.size() < size + 1 || (copy_.size() > kKeptBytes && size < kKeptBytes)) {
    copy_ = std::vector<char>(size < kKeptBytes ? kKeptBytes : size + 1);
  }
  std::memcpy(copy_.data(), bytes, size);
  copy_[size] = '\0';
  return copy_.data();
}

}  // namespace kubesentiment
