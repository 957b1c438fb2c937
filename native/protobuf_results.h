#pragma once

#include <string>
#include <string_view>

#include "result_encoder.h"

namespace kubesentiment {

/** Writes results as Protobuf; see `protobuf` in src/registry/result-schemas.ts. */
class ProtobufResults final : public ResultEncoder {
 public:
  ProtobufResults(const Labels& labels, std::string_view model, std::string_view version);

  /** The first message of its file. */
  std::string_view behind_schema_id() const noexcept override { return {"\0", 1}; }
  size_t bytes_max(const Slab::Row& row, std::string_view topic,
                   size_t request_bytes = 0) const noexcept override;
  char* encode(const Slab::Row& row, const Source& source, const Result& result, char* out,
               std::string_view request = {}) const noexcept override;

 private:
  char* put_scores(const float* scores, char* out) const noexcept;

  std::string model_;  // both fields
  size_t fixed_bytes_max_;
};

}  // namespace kubesentiment
