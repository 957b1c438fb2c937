// The only file that knows Node. It checks what JavaScript hands in, then calls the core, which
// checks nothing.

#include <napi.h>

#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "decoder.h"
#include "result_encoder.h"
#include "tokenizer_loader.h"

namespace kubesentiment {
namespace {

/** Of one environment: every worker that loads the addon has its own. */
struct AddonState {
  Napi::FunctionReference decoder;
  Napi::FunctionReference make_error;  // (code, message) => KubesentimentError
};

void throw_error(Napi::Env env, const char* code, const std::string& message) {
  if (env.IsExceptionPending()) return;
  const auto* state = env.GetInstanceData<AddonState>();
  if (state->make_error.IsEmpty()) {
    Napi::Error::New(env, message).ThrowAsJavaScriptException();
    return;
  }
  const Napi::Value error =
      state->make_error.Call({Napi::String::New(env, code), Napi::String::New(env, message)});
  if (!env.IsExceptionPending()) napi_throw(env, error);
}

void throw_misuse(Napi::Env env, const std::string& message) {
  throw_error(env, "KS_ADDON_MISUSE", message);
}

/** The elements of a typed array as they are now; a detached one has none. */
template <typename T>
struct View {
  T* data = nullptr;
  size_t size = 0;
};

template <typename T>
constexpr napi_typedarray_type kArrayType = napi_uint8_array;
template <>
constexpr napi_typedarray_type kArrayType<uint16_t> = napi_uint16_array;
template <>
constexpr napi_typedarray_type kArrayType<int32_t> = napi_int32_array;
template <>
constexpr napi_typedarray_type kArrayType<uint32_t> = napi_uint32_array;
template <>
constexpr napi_typedarray_type kArrayType<float> = napi_float32_array;
template <>
constexpr napi_typedarray_type kArrayType<double> = napi_float64_array;
template <>
constexpr napi_typedarray_type kArrayType<int64_t> = napi_bigint64_array;

/** Nothing, with an exception thrown, unless `value` is an array of T with at least `size_min`
 * elements. */
template <typename T>
std::optional<View<T>> view(Napi::Env env, napi_value value, size_t size_min, const char* name) {
  bool is_typed_array = false;
  napi_is_typedarray(env, value, &is_typed_array);
  napi_typedarray_type type = napi_uint8_array;
  size_t size = 0;
  void* data = nullptr;
  if (is_typed_array) napi_get_typedarray_info(env, value, &type, &size, &data, nullptr, nullptr);
  if (!is_typed_array || type != kArrayType<T>) {
    throw_misuse(env, std::string(name) + " is not a typed array of the right type.");
    return std::nullopt;
  }
  if (size < size_min || (size > 0 && data == nullptr)) {
    throw_misuse(env, std::string(name) + " has " + std::to_string(size) + " elements, " +
                          std::to_string(size_min) +
                          " are needed; it may have been moved to another thread.");
    return std::nullopt;
  }
  return View<T>{static_cast<T*>(data), size};
}

/** A typed array of JavaScript that is looked up again for each call, since it can be detached or
 * resized. */
template <typename T>
class Column {
 public:
  bool bind(Napi::Object table, const char* name, size_t rows) {
    name_ = name;
    rows_ = rows;
    const Napi::Value value = table.Get(name);
    if (table.Env().IsExceptionPending() || !view<T>(table.Env(), value, rows, name)) return false;
    reference_ = Napi::Persistent(value.As<Napi::Object>());
    return true;
  }
  bool bound() const { return !reference_.IsEmpty(); }
  std::optional<View<T>> get(Napi::Env env) const {
    return view<T>(env, reference_.Value(), rows_, name_);
  }

 private:
  Napi::ObjectReference reference_;
  const char* name_ = "";
  size_t rows_ = 0;
};

/** Nothing, with an exception thrown, unless `value` is an integer from `min` to `max`. */
std::optional<int64_t> integer(Napi::Env env, Napi::Value value, int64_t min, int64_t max,
                               const char* name) {
  if (value.IsNumber()) {
    const double number = value.As<Napi::Number>().DoubleValue();
    if (number == std::floor(number) && number >= static_cast<double>(min) &&
        number <= static_cast<double>(max)) {
      return static_cast<int64_t>(number);
    }
  }
  throw_misuse(env, std::string(name) + " is not an integer from " + std::to_string(min) + " to " +
                        std::to_string(max) + ".");
  return std::nullopt;
}

constexpr int64_t kMaxSafeInteger = (int64_t{1} << 53) - 1;
constexpr int64_t kMaxRows = 1 << 24;

class NativeDecoder : public Napi::ObjectWrap<NativeDecoder> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "NativeDecoder",
                       {
                           InstanceMethod<&NativeDecoder::decode>("decode"),
                           InstanceMethod<&NativeDecoder::decode_texts>("decodeTexts"),
                           InstanceMethod<&NativeDecoder::tokens>("tokens"),
                           InstanceMethod<&NativeDecoder::pack>("pack"),
                           InstanceMethod<&NativeDecoder::encode_results>("encodeResults"),
                           InstanceMethod<&NativeDecoder::close>("close"),
                       });
  }

  explicit NativeDecoder(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeDecoder>(info) {
    const Napi::Env env = info.Env();
    if (!info[0].IsObject()) {
      throw_misuse(env, "The options are not an object.");
      return;
    }
    const auto options = info[0].As<Napi::Object>();
    if (bind_columns(env, options) && make_encoder(env, options)) make_decoder(env, options);
  }

 private:
  // Values are fetched this many at a time. Only fetching can run JavaScript (a getter), which
  // could close the decoder or detach an array; so everything is looked up again for each chunk and
  // then used at once.
  static constexpr size_t kChunk = 256;

  struct Slots {
    View<int32_t> slots;
    size_t count;
  };

  bool bind_columns(Napi::Env env, Napi::Object options) {
    const auto rows = integer(env, options.Get("rows"), 1, kMaxRows, "rows");
    if (!rows) return false;
    const Napi::Value table = options.Get("table");
    if (!table.IsObject()) return throw_misuse(env, "table is not an object."), false;
    const auto columns = table.As<Napi::Object>();
    rows_ = static_cast<size_t>(*rows);
    return status_.bind(columns, "status", rows_) && length_.bind(columns, "length", rows_) &&
           flags_.bind(columns, "flags", rows_) && label_.bind(columns, "label", rows_) &&
           score_.bind(columns, "score", rows_) && attempts_.bind(columns, "attempts", rows_);
  }

  bool make_encoder(Napi::Env env, Napi::Object options) {
    const Napi::Value labels = options.Get("labels");
    const Napi::Value name = options.Get("modelName");
    const Napi::Value version = options.Get("modelVersion");
    if (!labels.IsArray() || !name.IsString() || !version.IsString()) {
      return throw_misuse(env, "labels, modelName or modelVersion are missing."), false;
    }
    const auto array = labels.As<Napi::Array>();
    std::vector<std::string> texts;
    for (uint32_t i = 0; i < array.Length(); ++i) {
      const Napi::Value label = array.Get(i);
      if (env.IsExceptionPending()) return false;
      if (!label.IsString())
        return throw_misuse(env, "labels holds something that is not a string."), false;
      texts.push_back(label.As<Napi::String>().Utf8Value());
    }
    encoder_.emplace(texts, name.As<Napi::String>().Utf8Value(),
                     version.As<Napi::String>().Utf8Value());
    if (options.Get("allScores").IsUndefined()) return true;
    return all_scores_.bind(options, "allScores", rows_ * texts.size());
  }

  void make_decoder(Napi::Env env, Napi::Object options) {
    const auto max_tokens = integer(env, options.Get("maxTokens"), 1, UINT16_MAX, "maxTokens");
    if (!max_tokens) return;
    const auto bytes_max =
        integer(env, options.Get("maxMessageBytes"), 1, 1 << 30, "maxMessageBytes");
    if (!bytes_max) return;
    const auto depth_max = integer(env, options.Get("maxDepth"), 1, 1 << 16, "maxDepth");
    if (!depth_max) return;
    const auto pad_id = integer(env, options.Get("padId"), -1, INT32_MAX, "padId");
    if (!pad_id) return;
    const auto file = view<uint8_t>(env, options.Get("tokenizer"), 0, "tokenizer");
    if (!file) return;

    Tokenizer tokenizer;
    std::string reason;
    const Status status =
        load_tokenizer({reinterpret_cast<const char*>(file->data), file->size}, tokenizer, reason);
    if (status == Status::tokenizer_unsupported)
      return throw_error(env, "KS_MODEL_UNSUPPORTED", reason);
    if (status != Status::ok) return throw_error(env, "KS_MODEL_INVALID", reason);
    if (static_cast<size_t>(*max_tokens) <= tokenizer.special_count()) {
      return throw_misuse(env, "maxTokens leaves no room beside the special tokens.");
    }
    const MessageReader::Limits limits{static_cast<size_t>(*bytes_max),
                                       static_cast<size_t>(*depth_max)};
    const auto pad = static_cast<int32_t>(*pad_id < 0 ? tokenizer.pad_id() : *pad_id);
    auto decoder = std::make_unique<Decoder>(std::move(tokenizer), rows_,
                                             static_cast<size_t>(*max_tokens), limits, pad);
    if (!decoder->allocated())
      return throw_error(env, "KS_INTERNAL", "Not enough memory for the token slab.");
    decoder_ = std::move(decoder);
  }

  Napi::Value decode(const Napi::CallbackInfo& info) {
    return decode_each(info, [](NativeDecoder& self, Napi::Env env, napi_value value, size_t slot,
                                Status& status) {
      const char* bytes = nullptr;
      size_t size = 0;
      bool is_buffer = false;
      napi_is_buffer(env, value, &is_buffer);
      if (is_buffer) {
        void* data = nullptr;
        napi_get_buffer_info(env, value, &data, &size);
        bytes = data == nullptr ? "" : static_cast<const char*>(data);
      } else {
        napi_valuetype type = napi_undefined;
        napi_typeof(env, value, &type);
        if (type != napi_null)
          return throw_misuse(env, "A value is neither a Buffer nor null."), false;
      }
      status = self.decoder_->decode_message(slot, bytes, size);
      return true;
    });
  }

  Napi::Value decode_texts(const Napi::CallbackInfo& info) {
    return decode_each(info, [](NativeDecoder& self, Napi::Env env, napi_value value, size_t slot,
                                Status& status) {
      size_t size = 0;
      if (napi_get_value_string_utf8(env, value, nullptr, 0, &size) != napi_ok) {
        return throw_misuse(env, "A text is not a string."), false;
      }
      std::string& text = self.text_;
      text.resize(size + 1);
      napi_get_value_string_utf8(env, value, text.data(), text.size(), &size);
      status = self.decoder_->decode_text(slot, {text.data(), size});
      return true;
    });
  }

  template <typename DecodeOne>
  Napi::Value decode_each(const Napi::CallbackInfo& info, DecodeOne decode_one) {
    const Napi::Env env = info.Env();
    if (!info[0].IsArray())
      return throw_misuse(env, "The values are not an array."), env.Undefined();
    const auto values = info[0].As<Napi::Array>();
    size_t decoded = 0;
    for (size_t from = 0, count = 1; from < count; from += kChunk) {
      const Napi::HandleScope scope(env);
      napi_value chunk[kChunk];
      const auto total = integer(env, info[2], 0, values.Length(), "count");
      if (!total) return env.Undefined();
      count = static_cast<size_t>(*total);
      const size_t chunk_size = std::min(kChunk, count - from);
      for (size_t i = 0; i < chunk_size; ++i) {
        if (napi_get_element(env, values, static_cast<uint32_t>(from + i), &chunk[i]) != napi_ok) {
          return env.Undefined();
        }
      }
      const auto slots = get_slots(info[1], count, env);
      if (!slots) return env.Undefined();
      const auto status_column = status_.get(env);
      const auto length_column = length_.get(env);
      const auto flags_column = flags_.get(env);
      if (!status_column || !length_column || !flags_column) return env.Undefined();
      for (size_t i = 0; i < chunk_size; ++i) {
        const auto slot = static_cast<size_t>(slots->data[from + i]);
        Status status = Status::ok;
        if (!decode_one(*this, env, chunk[i], slot, status)) return env.Undefined();
        const Slab::Row& row = decoder_->slab().row(slot);
        status_column->data[slot] = static_cast<uint8_t>(status);
        length_column->data[slot] = row.length;
        flags_column->data[slot] = row.flags;
        if (status == Status::ok) ++decoded;
      }
    }
    return Napi::Number::New(env, static_cast<double>(decoded));
  }

  // The first `count` slots, each checked to be a row; nothing, with an exception thrown, when
  // closed or wrong.
  std::optional<View<int32_t>> get_slots(Napi::Value value, size_t count, Napi::Env env) {
    if (!open(env)) return std::nullopt;
    const auto slots = view<int32_t>(env, value, count, "slots");
    if (!slots) return std::nullopt;
    for (size_t i = 0; i < count; ++i) {
      if (slots->data[i] < 0 || static_cast<size_t>(slots->data[i]) >= rows_) {
        throw_misuse(env,
                     "slots holds " + std::to_string(slots->data[i]) + ", which is not a row.");
        return std::nullopt;
      }
    }
    return slots;
  }

  bool open(Napi::Env env) {
    if (decoder_ == nullptr) throw_misuse(env, "The decoder is closed.");
    return decoder_ != nullptr;
  }

  Napi::Value tokens(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const auto slot = integer(env, info[0], 0, static_cast<int64_t>(rows_) - 1, "slot");
    if (!slot || !open(env)) return env.Undefined();
    const auto index = static_cast<size_t>(*slot);
    const size_t length = decoder_->slab().row(index).length;
    Napi::Int32Array ids = Napi::Int32Array::New(env, length);
    std::copy_n(decoder_->slab().ids(index), length, ids.Data());
    return ids;
  }

  Napi::Value pack(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const auto count = integer(env, info[1], 0, kMaxRows, "count");
    if (!count) return env.Undefined();
    const auto width = integer(env, info[2], 1, UINT16_MAX, "width");
    if (!width) return env.Undefined();
    const auto rows = static_cast<size_t>(*count);
    const auto columns = static_cast<size_t>(*width);
    const auto slots = get_slots(info[0], rows, env);
    if (!slots) return env.Undefined();
    const auto ids = view<int64_t>(env, info[3], rows * columns, "ids");
    if (!ids) return env.Undefined();
    const auto mask = view<int64_t>(env, info[4], rows * columns, "mask");
    if (!mask) return env.Undefined();
    if (ids->size != rows * columns || mask->size != rows * columns) {
      return throw_misuse(env, "ids and mask must have count x width elements."), env.Undefined();
    }
    for (size_t i = 0; i < rows; ++i) {
      const auto slot = static_cast<size_t>(slots->data[i]);
      const size_t length = decoder_->slab().row(slot).length;
      if (length == 0 || length > columns) {
        return throw_misuse(env, "Row " + std::to_string(slot) + " has " + std::to_string(length) +
                                     " tokens, which is none or more than the width."),
               env.Undefined();
      }
      decoder_->pack(slot, columns, ids->data + i * columns, mask->data + i * columns);
    }
    return env.Undefined();
  }

  // (topic, partition, slots, count, offsets, latencyMs, processedAtMs, bytes, ends): the bytes
  // written, or, as a negative number, the bytes needed when `bytes` is too small.
  Napi::Value encode_results(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (!info[0].IsString()) return throw_misuse(env, "topic is not a string."), env.Undefined();
    const std::string topic = info[0].As<Napi::String>().Utf8Value();
    const auto partition = integer(env, info[1], 0, INT32_MAX, "partition");
    if (!partition) return env.Undefined();
    const auto count_value = integer(env, info[3], 0, kMaxRows, "count");
    if (!count_value) return env.Undefined();
    const auto processed_at = integer(env, info[6], 0, kMaxSafeInteger, "processedAtMs");
    if (!processed_at) return env.Undefined();
    const auto count = static_cast<size_t>(*count_value);
    const auto slots = get_slots(info[2], count, env);
    if (!slots) return env.Undefined();
    const auto offsets = view<double>(env, info[4], count, "offsets");
    if (!offsets) return env.Undefined();
    const auto latencies = view<double>(env, info[5], count, "latencyMs");
    if (!latencies) return env.Undefined();
    const auto bytes = view<uint8_t>(env, info[7], 0, "bytes");
    if (!bytes) return env.Undefined();
    const auto ends = view<uint32_t>(env, info[8], count, "ends");
    if (!ends) return env.Undefined();
    const auto labels = label_.get(env);
    const auto scores = score_.get(env);
    const auto attempts = attempts_.get(env);
    if (!labels || !scores || !attempts) return env.Undefined();
    std::optional<View<float>> all_scores;
    if (all_scores_.bound() && !(all_scores = all_scores_.get(env))) return env.Undefined();

    size_t needed = 0;
    for (size_t i = 0; i < count; ++i) {
      const auto slot = static_cast<size_t>(slots->data[i]);
      if (labels->data[slot] >= encoder_->label_count() ||
          !(std::abs(offsets->data[i]) <= kMaxSafeInteger)) {
        return throw_misuse(env, "A label or an offset is out of range."), env.Undefined();
      }
      needed += encoder_->bytes_max(decoder_->slab().row(slot), topic);
    }
    if (needed > bytes->size) return Napi::Number::New(env, -static_cast<double>(needed));

    char* const begin = reinterpret_cast<char*>(bytes->data);
    char* out = begin;
    const ResultEncoder::Source source{topic, *partition};
    for (size_t i = 0; i < count; ++i) {
      const auto slot = static_cast<size_t>(slots->data[i]);
      ResultEncoder::Result result;
      result.offset = static_cast<int64_t>(offsets->data[i]);
      result.label = labels->data[slot];
      result.score = scores->data[slot];
      result.scores = all_scores ? all_scores->data + slot * encoder_->label_count() : nullptr;
      result.attempts = attempts->data[slot];
      result.processed_at_ms = *processed_at;
      result.latency_ms = latencies->data[i];
      out = encoder_->encode(decoder_->slab().row(slot), source, result, out);
      ends->data[i] = static_cast<uint32_t>(out - begin);
    }
    return Napi::Number::New(env, static_cast<double>(out - begin));
  }

  void close(const Napi::CallbackInfo&) { decoder_.reset(); }

  size_t rows_ = 0;
  Column<uint8_t> status_;
  Column<uint16_t> length_;
  Column<uint8_t> flags_;
  Column<uint8_t> label_;
  Column<float> score_;
  Column<uint8_t> attempts_;
  Column<float> all_scores_;
  std::optional<ResultEncoder> encoder_;
  std::unique_ptr<Decoder> decoder_;  // null when closed, or when the constructor threw
  std::string text_;
};

Napi::Value describe_status(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto status = integer(env, info[0], 0, static_cast<int64_t>(Status::count_) - 1, "status");
  if (!status) return env.Undefined();
  const StatusInfo& entry = describe(static_cast<Status>(*status));
  const Napi::Object object = Napi::Object::New(env);
  object.Set("errorType", entry.error_type);
  object.Set("message", entry.sentence);
  return object;
}

void set_error_maker(const Napi::CallbackInfo& info) {
  if (!info[0].IsFunction()) return throw_misuse(info.Env(), "The error maker is not a function.");
  info.Env().GetInstanceData<AddonState>()->make_error =
      Napi::Persistent(info[0].As<Napi::Function>());
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  auto* state = new AddonState;
  env.SetInstanceData(state);
  const Napi::Function decoder = NativeDecoder::define(env);
  exports.Set("NativeDecoder", decoder);
  exports.Set("describeStatus", Napi::Function::New(env, describe_status));
  exports.Set("setErrorMaker", Napi::Function::New(env, set_error_maker));
  return exports;
}

NODE_API_MODULE(kubesentiment, initialize)

}  // namespace
}  // namespace kubesentiment
