#include "native_decoder.h"

#include <algorithm>

#include "mapping_arguments.h"
#include "schema_arguments.h"

namespace kubesentiment {
namespace {

// Values are fetched this many at a time. Only fetching can run JavaScript (a getter), which could
// close the decoder or detach an array, so everything used with a chunk is looked up after fetching
// it. Typed arrays may share memory with each other or with another thread: each element is read
// once, then checked, then used.
constexpr size_t kChunk = 256;

}  // namespace

Napi::Function NativeDecoder::define(Napi::Env env) {
  return DefineClass(env, "NativeDecoder",
                     {
                         InstanceMethod<&NativeDecoder::decode>("decode"),
                         InstanceMethod<&NativeDecoder::decode_texts>("decodeTexts"),
                         InstanceMethod<&NativeDecoder::encrypted_spans>("encryptedSpans"),
                         InstanceMethod<&NativeDecoder::decode_decrypted>("decodeDecrypted"),
                         InstanceMethod<&NativeDecoder::special_tokens>("specialTokens"),
                         InstanceMethod<&NativeDecoder::forget_windows>("forgetWindows"),
                         InstanceMethod<&NativeDecoder::tokens>("tokens"),
                         InstanceMethod<&NativeDecoder::pack>("pack"),
                         InstanceMethod<&NativeDecoder::hash_ids>("hashIds"),
                         InstanceMethod<&NativeDecoder::find_cached>("findCached"),
                         InstanceMethod<&NativeDecoder::keep_cached>("keepCached"),
                         InstanceMethod<&NativeDecoder::keep_cached_texts>("keepCachedTexts"),
                         InstanceMethod<&NativeDecoder::encode_results>("encodeResults"),
                         InstanceMethod<&NativeDecoder::set_schema>("setSchema"),
                         InstanceMethod<&NativeDecoder::remove_schema>("removeSchema"),
                         InstanceMethod<&NativeDecoder::close>("close"),
                     });
}

Napi::Value NativeDecoder::decode(const Napi::CallbackInfo& info) {
  return decode_each(info, info[3], info[4], &NativeDecoder::decode_value);
}
Napi::Value NativeDecoder::decode_texts(const Napi::CallbackInfo& info) {
  return decode_each(info, Napi::Value(), Napi::Value(), &NativeDecoder::decode_text);
}

Napi::Value NativeDecoder::decode_each(const Napi::CallbackInfo& info, Napi::Value attached,
                                       Napi::Value shapes, DecodeOne decode_one) {
  const Napi::Env env = info.Env();
  size_t count = 0;
  if (!check_open(env)) return Napi::Value();
  if (!info[0].IsArray()) {
    throw_misuse(env, "The values are not an array.");
    return Napi::Value();
  }
  const auto values = info[0].As<Napi::Array>();
  if (!get_integer(env, info[2], 0, values.Length(), "count", count)) return Napi::Value();
  const bool has_attached = !attached.IsEmpty() && !attached.IsUndefined();
  if (has_attached && !attached.IsArray()) {
    throw_misuse(env, "attached is not an array.");
    return Napi::Value();
  }
  const bool has_shapes = !shapes.IsEmpty() && !shapes.IsUndefined();
  size_t decoded = 0;
  for (size_t from = 0; from < count; from += kChunk) {
    const Napi::HandleScope scope(env);
    const size_t to = std::min(from + kChunk, count);
    napi_value chunk[kChunk];
    napi_value beside[kChunk * kAttachedParts];
    if (!fetch(env, values, from, to - from, chunk) ||
        (has_attached &&
         !fetch(env, attached, from * kAttachedParts, (to - from) * kAttachedParts, beside))) {
      return Napi::Value();
    }
    View<int32_t> slots;
    View<uint8_t> shape_of;
    StatusColumns columns;
    if (!check_open(env) || !get_view(env, info[1], count, "slots", slots) ||
        (has_shapes && !get_view(env, shapes, count, "shapes", shape_of)) ||
        !get_status_columns(env, columns)) {
      return Napi::Value();
    }
    for (size_t i = from; i < to; ++i) {
      const int32_t slot = slots.data[i];
      const size_t shape = has_shapes ? shape_of.data[i] : 0;
      Status status = Status::ok;
      Attached parts;
      if (!check_slot(env, slot) || (has_shapes && !check_shape(env, shape)) ||
          (has_attached && !get_attached(env, beside + (i - from) * kAttachedParts, parts)) ||
          !(this->*decode_one)(env, chunk[i - from], slot, parts, shape, status)) {
        return Napi::Value();
      }
      write_columns(columns, slot, status);
      if (status == Status::ok) ++decoded;
    }
  }
  return Napi::Number::New(env, static_cast<double>(decoded));
}

void NativeDecoder::write_columns(const StatusColumns& columns, int32_t slot, Status status) const {
  const Slab::Row& row = decoder_->slab().row(slot);
  columns.status.data[slot] = static_cast<uint8_t>(status);
  columns.length.data[slot] = row.length;
  columns.unknown.data[slot] = row.unknown;
  columns.flags.data[slot] = row.flags;
  columns.windows.data[slot] = row.windows;
  if (row.windows > 1) {
    columns.last_length.data[slot] =
        static_cast<uint16_t>(decoder_->length(slot, row.windows - size_t{1}));
  }
}

bool NativeDecoder::decode_value(Napi::Env env, napi_value value, int32_t slot,
                                 const Attached& attached, size_t shape, Status& status) {
  const char* bytes = nullptr;
  size_t size = 0;
  if (!get_bytes(env, value, "A value", bytes, size)) return false;
  status = decoder_->decode_message(slot, bytes, size, attached, shape);
  return true;
}

bool NativeDecoder::decode_text(Napi::Env env, napi_value value, int32_t slot, const Attached&,
                                size_t, Status& status) {
  size_t size = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &size) != napi_ok) {
    return throw_misuse(env, "A text is not a string.");
  }
  if (size > decoder_->message_bytes_max()) {
    status = decoder_->refuse(slot, Status::value_too_large);
    return true;
  }
  text_.resize(size + 1);
  napi_get_value_string_utf8(env, value, text_.data(), text_.size(), &size);
  decoder_->decode_text(slot, {text_.data(), size});
  return true;
}

bool NativeDecoder::check_open(Napi::Env env) const {
  return decoder_ != nullptr ? true : throw_misuse(env, "The decoder is closed.");
}

bool NativeDecoder::check_slot(Napi::Env env, int32_t slot) const {
  if (slot >= 0 && static_cast<size_t>(slot) < rows_) return true;
  return throw_misuse(env, "Slot " + std::to_string(slot) + " is not in the table.");
}

bool NativeDecoder::check_shape(Napi::Env env, size_t shape) const {
  if (shape < decoder_->reader_count()) return true;
  return throw_misuse(env, "Shape " + std::to_string(shape) + " does not exist.");
}

// How many tokens are around every text.
Napi::Value NativeDecoder::special_tokens(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!check_open(env)) return Napi::Value();
  const size_t count = decoder_->slab().max_tokens() - decoder_->room();
  return Napi::Number::New(env, static_cast<double>(count));
}

void NativeDecoder::forget_windows(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  int32_t slot = 0;
  if (check_open(env) && get_integer(env, info[0], 0, INT32_MAX, "slot", slot) &&
      check_slot(env, slot)) {
    decoder_->forget_windows(slot);
  }
}

// (row): window `w` of slot `s` is the row `s + w * rows`, here and in `pack`.
Napi::Value NativeDecoder::tokens(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  size_t row = 0;
  const auto last = static_cast<int64_t>(rows_ * Windows::kMax) - 1;
  if (!check_open(env) || !get_integer(env, info[0], 0, last, "row", row)) return Napi::Value();
  const size_t length = decoder_->length(row % rows_, row / rows_);
  if (length == 0 && row >= rows_) {
    throw_misuse(env, "Row " + std::to_string(row) + " is not a window of any text.");
    return Napi::Value();
  }
  Napi::Int32Array ids = Napi::Int32Array::New(env, length);
  if (length > 0) decoder_->copy(row % rows_, row / rows_, ids.Data());
  return ids;
}

void NativeDecoder::pack(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  size_t count = 0;
  size_t width = 0;
  View<int32_t> rows;
  View<int64_t> ids;
  View<int64_t> mask;
  if (!check_open(env) || !get_integer(env, info[1], 0, kMaxRows, "count", count) ||
      !get_integer(env, info[2], 1, UINT16_MAX, "width", width) ||
      !get_view(env, info[0], count, "rows", rows) ||
      !get_view(env, info[3], count * width, "ids", ids) ||
      !get_view(env, info[4], count * width, "mask", mask)) {
    return;
  }
  if (ids.size != count * width || mask.size != count * width) {
    throw_misuse(env, "ids and mask must have exactly count x width elements.");
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    const int32_t row = rows.data[i];
    if (!check_slot(env, row < 0 ? row : row % static_cast<int32_t>(rows_))) return;
    const size_t slot = static_cast<size_t>(row) % rows_;
    const size_t window = static_cast<size_t>(row) / rows_;
    const size_t length = decoder_->length(slot, window);
    if (length == 0 || length > width) {
      throw_misuse(env, "Row " + std::to_string(row) + " has " + std::to_string(length) +
                            " tokens, which is none or more than the width.");
      return;
    }
    decoder_->pack(slot, window, width, ids.data + i * width, mask.data + i * width);
  }
}

// (slots, count, hashes): two words per slot, low and high; both are 0 for a request without an id.
void NativeDecoder::hash_ids(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  size_t count = 0;
  View<int32_t> slots;
  View<uint32_t> hashes;
  if (!check_open(env) || !get_integer(env, info[1], 0, kMaxRows, "count", count) ||
      !get_view(env, info[0], count, "slots", slots) ||
      !get_view(env, info[2], 2 * count, "hashes", hashes)) {
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    const int32_t slot = slots.data[i];
    if (!check_slot(env, slot)) return;
    const std::string_view id = decoder_->slab().row(slot).id();
    const uint64_t hash = id.empty() ? 0 : id_hash_(id);
    hashes.data[2 * i] = static_cast<uint32_t>(hash);
    hashes.data[2 * i + 1] = static_cast<uint32_t>(hash >> 32);
  }
}

bool NativeDecoder::get_status_columns(Napi::Env env, StatusColumns& columns) const {
  return status_.get(env, columns.status) && length_.get(env, columns.length) &&
         unknown_.get(env, columns.unknown) && flags_.get(env, columns.flags) &&
         windows_.get(env, columns.windows) && last_length_.get(env, columns.last_length);
}

bool NativeDecoder::get_shape(Napi::Env env, Napi::Value value, size_t& shape) const {
  return get_integer(env, value, 0, decoder_->reader_count() - 1, "shape", shape);
}

void NativeDecoder::set_schema(const Napi::CallbackInfo& info) {
  size_t shape = 0;
  if (check_open(info.Env()) && get_shape(info.Env(), info[5], shape)) {
    put_schema(info, decoder_->reader(shape));
  }
}

void NativeDecoder::remove_schema(const Napi::CallbackInfo& info) {
  size_t shape = 0;
  if (check_open(info.Env()) && get_shape(info.Env(), info[1], shape)) {
    drop_schema(info, decoder_->reader(shape));
  }
}

void NativeDecoder::close(const Napi::CallbackInfo&) {
  decoder_.reset();
  cache_.reset();
}

}  // namespace kubesentiment
