#pragma once

#include <cstdint>
#include <string_view>

#include "siphash.h"

namespace kubesentiment {

/**
 * With a per-process key, so a sender cannot choose colliding ids to have a message treated as a
 * duplicate.
 */
class IdHash {
 public:
  IdHash() : key_(SipHash::Key::random()) {}
  IdHash(uint64_t key0, uint64_t key1) noexcept : key_{{key0, key1}} {}

  uint64_t operator()(std::string_view bytes) const noexcept {
    return SipHash(key_, SipHash::Width::k64).finish(bytes.data(), bytes.size());
  }

 private:
  SipHash::Key key_;
};

}  // namespace kubesentiment
