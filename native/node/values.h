#pragma once

// Buffers and arrays from JavaScript, as far as they are handed on message by message.

#include <napi.h>

#include <string>

#include "arguments.h"

namespace kubesentiment {

/** The bytes of a Buffer; for null, no address. They are valid until JavaScript runs again. */
inline bool get_bytes(Napi::Env env, napi_value value, const char* name, const char*& bytes,
                      size_t& size) {
  bool is_buffer = false;
  napi_is_buffer(env, value, &is_buffer);
  if (is_buffer) {
    void* data = nullptr;
    napi_get_buffer_info(env, value, &data, &size);
    bytes = data == nullptr ? "" : static_cast<const char*>(data);
    return true;
  }
  napi_valuetype type = napi_undefined;
  napi_typeof(env, value, &type);
  if (type == napi_null) return true;
  return throw_misuse(env, std::string(name) + " is neither a Buffer nor null.");
}

/** Elements of an array. Reading one can run JavaScript (a getter). */
inline bool fetch(Napi::Env env, napi_value array, size_t from, size_t count,
                  napi_value* elements) {
  for (size_t i = 0; i < count; ++i) {
    if (napi_get_element(env, array, static_cast<uint32_t>(from + i), &elements[i]) != napi_ok) {
      return false;
    }
  }
  return true;
}

}  // namespace kubesentiment
