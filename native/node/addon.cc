// Loaded once per environment: in the main thread and in every worker.

#include <napi.h>

#include <cstdlib>

#include "allocator.h"
#include "arguments.h"
#include "cpu.h"
#include "native_decoder.h"
#include "native_reader.h"
#include "status.h"
#include "tokenizers.h"

namespace kubesentiment {
namespace {

Napi::Value describe_status(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  constexpr auto kLast = static_cast<int64_t>(Status::count_) - 1;
  uint8_t status = 0;
  if (!get_integer(env, info[0], 0, kLast, "status", status)) return Napi::Value();
  const StatusInfo& entry = describe(static_cast<Status>(status));
  const Napi::Object object = Napi::Object::New(env);
  object.Set("errorType", entry.error_type);
  object.Set("message", entry.sentence);
  return object;
}

void set_error_maker(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info[0].IsFunction()) {
    env.GetInstanceData<AddonState>()->make_error = Napi::Persistent(info[0].As<Napi::Function>());
  } else {
    throw_misuse(env, "The error factory is not a function.");
  }
}

Napi::Value cpu_path(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), cpu::name(cpu::path()));
}

// Ends the process without waiting for any thread, unlike process.exit().
void end_process(const Napi::CallbackInfo& info) {
  uint8_t exit_code = 0;
  if (get_integer(info.Env(), info[0], 0, 255, "exit code", exit_code)) std::_Exit(exit_code);
}

// The numbers that JavaScript needs by name.
Napi::Object encryption_statuses(Napi::Env env) {
  const auto number = [env](Status status) {
    return Napi::Number::New(env, static_cast<double>(status));
  };
  const Napi::Object object = Napi::Object::New(env);
  object.Set("encrypted", number(Status::encrypted));
  object.Set("token", number(Status::token_invalid));
  object.Set("key", number(Status::key_unknown));
  object.Set("forged", number(Status::token_forged));
  object.Set("utf8", number(Status::decrypted_not_utf8));
  return object;
}

Napi::Object schema_statuses(Napi::Env env) {
  const Napi::Object object = Napi::Object::New(env);
  object.Set("wanted", static_cast<double>(Status::schema_wanted));
  object.Set("unknown", static_cast<double>(Status::schema_unknown));
  object.Set("kind", static_cast<double>(Status::schema_kind));
  object.Set("unreadable", static_cast<double>(Status::schema_unreadable));
  return object;
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new AddonState);
  exports.Set("NativeDecoder", NativeDecoder::define(env));
  exports.Set("NativeReader", NativeReader::define(env));
  exports.Set("cpuPath", Napi::Function::New(env, cpu_path));
  exports.Set("describeStatus", Napi::Function::New(env, describe_status));
  exports.Set("dropTokenizer", Napi::Function::New(env, drop_tokenizer));
  exports.Set("endProcess", Napi::Function::New(env, end_process));
  exports.Set("encryptionStatus", encryption_statuses(env));
  exports.Set("schemaStatus", schema_statuses(env));
  exports.Set("stalledStatus", static_cast<double>(Status::stalled));
  exports.Set("deletedStatus", static_cast<double>(Status::deleted));
  exports.Set("limitArenas", Napi::Function::New(env, limit_arenas));
  exports.Set("loadTokenizer", Napi::Function::New(env, load_tokenizer_aside));
  exports.Set("setErrorMaker", Napi::Function::New(env, set_error_maker));
  exports.Set("trimMemory", Napi::Function::New(env, trim_memory));
  return exports;
}

NODE_API_MODULE(kubesentiment, initialize)

}  // namespace
}  // namespace kubesentiment
