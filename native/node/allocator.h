#pragma once

#include <napi.h>

namespace kubesentiment {

// Both do nothing where the allocator is not that of glibc.

// limitArenas(count): threads share this many arenas of malloc from now on, instead of up to eight
// for each core.
void limit_arenas(const Napi::CallbackInfo& info);

// trimMemory(): resolves when the unused pages of all arenas are given back to the system. The work
// is done in a thread of its own, and holds up one arena after the other.
Napi::Value trim_memory(const Napi::CallbackInfo& info);

}  // namespace kubesentiment
