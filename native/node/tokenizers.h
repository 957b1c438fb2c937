#pragma once

#include <napi.h>

#include "arguments.h"
#include "tokenizer.h"

namespace kubesentiment {

// loadTokenizer(file): resolves with a number for `options.tokenizer` of decoders, each of which
// gets a copy. The work is done in another thread. Rejects like the constructor of a decoder.
Napi::Value load_tokenizer_aside(const Napi::CallbackInfo& info);

// dropTokenizer(number): frees it. Decoders that were made with it keep their copies.
void drop_tokenizer(const Napi::CallbackInfo& info);

/** `options.tokenizer`: the number of one that was loaded aside, or the bytes of a file. */
bool get_tokenizer(Napi::Env env, Napi::Value value, Tokenizer& tokenizer);

}  // namespace kubesentiment
