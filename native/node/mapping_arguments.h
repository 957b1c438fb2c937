#pragma once

// The mapping of requests as JavaScript passes it.

#include <napi.h>

#include "message_reader.h"
#include "values.h"

namespace kubesentiment {

/** `MappingOptions` in src/decode/binding.ts; the default if `value` is undefined. */
bool get_mapping(Napi::Env env, Napi::Value value, RequestMapping& mapping);

/** `ReaderLimits` in src/decode/binding.ts; also of the options of a decoder. */
bool get_limits(Napi::Env env, Napi::Value value, MessageReader::Limits& limits);

/**
 * The elements that belong to one message: whether it is bare, its id, timestamp and priority, and
 * the header with the id of its schema.
 */
constexpr size_t kAttachedParts = 5;

/** A part that is undefined comes from the value, one that is null is missing. */
bool get_attached(Napi::Env env, const napi_value* parts, Attached& attached);

}  // namespace kubesentiment
