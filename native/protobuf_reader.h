#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "binary_reader.h"

namespace kubesentiment {

/** How a value is written, as its tag says: in so many bytes, or as long as it says itself. */
enum Wire : uint32_t { kVarint, kEight, kBytes, kGroup, kGroupEnd, kFour };

/**
 * Runs a program over one value in Protobuf's wire format. Fields that nobody wants are passed over
 * by their lengths; what is inside them is not looked at. Where a field comes more than once the
 * last one counts, and messages are merged, as the format says.
 */
class ProtobufReader : private BinaryReader {
 public:
  ProtobufReader(const SchemaProgram& program, std::string_view value, size_t depth_max,
                 BinaryFields& fields) noexcept
      : BinaryReader(program, value, depth_max, fields) {}

  /**
   * The whole value. `types`: which message it is, as a header says behind the id; nullptr: the
   * value begins with that.
   */
  Status read(const std::string_view* types);

 private:
  bool find_type(size_t& node);
  bool visit_message(size_t node);
  bool visit_value(size_t node, uint32_t wire);
  bool visit_field(size_t node, uint32_t wire);
  bool visit_list(size_t node, uint32_t wire);
  bool visit_item(size_t node, uint32_t wire);
  bool visit_pair(size_t node);
  bool read_key(size_t node, std::string& key);
  bool read_varint_number(VarintType type);
  bool read_fixed_width(FixedWidthType type);
  bool read_named(size_t node);
  bool read_instant();

  /** Into a part of the value, and out of it again. */
  template <typename Visit>
  bool inside(std::string_view part, Visit visit);
  bool read_tag(uint32_t& number, uint32_t& wire);
  bool skip(uint32_t wire);
  bool skip_group();

  size_t depth_ = 0;
};

}  // namespace kubesentiment
