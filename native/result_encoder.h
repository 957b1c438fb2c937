#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "slab.h"

namespace kubesentiment {

/** Writes results as JSON. Everything they have in common is escaped once. */
class ResultEncoder {
 public:
  struct Source {
    std::string_view topic;
    int64_t partition;
  };
  struct Result {
    int64_t offset;
    size_t label;  // less than the number of labels
    float score;
    const float* scores;  // one per label, or null
    uint8_t attempts;
    int64_t processed_at_ms;
    double latency_ms;
  };

  ResultEncoder(const std::vector<std::string>& labels, std::string_view model,
                std::string_view version);

  size_t label_count() const noexcept { return labels_.size(); }

  /** The maximum number of bytes that the result of this row can take. */
  size_t bytes_max(const Slab::Row& row, std::string_view topic) const noexcept;

  /** Writes one result and returns the position after it. */
  char* encode(const Slab::Row& row, const Source& source, const Result& result,
               char* out) const noexcept;

 private:
  std::vector<std::string> labels_;  // as JSON
  std::string model_;                // ,"model":"…","model_version":"…","truncated":
  size_t fixed_bytes_max_;
};

}  // namespace kubesentiment
