#include "avro_results.h"

#include "binary_writer.h"
#include "json_text.h"
#include "rounding.h"

namespace kubesentiment {
namespace {

using binary::put_bytes;
using binary::put_double;

char* put_long(int64_t value, char* out) noexcept {
  const auto sign = value < 0 ? ~uint64_t{0} : 0;
  return binary::put_varint(static_cast<uint64_t>(value) << 1 ^ sign, out);
}

char* put_length(size_t size, char* out) noexcept {
  return put_long(static_cast<int64_t>(size), out);
}

char* put_string(std::string_view text, char* out) noexcept {
  return put_bytes(text, put_length(text.size(), out));
}

// What a string or number of JSON says.
char* put_scalar(std::string_view json, char* out) noexcept {
  const auto write = [json](char* at) { return binary::put_scalar(json, at); };
  return binary::put_measured(put_length, write, out);
}

// A union of null and something else.
char* put_null(char* out) noexcept { return put_long(0, out); }
char* put_not_null(char* out) noexcept { return put_long(1, out); }

// Of a list or map.
char* put_end(char* out) noexcept { return put_long(0, out); }

char* put_default_id(const ResultEncoder::Source& source, int64_t offset, char* out) noexcept {
  const auto write = [&](char* at) {
    at = put_bytes(source.topic, at);
    *at++ = '-';
    at = json_text::put_integer(source.partition, at);
    *at++ = '-';
    return json_text::put_integer(offset, at);
  };
  return binary::put_measured(put_length, write, out);
}

// Each in a block of its own, so that they need not be counted first.
char* put_included(std::string_view members, char* out) noexcept {
  binary::for_each_member(members, [&out](std::string_view name, std::string_view value) {
    out = put_long(1, out);
    out = put_scalar(name, out);
    out = put_string(value, out);
  });
  return put_end(out);
}

}  // namespace

AvroResults::AvroResults(const Labels& labels, std::string_view model, std::string_view version)
    : ResultEncoder(labels) {
  model_.resize(model.size() + version.size() + 2 * binary::kVarintBytes);
  char* const end = put_string(version, put_string(model, model_.data()));
  model_.resize(static_cast<size_t>(end - model_.data()));
  constexpr size_t kNumbersAndLengths = 256;
  fixed_bytes_max_ = kNumbersAndLengths + model_.size() + label_bytes_max();
}

size_t AvroResults::bytes_max(const Slab::Row& row, std::string_view topic,
                              size_t /*request_bytes*/) const noexcept {
  return fixed_bytes_max_ + binary::metadata_bytes_max(row.metadata.size()) + 2 * topic.size();
}

char* AvroResults::encode(const Slab::Row& row, const Source& source, const Result& result,
                          char* out, std::string_view /*request*/) const noexcept {
  out = row.id_bytes > 0 ? put_scalar(row.id(), out) : put_default_id(source, result.offset, out);
  out = put_string(labels_[result.label], out);
  out = put_double(rounded_score(result.score), out);
  out = result.scores == nullptr ? put_null(put_null(out)) : put_scores(result.scores, out);
  out = put_bytes(model_, out);
  *out++ = row.flags & Slab::kTruncated ? 1 : 0;
  out = put_long(result.attempts, out);
  out = put_string(source.topic, out);
  out = put_long(source.partition, out);
  out = put_long(result.offset, out);
  const std::string_view timestamp = row.timestamp();
  out = timestamp.empty() ? put_null(out) : put_scalar(timestamp, put_not_null(out));
  out = put_long(result.processed_at_ms, out);
  out = put_double(rounded_latency(result.latency_ms), out);
  out = put_included(row.included(), out);
  out = row.windows > 1 ? put_long(row.windows, put_not_null(out)) : put_null(out);
  return result.stage > 0 ? put_long(result.stage, put_not_null(out)) : put_null(out);
}

// The labels above the threshold, if there is one, and the scores of all labels.
char* AvroResults::put_scores(const float* scores, char* out) const noexcept {
  if (threshold_) {
    out = put_not_null(out);
    for (size_t i = 0; i < score_count_; ++i) {
      if (exceeds(scores[i])) out = put_string(labels_[i], put_long(1, out));
    }
    out = put_end(out);
  } else {
    out = put_null(out);
  }
  out = put_not_null(out);
  if (score_count_ > 0) out = put_length(score_count_, out);
  for (size_t i = 0; i < score_count_; ++i) {
    out = put_double(rounded_score(scores[i]), put_string(labels_[i], out));
  }
  return put_end(out);
}

}  // namespace kubesentiment
