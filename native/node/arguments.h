#pragma once

// The part of addon.cc that unpacks JavaScript values. Every function throws KS_ADDON_MISUSE and
// returns false if a value is invalid.

#include <napi.h>

#include <cmath>
#include <string>

#include "addon_state.h"

namespace kubesentiment {

/** Keeps an exception that is already pending, for example from a getter. */
inline bool throw_misuse(Napi::Env env, const std::string& message) {
  return env.IsExceptionPending() ? false : throw_error(env, "KS_ADDON_MISUSE", message);
}

/** The current elements of a typed array. */
template <typename T>
struct View {
  T* data = nullptr;
  size_t size = 0;
};

template <typename T>
struct ArrayType;
template <>
struct ArrayType<uint8_t> {
  static constexpr napi_typedarray_type value = napi_uint8_array;
};
template <>
struct ArrayType<uint16_t> {
  static constexpr napi_typedarray_type value = napi_uint16_array;
};
template <>
struct ArrayType<int32_t> {
  static constexpr napi_typedarray_type value = napi_int32_array;
};
template <>
struct ArrayType<uint32_t> {
  static constexpr napi_typedarray_type value = napi_uint32_array;
};
template <>
struct ArrayType<float> {
  static constexpr napi_typedarray_type value = napi_float32_array;
};
template <>
struct ArrayType<double> {
  static constexpr napi_typedarray_type value = napi_float64_array;
};
template <>
struct ArrayType<int64_t> {
  static constexpr napi_typedarray_type value = napi_bigint64_array;
};

/** A typed array of T with at least `size_min` elements. A detached one has none. */
template <typename T>
bool get_view(Napi::Env env, napi_value value, size_t size_min, const char* name, View<T>& view) {
  bool is_typed_array = false;
  napi_is_typedarray(env, value, &is_typed_array);
  napi_typedarray_type type = napi_int8_array;
  void* data = nullptr;
  if (is_typed_array) {
    napi_get_typedarray_info(env, value, &type, &view.size, &data, nullptr, nullptr);
  }
  if (type != ArrayType<T>::value) {
    return throw_misuse(env, std::string(name) + " is not a typed array of the right type.");
  }
  if (view.size < size_min || (view.size > 0 && data == nullptr)) {
    return throw_misuse(env, std::string(name) + " has " + std::to_string(view.size) +
                                 " elements where " + std::to_string(size_min) +
                                 " are needed; it may have been moved to another thread.");
  }
  view.data = static_cast<T*>(data);
  return true;
}

/** A typed array that is kept. It is looked up on every call, since it can be detached or resized.
 */
template <typename T>
class Column {
 public:
  bool bind(Napi::Object table, const char* name, size_t rows) {
    name_ = name;
    rows_ = rows;
    const Napi::Value value = table.Get(name);
    View<T> ignored;
    if (table.Env().IsExceptionPending() || !get_view(table.Env(), value, rows, name, ignored)) {
      return false;
    }
    reference_ = Napi::Persistent(value.As<Napi::Object>());
    return true;
  }
  bool bound() const { return !reference_.IsEmpty(); }
  bool get(Napi::Env env, View<T>& view) const {
    return get_view(env, reference_.Value(), rows_, name_, view);
  }

 private:
  Napi::ObjectReference reference_;
  const char* name_ = "";
  size_t rows_ = 0;
};

/** An integer from `min` to `max`. */
template <typename Integer>
bool get_integer(Napi::Env env, Napi::Value value, int64_t min, int64_t max, const char* name,
                 Integer& integer) {
  if (!env.IsExceptionPending() && value.IsNumber()) {
    const double number = value.As<Napi::Number>().DoubleValue();
    if (number == std::floor(number) && number >= static_cast<double>(min) &&
        number <= static_cast<double>(max)) {
      integer = static_cast<Integer>(number);
      return true;
    }
  }
  return throw_misuse(env, std::string(name) + " is not an integer from " + std::to_string(min) +
                               " to " + std::to_string(max) + ".");
}

inline bool get_string(Napi::Env env, Napi::Value value, const char* name, std::string& string) {
  if (env.IsExceptionPending() || !value.IsString()) {
    return throw_misuse(env, std::string(name) + " is not a string.");
  }
  string = value.As<Napi::String>().Utf8Value();
  return true;
}

}  // namespace kubesentiment
