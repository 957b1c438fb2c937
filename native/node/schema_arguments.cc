#include "schema_arguments.h"

#include <string>
#include <utility>
#include <vector>

#include "arguments.h"

namespace kubesentiment {
namespace {

bool get_id(const Napi::CallbackInfo& info, std::string& id) {
  View<uint8_t> bytes;
  if (!get_view(info.Env(), info[0], SchemaTable::kFrameBytes, "id", bytes)) return false;
  id.assign(reinterpret_cast<const char*>(bytes.data), bytes.size);
  return true;
}

}  // namespace

bool put_schema(const Napi::CallbackInfo& info, MessageReader& reader) {
  const Napi::Env env = info.Env();
  constexpr auto kLastFormat = static_cast<int64_t>(SchemaProgram::Format::refused);
  constexpr auto kLastStatus = static_cast<int64_t>(Status::count_) - 1;
  std::string id;
  uint8_t format = 0;
  uint8_t refusal = 0;
  if (!get_id(info, id) || !get_integer(env, info[1], 0, kLastFormat, "format", format) ||
      !get_integer(env, info[2], 0, kLastStatus, "refusal", refusal)) {
    return false;
  }
  if (!info[4].IsArray()) return throw_misuse(env, "strings is not an array.");
  const auto list = info[4].As<Napi::Array>();
  std::vector<std::string> strings(list.Length());
  for (uint32_t i = 0; i < strings.size(); ++i) {
    if (!get_string(env, list.Get(i), "A string", strings[i])) return false;
  }
  View<int32_t> code;  // after everything that can run JavaScript
  if (!get_view(env, info[3], 0, "code", code)) return false;
  SchemaProgram program(static_cast<SchemaProgram::Format>(format), static_cast<Status>(refusal),
                        std::vector<int32_t>(code.data, code.data + code.size), std::move(strings));
  if (!program.is_sound(field_count(reader.mapping()))) {
    return throw_misuse(env, "The program of a schema is not sound.");
  }
  reader.schemas().set(id, std::move(program));
  return true;
}

bool drop_schema(const Napi::CallbackInfo& info, MessageReader& reader) {
  std::string id;
  if (!get_id(info, id)) return false;
  reader.schemas().remove(id);
  return true;
}

}  // namespace kubesentiment
