// Encrypted requests. JavaScript decrypts them between two calls: one returns where the encrypted
// texts are, the other takes the decrypted texts.

#include "native_decoder.h"
#include "utf8.h"

namespace kubesentiment {

// (slots, count, spans): two words per slot, the token's start in the value and its length in
// bytes; the length is 0 for a row that is not `encrypted`.
void NativeDecoder::encrypted_spans(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  size_t count = 0;
  View<int32_t> slots;
  View<uint32_t> spans;
  if (!check_open(env) || !get_integer(env, info[1], 0, kMaxRows, "count", count) ||
      !get_view(env, info[0], count, "slots", slots) ||
      !get_view(env, info[2], 2 * count, "spans", spans)) {
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    const int32_t slot = slots.data[i];
    if (!check_slot(env, slot)) return;
    const Slab::Row& row = decoder_->slab().row(slot);
    spans.data[2 * i] = row.token_at;
    spans.data[2 * i + 1] = row.token_bytes;
  }
}

// (bytes, ends, slots, count): text `i` ends before byte `ends[i]`. Writes the columns of the rows.
void NativeDecoder::decode_decrypted(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  size_t count = 0;
  View<uint8_t> bytes;
  View<uint32_t> ends;
  View<int32_t> slots;
  StatusColumns columns;
  if (!check_open(env) || !get_integer(env, info[3], 0, kMaxRows, "count", count) ||
      !get_view(env, info[0], 0, "bytes", bytes) || !get_view(env, info[1], count, "ends", ends) ||
      !get_view(env, info[2], count, "slots", slots) || !get_status_columns(env, columns)) {
    return;
  }
  size_t begin = 0;
  for (size_t i = 0; i < count; ++i) {
    const int32_t slot = slots.data[i];
    const size_t end = ends.data[i];
    if (!check_slot(env, slot)) return;
    if (end < begin || end > bytes.size) {
      throw_misuse(env, "The ends are not ascending positions inside the bytes.");
      return;
    }
    // A copy: data that another thread could still change must not be checked first and used later.
    text_.assign(reinterpret_cast<const char*>(bytes.data) + begin, end - begin);
    begin = end;
    Status status = Status::ok;
    if (utf8::is_valid(text_)) {
      decoder_->decode_decrypted(slot, text_);
    } else {
      status = decoder_->refuse(slot, Status::decrypted_not_utf8);
    }
    write_columns(columns, slot, status);
  }
  text_.assign(text_.size(), '\0');
}

}  // namespace kubesentiment
