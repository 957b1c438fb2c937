#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "binary_fields.h"
#include "schema_program.h"
#include "status.h"

namespace kubesentiment {

/** What the readers of binary encodings share: a place in the value, and what was read last. */
class BinaryReader {
 protected:
  /** Four bytes behind the value, and one before it, must be readable. */
  BinaryReader(const SchemaProgram& program, std::string_view value, size_t depth_max,
               BinaryFields& fields) noexcept
      : program_(program),
        at_(value.data()),
        end_(value.data() + value.size()),
        depth_max_(depth_max),
        fields_(fields) {}

  /** The low seven bits first, at most ten bytes. */
  bool read_varint(uint64_t& bits) noexcept {
    bits = 0;
    for (uint32_t shift = 0;; shift += 7) {
      if (at_ == end_) return fail(Status::value_ends_early);
      const auto byte = static_cast<uint8_t>(*at_++);
      if (shift == 63 && byte > 1) return fail(Status::value_unfit);
      bits |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return true;
    }
  }
  static int64_t unzigzag(uint64_t bits) noexcept {
    return static_cast<int64_t>(bits >> 1 ^ (~(bits & 1) + 1));
  }

  bool take(uint64_t size, std::string_view& bytes) noexcept {
    if (size > left()) return fail(Status::value_ends_early);
    bytes = {at_, static_cast<size_t>(size)};
    at_ += size;
    return true;
  }
  size_t left() const noexcept { return static_cast<size_t>(end_ - at_); }

  bool put(bool fits) noexcept { return fits ? true : fail(Status::included_too_long); }
  bool set(json::Kind kind, std::string_view text = {}) noexcept {
    kind_ = kind;
    text_ = text;
    return true;
  }
  bool fail(Status status) noexcept {
    status_ = status;
    return false;
  }

  const SchemaProgram& program_;
  const char* at_;
  const char* end_;
  size_t depth_max_;
  BinaryFields& fields_;
  Status status_ = Status::ok;
  // Of the value that was read last.
  json::Kind kind_ = json::Kind::null;
  std::string_view text_;
};

}  // namespace kubesentiment
