#pragma once

#include <napi.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tokenizer.h"

namespace kubesentiment {

/** Per environment: every worker that loads the addon has its own. */
struct AddonState {
  Napi::FunctionReference make_error;  // (code, message) => KubesentimentError
  /** That were loaded aside, by their number, one for each decoder to come; see tokenizers.h. */
  std::map<int32_t, std::vector<Tokenizer>> tokenizers;
  int32_t last_tokenizer = 0;
};

/** Empty if an exception is pending. */
inline Napi::Value make_error(Napi::Env env, const char* code, const std::string& message) {
  const auto* state = env.GetInstanceData<AddonState>();
  if (state->make_error.IsEmpty()) return Napi::Error::New(env, message).Value();
  return state->make_error.Call({Napi::String::New(env, code), Napi::String::New(env, message)});
}

inline bool throw_error(Napi::Env env, const char* code, const std::string& message) {
  const Napi::Value error = make_error(env, code, message);
  if (!env.IsExceptionPending()) napi_throw(env, error);
  return false;
}

}  // namespace kubesentiment
