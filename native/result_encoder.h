#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slab.h"

namespace kubesentiment {

/**
 * Writes results in one format. All formats carry the same information, so that a consumer of one
 * can change to another.
 */
class ResultEncoder {
 public:
  struct Source {
    std::string_view topic;
    int64_t partition;
  };
  struct Result {
    int64_t offset;
    size_t label;  // less than `label_count()`
    float score;
    const float* scores;  // `score_count()` of them, or null
    uint8_t attempts;
    int64_t processed_at_ms;
    double latency_ms;
    uint8_t stage = 0;  // which model of a cascade has answered; 0: there is no cascade
  };

  struct Labels {
    std::vector<std::string> names;  // with a score each
    std::string uncertain;           // one more label, for texts with a low score; may be empty
    std::optional<float> threshold;  // if a text can have several labels: those with higher scores
  };

  explicit ResultEncoder(const Labels& labels)
      : labels_(labels.names), score_count_(labels.names.size()), threshold_(labels.threshold) {
    if (!labels.uncertain.empty()) labels_.push_back(labels.uncertain);
  }
  virtual ~ResultEncoder() = default;

  size_t score_count() const noexcept { return score_count_; }
  size_t label_count() const noexcept { return labels_.size(); }
  /** Whether the label with this number is one of several, by its score. */
  bool exceeds(float score) const noexcept { return threshold_ && score > *threshold_; }

  virtual bool needs_request() const noexcept { return false; }
  /** What stands between the id of a schema and the result. */
  virtual std::string_view behind_schema_id() const noexcept { return {}; }

  /** The maximum number of bytes that the result of this row can take. */
  virtual size_t bytes_max(const Slab::Row& row, std::string_view topic,
                           size_t request_bytes = 0) const noexcept = 0;

  /** Writes one result and returns the position after it. `request` is the JSON of an object. */
  virtual char* encode(const Slab::Row& row, const Source& source, const Result& result, char* out,
                       std::string_view request = {}) const noexcept = 0;

 protected:
  /** One label, and all of them twice: with their scores and as those above the threshold. */
  size_t label_bytes_max() const noexcept {
    constexpr size_t kAround = 32;
    size_t bytes = 0;
    for (const std::string& label : labels_) bytes += 3 * (label.size() + kAround);
    return bytes;
  }

  std::vector<std::string> labels_;
  size_t score_count_;
  std::optional<float> threshold_;
};

}  // namespace kubesentiment
