#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "binary_fields.h"
#include "schema_program.h"
#include "status.h"

namespace kubesentiment {

/**
 * Runs a program over one value in Avro's binary encoding. The time it takes is bounded by the size
 * of the value and of its schema, whatever the value claims: every item of a list takes a byte or
 * more, except where nothing has to be done for it.
 */
class AvroReader {
 public:
  /** Four bytes behind the value, and one before it, must be readable. */
  AvroReader(const SchemaProgram& program, std::string_view value, size_t depth_max,
             BinaryFields& fields) noexcept
      : program_(program),
        at_(value.data()),
        end_(value.data() + value.size()),
        depth_max_(depth_max),
        fields_(fields) {}

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
  bool take(size_t size, std::string_view& bytes);
  bool put(bool fits) { return fits ? true : fail(Status::included_too_long); }
  bool set(json::Kind kind, std::string_view text = {}) noexcept {
    kind_ = kind;
    text_ = text;
    return true;
  }
  bool fail(Status status) noexcept {
    status_ = status;
    return false;
  }
  size_t left() const noexcept { return static_cast<size_t>(end_ - at_); }

  const SchemaProgram& program_;
  const char* at_;
  const char* end_;
  size_t depth_max_;
  BinaryFields& fields_;
  size_t depth_ = 0;
  Status status_ = Status::ok;
  // Of the value that was read last.
  json::Kind kind_ = json::Kind::null;
  std::string_view text_;
};

}  // namespace kubesentiment
