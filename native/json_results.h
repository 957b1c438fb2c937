#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "result_encoder.h"

namespace kubesentiment {

/**
 * Writes results as JSON: a record of its own, or the request with that record as one more member.
 * Everything they have in common is escaped once.
 */
class JsonResults final : public ResultEncoder {
 public:
  /** `member`: the name of the member that is added to the request; empty for a record of its own.
   */
  JsonResults(const Labels& labels, std::string_view model, std::string_view version,
              std::string_view member = {});

  bool needs_request() const noexcept override { return !member_.empty(); }
  size_t bytes_max(const Slab::Row& row, std::string_view topic,
                   size_t request_bytes = 0) const noexcept override;
  char* encode(const Slab::Row& row, const Source& source, const Result& result, char* out,
               std::string_view request = {}) const noexcept override;

 private:
  char* put_record(const Slab::Row& row, const Source& source, const Result& result,
                   char* out) const noexcept;
  char* put_scores(const float* scores, char* out) const noexcept;

  std::string model_;   // ,"model":"…","model_version":"…","truncated":
  std::string member_;  // "…":
  size_t fixed_bytes_max_;
};

}  // namespace kubesentiment
