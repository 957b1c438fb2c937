#include "json_results.h"

#include <algorithm>

#include "json_text.h"
#include "rounding.h"

namespace kubesentiment {
namespace {

using json_text::put;
using json_text::put_integer;
using json_text::put_string;

constexpr size_t kNumberBytes = json_text::kIntegerBytes + 8;

std::string quoted(std::string_view text) {
  std::string json(json_text::string_bytes(text.size()), '\0');
  json.resize(static_cast<size_t>(put_string(text, json.data()) - json.data()));
  return json;
}

// Without trailing zeros.
char* put_decimal(double value, double scale, int digits, char* out) noexcept {
  const int64_t units = scaled(value, scale);
  const auto one = static_cast<int64_t>(scale);
  out = put_integer(units / one, out);
  int64_t fraction = units % one;
  if (fraction == 0) return out;
  *out = '.';
  for (int i = digits; i > 0; --i, fraction /= 10) out[i] = static_cast<char>('0' + fraction % 10);
  out += digits + 1;
  while (out[-1] == '0') --out;
  return out;
}

char* put_score(double score, char* out) noexcept {
  if (score < 0 && rounded_score(score) < 0) *out++ = '-';
  return put_decimal(std::abs(score), kScoreScale, kScoreDigits, out);
}

}  // namespace

JsonResults::JsonResults(const Labels& labels, std::string_view model, std::string_view version,
                         std::string_view member)
    : ResultEncoder(labels) {
  size_t label_bytes = 0;
  for (std::string& label : labels_) {
    label = quoted(label);
    label_bytes += label.size() + kNumberBytes;
  }
  model_ =
      ",\"model\":" + quoted(model) + ",\"model_version\":" + quoted(version) + ",\"truncated\":";
  if (!member.empty()) member_ = quoted(member) + ":";
  constexpr size_t kNamesAndNumbers = 512;
  fixed_bytes_max_ = kNamesAndNumbers + model_.size() + member_.size() + 3 * label_bytes;
}

size_t JsonResults::bytes_max(const Slab::Row& row, std::string_view topic,
                              size_t request_bytes) const noexcept {
  return fixed_bytes_max_ + row.metadata.size() + 2 * json_text::string_bytes(topic.size()) +
         request_bytes;
}

char* JsonResults::encode(const Slab::Row& row, const Source& source, const Result& result,
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

char* JsonResults::put_record(const Slab::Row& row, const Source& source, const Result& result,
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
  if (result.stage > 0) {
    out = put(",\"stage\":", out);
    out = put_integer(result.stage, out);
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
  out = put_decimal(result.latency_ms, kLatencyScale, kLatencyDigits, out);
  out = put(row.included(), out);
  *out++ = '}';
  return out;
}

// The labels above the threshold, if there is one, and the scores of all labels.
char* JsonResults::put_scores(const float* scores, char* out) const noexcept {
  if (threshold_) {
    out = put(",\"labels\":[", out);
    bool is_first = true;
    for (size_t i = 0; i < score_count_; ++i) {
      if (!exceeds(scores[i])) continue;
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
