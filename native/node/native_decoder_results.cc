// Results. With `result.shape: request` they are written into the values of their requests.

#include <algorithm>
#include <vector>

#include "native_decoder.h"
#include "values.h"

namespace kubesentiment {
namespace {

constexpr int64_t kMaxSafeInteger = (int64_t{1} << 53) - 1;
constexpr size_t kSchemaIdBytes = 5;

bool get_request(Napi::Env env, napi_value value, std::string_view& request) {
  const char* bytes = nullptr;
  size_t size = 0;
  if (!get_bytes(env, value, "A request", bytes, size)) return false;
  request = {bytes, size};
  return true;
}

size_t result_bytes_max(const ResultEncoder& encoder, const Slab::Row& row, std::string_view topic,
                        std::string_view request) {
  return kSchemaIdBytes + encoder.behind_schema_id().size() +
         encoder.bytes_max(row, topic, request.size());
}

}  // namespace

// Nothing unless results are added to their requests.
bool NativeDecoder::get_requests(Napi::Env env, Napi::Value value, size_t count,
                                 std::vector<napi_value>& requests) const {
  if (!encoder_ || !encoder_->needs_request()) return true;
  if (!value.IsArray()) return throw_misuse(env, "requests is not an array.");
  requests.resize(count);
  return fetch(env, value, 0, count, requests.data());
}

// Nothing if results have no schema.
bool NativeDecoder::get_schema_ids(Napi::Env env, Napi::Value value, View<uint32_t>& ids) const {
  if (value.IsUndefined()) return true;
  return get_view(env, value, encoder_ ? encoder_->label_count() : 0, "schemaIds", ids);
}

// What the serializers of a Schema Registry write in front of a value.
char* NativeDecoder::put_frame(const View<uint32_t>& schema_ids, size_t label,
                               char* out) const noexcept {
  if (schema_ids.data == nullptr) return out;
  const uint32_t id = schema_ids.data[label];
  *out++ = 0;
  for (int shift = 24; shift >= 0; shift -= 8) *out++ = static_cast<char>(id >> shift);
  const std::string_view rest = encoder_->behind_schema_id();
  return std::copy(rest.begin(), rest.end(), out);
}

// (topic, partition, slots, count, offsets, latencyMs, processedAtMs, bytes, ends, requests,
// schemaIds): returns how many bytes were written, or, as a negative number, how large `bytes`
// would have to be. `requests` are the values, where results are added to them; `schemaIds` are
// those of the schemas by label, where results have one.
Napi::Value NativeDecoder::encode_results(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  std::string topic;
  ResultEncoder::Source source{};
  ResultEncoder::Result result{};
  size_t count = 0;
  std::vector<napi_value> requests;
  View<int32_t> slots;
  View<double> offsets;
  View<double> latencies;
  View<uint8_t> bytes;
  View<uint32_t> ends;
  View<uint32_t> schema_ids;
  ResultColumns columns;
  if (!get_integer(env, info[3], 0, kMaxRows, "count", count)) return Napi::Value();
  // Fetching elements can run JavaScript, so everything else comes after it.
  if (!get_requests(env, info[9], count, requests)) return Napi::Value();
  if (!check_open(env) || !get_string(env, info[0], "topic", topic) ||
      !get_integer(env, info[1], 0, INT32_MAX, "partition", source.partition) ||
      !get_view(env, info[2], count, "slots", slots) ||
      !get_view(env, info[4], count, "offsets", offsets) ||
      !get_view(env, info[5], count, "latencyMs", latencies) ||
      !get_integer(env, info[6], 0, kMaxSafeInteger, "processedAtMs", result.processed_at_ms) ||
      !get_view(env, info[7], 0, "bytes", bytes) || !get_view(env, info[8], count, "ends", ends) ||
      !get_schema_ids(env, info[10], schema_ids) || !get_result_columns(env, columns)) {
    return Napi::Value();
  }
  source.topic = topic;
  result.stage = stage_;
  char* const begin = reinterpret_cast<char*>(bytes.data);
  char* out = begin;
  for (size_t i = 0; i < count; ++i) {
    const int32_t slot = slots.data[i];
    if (!check_slot(env, slot)) return Napi::Value();
    const Slab::Row& row = decoder_->slab().row(slot);
    const double offset = offsets.data[i];
    result.label = columns.label.data[slot];
    if (!(offset >= 0 && offset <= kMaxSafeInteger) || result.label >= encoder_->label_count()) {
      throw_misuse(env,
                   "The offset or the label of slot " + std::to_string(slot) + " is out of range.");
      return Napi::Value();
    }
    std::string_view request;
    if (!requests.empty() && !get_request(env, requests[i], request)) return Napi::Value();
    const auto left = bytes.size - static_cast<size_t>(out - begin);
    if (result_bytes_max(*encoder_, row, topic, request) > left) {
      return bytes_needed(env, {slots.data, count}, topic, requests);
    }
    result.offset = static_cast<int64_t>(offset);
    result.score = columns.score.data[slot];
    result.attempts = columns.attempts.data[slot];
    result.latency_ms = latencies.data[i];
    if (columns.all_scores.data != nullptr) {
      result.scores = columns.all_scores.data + slot * encoder_->score_count();
    }
    out = put_frame(schema_ids, result.label, out);
    out = encoder_->encode(row, source, result, out, request);
    ends.data[i] = static_cast<uint32_t>(out - begin);
  }
  return Napi::Number::New(env, static_cast<double>(out - begin));
}

Napi::Value NativeDecoder::bytes_needed(Napi::Env env, View<int32_t> slots, std::string_view topic,
                                        const std::vector<napi_value>& requests) const {
  size_t needed = 0;
  for (size_t i = 0; i < slots.size; ++i) {
    const int32_t slot = slots.data[i];
    if (!check_slot(env, slot)) return Napi::Value();
    std::string_view request;
    if (!requests.empty() && !get_request(env, requests[i], request)) return Napi::Value();
    needed += result_bytes_max(*encoder_, decoder_->slab().row(slot), topic, request);
  }
  return Napi::Number::New(env, -static_cast<double>(needed));
}

bool NativeDecoder::get_result_columns(Napi::Env env, ResultColumns& columns) const {
  return label_.get(env, columns.label) && score_.get(env, columns.score) &&
         attempts_.get(env, columns.attempts) &&
         (!all_scores_.bound() || all_scores_.get(env, columns.all_scores));
}

}  // namespace kubesentiment
