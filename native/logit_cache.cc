#include "logit_cache.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace kubesentiment {
namespace {

uint32_t used(const char* entry, size_t at) noexcept {
  uint32_t when;
  std::memcpy(&when, entry + at, sizeof when);
  return when;
}

}  // namespace

LogitCache::LogitCache(size_t bytes, size_t columns, std::string_view model_version,
                       const SipHash::Key& key)
    : key_(key),
      version_(
          SipHash(key, SipHash::Width::k128).finish128(model_version.data(), model_version.size())),
      columns_(columns),
      stride_((kLogitsAt + columns * sizeof(float) + 7) & ~size_t{7}),
      sets_(std::max<size_t>(1, bytes / (stride_ * kWays))),
      entries_(static_cast<char*>(std::calloc(sets_ * kWays, stride_))) {}

bool LogitCache::find(const TextIds& text, float* logits) noexcept {
  char* const entry = entry_of(hash(text));
  if (entry == nullptr) return false;
  std::memcpy(logits, entry + kLogitsAt, columns_ * sizeof(float));
  use(entry);
  return true;
}

void LogitCache::keep(const TextIds& text, const float* logits) noexcept {
  if (!std::all_of(logits, logits + columns_, [](float logit) { return std::isfinite(logit); })) {
    return;
  }
  const SipHash::Hash128 hashed = hash(text);
  char* entry = entry_of(hashed);
  if (entry == nullptr) entry = oldest_in(hashed);
  std::memcpy(entry, &hashed, sizeof hashed);
  std::memcpy(entry + kLogitsAt, logits, columns_ * sizeof(float));
  use(entry);
}

SipHash::Hash128 LogitCache::hash(const TextIds& text) const noexcept {
  SipHash hash(key_, SipHash::Width::k128);
  hash.word(version_.low);
  hash.word(version_.high);
  hash.word(text.windows);
  return hash.finish128(reinterpret_cast<const char*>(text.data), text.size * sizeof(int32_t));
}

char* LogitCache::entry_of(const SipHash::Hash128& hash) const noexcept {
  char* entry = set_of(hash);
  for (size_t way = 0; way < kWays; ++way, entry += stride_) {
    if (std::memcmp(entry, &hash, sizeof hash) == 0 && used(entry, kUsedAt) != 0) return entry;
  }
  return nullptr;
}

// One that is free was never used.
char* LogitCache::oldest_in(const SipHash::Hash128& hash) const noexcept {
  char* entry = set_of(hash);
  char* oldest = entry;
  for (size_t way = 1; way < kWays; ++way) {
    entry += stride_;
    if (used(entry, kUsedAt) < used(oldest, kUsedAt)) oldest = entry;
  }
  return oldest;
}

char* LogitCache::set_of(const SipHash::Hash128& hash) const noexcept {
  return entries_.get() + hash.low % sets_ * kWays * stride_;
}

// After four billion times it begins again, and for a while the oldest is not the oldest.
void LogitCache::use(char* entry) noexcept {
  if (++now_ == 0) now_ = 1;
  std::memcpy(entry + kUsedAt, &now_, sizeof now_);
}

}  // namespace kubesentiment
