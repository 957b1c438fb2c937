#include "schema_program.h"

namespace kubesentiment {
namespace {

constexpr size_t kFieldWords = 4;  // of the operation `field`, before its node
constexpr int32_t kScaleMax = 128;

/** Operands: numbers from `min`, strings, or nodes. */
class Check {
 public:
  Check(const std::vector<int32_t>& code, const std::vector<std::string>& strings, size_t fields)
      : code_(code), strings_(strings), fields_(fields), starts_(code.size(), false) {}

  bool run(bool is_protobuf) {
    is_protobuf_ = is_protobuf;
    for (size_t at = 0; at < code_.size();) {
      starts_[at] = true;
      const size_t size = size_of(at);
      if (size == 0 || size > code_.size() - at) return false;
      at += size;
    }
    for (size_t at = 0; at < code_.size(); ++at) {
      if (starts_[at] && !(is_of_format(at) && is_sound(at))) return false;
    }
    return !code_.empty() && is_protobuf == is(0, Operation::types);
  }

 private:
  // Number of words in a node; 0 for an unknown operation or an impossible count.
  size_t size_of(size_t at) const {
    if (code_[at] < 0 || code_[at] >= static_cast<int32_t>(Operation::count_)) return 0;
    const auto counted = [&](size_t fixed, size_t each) -> size_t {
      if (at + fixed > code_.size()) return 0;
      const int32_t count = code_[at + fixed - 1];
      if (count < 0 || static_cast<size_t>(count) > code_.size()) return 0;
      return fixed + each * static_cast<size_t>(count);
    };
    switch (static_cast<Operation>(code_[at])) {
      case Operation::fixed:
      case Operation::timestamp:
        return 2;
      case Operation::decimal:
      case Operation::enumeration:
        return 3;
      case Operation::record:
        return counted(2, 2);
      case Operation::array:
      case Operation::map:
        return counted(3, 2);
      case Operation::choice:
        return counted(2, 1);
      case Operation::types:
      case Operation::named:
        return counted(2, 2);
      case Operation::message:
        return counted(2, 3);
      case Operation::list:
        return counted(5, 2);
      case Operation::pairs:
        return counted(4, 2);
      case Operation::varint:
      case Operation::fixed_width:
        return 2;
      case Operation::field:
        return kFieldWords + 2;
      default:
        return 1;
    }
  }

  int32_t word(size_t index) const { return code_[index]; }
  bool is(size_t at, Operation operation) const {
    return code_[at] == static_cast<int32_t>(operation);
  }
  // The node that an operand stands for.
  bool leads_to(size_t index, Operation operation) const {
    return is_node(index) && is(static_cast<size_t>(word(index)), operation);
  }
  bool is_of_format(size_t at) const {
    const auto operation = static_cast<Operation>(code_[at]);
    if (operation == Operation::field || operation == Operation::string ||
        operation == Operation::bytes) {
      return true;
    }
    const bool is_own = operation >= Operation::types && operation < Operation::field;
    return is_own == is_protobuf_ && (operation != Operation::types || at == 0);
  }
  bool is_node(size_t index) const {
    const int32_t node = word(index);
    return node >= 0 && static_cast<size_t>(node) < code_.size() &&
           starts_[static_cast<size_t>(node)];
  }
  // A container, or a value: then no cycle of nodes is without a container.
  bool is_step(size_t index) const {
    if (!is_node(index)) return false;
    const auto operation = static_cast<Operation>(code_[static_cast<size_t>(word(index))]);
    return operation != Operation::field && operation != Operation::choice;
  }
  bool is_string(int32_t index, int32_t count = 1) const {
    return index >= 0 && count >= 0 &&
           static_cast<size_t>(index) + static_cast<size_t>(count) <= strings_.size();
  }

  // A string of JSON.
  bool is_quoted(size_t index) const {
    const std::string& text = strings_[index];
    return text.size() >= 2 && text.front() == '"' && text.back() == '"';
  }

  template <typename Test>
  static bool all(size_t first, int32_t count, size_t each, Test test) {
    for (int32_t i = 0; i < count; ++i) {
      if (!test(first + each * static_cast<size_t>(i))) return false;
    }
    return true;
  }
  // Pairs of a string and a node.
  bool are_named(size_t first, int32_t count) const {
    return all(first, count, 2, [&](size_t i) { return is_string(word(i)) && is_node(i + 1); });
  }

  // Pairs of an index and a node.
  bool are_indexed(size_t first, int32_t count) const {
    return all(first, count, 2, [&](size_t i) {
      const bool is_ascending = i == first || word(i) > word(i - 2);
      return word(i) >= 0 && is_ascending && is_node(i + 1);
    });
  }

  // Number, flags, node.
  bool is_message_field(size_t at) const {
    const int32_t flags = word(at + 1);
    if ((flags & kRepeated) != 0) {
      return leads_to(at + 2, Operation::list) || leads_to(at + 2, Operation::pairs);
    }
    return (flags & kEmptyByDefault) != 0 ? leads_to(at + 2, Operation::field) : is_node(at + 2);
  }

  bool is_sound(size_t at) const {
    switch (static_cast<Operation>(word(at))) {
      case Operation::fixed:
        return word(at + 1) >= 0;
      case Operation::timestamp:
        return word(at + 1) > 0;
      case Operation::decimal:
        return word(at + 1) >= 0 && word(at + 1) <= kScaleMax && word(at + 2) >= -1;
      case Operation::enumeration:
        return word(at + 1) > 0 && is_string(word(at + 2), word(at + 1)) &&
               all(0, word(at + 1), 1,
                   [&](size_t i) { return is_quoted(static_cast<size_t>(word(at + 2)) + i); });
      case Operation::record:
        return are_named(at + 2, word(at + 1));
      case Operation::types:
        return all(at + 2, word(at + 1), 2, [&](size_t i) {
          return is_string(word(i)) && leads_to(i + 1, Operation::message);
        });
      case Operation::array:
        return is_node(at + 1) && are_indexed(at + 3, word(at + 2));
      case Operation::list:
        return is_node(at + 1) && are_fields(at + 2) && are_indexed(at + 5, word(at + 4));
      case Operation::map:
        return is_node(at + 1) && are_named(at + 3, word(at + 2));
      case Operation::pairs:
        return is_node(at + 1) && is_node(at + 2) && are_named(at + 4, word(at + 3));
      case Operation::choice:
        return word(at + 1) > 0 &&
               all(at + 2, word(at + 1), 1, [&](size_t i) { return is_step(i); });
      case Operation::message:
        return all(at + 2, word(at + 1), 3, [&](size_t i) { return is_message_field(i); });
      case Operation::named:
        return all(at + 2, word(at + 1), 2, [&](size_t i) {
          return is_string(word(i + 1)) && is_quoted(static_cast<size_t>(word(i + 1)));
        });
      case Operation::varint:
        return word(at + 1) >= 0 && word(at + 1) < static_cast<int32_t>(VarintType::count_);
      case Operation::fixed_width:
        return word(at + 1) >= 0 && word(at + 1) < static_cast<int32_t>(FixedWidthType::count_);
      case Operation::field:
        return are_fields(at + 1) && are_fields(at + 3) && is_inside(at + 5);
      default:
        return true;
    }
  }

  bool are_fields(size_t index) const {
    const uint64_t bits = uint64_t{static_cast<uint32_t>(word(index))} |
                          uint64_t{static_cast<uint32_t>(word(index + 1))} << 32;
    return fields_ >= 64 || bits >> fields_ == 0;
  }
  bool is_inside(size_t index) const {
    return is_node(index) && !leads_to(index, Operation::field);
  }

  const std::vector<int32_t>& code_;
  const std::vector<std::string>& strings_;
  size_t fields_;
  bool is_protobuf_ = false;
  std::vector<bool> starts_;
};

}  // namespace

bool SchemaProgram::is_sound(size_t fields) const {
  if (format_ != Format::avro && format_ != Format::protobuf) return true;
  return Check(code_, strings_, fields).run(format_ == Format::protobuf);
}

}  // namespace kubesentiment
