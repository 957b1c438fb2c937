#include "protobuf_results.h"

#include "binary_writer.h"
#include "json_text.h"
#include "rounding.h"

namespace kubesentiment {
namespace {

using binary::put_bytes;
using binary::put_varint;

// Numbers never change; see src/registry/result-schemas.ts.
enum Field : uint8_t {
  kId = 1,
  kLabel,
  kScore,
  kLabels,
  kScores,
  kModel,
  kModelVersion,
  kTruncated,
  kAttempts,
  kSource,
  kTimestamp,
  kProcessedAt,
  kLatencyMs,
  kIncluded,
  kWindows,
  kStage
};
enum SourceField : uint8_t { kTopic = 1, kPartition, kOffset };
enum EntryField : uint8_t { kKey = 1, kValue };
enum WireType : uint8_t { kVarint = 0, kFixed64 = 1, kMeasured = 2 };

char* put_tag(int field, WireType type, char* out) noexcept {
  return put_varint(static_cast<uint64_t>(field) << 3 | type, out);
}

char* put_length(size_t size, char* out) noexcept { return put_varint(size, out); }

char* put_string(int field, std::string_view text, char* out) noexcept {
  return put_bytes(text, put_length(text.size(), put_tag(field, kMeasured, out)));
}

// A message, or a string that is not there yet.
template <typename Write>
char* put_measured(int field, Write write, char* out) noexcept {
  return binary::put_measured(put_length, write, put_tag(field, kMeasured, out));
}

// What a string or number of JSON says.
char* put_scalar(int field, std::string_view json, char* out) noexcept {
  return put_measured(field, [json](char* at) { return binary::put_scalar(json, at); }, out);
}

char* put_double(int field, double value, char* out) noexcept {
  return binary::put_double(value, put_tag(field, kFixed64, out));
}

// A number that is 0 is left out, as serializers do; a negative one takes ten bytes.
char* put_integer(int field, int64_t value, char* out) noexcept {
  if (value == 0) return out;
  return put_varint(static_cast<uint64_t>(value), put_tag(field, kVarint, out));
}

char* put_id(const Slab::Row& row, const ResultEncoder::Source& source, int64_t offset,
             char* out) noexcept {
  if (row.id_bytes > 0) return put_scalar(kId, row.id(), out);
  const auto write = [&](char* at) {
    at = put_bytes(source.topic, at);
    *at++ = '-';
    at = json_text::put_integer(source.partition, at);
    *at++ = '-';
    return json_text::put_integer(offset, at);
  };
  return put_measured(kId, write, out);
}

char* put_source(const ResultEncoder::Source& source, int64_t offset, char* out) noexcept {
  const auto write = [&](char* at) {
    at = put_string(kTopic, source.topic, at);
    at = put_integer(kPartition, source.partition, at);
    return put_integer(kOffset, offset, at);
  };
  return put_measured(kSource, write, out);
}

char* put_included(std::string_view members, char* out) noexcept {
  binary::for_each_member(members, [&out](std::string_view name, std::string_view value) {
    const auto write = [&](char* at) {
      return put_string(kValue, value, put_scalar(kKey, name, at));
    };
    out = put_measured(kIncluded, write, out);
  });
  return out;
}

}  // namespace

ProtobufResults::ProtobufResults(const Labels& labels, std::string_view model,
                                 std::string_view version)
    : ResultEncoder(labels) {
  model_.resize(model.size() + version.size() + 4 * binary::kVarintBytes);
  char* const end = put_string(kModelVersion, version, put_string(kModel, model, model_.data()));
  model_.resize(static_cast<size_t>(end - model_.data()));
  constexpr size_t kNumbersAndLengths = 256;
  fixed_bytes_max_ = kNumbersAndLengths + model_.size() + label_bytes_max();
}

size_t ProtobufResults::bytes_max(const Slab::Row& row, std::string_view topic,
                                  size_t /*request_bytes*/) const noexcept {
  return fixed_bytes_max_ + binary::metadata_bytes_max(row.metadata.size()) + 2 * topic.size();
}

char* ProtobufResults::encode(const Slab::Row& row, const Source& source, const Result& result,
                              char* out, std::string_view /*request*/) const noexcept {
  out = put_id(row, source, result.offset, out);
  out = put_string(kLabel, labels_[result.label], out);
  out = put_double(kScore, rounded_score(result.score), out);
  if (result.scores != nullptr) out = put_scores(result.scores, out);
  out = put_bytes(model_, out);
  out = put_integer(kTruncated, row.flags & Slab::kTruncated ? 1 : 0, out);
  out = put_integer(kAttempts, result.attempts, out);
  out = put_source(source, result.offset, out);
  const std::string_view timestamp = row.timestamp();
  if (!timestamp.empty()) out = put_scalar(kTimestamp, timestamp, out);
  out = put_integer(kProcessedAt, result.processed_at_ms, out);
  out = put_double(kLatencyMs, rounded_latency(result.latency_ms), out);
  out = put_included(row.included(), out);
  if (row.windows > 1) out = put_integer(kWindows, row.windows, out);
  return put_integer(kStage, result.stage, out);
}

// The labels above the threshold, if there is one, and the scores of all labels.
char* ProtobufResults::put_scores(const float* scores, char* out) const noexcept {
  for (size_t i = 0; i < score_count_; ++i) {
    if (exceeds(scores[i])) out = put_string(kLabels, labels_[i], out);
  }
  for (size_t i = 0; i < score_count_; ++i) {
    const auto write = [&](char* at) {
      return put_double(kValue, rounded_score(scores[i]), put_string(kKey, labels_[i], at));
    };
    out = put_measured(kScores, write, out);
  }
  return out;
}

}  // namespace kubesentiment
