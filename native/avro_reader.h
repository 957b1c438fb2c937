#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "binary_reader.h"

namespace kubesentiment {

/**
 * Runs a program over one value in Avro's binary encoding. The time it takes is bounded by the size
 * of the value and of its schema, whatever the value claims: every item of a list takes a byte or
 * more, except where nothing has to be done for it.
 */
class AvroReader : private BinaryReader {
 public:
  AvroReader(const SchemaProgram& program, std::string_view value, size_t depth_max,
             BinaryFields& fields) noexcept
      : BinaryReader(program, value, depth_max, fields) {}

  /** The whole value. */
  Status read();

 private:
  bool visit(size_t node);
  bool visit_field(size_t node);
  bool visit_record(size_t node);
  bool visit_array(size_t node);
  bool visit_map(size_t node);
  bool visit_choice(size_t node);
  bool visit_block(size_t& count, size_t& bytes);
  bool read_boolean();
  bool read_number(Operation operation, size_t node);
  bool read_string();
  bool read_bytes();
  bool read_fixed(size_t size);
  bool read_decimal(size_t node);
  bool read_enumeration(size_t node);
  bool read_long(int64_t& number);
  bool read_size(size_t& size);

  size_t depth_ = 0;
};

}  // namespace kubesentiment
