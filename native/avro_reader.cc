#include "avro_reader.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "decimal_text.h"
#include "utf8.h"

namespace kubesentiment {
namespace {

using json::Kind;

constexpr size_t kUnknown = std::numeric_limits<size_t>::max();

}  // namespace

Status AvroReader::read() {
  if (visit(0) && at_ != end_) fail(Status::value_goes_on);
  return status_;
}

bool AvroReader::visit(size_t node) {
  const Operation operation = program_.operation(node);
  switch (operation) {
    case Operation::null:
      set(Kind::null);
      return !fields_.is_wanted() || put(fields_.put("null"));
    case Operation::boolean:
      return read_boolean();
    case Operation::integer:
    case Operation::long_integer:
    case Operation::timestamp:
    case Operation::float_number:
    case Operation::double_number:
      return read_number(operation, node);
    case Operation::bytes:
      return read_bytes();
    case Operation::string:
      return read_string();
    case Operation::fixed:
      return read_fixed(program_.operand(node, 0));
    case Operation::decimal:
      return read_decimal(node);
    case Operation::enumeration:
      return read_enumeration(node);
    case Operation::field:
      return visit_field(node);
    case Operation::choice:
      return visit_choice(node);
    default:
      break;
  }
  // Containers. Whatever nests values without end goes through one.
  if (depth_ == depth_max_) return fail(Status::value_depth);
  ++depth_;
  const bool is_read = operation == Operation::record  ? visit_record(node)
                       : operation == Operation::array ? visit_array(node)
                                                       : visit_map(node);
  --depth_;
  set(operation == Operation::array ? Kind::array : Kind::object);
  return is_read;
}

bool AvroReader::visit_field(size_t node) {
  const uint64_t here = program_.fields(node, 0);
  fields_.forget(program_.fields(node, 2));
  const size_t begin = fields_.open(here);
  const bool is_read = visit(program_.operand(node, 4));
  fields_.close(here, begin, kind_, text_);
  return is_read;
}

bool AvroReader::visit_record(size_t node) {
  const size_t count = program_.operand(node, 0);
  const bool is_wanted = fields_.is_wanted();
  if (is_wanted && !put(fields_.put("{"))) return false;
  for (size_t i = 0; i < count; ++i) {
    if (is_wanted && (!put(i == 0 || fields_.put(",")) ||
                      !put(fields_.put(program_.string(program_.operand(node, 1 + 2 * i)))))) {
      return false;
    }
    if (!visit(program_.operand(node, 2 + 2 * i))) return false;
  }
  return !is_wanted || put(fields_.put("}"));
}

// The number of items that follow, 0 at the end, and their bytes, if the writer has said how many.
bool AvroReader::visit_block(size_t& count, size_t& bytes) {
  int64_t number = 0;
  bytes = kUnknown;
  if (!read_long(number)) return false;
  if (number < 0) {
    if (number == std::numeric_limits<int64_t>::min()) return fail(Status::value_unfit);
    number = -number;
    if (!read_size(bytes)) return false;
    if (bytes > left()) return fail(Status::value_ends_early);
  }
  count = static_cast<size_t>(number);
  return true;
}

bool AvroReader::visit_array(size_t node) {
  const size_t item = program_.operand(node, 0);
  const size_t indexes = program_.operand(node, 1);
  const bool is_wanted = fields_.is_wanted();
  // Such items take no bytes, so their number is not bounded by the size of the value.
  const bool is_nothing = program_.operation(item) == Operation::null && !is_wanted;
  size_t passed = 0;  // items
  size_t next = 0;    // of the indexes
  size_t bytes = 0;
  if (is_wanted && !put(fields_.put("["))) return false;
  for (size_t count = 0;;) {
    if (!visit_block(count, bytes)) return false;
    if (count == 0) break;
    if (!is_wanted && next == indexes && (is_nothing || bytes != kUnknown)) {
      if (bytes != kUnknown) at_ += bytes;
      continue;
    }
    // Any other item takes a byte, or is written.
    if (!is_nothing && !is_wanted && count > left()) return fail(Status::value_ends_early);
    const size_t end = passed + count;  // both are less than 2^63
    while (passed < end) {
      const size_t index = next < indexes ? program_.operand(node, 2 + 2 * next) : kUnknown;
      if (is_nothing && passed != index) {
        passed = std::min(end, index);
        continue;
      }
      if (is_wanted && passed > 0 && !put(fields_.put(","))) return false;
      if (!visit(passed == index ? program_.operand(node, 3 + 2 * next) : item)) return false;
      if (passed == index) ++next;
      ++passed;
    }
  }
  return !is_wanted || put(fields_.put("]"));
}

bool AvroReader::visit_map(size_t node) {
  const size_t keys = program_.operand(node, 1);
  const bool is_wanted = fields_.is_wanted();
  bool is_first = true;
  if (is_wanted && !put(fields_.put("{"))) return false;
  for (;;) {
    size_t count = 0;
    size_t bytes = 0;
    if (!visit_block(count, bytes)) return false;
    if (count == 0) break;
    if (!is_wanted && keys == 0 && bytes != kUnknown) {
      at_ += bytes;
      continue;
    }
    for (size_t i = 0; i < count; ++i) {
      size_t size = 0;
      std::string_view key;
      if (!read_size(size) || !take(size, key)) return false;
      size_t value = program_.operand(node, 0);
      for (size_t k = 0; k < keys; ++k) {
        if (program_.string(program_.operand(node, 2 + 2 * k)) == key) {
          value = program_.operand(node, 3 + 2 * k);
        }
      }
      if (is_wanted) {
        if (!utf8::is_valid(key)) return fail(Status::string_utf8);
        if (!put((is_first || fields_.put(",")) && fields_.put_string(key) && fields_.put(":"))) {
          return false;
        }
      }
      is_first = false;
      if (!visit(value)) return false;
    }
  }
  return !is_wanted || put(fields_.put("}"));
}

bool AvroReader::visit_choice(size_t node) {
  int64_t branch = 0;
  if (!read_long(branch)) return false;
  if (branch < 0 || branch >= program_.number(node, 0)) return fail(Status::value_unfit);
  return visit(program_.operand(node, 1 + static_cast<size_t>(branch)));
}

bool AvroReader::read_boolean() {
  std::string_view byte;
  if (!take(1, byte)) return false;
  if (byte[0] != 0 && byte[0] != 1) return fail(Status::value_unfit);
  set(byte[0] == 0 ? Kind::boolean_false : Kind::boolean_true);
  return !fields_.is_wanted() || put(fields_.put(byte[0] == 0 ? "false" : "true"));
}

bool AvroReader::read_number(Operation operation, size_t node) {
  set(Kind::number);
  std::string_view bytes;
  if (operation == Operation::float_number || operation == Operation::double_number) {
    const bool is_float = operation == Operation::float_number;
    if (!take(is_float ? sizeof(float) : sizeof(double), bytes)) return false;
    if (!fields_.is_wanted()) return true;
    float narrow = 0;
    double wide = 0;
    if (is_float) std::memcpy(&narrow, bytes.data(), sizeof(narrow));
    if (!is_float) std::memcpy(&wide, bytes.data(), sizeof(wide));
    return put(is_float ? fields_.put_float(narrow) : fields_.put_double(wide));
  }
  int64_t number = 0;
  if (!read_long(number)) return false;
  if (operation == Operation::integer && number != static_cast<int32_t>(number)) {
    return fail(Status::value_unfit);
  }
  if (operation == Operation::timestamp) {
    const int64_t units = program_.number(node, 0);
    number = number / units - (number % units < 0 ? 1 : 0);  // rounded down, also before 1970
  }
  return !fields_.is_wanted() || put(fields_.put_integer(number));
}

// Of the three, only this is a text as it stands; it is checked where somebody wants it.
bool AvroReader::read_string() {
  size_t size = 0;
  if (!read_size(size) || !take(size, text_)) return false;
  kind_ = Kind::string;
  if (!fields_.is_wanted()) return true;
  if (!utf8::is_valid(text_)) return fail(Status::string_utf8);
  return put(fields_.put_string(text_));
}

bool AvroReader::read_bytes() {
  size_t size = 0;
  if (!read_size(size) || !take(size, text_)) return false;
  kind_ = Kind::string;
  return !fields_.is_wanted() || put(fields_.put_base64(text_));
}

bool AvroReader::read_fixed(size_t size) {
  std::string_view bytes;
  if (!take(size, bytes)) return false;
  set(Kind::string);
  return !fields_.is_wanted() || put(fields_.put_base64(bytes));
}

bool AvroReader::read_decimal(size_t node) {
  const int32_t fixed_size = program_.number(node, 1);
  auto size = static_cast<size_t>(fixed_size);
  std::string_view bytes;
  if ((fixed_size < 0 && !read_size(size)) || !take(size, bytes)) return false;
  set(Kind::number);
  if (!fields_.is_wanted()) return true;
  if (size > kDecimalBytesMax) return fail(Status::value_unfit);
  return put(fields_.put(decimal_text(bytes, program_.operand(node, 0))));
}

bool AvroReader::read_enumeration(size_t node) {
  int64_t symbol = 0;
  if (!read_long(symbol)) return false;
  if (symbol < 0 || symbol >= program_.number(node, 0)) return fail(Status::value_unfit);
  const std::string& json =
      program_.string(program_.operand(node, 1) + static_cast<size_t>(symbol));
  set(Kind::string, std::string_view(json).substr(1, json.size() - 2));
  return !fields_.is_wanted() || put(fields_.put(json));
}

bool AvroReader::read_long(int64_t& number) {
  uint64_t bits = 0;
  if (!read_varint(bits)) return false;
  number = unzigzag(bits);
  return true;
}

bool AvroReader::read_size(size_t& size) {
  int64_t number = 0;
  if (!read_long(number)) return false;
  if (number < 0) return fail(Status::value_unfit);
  size = static_cast<size_t>(number);
  return true;
}

}  // namespace kubesentiment
