#include "decoder.h"

#include <algorithm>
#include <utility>

namespace kubesentiment {
namespace {

// A row that held more gives the memory back when it is used again.
constexpr size_t kKeptMetadata = 2048;

}  // namespace

Decoder::Decoder(Tokenizer tokenizer, size_t rows, size_t max_tokens, MessageReader::Limits limits,
                 Padding padding, RequestMapping mapping)
    : tokenizer_(std::move(tokenizer)),
      reader_(limits, std::move(mapping)),
      slab_(rows, max_tokens),
      padding_(padding) {}

void Decoder::add_reader(RequestMapping mapping) {
  others_.push_back(std::make_unique<MessageReader>(reader_.limits(), std::move(mapping)));
}

void Decoder::read_in_windows(size_t overlap) noexcept { windows_.emplace(room(), overlap); }

Status Decoder::decode_message(size_t row, const char* bytes, size_t size, const Attached& attached,
                               size_t shape) {
  Message message;
  const Status status = reader(shape).read(bytes, size, message, attached);
  if (status != Status::ok) return refuse(row, status);
  describe(row, message);
  if (message.encrypted) return Status::encrypted;
  tokenize(row, message.text);
  return Status::ok;
}

void Decoder::decode_decrypted(size_t row, std::string_view text) { tokenize(row, text); }

void Decoder::decode_text(size_t row, std::string_view text) {
  describe(row, Message());
  tokenize(row, text);
}

Status Decoder::refuse(size_t index, Status status) noexcept {
  Slab::Row& row = slab_.row(index);
  clear_text(row);
  row.flags = 0;
  row.id_bytes = 0;
  row.timestamp_bytes = 0;
  row.token_bytes = 0;
  row.metadata.clear();
  return status;
}

void Decoder::describe(size_t index, const Message& message) {
  Slab::Row& row = slab_.row(index);
  clear_text(row);
  row.flags = message.priority == Priority::high  ? Slab::kPriorityHigh
              : message.priority == Priority::low ? Slab::kPriorityLow
                                                  : 0;
  row.token_at = static_cast<uint32_t>(message.text_at);
  row.token_bytes = message.encrypted ? static_cast<uint32_t>(message.token_bytes) : 0;
  if (row.metadata.capacity() > kKeptMetadata) row.metadata = std::string();
  row.metadata.assign(message.id).append(message.timestamp).append(message.included);
  row.id_bytes = static_cast<uint16_t>(message.id.size());
  row.timestamp_bytes = static_cast<uint16_t>(message.timestamp.size());
}

void Decoder::tokenize(size_t index, std::string_view text) {
  Slab::Row& row = slab_.row(index);
  const Tokenizer::Encoded encoded = tokenizer_.encode(text, slab_.ids(index), slab_.max_tokens());
  row.length = static_cast<uint16_t>(encoded.length);
  if (encoded.length == 0) {  // no special tokens, and nothing in the text: a model needs a row
    slab_.ids(index)[0] = padding_.id;
    row.length = 1;
  }
  bool is_whole = !encoded.truncated;
  if (!is_whole && windows_) {
    is_whole = tokenizer_.encode_body(text, windows_->tokens_max(), row.text_ids);
    row.windows = static_cast<uint8_t>(windows_->count(row.text_ids.size()));
  }
  if (!is_whole) row.flags |= Slab::kTruncated;
  row.unknown = count_unknown(index);
}

uint16_t Decoder::count_unknown(size_t index) const noexcept {
  const Slab::Row& row = slab_.row(index);
  const int32_t unknown = tokenizer_.unknown_id();
  if (unknown < 0) return 0;
  const int32_t* const ids = slab_.ids(index);
  const auto count = row.windows > 1 ? std::count(row.text_ids.begin(), row.text_ids.end(), unknown)
                                     : std::count(ids, ids + row.length, unknown);
  return static_cast<uint16_t>(std::min<std::ptrdiff_t>(count, UINT16_MAX));
}

size_t Decoder::length(size_t index, size_t window) const noexcept {
  const Slab::Row& row = slab_.row(index);
  if (row.windows == 1) return window == 0 ? row.length : 0;
  if (window >= row.windows || row.text_ids.empty()) return 0;
  const Windows::Range range = windows_->range(window, row.text_ids.size());
  return range.end - range.begin + tokenizer_.special_count();
}

TextIds Decoder::text_ids(size_t index) const noexcept {
  const Slab::Row& row = slab_.row(index);
  if (row.windows == 1) return {slab_.ids(index), row.length, 1};
  return {row.text_ids.data(), row.text_ids.size(), row.windows};
}

template <typename Id>
void Decoder::copy(size_t index, size_t window, Id* ids) const noexcept {
  const Slab::Row& row = slab_.row(index);
  if (row.windows == 1) {
    std::copy_n(slab_.ids(index), row.length, ids);
    return;
  }
  const Windows::Range range = windows_->range(window, row.text_ids.size());
  const int32_t* const text = row.text_ids.data();
  ids = std::copy(tokenizer_.prefix().begin(), tokenizer_.prefix().end(), ids);
  ids = std::copy(text + range.begin, text + range.end, ids);
  std::copy(tokenizer_.suffix().begin(), tokenizer_.suffix().end(), ids);
}

template void Decoder::copy(size_t, size_t, int32_t*) const noexcept;

void Decoder::pack(size_t index, size_t window, size_t width, int64_t* ids,
                   int64_t* mask) const noexcept {
  const size_t count = length(index, window);
  const size_t start = padding_.left ? width - count : 0;
  std::fill(ids, ids + start, padding_.id);
  std::fill(mask, mask + start, 0);
  copy(index, window, ids + start);
  std::fill(mask + start, mask + start + count, 1);
  std::fill(ids + start + count, ids + width, padding_.id);
  std::fill(mask + start + count, mask + width, 0);
}

void Decoder::forget_windows(size_t index) noexcept { slab_.row(index).text_ids = {}; }

void Decoder::clear_text(Slab::Row& row) noexcept {
  row.length = 0;
  row.unknown = 0;
  if (row.windows == 1) return;
  row.windows = 1;
  row.text_ids = {};
}

}  // namespace kubesentiment
