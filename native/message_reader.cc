#include "message_reader.h"

#include <optional>

#include "json.h"
#include "json_text.h"

namespace kubesentiment {
namespace {

// Memory for larger messages than this is given back after use.
constexpr size_t kKeptBytes = 64 * 1024;
constexpr size_t kMaxTimestampBytes = 128;

struct Fields {
  std::optional<json::Element> text, id, timestamp, priority;
};

Fields find_fields(json::Object object) noexcept {
  Fields fields;
  for (const auto [key, value] : object) {
    if (key == "text") fields.text = value;
    else if (key == "id") fields.id = value;
    else if (key == "timestamp") fields.timestamp = value;
    else if (key == "priority") fields.priority = value;
  }
  return fields;
}

Priority read_priority(std::optional<json::Element> element) noexcept {
  std::string_view name;
  if (!element || element->get(name)) return Priority::medium;
  return name == "high" ? Priority::high : name == "low" ? Priority::low : Priority::medium;
}

// The JSON text of a string or a number in at most `limit` bytes.
enum class Scalar : uint8_t { written, too_long, other_type };

Scalar write_scalar(json::Element element, size_t limit, std::string& out) {
  std::string_view text;
  if (!element.get(text)) {
    if (text.size() + 2 > limit) return Scalar::too_long;
    out.resize(json_text::string_bytes(text.size()));
    out.resize(static_cast<size_t>(json_text::put_string(text, out.data()) - out.data()));
    return out.size() > limit ? Scalar::too_long : Scalar::written;
  }
  if (!element.is_number()) return Scalar::other_type;
  out = simdjson::minify(element);
  return Scalar::written;
}

Status status_of(simdjson::error_code error) noexcept {
  switch (error) {
    case simdjson::SUCCESS: return Status::ok;
    case simdjson::UTF8_ERROR: return Status::json_utf8;
    case simdjson::DEPTH_ERROR: return Status::json_depth;
    case simdjson::NUMBER_ERROR:
    case simdjson::BIGINT_ERROR: return Status::json_number;
    case simdjson::MEMALLOC: return Status::out_of_memory;
    default: return Status::json_syntax;
  }
}

}  // namespace

struct MessageReader::State {
  Limits limits;
  json::Parser parser;
  std::string padded;  // the message and the bytes behind it that simdjson may look at
  std::string id;
  std::string timestamp;

  Status parse(const char* bytes, size_t size, json::Element& root) {
    const bool release = padded.size() > kKeptBytes && size < kKeptBytes;
    if (release) padded = std::string();
    if (release || parser.capacity() < size) {
      const size_t capacity = size < kKeptBytes ? kKeptBytes : limits.message_bytes;
      if (const auto error = parser.allocate(capacity, limits.depth + 1)) return status_of(error);
    }
    const size_t needed = size + simdjson::SIMDJSON_PADDING;
    if (padded.size() < needed) padded.resize(needed);
    std::memcpy(padded.data(), bytes, size);
    return status_of(parser.parse(padded.data(), size, false).get(root));
  }
};

MessageReader::MessageReader(Limits limits) noexcept : state_(new State{limits, json::Parser(), {}, {}, {}}) {}
MessageReader::~MessageReader() = default;

Status MessageReader::read(const char* bytes, size_t size, Message& message) {
  State& state = *state_;
  if (bytes == nullptr) return Status::value_null;
  if (size == 0) return Status::value_empty;
  if (size > state.limits.message_bytes) return Status::value_too_large;
  json::Element root;
  if (const Status status = state.parse(bytes, size, root); status != Status::ok) return status;
  json::Object object;
  if (root.get(object)) return Status::not_an_object;
  const Fields fields = find_fields(object);

  if (!fields.text) return Status::text_missing;
  if (fields.text->get(message.text)) return Status::text_type;
  message.id = {};
  if (fields.id && !fields.id->is_null()) {
    const Scalar scalar = write_scalar(*fields.id, kMaxIdBytes, state.id);
    if (scalar != Scalar::written) return scalar == Scalar::too_long ? Status::id_too_long : Status::id_type;
    message.id = state.id;
  }
  message.timestamp = {};
  if (fields.timestamp && write_scalar(*fields.timestamp, kMaxTimestampBytes, state.timestamp) == Scalar::written) {
    message.timestamp = state.timestamp;
  }
  message.priority = read_priority(fields.priority);
  return Status::ok;
}

}  // namespace kubesentiment
