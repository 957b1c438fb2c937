#include "message_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "json_text.h"
#include "utf8.h"

namespace kubesentiment {
namespace {

using json::Kind;
using json::Value;
using Envelope = RequestMapping::Envelope;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_scalar(const Value& value) noexcept {
  return value.kind == Kind::string || value.kind == Kind::number;
}

bool is_missing(const Value& value) noexcept { return value.text.empty(); }

// A null that is there.
bool is_null(const Value& value) noexcept { return value.kind == Kind::null && !is_missing(value); }

std::string_view unescape_in_place(const Value& string) noexcept {
  if (!string.escaped) return string.inside();
  char* const begin = const_cast<char*>(string.inside().data());
  return {begin, static_cast<size_t>(json::unescape(string, begin) - begin)};
}

bool is_escaped_string(const Value& value, std::string_view expected) noexcept {
  char unescaped[64];
  if (value.inside().size() > sizeof(unescaped)) return false;
  const char* const end = json::unescape(value, unescaped);
  return expected == std::string_view(unescaped, static_cast<size_t>(end - unescaped));
}

// A short string, compared without changing it.
inline bool is_string(const Value& value, std::string_view expected) noexcept {
  if (value.kind != Kind::string) return false;
  return value.escaped ? is_escaped_string(value, expected) : value.inside() == expected;
}

Priority priority_of(const Value& value) noexcept {
  if (is_string(value, "high")) return Priority::high;
  return is_string(value, "low") ? Priority::low : Priority::medium;
}

// A document that has been validated.
bool is_object(std::string_view document) noexcept {
  return document[document.find_first_not_of(" \t\r\n")] == '{';
}

// Bytes as a JSON string, written to `json`; empty if they are not UTF-8.
std::string_view quote(std::string_view bytes, std::string& json) {
  json.assign(bytes);
  if (!utf8::is_valid(json)) return {};
  json.resize(json_text::string_bytes(bytes.size()));
  json.resize(static_cast<size_t>(json_text::put_string(bytes, json.data()) - json.data()));
  return json;
}

bool is_in_place(const RequestMapping& mapping) {
  const std::string& text = mapping.text[0];
  return mapping.text.size() == 1 && mapping.include.empty() && text != mapping.id &&
         text != mapping.timestamp;
}

}  // namespace

MessageReader::MessageReader(Limits limits, RequestMapping mapping)
    : limits_(limits),
      mapping_(std::move(mapping)),
      map_(compile(mapping_, false)),
      bare_map_(compile(mapping_, true)),
      in_place_(is_in_place(mapping_)) {
  found_.values.resize(FieldMap::kFieldsMax);
  for (auto& [name, pointer] : mapping_.include) {
    std::string json;
    quote(name, json);
    name = "," + json + ":";
  }
}

Status MessageReader::read(const char* bytes, size_t size, Message& message,
                           const Attached& attached) {
  if (bytes == nullptr) return Status::value_null;
  if (size == 0) return Status::value_empty;
  if (size > limits_.message_bytes) return Status::value_too_large;

  message = Message();
  std::string_view value(copy(bytes, size), size);
  Status status = read_fields(value, attached, message);
  if (status != Status::ok) return status;
  status = read_id(attached, message);
  if (status != Status::ok) return status;
  read_timestamp(attached, message);
  read_priority(attached, message);
  status = read_included(message);
  if (status != Status::ok || mapping_.is_text) return status;
  return read_text(message);
}

Status MessageReader::read_fields(std::string_view value, const Attached& attached,
                                  Message& message) {
  const SchemaProgram* program = nullptr;
  std::optional<std::string_view> types;
  if (mapping_.framing != RequestMapping::Framing::none) {
    const Status status = unframe(attached, value, types, program);
    if (status != Status::ok) return status;
  }
  if (program != nullptr && program->format() != SchemaProgram::Format::json) {
    const Status status = read_binary(*program, value, types);
    return status == Status::ok ? check_fields({}, message) : status;
  }
  if (mapping_.grammar == json::Grammar::lenient &&
      value.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    value.remove_prefix(kByteOrderMark.size());
  }
  if (mapping_.is_text) return read_plain_text(value, message);
  const FieldMap& map = attached.is_bare ? bare_map_ : map_;
  const Status status = map.read(value, mapping_.grammar, limits_.depth, found_);
  return status == Status::ok ? check_fields(value, message) : status;
}

Status MessageReader::read_plain_text(std::string_view value, Message& message) {
  if (limits_.encrypted_only) return Status::not_encrypted;
  message.text = value;
  return utf8::is_valid(value) ? Status::ok : Status::text_utf8;
}

// `document`: empty for a value that is not JSON.
Status MessageReader::check_fields(std::string_view document, Message& message) {
  // d: the row was deleted. t: all rows were. m: the event is about no row.
  const Value& operation = field(kOperation);
  const bool is_deletion =
      is_string(operation, "d") || is_string(operation, "t") || is_string(operation, "m");
  if (is_deletion || (mapping_.envelope == Envelope::connect && is_null(field(kContent)))) {
    return Status::deleted;
  }
  size_t found = 0;
  const bool is_list = mapping_.text.size() > 1;
  for (size_t i = 0; i < mapping_.text.size(); ++i) {
    const Value& text = field(kTexts + i);
    if (is_missing(text) || (is_list && is_null(text))) continue;
    if (text.kind != Kind::string) return Status::text_type;
    ++found;
  }
  if ((found == 0 || mapping_.needs_object) && !document.empty() && !is_object(document)) {
    return Status::json_type;
  }
  message.encrypted = !is_null(field(kVersion)) && !is_missing(field(kVersion));
  return found == 0 ? Status::text_missing : Status::ok;
}

Status MessageReader::read_id(const Attached& attached, Message& message) {
  if (attached.id) {
    message.id = quote(*attached.id, id_);
    if (message.id.empty()) return Status::key_utf8;
  } else if (is_scalar(field(kId))) {
    message.id = field(kId).text;
  } else if (field(kId).kind != Kind::null) {
    return Status::id_type;
  }
  return message.id.size() > kMaxIdBytes ? Status::id_too_long : Status::ok;
}

void MessageReader::read_timestamp(const Attached& attached, Message& message) {
  if (attached.timestamp) {
    message.timestamp = quote(*attached.timestamp, timestamp_);
  } else if (is_scalar(field(kTimestamp))) {
    message.timestamp = field(kTimestamp).text;
  }
  if (message.timestamp.size() > kMaxTimestampBytes) message.timestamp = {};
}

void MessageReader::read_priority(const Attached& attached, Message& message) const {
  if (!attached.priority) {
    message.priority = priority_of(field(kPriority));
  } else if (*attached.priority == "high") {
    message.priority = Priority::high;
  } else if (*attached.priority == "low") {
    message.priority = Priority::low;
  }
}

// The bytes of the members as they stand in the request.
Status MessageReader::read_included(Message& message) {
  if (mapping_.include.empty()) return Status::ok;
  included_.clear();
  for (size_t i = 0; i < mapping_.include.size(); ++i) {
    const size_t place = kTexts + mapping_.text.size() + i;
    const Value& value = field(place);
    if (is_missing(value)) continue;
    if (found_.not_finite >> place & 1) return Status::json_syntax;  // the result would not be JSON
    const std::string& name = mapping_.include[i].first;
    if (included_.size() + name.size() + value.text.size() > kMaxIncludedBytes) {
      return Status::included_too_long;
    }
    included_.append(name).append(value.text);
  }
  message.included = included_;
  return Status::ok;
}

Status MessageReader::read_text(Message& message) {
  const Value* only = nullptr;
  size_t size = 0;
  size_t count = 0;
  for (size_t i = 0; i < mapping_.text.size(); ++i) {
    const Value& text = field(kTexts + i);
    if (text.kind != Kind::string) continue;
    only = &text;
    size += text.text.size();
    ++count;
  }
  if (message.encrypted) {
    if (!is_string(field(kVersion), "v1")) return Status::encryption_version_unknown;
    return count == 1 ? read_token(*only, message) : Status::token_invalid;
  }
  if (limits_.encrypted_only) return Status::not_encrypted;
  if (in_place_) {
    message.text = unescape_in_place(*only);
    return Status::ok;
  }
  if (joined_.size() < size ||
      (joined_.size() > FieldMap::kKeptBytes && size < FieldMap::kKeptBytes)) {
    joined_ = std::string(std::max(size, FieldMap::kKeptBytes), '\0');
  }
  char* out = joined_.data();
  for (size_t i = 0; i < mapping_.text.size(); ++i) {
    const Value& text = field(kTexts + i);
    if (text.kind != Kind::string) continue;
    if (out != joined_.data()) *out++ = '\n';
    out = json::unescape(text, out);
  }
  message.text = {joined_.data(), static_cast<size_t>(out - joined_.data())};
  return Status::ok;
}

// Where the token stands in the message, also if that has its document in a string.
Status MessageReader::read_token(const Value& text, Message& message) const {
  message.text = text.inside();
  if (!text.escaped && message.text.find('\\') != std::string_view::npos) {
    return Status::token_invalid;  // of a value that is not JSON
  }
  const char* begin = message.text.data();
  message.token_bytes = message.text.size();
  if (found_.is_decoded) return Status::token_invalid;  // the value has only its base64
  if (!is_missing(found_.outer)) {
    const char* const inner = found_.inner.data();
    const auto before = static_cast<size_t>(begin - inner);
    const size_t at = json::escaped_size(found_.outer, before);
    message.token_bytes = json::escaped_size(found_.outer, before + message.text.size()) - at;
    begin = found_.outer.inside().data() + at;
  }
  message.text_at = static_cast<size_t>(begin - copy_.data());
  return Status::ok;
}

// With the NUL at which the scanner stops, and the padding that names are compared with.
char* MessageReader::copy(const char* bytes, size_t size) {
  const size_t room = size + 1 + FieldMap::kPadding;
  if (copy_.size() < room || (copy_.size() > FieldMap::kKeptBytes && room < FieldMap::kKeptBytes)) {
    copy_ = std::vector<char>(std::max(room, FieldMap::kKeptBytes));
  }
  std::memcpy(copy_.data(), bytes, size);
  copy_[size] = '\0';
  return copy_.data();
}

}  // namespace kubesentiment
