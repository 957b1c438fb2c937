#pragma once

// Schemas as JavaScript passes them.

#include <napi.h>

#include "message_reader.h"

namespace kubesentiment {

/**
 * (id, format, refusal, code, strings): see `SchemaPort` in src/decode/binding.ts. Puts the program
 * into the table of the reader.
 */
bool put_schema(const Napi::CallbackInfo& info, MessageReader& reader);

/** (id) */
bool drop_schema(const Napi::CallbackInfo& info, MessageReader& reader);

}  // namespace kubesentiment
