#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "field_map.h"

namespace kubesentiment {

/**
 * Takes the fields of a value that is not JSON. Texts stay where they are in the value; everything
 * else is written as JSON, so that the rest of the reader sees what it would see of a JSON
 * document. A field may lie inside another one; it is written once, as a part of that.
 */
class BinaryFields {
 public:
  /** Before a value of so many bytes. `texts`: those of the fields that are texts. */
  void begin(size_t value_bytes, size_t fields, uint64_t texts);
  /** After it. */
  void move_to(FieldMap::Found& found) const noexcept;

  /** Whether what comes next is a part of a field that is written. */
  bool is_wanted() const noexcept { return wanted_ > 0; }
  /** False if there is more than a value of this size may need. */
  bool put(std::string_view json);
  bool put_string(std::string_view text);
  bool put_base64(std::string_view bytes);
  bool put_integer(int64_t number);
  bool put_unsigned(uint64_t number);
  /** The shortest form that is the same number. What is not finite becomes null. */
  bool put_double(double number);
  bool put_float(float number);

  /** Those of these fields that have not been found. */
  uint64_t missing(uint64_t fields) const noexcept {
    return fields & ~found_texts_ & ~found_written_;
  }

  /** What was found in these fields counts no more, nor do the items of lists around them only. */
  void forget(uint64_t fields) noexcept;

  /**
   * Counts an item of a list, which may come in parts: the items before it. `below`: the fields in
   * its items.
   */
  size_t pass(size_t list, uint64_t below);
  void set_passed(size_t list, size_t items) noexcept;

  /** Around the value that some fields are. Returns where it begins, for `close`. */
  size_t open(uint64_t fields) noexcept;
  /** `text`: of a string, which has a byte before it; without one, it cannot be a text. */
  void close(uint64_t fields, size_t begin, json::Kind kind, std::string_view text) noexcept;

 private:
  struct Place {
    json::Kind kind;
    size_t begin;
    size_t end;
  };

  struct List {
    size_t list;
    uint64_t below;
    size_t items;
  };

  size_t fields_ = 0;
  uint64_t texts_ = 0;
  uint64_t found_texts_ = 0;
  uint64_t found_written_ = 0;
  std::array<json::Value, FieldMap::kFieldsMax> values_;  // of texts
  std::array<Place, FieldMap::kFieldsMax> places_;        // of the others, in `json_`
  std::string json_;
  size_t json_max_ = 0;
  size_t wanted_ = 0;
  std::vector<List> lists_;  // as many as the program has, at most; kept over values
};

}  // namespace kubesentiment
