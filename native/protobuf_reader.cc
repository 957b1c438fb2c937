#include "protobuf_reader.h"

#include <string>

#include "utf8.h"

namespace kubesentiment {
namespace {

using json::Kind;

// Messages inside messages, as a schema may declare them.
constexpr size_t kTypeDepthMax = 64;
// With a byte before it, as texts have.
constexpr std::string_view kEmpty = std::string_view("\"\"").substr(1, 0);
// The default of every type: no bytes, or a zero of every width. Texts have bytes around them.
constexpr char kZeros[16] = {};
constexpr std::string_view kDefault(kZeros + 1, 8);

// Which way of writing a value of the node has on the wire, besides packed lists.
uint32_t wire_of(const SchemaProgram& program, size_t node) noexcept {
  switch (program.operation(node)) {
    case Operation::varint:
    case Operation::named:
      return kVarint;
    case Operation::fixed_width:
      switch (static_cast<FixedWidthType>(program.number(node, 0))) {
        case FixedWidthType::fixed32:
        case FixedWidthType::sfixed32:
        case FixedWidthType::real32:
          return kFour;
        default:
          return kEight;
      }
    case Operation::field:
      return wire_of(program, program.operand(node, 4));
    default:
      return kBytes;
  }
}

}  // namespace

Status ProtobufReader::read(const std::string_view* types) {
  size_t node = 0;
  bool is_found = false;
  if (types == nullptr) {
    is_found = find_type(node);
  } else {
    is_found = inside(*types, [&] { return find_type(node); });
  }
  if (is_found) visit_message(node);
  return status_;
}

// A count and as many indexes, zigzag; 0 stands for the first message, [0].
bool ProtobufReader::find_type(size_t& node) {
  std::string path;
  uint64_t bits = 0;
  if (at_ != end_ && !read_varint(bits)) return false;
  const int64_t count = unzigzag(bits);
  if (count < 0 || count > static_cast<int64_t>(kTypeDepthMax)) return fail(Status::message_type);
  for (int64_t i = 0; i < count; ++i) {
    if (!read_varint(bits)) return false;
    path += (i == 0 ? "" : ".") + std::to_string(unzigzag(bits));
  }
  if (count == 0) path = "0";
  for (size_t i = 0; i < program_.operand(0, 0); ++i) {
    if (program_.string(program_.operand(0, 1 + 2 * i)) != path) continue;
    node = program_.operand(0, 2 + 2 * i);
    return true;
  }
  return fail(Status::message_type);
}

template <typename Visit>
bool ProtobufReader::inside(std::string_view part, Visit visit) {
  const char* const at = at_;
  const char* const end = end_;
  at_ = part.data();
  end_ = part.data() + part.size();
  const bool is_read = visit();
  at_ = at;
  end_ = end;
  return is_read;
}

// To the end of the message.
bool ProtobufReader::visit_message(size_t node) {
  if (depth_ == depth_max_) return fail(Status::value_depth);
  ++depth_;
  const size_t count = program_.operand(node, 0);
  for (size_t i = 0; i < count; ++i) {
    if ((program_.number(node, 2 + 3 * i) & kEmptyByDefault) == 0) continue;
    const size_t value = program_.operand(node, 3 + 3 * i);
    // A message may come in parts, and an earlier one may have had the text.
    const uint64_t here = fields_.missing(program_.fields(value, 0));
    fields_.close(here, fields_.open(here), Kind::string, kEmpty);
  }
  while (at_ != end_) {
    uint32_t number = 0;
    uint32_t wire = 0;
    if (!read_tag(number, wire)) return false;
    size_t i = 0;
    while (i < count && program_.operand(node, 1 + 3 * i) != number) ++i;
    if (i == count) {
      if (!skip(wire)) return false;
      continue;
    }
    const size_t value = program_.operand(node, 3 + 3 * i);
    const bool is_read = (program_.number(node, 2 + 3 * i) & kRepeated) != 0
                             ? visit_list(value, wire)
                             : visit_value(value, wire);
    if (!is_read) return false;
  }
  --depth_;
  return set(Kind::object);
}

bool ProtobufReader::visit_value(size_t node, uint32_t wire) {
  if (program_.operation(node) == Operation::field) return visit_field(node, wire);
  if (wire != wire_of(program_, node)) return skip(wire);  // as a field that is not known
  switch (program_.operation(node)) {
    case Operation::varint:
      return read_varint_number(static_cast<VarintType>(program_.number(node, 0)));
    case Operation::fixed_width:
      return read_fixed_width(static_cast<FixedWidthType>(program_.number(node, 0)));
    case Operation::named:
      return read_named(node);
    default:
      break;
  }
  uint64_t size = 0;
  std::string_view bytes;
  if (!read_varint(size) || !take(size, bytes)) return false;
  switch (program_.operation(node)) {
    case Operation::string:
      set(Kind::string, bytes);
      if (!fields_.is_wanted()) return true;
      return utf8::is_valid(bytes) ? put(fields_.put_string(bytes)) : fail(Status::string_utf8);
    case Operation::bytes:
      set(Kind::string, bytes);
      return !fields_.is_wanted() || put(fields_.put_base64(bytes));
    case Operation::message:
      return inside(bytes, [&] { return visit_message(node); });
    case Operation::instant:
      return inside(bytes, [&] { return read_instant(); });
    default:
      return set(Kind::object);
  }
}

bool ProtobufReader::visit_field(size_t node, uint32_t wire) {
  const size_t inner = program_.operand(node, 4);
  if (wire != wire_of(program_, inner)) return skip(wire);
  const uint64_t here = program_.fields(node, 0);
  fields_.forget(program_.fields(node, 2));
  const size_t begin = fields_.open(here);
  const bool is_read = visit_value(inner, wire);
  fields_.close(here, begin, kind_, text_);
  return is_read;
}

bool ProtobufReader::visit_list(size_t node, uint32_t wire) {
  if (program_.operation(node) == Operation::pairs) {
    uint64_t size = 0;
    std::string_view entry;
    if (wire != kBytes) return skip(wire);
    if (!read_varint(size) || !take(size, entry)) return false;
    return inside(entry, [&] { return visit_pair(node); });
  }
  const uint32_t item_wire = wire_of(program_, program_.operand(node, 0));
  if (wire == item_wire) return visit_item(node, wire);
  if (wire != kBytes) return skip(wire);  // as a field that is not known: it is no item
  uint64_t size = 0;
  std::string_view packed;
  if (!read_varint(size) || !take(size, packed)) return false;
  return inside(packed, [&] {
    while (at_ != end_) {
      if (!visit_item(node, item_wire)) return false;
    }
    return true;
  });
}

bool ProtobufReader::visit_item(size_t node, uint32_t wire) {
  const size_t index = fields_.pass(node, program_.fields(node, 1));
  for (size_t i = 0; i < program_.operand(node, 3); ++i) {
    if (program_.operand(node, 4 + 2 * i) != index) continue;
    const bool is_read = visit_value(program_.operand(node, 5 + 2 * i), wire);
    fields_.set_passed(node, index + 1);  // also if the item took the place of an earlier one
    return is_read;
  }
  return skip(wire);
}

// An entry of a map: a message of a key and a value, in any order.
bool ProtobufReader::visit_pair(size_t node) {
  const char* const begin = at_;
  std::string key;
  if (!read_key(program_.operand(node, 0), key)) return false;
  at_ = begin;
  const size_t keys = program_.operand(node, 2);
  size_t value = SIZE_MAX;
  for (size_t i = 0; i < keys; ++i) {
    if (program_.string(program_.operand(node, 3 + 2 * i)) == key) {
      value = program_.operand(node, 4 + 2 * i);
    }
  }
  // A value that is not there is the default of its type; some writers leave it out.
  if (value != SIZE_MAX &&
      !inside(kDefault, [&] { return visit_value(value, wire_of(program_, value)); })) {
    return false;
  }
  while (at_ != end_) {
    uint32_t number = 0;
    uint32_t wire = 0;
    if (!read_tag(number, wire)) return false;
    const bool is_wanted = number == 2 && value != SIZE_MAX;
    if (!(is_wanted ? visit_value(value, wire) : skip(wire))) return false;
  }
  return true;
}

// A key that is not there is 0, false or empty.
bool ProtobufReader::read_key(size_t node, std::string& key) {
  const Operation operation = program_.operation(node);
  if (operation == Operation::varint) {
    const auto type = static_cast<VarintType>(program_.number(node, 0));
    key = type == VarintType::boolean ? "false" : "0";
  }
  while (at_ != end_) {
    uint32_t number = 0;
    uint32_t wire = 0;
    if (!read_tag(number, wire)) return false;
    if (number != 1 || wire != wire_of(program_, node)) {
      if (!skip(wire)) return false;
      continue;
    }
    uint64_t bits = 0;
    std::string_view bytes;
    if (!read_varint(bits)) return false;
    if (operation == Operation::string) {
      if (!take(bits, bytes)) return false;
      key = bytes;
    } else if (operation == Operation::varint) {
      switch (static_cast<VarintType>(program_.number(node, 0))) {
        case VarintType::boolean:
          key = bits == 0 ? "false" : "true";
          break;
        // Of a number of 32 bits, the low ones count.
        case VarintType::int32:
          key = std::to_string(static_cast<int32_t>(bits));
          break;
        case VarintType::uint32:
          key = std::to_string(static_cast<uint32_t>(bits));
          break;
        case VarintType::sint32:
          key = std::to_string(static_cast<int32_t>(unzigzag(static_cast<uint32_t>(bits))));
          break;
        case VarintType::uint64:
          key = std::to_string(bits);
          break;
        case VarintType::sint64:
          key = std::to_string(unzigzag(bits));
          break;
        default:
          key = std::to_string(static_cast<int64_t>(bits));
      }
    }
  }
  return true;
}

}  // namespace kubesentiment
