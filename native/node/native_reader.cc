#include "native_reader.h"

#include <string>
#include <string_view>
#include <utility>

#include "mapping_arguments.h"
#include "schema_arguments.h"

namespace kubesentiment {

Napi::Function NativeReader::define(Napi::Env env) {
  return DefineClass(env, "NativeReader",
                     {InstanceMethod<&NativeReader::read>("read"),
                      InstanceMethod<&NativeReader::set_schema>("setSchema"),
                      InstanceMethod<&NativeReader::remove_schema>("removeSchema")});
}

NativeReader::NativeReader(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeReader>(info) {
  const Napi::Env env = info.Env();
  RequestMapping mapping;
  MessageReader::Limits limits{};
  if (get_limits(env, info[0], limits) && get_mapping(env, info[1], mapping)) {
    reader_ = std::make_unique<MessageReader>(limits, std::move(mapping));
  }
}

// (value, attached): the fields of the request; `text` is undefined unless it could be read.
Napi::Value NativeReader::read(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  napi_value parts[kAttachedParts];
  Attached attached;
  const char* bytes = nullptr;
  size_t size = 0;
  const bool has_attached = !info[1].IsUndefined();
  if (!check_made(env)) return Napi::Value();
  if (has_attached && !info[1].IsArray()) {
    return throw_misuse(env, "attached is not an array."), Napi::Value();
  }
  if ((has_attached &&
       (!fetch(env, info[1], 0, kAttachedParts, parts) || !get_attached(env, parts, attached))) ||
      !get_bytes(env, info[0], "The value", bytes, size)) {
    return Napi::Value();
  }
  Message message;
  const Status status = reader_->read(bytes, size, message, attached);
  const Napi::Object object = Napi::Object::New(env);
  const auto set = [&](const char* name, std::string_view text) {
    if (status == Status::ok) object.Set(name, Napi::String::New(env, text.data(), text.size()));
  };
  object.Set("status", Napi::Number::New(env, static_cast<double>(status)));
  object.Set("isEncrypted", Napi::Boolean::New(env, message.encrypted));
  if (!message.encrypted) set("text", message.text);
  set("id", message.id);
  set("timestamp", message.timestamp);
  set("included", message.included);
  set("priority", message.priority == Priority::high  ? "high"
                  : message.priority == Priority::low ? "low"
                                                      : "medium");
  return object;
}

void NativeReader::set_schema(const Napi::CallbackInfo& info) {
  if (check_made(info.Env())) put_schema(info, *reader_);
}

void NativeReader::remove_schema(const Napi::CallbackInfo& info) {
  if (check_made(info.Env())) drop_schema(info, *reader_);
}

bool NativeReader::check_made(Napi::Env env) const {
  return reader_ != nullptr ? true : throw_misuse(env, "The reader was not made.");
}

}  // namespace kubesentiment
