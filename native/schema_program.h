#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "status.h"

namespace kubesentiment {

/**
 * What is done with values of one schema: nodes in a flat array of numbers, the root first. Made by
 * src/registry/, where the schema and the pointers of the mapping are known: what no pointer leads
 * to is only skipped. A node is its operation and the operands named beside it; a node that is an
 * operand stands for its place in the array, a string for its place in `strings`.
 */
enum class Operation : int32_t {
  // Avro
  null,
  boolean,
  integer,
  long_integer,
  float_number,
  double_number,
  bytes,
  string,
  fixed,        // size
  decimal,      // scale, size; a size of -1: as many bytes as the value says
  timestamp,    // units of a millisecond
  enumeration,  // count, first string: the symbols as JSON
  record,       // count, then for each field: name as a JSON member, node
  array,        // node of items, count, then for some indexes, ascending: index, node
  map,          // node of values, count, then for some keys: key, node
  choice,       // count, node of each branch
  // Protobuf
  types,        // count, then for each: its indexes like "0.2", node
  message,      // count, then for each field that is wanted: number, flags, node; see FieldFlag
  list,         // node of items, fields below (two words), count, then as `array`
  pairs,        // node of the key, node of values, count, then for some keys: key, node
  instant,      // google.protobuf.Timestamp, as milliseconds
  varint,       // a number of VarintType
  fixed_width,  // a number of FixedWidthType
  named,        // an enumeration: count, then for each: number, string; the symbol as JSON
  // Both
  field,  // fields here (low and high word), fields here or below, node
  count_,
};

enum class VarintType : int32_t { int32, int64, uint32, uint64, sint32, sint64, boolean, count_ };
enum class FixedWidthType : int32_t {
  fixed32,
  sfixed32,
  fixed64,
  sfixed64,
  real32,
  real64,
  count_
};

/** Bits. */
enum FieldFlag : int32_t {
  kRepeated = 1,        // the node is a `list` or `pairs`
  kEmptyByDefault = 2,  // a text that is not there is an empty one
};

class SchemaProgram {
 public:
  enum class Format : uint8_t { json, avro, protobuf, refused };

  /** `refusal`: why values of the schema are refused, if they are. */
  SchemaProgram(Format format, Status refusal, std::vector<int32_t> code,
                std::vector<std::string> strings)
      : format_(format), refusal_(refusal), code_(std::move(code)), strings_(std::move(strings)) {}

  Format format() const noexcept { return format_; }
  Status refusal() const noexcept { return refusal_; }

  /** Whether every operand is in range. The readers rely on it. */
  bool is_sound(size_t fields) const;

  Operation operation(size_t node) const noexcept { return static_cast<Operation>(code_[node]); }
  size_t operand(size_t node, size_t index) const noexcept {
    return static_cast<size_t>(code_[node + 1 + index]);
  }
  int32_t number(size_t node, size_t index) const noexcept { return code_[node + 1 + index]; }
  /** Two operands: one bit for each field. */
  uint64_t fields(size_t node, size_t index) const noexcept {
    const auto word = [&](size_t i) { return uint64_t{static_cast<uint32_t>(number(node, i))}; };
    return word(index) | word(index + 1) << 32;
  }
  const std::string& string(size_t index) const noexcept { return strings_[index]; }

 private:
  Format format_;
  Status refusal_;
  std::vector<int32_t> code_;
  std::vector<std::string> strings_;
};

/** The programs that are known, by what a frame or a header says: a magic byte and an id. */
class SchemaTable {
 public:
  static constexpr size_t kFrameBytes = 5;  // 0, then four bytes
  static constexpr size_t kGuidBytes = 17;  // 1, then sixteen bytes

  /** Replaces the one with the same id. */
  void set(std::string_view id, SchemaProgram program) {
    last_ = nullptr;
    programs_.insert_or_assign(std::string(id), std::move(program));
  }
  void remove(std::string_view id) {
    last_ = nullptr;
    programs_.erase(std::string(id));
  }

  /** nullptr if it is not known. Most values have the schema of the one before. */
  const SchemaProgram* find(std::string_view id) {
    if (last_ != nullptr && id == last_id_) return last_;
    const auto entry = programs_.find(std::string(id));
    if (entry == programs_.end()) return nullptr;
    last_id_ = entry->first;
    return last_ = &entry->second;
  }

 private:
  std::unordered_map<std::string, SchemaProgram> programs_;
  const SchemaProgram* last_ = nullptr;
  std::string_view last_id_;  // of the entry in the map
};

}  // namespace kubesentiment
