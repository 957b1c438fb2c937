#pragma once

#include <napi.h>

#include "arguments.h"
#include "tokenizer.h"

namespace kubesentiment {

// loadTokenizer(file, count): resolves with a number for `options.tokenizer` of so many decoders.
// The work is done in another thread. Rejects like the constructor of a decoder.
Napi::Value load_tokenizer_aside(const Napi::CallbackInfo& info);

// dropTokenizer(number): frees what no decoder has taken. Those that were made with it go on.
void drop_tokenizer(const Napi::CallbackInfo& info);

/** `options.tokenizer`: the number of one that was loaded aside, or the bytes of a file. */
bool get_tokenizer(Napi::Env env, Napi::Value value, Tokenizer& tokenizer);

}  // namespace kubesentiment
