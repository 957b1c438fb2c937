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
 * Writes results as JSON: a record of its own, or the request with that record as one more member.
 * Everything they have in common is escaped once.
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
  };

  struct Labels {
    std::vector<std::string> names;  // with a score each
    std::string uncertain;           // one more label, for texts with a low score; may be empty
    std::optional<float> threshold;  // if a text can have several labels: those with higher scores
  };

  /** `member`: the name of the member that is added to the request; empty for a record of its own.
   */
  ResultEncoder(const Labels& labels, std::string_view model, std::string_view version,
                std::string_view member = {});

  size_t score_count() const noexcept { return score_count_; }
  size_t label_count() const noexcept { return labels_.size(); }
  bool needs_request() const noexcept { return !member_.empty(); }

  /** The maximum number of bytes that the result of this row can take. */
  size_t bytes_max(const Slab::Row& row, std::string_view topic,
                   size_t request_bytes = 0) const noexcept;

  /** Writes one result and returns the position after it. `request` is the JSON of an object. */
  char* encode(const Slab::Row& row, const Source& source, const Result& result, char* out,
               std::string_view request = {}) const noexcept;

 private:
  char* put_record(const Slab::Row& row, const Source& source, const Result& result,
                   char* out) const noexcept;
  char* put_scores(const float* scores, char* out) const noexcept;

  std::vector<std::string> labels_;  // as JSON
  size_t score_count_;
  std::optional<float> threshold_;
  std::string model_;   // ,"model":"…","model_version":"…","truncated":
  std::string member_;  // "…":
  size_t fixed_bytes_max_;
};

}  // namespace kubesentiment
