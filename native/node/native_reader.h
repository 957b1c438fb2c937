#pragma once

#include <napi.h>

#include <memory>

#include "message_reader.h"

namespace kubesentiment {

/**
 * Reads single requests, for people and tools rather than for the pipeline: no tokenizer, no rows.
 * See `NativeReader` in src/decode/binding.ts.
 */
class NativeReader : public Napi::ObjectWrap<NativeReader> {
 public:
  static Napi::Function define(Napi::Env env);

  explicit NativeReader(const Napi::CallbackInfo& info);

 private:
  Napi::Value read(const Napi::CallbackInfo& info);
  void set_schema(const Napi::CallbackInfo& info);
  void remove_schema(const Napi::CallbackInfo& info);
  bool check_made(Napi::Env env) const;

  std::unique_ptr<MessageReader> reader_;  // null if the constructor threw
};

}  // namespace kubesentiment
