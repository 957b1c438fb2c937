#include "mapping_arguments.h"

#include <string>
#include <vector>

namespace kubesentiment {
namespace {

// RFC 6901; also what stands for no pointer.
bool get_pointer(Napi::Env env, Napi::Value value, const char* name, std::string& pointer) {
  if (!get_string(env, value, name, pointer)) return false;
  if (pointer.empty() || pointer == RequestMapping::kKey) return true;
  bool is_valid = pointer[0] == '/';
  for (size_t i = pointer.find('~'); i != std::string::npos; i = pointer.find('~', i + 1)) {
    is_valid =
        is_valid && i + 1 < pointer.size() && (pointer[i + 1] == '0' || pointer[i + 1] == '1');
  }
  return is_valid ? true : throw_misuse(env, std::string(name) + " is not a JSON Pointer.");
}

// A list of at most `max` texts, `min` at least.
bool get_list(Napi::Env env, Napi::Value value, size_t min, size_t max, const char* name,
              std::vector<std::string>& texts, bool are_pointers) {
  if (env.IsExceptionPending() || !value.IsArray() || value.As<Napi::Array>().Length() < min ||
      value.As<Napi::Array>().Length() > max) {
    return throw_misuse(env, std::string(name) + " is not an array of the right length.");
  }
  const auto array = value.As<Napi::Array>();
  texts.resize(array.Length());
  for (uint32_t i = 0; i < texts.size(); ++i) {
    const Napi::Value text = array.Get(i);
    if (!(are_pointers ? get_pointer(env, text, name, texts[i])
                       : get_string(env, text, name, texts[i]))) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool get_mapping(Napi::Env env, Napi::Value value, RequestMapping& mapping) {
  if (env.IsExceptionPending() || value.IsUndefined()) return !env.IsExceptionPending();
  if (!value.IsObject()) return throw_misuse(env, "mapping is not an object.");
  const auto object = value.As<Napi::Object>();
  constexpr auto kLastEnvelope = static_cast<int64_t>(RequestMapping::Envelope::cloudevents);
  constexpr auto kLastFraming = static_cast<int64_t>(RequestMapping::Framing::optional);
  uint8_t envelope = 0;
  uint8_t framing = 0;
  uint8_t is_strict = 0;
  std::vector<std::string> names;
  std::vector<std::string> pointers;
  if (!get_integer(env, object.Get("isText"), 0, 1, "isText", mapping.is_text) ||
      !get_integer(env, object.Get("envelope"), 0, kLastEnvelope, "envelope", envelope) ||
      !get_integer(env, object.Get("framing"), 0, kLastFraming, "framing", framing) ||
      !get_integer(env, object.Get("isStrict"), 0, 1, "isStrict", is_strict) ||
      !get_integer(env, object.Get("needsObject"), 0, 1, "needsObject", mapping.needs_object) ||
      !get_list(env, object.Get("text"), 1, RequestMapping::kMaxTexts, "text", mapping.text,
                true) ||
      !get_pointer(env, object.Get("id"), "id", mapping.id) ||
      !get_pointer(env, object.Get("timestamp"), "timestamp", mapping.timestamp) ||
      !get_pointer(env, object.Get("priority"), "priority", mapping.priority) ||
      !get_list(env, object.Get("includeNames"), 0, RequestMapping::kMaxIncluded, "includeNames",
                names, false) ||
      !get_list(env, object.Get("includePointers"), names.size(), names.size(), "includePointers",
                pointers, true)) {
    return false;
  }
  mapping.envelope = static_cast<RequestMapping::Envelope>(envelope);
  mapping.framing = static_cast<RequestMapping::Framing>(framing);
  mapping.grammar = is_strict ? json::Grammar::strict : json::Grammar::lenient;
  for (size_t i = 0; i < names.size(); ++i) mapping.include.emplace_back(names[i], pointers[i]);
  return true;
}

bool get_limits(Napi::Env env, Napi::Value value, MessageReader::Limits& limits) {
  constexpr int64_t kMaxMessageBytes = 1 << 28;
  if (!value.IsObject()) return throw_misuse(env, "The limits are not an object.");
  const auto options = value.As<Napi::Object>();
  return get_integer(env, options.Get("maxMessageBytes"), 1, kMaxMessageBytes, "maxMessageBytes",
                     limits.message_bytes) &&
         get_integer(env, options.Get("maxDepth"), 1, json::kDepthMax, "maxDepth", limits.depth) &&
         get_integer(env, options.Get("encryptedOnly"), 0, 1, "encryptedOnly",
                     limits.encrypted_only);
}

bool get_attached(Napi::Env env, const napi_value* parts, Attached& attached) {
  std::optional<std::string_view>* const fields[] = {&attached.id, &attached.timestamp,
                                                     &attached.priority, &attached.schema_id};
  const Napi::Value is_bare(env, parts[0]);
  attached.is_bare = is_bare.IsBoolean() && is_bare.As<Napi::Boolean>().Value();
  for (size_t i = 0; i < kAttachedParts - 1; ++i) {
    napi_valuetype type = napi_undefined;
    napi_typeof(env, parts[i + 1], &type);
    if (type == napi_undefined) continue;
    const char* bytes = nullptr;
    size_t size = 0;
    if (!get_bytes(env, parts[i + 1], "An attached part", bytes, size)) return false;
    if (bytes != nullptr) *fields[i] = std::string_view(bytes, size);
  }
  return true;
}

}  // namespace kubesentiment
