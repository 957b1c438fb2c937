// The constructor of NativeDecoder: turns the JavaScript options into a ready core.

#include <utility>
#include <vector>

#include "avro_results.h"
#include "json_results.h"
#include "mapping_arguments.h"
#include "native_decoder.h"
#include "protobuf_results.h"
#include "tokenizers.h"

namespace kubesentiment {
namespace {

constexpr size_t kMaxLabels =
    255;  // the column `label` holds bytes, and one is for uncertain texts

// As `NativeOptions.resultFormat` in src/decode/binding.ts.
enum ResultFormat : int { kJson, kAvro, kProtobuf };

}  // namespace

NativeDecoder::NativeDecoder(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<NativeDecoder>(info) {
  const Napi::Env env = info.Env();
  if (info[0].IsObject()) {
    const auto options = info[0].As<Napi::Object>();
    if (bind_columns(env, options) && make_encoder(env, options)) make_decoder(env, options);
  } else {
    throw_misuse(env, "The options are not an object.");
  }
}

bool NativeDecoder::bind_columns(Napi::Env env, Napi::Object options) {
  const Napi::Value table = options.Get("table");
  if (!get_integer(env, options.Get("rows"), 1, kMaxRows, "rows", rows_)) return false;
  if (!table.IsObject()) return throw_misuse(env, "table is not an object.");
  const auto columns = table.As<Napi::Object>();
  return status_.bind(columns, "status", rows_) && length_.bind(columns, "length", rows_) &&
         unknown_.bind(columns, "unknown", rows_) && flags_.bind(columns, "flags", rows_) &&
         windows_.bind(columns, "windows", rows_) &&
         last_length_.bind(columns, "lastLength", rows_) && label_.bind(columns, "label", rows_) &&
         score_.bind(columns, "score", rows_) && attempts_.bind(columns, "attempts", rows_);
}

bool NativeDecoder::make_encoder(Napi::Env env, Napi::Object options) {
  const Napi::Value list = options.Get("labels");
  if (!list.IsArray() || list.As<Napi::Array>().Length() > kMaxLabels) {
    return throw_misuse(env, "labels is not an array of at most 255 labels.");
  }
  ResultEncoder::Labels labels;
  labels.names.resize(list.As<Napi::Array>().Length());
  for (uint32_t i = 0; i < labels.names.size(); ++i) {
    if (!get_string(env, list.As<Napi::Array>().Get(i), "A label", labels.names[i])) return false;
  }
  const Napi::Value threshold = options.Get("threshold");
  if (threshold.IsNumber()) labels.threshold = threshold.As<Napi::Number>().FloatValue();
  std::string name;
  std::string version;
  std::string member;
  int format = kJson;
  int stage = 0;
  if (!get_string(env, options.Get("uncertainLabel"), "uncertainLabel", labels.uncertain) ||
      !get_string(env, options.Get("modelName"), "modelName", name) ||
      !get_string(env, options.Get("modelVersion"), "modelVersion", version) ||
      !get_string(env, options.Get("resultMember"), "resultMember", member) ||
      !get_integer(env, options.Get("resultFormat"), kJson, kProtobuf, "resultFormat", format) ||
      !get_integer(env, options.Get("stage"), 0, 2, "stage", stage)) {
    return false;
  }
  stage_ = static_cast<uint8_t>(stage);
  if (format == kAvro) {
    encoder_ = std::make_unique<AvroResults>(labels, name, version);
  } else if (format == kProtobuf) {
    encoder_ = std::make_unique<ProtobufResults>(labels, name, version);
  } else {
    encoder_ = std::make_unique<JsonResults>(labels, name, version, member);
  }
  if (!make_cache(env, options, labels.names.size(), version)) return false;
  if (options.Get("allScores").IsUndefined()) return true;
  return all_scores_.bind(options, "allScores", rows_ * labels.names.size());
}

bool NativeDecoder::get_other_mappings(Napi::Env env, Napi::Value value,
                                       std::vector<RequestMapping>& mappings) {
  if (!value.IsArray() || value.As<Napi::Array>().Length() >= kMaxShapes) {
    return throw_misuse(env, "otherMappings is not an array of at most 255 mappings.");
  }
  mappings.resize(value.As<Napi::Array>().Length());
  for (uint32_t i = 0; i < mappings.size(); ++i) {
    if (!get_mapping(env, value.As<Napi::Array>().Get(i), mappings[i])) return false;
  }
  return true;
}

bool NativeDecoder::make_decoder(Napi::Env env, Napi::Object options) {
  size_t max_tokens = 0;
  int64_t pad_id = 0;
  int64_t pad_left = 0;
  int64_t truncate_left = 0;
  int64_t window_overlap = 0;
  MessageReader::Limits limits{};
  RequestMapping mapping;
  std::vector<RequestMapping> other_mappings;
  Tokenizer tokenizer;
  if (!get_integer(env, options.Get("maxTokens"), 1, UINT16_MAX, "maxTokens", max_tokens) ||
      !get_limits(env, options, limits) ||
      !get_integer(env, options.Get("padId"), -1, INT32_MAX, "padId", pad_id) ||
      !get_integer(env, options.Get("padLeft"), -1, 1, "padLeft", pad_left) ||
      !get_integer(env, options.Get("truncateLeft"), -1, 1, "truncateLeft", truncate_left) ||
      !get_integer(env, options.Get("windowOverlap"), -1, UINT16_MAX, "windowOverlap",
                   window_overlap) ||
      !get_mapping(env, options.Get("mapping"), mapping) ||
      !get_other_mappings(env, options.Get("otherMappings"), other_mappings) ||
      !get_tokenizer(env, options.Get("tokenizer"), tokenizer)) {
    return false;
  }
  if (max_tokens <= tokenizer.special_count()) {
    return throw_misuse(env, "maxTokens leaves no room besides the special tokens.");
  }
  const Decoder::Padding padding{
      static_cast<int32_t>(pad_id < 0 ? tokenizer.pad_id() : pad_id),
      pad_left < 0 ? tokenizer.pad_left() : pad_left == 1,
  };
  if (truncate_left >= 0) tokenizer.truncate_left(truncate_left == 1);
  auto decoder = std::make_unique<Decoder>(std::move(tokenizer), rows_, max_tokens, limits, padding,
                                           std::move(mapping));
  if (!decoder->allocated()) {
    return throw_error(env, "KS_INTERNAL", "There is not enough memory for the token slab.");
  }
  if (window_overlap >= 0) {
    if (static_cast<size_t>(window_overlap) >= decoder->room()) {
      return throw_error(
          env, "KS_CONFIG_INVALID",
          "model.window_overlap (" + std::to_string(window_overlap) + ") must be less than the " +
              std::to_string(decoder->room()) +
              " tokens of a text that a window has room for: " + std::to_string(max_tokens) +
              " less " + std::to_string(max_tokens - decoder->room()) + " special ones");
    }
    decoder->read_in_windows(static_cast<size_t>(window_overlap));
  }
  for (RequestMapping& other : other_mappings) decoder->add_reader(std::move(other));
  decoder_ = std::move(decoder);
  return true;
}

}  // namespace kubesentiment
