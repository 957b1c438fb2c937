// The values of fields, where they are not messages or lists, and what is passed over.

#include <cstring>

#include "protobuf_reader.h"

namespace kubesentiment {
namespace {

using json::Kind;

constexpr size_t kNanosPerMs = 1'000'000;
constexpr int64_t kMsPerSecond = 1000;

}  // namespace

bool ProtobufReader::read_varint_number(VarintType type) {
  uint64_t bits = 0;
  if (!read_varint(bits)) return false;
  set(Kind::number);
  if (type == VarintType::boolean) set(bits == 0 ? Kind::boolean_false : Kind::boolean_true);
  if (!fields_.is_wanted()) return true;
  const auto low = static_cast<uint32_t>(bits);
  switch (type) {
    case VarintType::boolean:
      return put(fields_.put(bits == 0 ? "false" : "true"));
    case VarintType::int32:
      return put(fields_.put_integer(static_cast<int32_t>(low)));
    case VarintType::int64:
      return put(fields_.put_integer(static_cast<int64_t>(bits)));
    case VarintType::uint32:
      return put(fields_.put_unsigned(low));
    case VarintType::uint64:
      return put(fields_.put_unsigned(bits));
    case VarintType::sint32:
      return put(fields_.put_integer(static_cast<int32_t>(unzigzag(low))));
    default:
      return put(fields_.put_integer(unzigzag(bits)));
  }
}

bool ProtobufReader::read_fixed_width(FixedWidthType type) {
  const auto read = [&](auto& number) {
    std::string_view bytes;
    if (!take(sizeof(number), bytes)) return false;
    std::memcpy(&number, bytes.data(), sizeof(number));
    return true;
  };
  uint32_t four = 0;
  uint64_t eight = 0;
  float narrow = 0;
  double wide = 0;
  set(Kind::number);
  const bool is_wanted = fields_.is_wanted();
  switch (type) {
    case FixedWidthType::fixed32:
      return read(four) && (!is_wanted || put(fields_.put_unsigned(four)));
    case FixedWidthType::sfixed32:
      return read(four) && (!is_wanted || put(fields_.put_integer(static_cast<int32_t>(four))));
    case FixedWidthType::fixed64:
      return read(eight) && (!is_wanted || put(fields_.put_unsigned(eight)));
    case FixedWidthType::sfixed64:
      return read(eight) && (!is_wanted || put(fields_.put_integer(static_cast<int64_t>(eight))));
    case FixedWidthType::real32:
      return read(narrow) && (!is_wanted || put(fields_.put_float(narrow)));
    default:
      return read(wide) && (!is_wanted || put(fields_.put_double(wide)));
  }
}

// A number without a name stays a number, as the format asks of readers.
bool ProtobufReader::read_named(size_t node) {
  uint64_t bits = 0;
  if (!read_varint(bits)) return false;
  const auto number = static_cast<int32_t>(bits);
  for (size_t i = 0; i < program_.operand(node, 0); ++i) {
    if (program_.number(node, 1 + 2 * i) != number) continue;
    const std::string& json = program_.string(program_.operand(node, 2 + 2 * i));
    set(Kind::string, std::string_view(json).substr(1, json.size() - 2));
    return !fields_.is_wanted() || put(fields_.put(json));
  }
  set(Kind::number);
  return !fields_.is_wanted() || put(fields_.put_integer(number));
}

bool ProtobufReader::read_instant() {
  uint64_t parts[2] = {0, 0};  // seconds, nanoseconds
  while (at_ != end_) {
    uint32_t number = 0;
    uint32_t wire = 0;
    if (!read_tag(number, wire)) return false;
    const bool is_part = (number == 1 || number == 2) && wire == kVarint;
    if (!(is_part ? read_varint(parts[number - 1]) : skip(wire))) return false;
  }
  set(Kind::number);
  const auto seconds = static_cast<int64_t>(parts[0]);
  constexpr int64_t kSecondsMax = int64_t{1} << 40;  // far beyond the year 9999
  if (seconds < -kSecondsMax || seconds > kSecondsMax || parts[1] >= kNanosPerMs * kMsPerSecond) {
    return fail(Status::value_unfit);
  }
  if (!fields_.is_wanted()) return true;
  const auto ms = static_cast<int64_t>(parts[1] / kNanosPerMs);
  return put(fields_.put_integer(seconds * kMsPerSecond + ms));
}

bool ProtobufReader::read_tag(uint32_t& number, uint32_t& wire) {
  uint64_t tag = 0;
  if (!read_varint(tag)) return false;
  if (tag > UINT32_MAX || tag >> 3 == 0) return fail(Status::value_unfit);
  number = static_cast<uint32_t>(tag >> 3);
  wire = static_cast<uint32_t>(tag & 7);
  return true;
}

bool ProtobufReader::skip(uint32_t wire) {
  uint64_t bits = 0;
  std::string_view bytes;
  switch (wire) {
    case kVarint:
      return read_varint(bits);
    case kEight:
      return take(sizeof(uint64_t), bytes);
    case kFour:
      return take(sizeof(uint32_t), bytes);
    case kBytes:
      return read_varint(bits) && take(bits, bytes);
    case kGroup:
      return skip_group();
    default:
      return fail(Status::value_unfit);  // the end of a group that has not begun, or nothing at all
  }
}

// A loop, since the sender controls the nesting.
bool ProtobufReader::skip_group() {
  for (size_t depth = 1; depth > 0;) {
    uint32_t number = 0;
    uint32_t wire = 0;
    if (!read_tag(number, wire)) return false;
    if (wire == kGroupEnd) {
      --depth;
    } else if (wire == kGroup) {
      if (++depth > depth_max_) return fail(Status::value_depth);
    } else if (!skip(wire)) {
      return false;
    }
  }
  return true;
}

}  // namespace kubesentiment
