#include "result_encoder.h"

#include <algorithm>
#include <cmath>

#include "json_text.h"

namespace kubesentiment {
namespace {

using json_text::put;
using json_text::put_integer;
using json_text::put_string;

constexpr double kScoreScale = 1e6;
constexpr size_t kNumberBytes = json_text::kIntegerBytes + 8;

std::string quoted(std::string_view text) {
  std::string json(json_text::string_bytes(text.size()), '\0');
  json.resize(static_cast<size_t>(put_string(text, json.data()) - json.data()));
  return json;
}

// A non-negative number, rounded to `digits` decimals, without trailing zeros. NaN becomes 0.
char* put_decimal(double value, double scale, int digits, char* out) noexcept {
  constexpr double kMax = 1e12;
  const double bounded = value > 0 ? std::min(value, kMax) : 0;
  const auto scaled = static_cast<int64_t>(std::llround(bounded * scale));
  const auto unit = static_cast<int64_t>(scale);
  out = put_integer(scaled / unit, out);
  int64_t fraction = scaled % unit;
  if (fraction == 0) return out;
  *out = '.';
  for (int i = digits; i > 0; --i, fraction /= 10) out[i] = static_cast<char>('0' + fraction % 10);
  out += digits + 1;
  while (out[-1] == '0') --out;
  return out;
}

// Probabilities, and plain values of either sign.
char* put_score(double score, char* out) noexcept {
  if (score < 0 && std::llround(std::max(score, -1.0) * kScoreScale) < 0) {
    *out++ = '-';
    score = -score;
  }
  return put_decimal(score, kScoreScale, 6, out);
}

}  // namespace

ResultEncoder::ResultEncoder(const Labels& labels, std::string_view model, std::string_view version,
                             std::string_view member)
    : score_count_(labels.names.size()), threshold_(labels.threshold) {
  size_t label_bytes = 0;
  for (const std::string& label : labels.names) labels_.push_back(quoted(label));
  if (!labels.uncertain.empty()) labels_.push_back(quoted(labels.uncertain));
  for (const std::string& label : labels_) label_bytes += label.size() + kNumberBytes;
  model_ =
      ",\"model\":" + quoted(model) + ",\"model_version\":" + quoted(version) + ",\"truncated\":";
  if (!member.empty()) member_ = quoted(member) + ":";
  constexpr size_t kNamesAndNumbers = 512;
  fixed_bytes_max_ = kNamesAndNumbers + model_.size() + member_.size() + 3 * label_bytes;
}

size_t ResultEncoder::bytes_max(const Slab::Row& row, std::string_view topic,
                                size_t request_bytes) const noexcept {
  return fixed_bytes_max_ + row.metadata.size() + 2 * json_text::string_bytes(topic.size()) +
         request_bytes;
}

char* ResultEncoder::encode(const Slab::Row& row, const Source& source, const Result& result,
                            char* out, std::string_view request) const noexcept {
  if (member_.empty()) return put_record(row, source, result, out);
  const size_t begin = std::min(request.find('{'), request.size());  // behind a byte-order mark
  const size_t end = std::max(begin + 1, std::min(request.rfind('}'), request.size()));
  const std::string_view members = request.substr(begin, end - begin);
  out = put(members, out);
  if (members.find_last_not_of(" \t\r\n") > 0) *out++ = ',';
  out = put(member_, out);
  out = put_record(row, source, result, out);
  *out++ = '}';
  return out;
}

char* ResultEncoder::put_record(const Slab::Row& row, const Source& source, const Result& result,
                                char* out) const noexcept {
  out = put("{\"id\":", out);
  if (row.id_bytes > 0) {
    out = put(row.id(), out);
  } else {
    out = put_string(source.topic, out) - 1;  // the closing quote comes after the offset
    *out++ = '-';
    out = put_integer(source.partition, out);
    *out++ = '-';
    out = put_integer(result.offset, out);
    *out++ = '"';
  }
  out = put(",\"label\":", out);
  out = put(labels_[result.label], out);
  out = put(",\"score\":", out);
  out = put_score(result.score, out);
  if (result.scores != nullptr) {
    out = put_scores(result.scores, out);
  }
  out = put(model_, out);
  out = put(row.flags & Slab::kTruncated ? "true" : "false", out);
  if (row.windows > 1) {
    out = put(",\"windows\":", out);
    out = put_integer(row.windows, out);
  }
  out = put(",\"attempts\":", out);
  out = put_integer(result.attempts, out);
  out = put(",\"source\":{\"topic\":", out);
  out = put_string(source.topic, out);
  out = put(",\"partition\":", out);
  out = put_integer(source.partition, out);
  out = put(",\"offset\":", out);
  out = put_integer(result.offset, out);
  *out++ = '}';
  if (!row.timestamp().empty()) {
    out = put(",\"timestamp\":", out);
    out = put(row.timestamp(), out);
  }
  out = put(",\"processed_at\":", out);
  out = put_integer(result.processed_at_ms, out);
  out = put(",\"latency_ms\":", out);
  out = put_decimal(result.latency_ms, 10, 1, out);
  out = put(row.included(), out);
  *out++ = '}';
  return out;
}

// The labels above the threshold, if there is one, and the scores of all labels.
char* ResultEncoder::put_scores(const float* scores, char* out) const noexcept {
  if (threshold_) {
    out = put(",\"labels\":[", out);
    bool is_first = true;
    for (size_t i = 0; i < score_count_; ++i) {
      if (!(scores[i] > *threshold_)) continue;
      if (!is_first) *out++ = ',';
      out = put(labels_[i], out);
      is_first = false;
    }
    *out++ = ']';
  }
  out = put(",\"scores\":", out);
  for (size_t i = 0; i < score_count_; ++i) {
    *out++ = i == 0 ? '{' : ',';
    out = put(labels_[i], out);
    *out++ = ':';
    out = put_score(scores[i], out);
  }
  *out++ = '}';
  return out;
}

}  // namespace kubesentiment
