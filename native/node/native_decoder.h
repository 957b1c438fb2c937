#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arguments.h"
#include "decoder.h"
#include "id_hash.h"
#include "result_encoder.h"

namespace kubesentiment {

/**
 * The decoder as a JavaScript object. It validates all arguments, then calls the core, which
 * validates nothing. See `NativeDecoder` in src/decode/binding.ts for the methods.
 */
class NativeDecoder : public Napi::ObjectWrap<NativeDecoder> {
 public:
  static Napi::Function define(Napi::Env env);

  explicit NativeDecoder(const Napi::CallbackInfo& info);

 private:
  static constexpr int64_t kMaxRows = 1 << 20;
  static constexpr size_t kMaxShapes = 256;  // a byte says which
  static constexpr int64_t kMaxCacheBytes = int64_t{1} << 40;

  struct StatusColumns {
    View<uint8_t> status;
    View<uint16_t> length;
    View<uint16_t> unknown;
    View<uint8_t> flags;
    View<uint8_t> windows;
    View<uint16_t> last_length;
  };
  struct ResultColumns {
    View<uint8_t> label;
    View<float> score;
    View<uint8_t> attempts;
    View<float> all_scores;  // empty unless all scores are wanted
  };
  using DecodeOne = bool (NativeDecoder::*)(Napi::Env, napi_value, int32_t slot, const Attached&,
                                            size_t shape, Status&);

  bool bind_columns(Napi::Env env, Napi::Object options);
  bool make_encoder(Napi::Env env, Napi::Object options);
  bool make_cache(Napi::Env env, Napi::Object options, size_t columns, const std::string& version);
  bool make_decoder(Napi::Env env, Napi::Object options);
  bool get_other_mappings(Napi::Env env, Napi::Value value, std::vector<RequestMapping>& mappings);

  Napi::Value decode(const Napi::CallbackInfo& info);
  Napi::Value decode_texts(const Napi::CallbackInfo& info);
  Napi::Value decode_each(const Napi::CallbackInfo& info, Napi::Value attached, Napi::Value shapes,
                          DecodeOne decode_one);
  bool decode_value(Napi::Env env, napi_value value, int32_t slot, const Attached& attached,
                    size_t shape, Status& status);
  bool decode_text(Napi::Env env, napi_value value, int32_t slot, const Attached& attached,
                   size_t shape, Status& status);
  void encrypted_spans(const Napi::CallbackInfo& info);
  void decode_decrypted(const Napi::CallbackInfo& info);
  Napi::Value special_tokens(const Napi::CallbackInfo& info);
  void forget_windows(const Napi::CallbackInfo& info);
  Napi::Value tokens(const Napi::CallbackInfo& info);
  void pack(const Napi::CallbackInfo& info);
  void hash_ids(const Napi::CallbackInfo& info);
  Napi::Value find_cached(const Napi::CallbackInfo& info);
  void keep_cached(const Napi::CallbackInfo& info);
  void keep_cached_texts(const Napi::CallbackInfo& info);
  Napi::Value encode_results(const Napi::CallbackInfo& info);
  void set_schema(const Napi::CallbackInfo& info);
  void remove_schema(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);

  bool get_requests(Napi::Env env, Napi::Value value, size_t count,
                    std::vector<napi_value>& requests) const;
  bool get_schema_ids(Napi::Env env, Napi::Value value, View<uint32_t>& ids) const;
  char* put_frame(const View<uint32_t>& schema_ids, size_t label, char* out) const noexcept;
  Napi::Value bytes_needed(Napi::Env env, View<int32_t> slots, std::string_view topic,
                           const std::vector<napi_value>& requests) const;
  bool get_cache_rows(const Napi::CallbackInfo& info, size_t& count, View<int32_t>& rows,
                      View<float>& logits);
  bool check_open(Napi::Env env) const;
  bool check_slot(Napi::Env env, int32_t slot) const;
  void write_columns(const StatusColumns& columns, int32_t slot, Status status) const;
  bool check_shape(Napi::Env env, size_t shape) const;
  bool get_shape(Napi::Env env, Napi::Value value, size_t& shape) const;
  bool get_status_columns(Napi::Env env, StatusColumns& columns) const;
  bool get_result_columns(Napi::Env env, ResultColumns& columns) const;

  size_t rows_ = 0;
  Column<uint8_t> status_;
  Column<uint16_t> length_;
  Column<uint16_t> unknown_;
  Column<uint8_t> flags_;
  Column<uint8_t> windows_;
  Column<uint16_t> last_length_;
  Column<uint8_t> label_;
  Column<float> score_;
  Column<uint8_t> attempts_;
  Column<float> all_scores_;
  std::unique_ptr<ResultEncoder> encoder_;
  uint8_t stage_ = 0;                  // of all its results
  std::unique_ptr<Decoder> decoder_;   // null if closed, or if the constructor threw
  std::unique_ptr<LogitCache> cache_;  // null without `cacheBytes`
  size_t columns_ = 0;
  std::string text_;
  IdHash id_hash_;
};

}  // namespace kubesentiment
