#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "siphash.h"

namespace kubesentiment {

/** Token ids that stand for a text, and in how many windows it is read. */
struct TextIds {
  const int32_t* data;
  size_t size;
  size_t windows;
};

/**
 * The logits of texts that were classified before, by a hash of their token ids and the version of
 * the model. The key of the hash is random, so a sender cannot choose texts that are taken for each
 * other; by chance that takes about 2^64 texts. The table never grows: a set of eight entries
 * forgets the one that was not asked for the longest. It comes from calloc, so what was never used
 * takes no memory.
 *
 *     set    │ entry │ entry │ … 8
 *     entry  │ hash (16) │ when it was last asked for (4) │ logits (4 × columns), filled up to 8 │
 */
class LogitCache {
 public:
  /** One set, if `bytes` is too few for it. */
  LogitCache(size_t bytes, size_t columns, std::string_view model_version,
             const SipHash::Key& key = SipHash::Key::random());

  bool allocated() const noexcept { return entries_ != nullptr; }
  /** How many texts it has room for. */
  size_t capacity() const noexcept { return sets_ * kWays; }

  /** Writes the logits of a text, or returns false if it does not know it. */
  bool find(const TextIds& text, float* logits) noexcept;
  /** Logits that are not all finite are not kept. */
  void keep(const TextIds& text, const float* logits) noexcept;

 private:
  static constexpr size_t kWays = 8;
  static constexpr size_t kUsedAt = sizeof(SipHash::Hash128);
  static constexpr size_t kLogitsAt = kUsedAt + sizeof(uint32_t);

  SipHash::Hash128 hash(const TextIds& text) const noexcept;
  char* entry_of(const SipHash::Hash128& hash) const noexcept;
  char* oldest_in(const SipHash::Hash128& hash) const noexcept;
  char* set_of(const SipHash::Hash128& hash) const noexcept;
  void use(char* entry) noexcept;

  struct Free {
    void operator()(char* entries) const noexcept { std::free(entries); }
  };
  SipHash::Key key_;
  SipHash::Hash128 version_;
  size_t columns_;
  size_t stride_;
  size_t sets_;
  std::unique_ptr<char, Free> entries_;
  uint32_t now_ = 0;
};

}  // namespace kubesentiment
