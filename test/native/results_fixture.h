#pragma once

#include <gtest/gtest.h>

#include <string>

#include "result_encoder.h"

namespace kubesentiment::testing {

/** Each part as JSON; `included` begins with a comma. */
inline Slab::Row make_row(const std::string& id, const std::string& timestamp,
                          const std::string& included = "") {
  Slab::Row row;
  row.metadata = id + timestamp + included;
  row.id_bytes = static_cast<uint16_t>(id.size());
  row.timestamp_bytes = static_cast<uint16_t>(timestamp.size());
  return row;
}

/** A result in the format of `encoder`, which must have reserved enough for it. */
inline std::string encode(const ResultEncoder& encoder, const Slab::Row& row,
                          const ResultEncoder::Source& source,
                          const ResultEncoder::Result& result) {
  std::string out(encoder.bytes_max(row, source.topic), '\0');
  const char* const end = encoder.encode(row, source, result, out.data());
  EXPECT_LE(static_cast<size_t>(end - out.data()), out.size());
  out.resize(static_cast<size_t>(end - out.data()));
  return out;
}

}  // namespace kubesentiment::testing
