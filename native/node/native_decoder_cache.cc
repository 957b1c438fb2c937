// Logits of texts that were classified before. Without `cacheBytes` there are none.

#include "native_decoder.h"

namespace kubesentiment {

bool NativeDecoder::make_cache(Napi::Env env, Napi::Object options, size_t columns,
                               const std::string& version) {
  size_t bytes = 0;
  columns_ = columns;
  if (!get_integer(env, options.Get("cacheBytes"), 0, kMaxCacheBytes, "cacheBytes", bytes)) {
    return false;
  }
  if (bytes == 0) return true;
  cache_ = std::make_unique<LogitCache>(bytes, columns, version);
  if (cache_->allocated()) return true;
  return throw_error(
      env, "KS_CONFIG_INVALID",
      "There is not enough memory for model.cache_bytes (" + std::to_string(bytes) + ")");
}

bool NativeDecoder::get_cache_rows(const Napi::CallbackInfo& info, size_t& count,
                                   View<int32_t>& rows, View<float>& logits) {
  const Napi::Env env = info.Env();
  if (!check_open(env)) return false;
  if (cache_ == nullptr) return throw_misuse(env, "The decoder was made without a cache.");
  return get_integer(env, info[1], 0, kMaxRows, "count", count) &&
         get_view(env, info[0], count, "rows", rows) &&
         get_view(env, info[2], count * columns_, "logits", logits);
}

// (rows, count, logits, found): the rows are slots; the logits of those found, and 1 for each.
Napi::Value NativeDecoder::find_cached(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  size_t count = 0;
  View<int32_t> rows;
  View<float> logits;
  View<uint8_t> found;
  if (!get_cache_rows(info, count, rows, logits) ||
      !get_view(env, info[3], count, "found", found)) {
    return Napi::Value();
  }
  size_t hits = 0;
  for (size_t i = 0; i < count; ++i) {
    const int32_t slot = rows.data[i];
    if (!check_slot(env, slot)) return Napi::Value();
    const bool is_known = cache_->find(decoder_->text_ids(slot), logits.data + i * columns_);
    found.data[i] = is_known ? 1 : 0;
    if (is_known) ++hits;
  }
  return Napi::Number::New(env, static_cast<double>(hits));
}

// (rows, count, logits): those of a batch. Windows of a text say nothing about it alone, and are
// passed over.
void NativeDecoder::keep_cached(const Napi::CallbackInfo& info) {
  size_t count = 0;
  View<int32_t> rows;
  View<float> logits;
  if (!get_cache_rows(info, count, rows, logits)) return;
  for (size_t i = 0; i < count; ++i) {
    const int32_t row = rows.data[i];
    if (row >= static_cast<int32_t>(rows_)) continue;
    if (!check_slot(info.Env(), row)) return;
    const TextIds text = decoder_->text_ids(row);
    if (text.windows == 1) cache_->keep(text, logits.data + i * columns_);
  }
}

// (rows, count, logits): the rows are slots, each with the logits of its whole text.
void NativeDecoder::keep_cached_texts(const Napi::CallbackInfo& info) {
  size_t count = 0;
  View<int32_t> rows;
  View<float> logits;
  if (!get_cache_rows(info, count, rows, logits)) return;
  for (size_t i = 0; i < count; ++i) {
    const int32_t slot = rows.data[i];
    if (!check_slot(info.Env(), slot)) return;
    cache_->keep(decoder_->text_ids(slot), logits.data + i * columns_);
  }
}

}  // namespace kubesentiment
