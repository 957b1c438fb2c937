#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernels.h"
#include "status.h"

/**
 * Reads JSON (RFC 8259) in place: nothing is copied or built, and everything that is skipped is
 * validated, including the UTF-8 of strings. Numbers keep their text, so none is too large.
 */
namespace kubesentiment::json {

enum class Kind : uint8_t {
  object,
  array,
  string,
  number,
  boolean_true,
  boolean_false,
  null,
  not_finite,  // NaN, Infinity, -Infinity
};

/** A value as it appears in the document: `text` includes quotes or brackets. */
struct Value {
  Kind kind = Kind::null;
  bool escaped = false;  // a string with backslashes
  std::string_view text;

  /** The content between the quotes of a string. */
  std::string_view inside() const noexcept { return text.substr(1, text.size() - 2); }
};

/** The maximum nesting depth that can be requested. */
constexpr size_t kDepthMax = 1024;

/** `lenient` lets half surrogate pairs, NaN and Infinity through. */
enum class Grammar : uint8_t { strict, lenient };

/**
 * Walks the members of an object, or the elements of a list. Walking to the end validates the whole
 * document. The byte after the document must be readable and must not be part of a JSON value: NUL,
 * or what follows an inner value.
 */
class Scanner {
 public:
  explicit Scanner(std::string_view document, size_t depth_max = kDepthMax,
                   Grammar grammar = Grammar::strict) noexcept
      : at_(document.empty() ? "" : document.data()),
        end_(at_ + document.size()),
        depth_max_(depth_max),
        lenient_(grammar == Grammar::lenient) {}

  /** False at the end and after an error; `status` tells which. */
  bool next_member(Value& key, Value& value) noexcept;
  bool next_element(Value& value) noexcept;

  /**
   * After the walk: `ok`, `json_type` if the document is valid but of another kind, or what is
   * wrong with it.
   */
  Status status() const noexcept { return status_; }

  /** The other way to walk, into values of one's choice: where the next value begins. */
  const char* begin_value() noexcept {
    skip_space();
    return at_;
  }
  const char* position() const noexcept { return at_; }
  bool skip(Value& value) noexcept { return scan_value(value); }
  /** At an opening bracket. */
  bool enter() noexcept;
  /** Advances to an item of the container entered last; false at its end, and after an error. */
  bool next_item(char close, bool& is_first) noexcept;
  bool next_key(bool& is_first, Value& key) noexcept {
    return next_item('}', is_first) && scan_key(key);
  }
  /** After the outermost value: whether nothing but white space follows. */
  bool at_end() noexcept {
    finish();
    return status_ == Status::ok;
  }
  /** How often NaN or Infinity was let through so far. */
  size_t not_finite_count() const noexcept { return not_finite_count_; }

 private:
  bool next(char open, char close) noexcept;
  bool fail(Status status) noexcept;
  bool scan_other_kind() noexcept;
  bool finish() noexcept;

  bool scan_value(Value& value) noexcept;
  bool scan_container() noexcept;
  bool scan_scalar(Value& value) noexcept;
  bool scan_not_finite(Value& value) noexcept;
  bool scan_key(Value& key) noexcept;
  bool scan_string(Value& value) noexcept;
  bool scan_escape() noexcept;
  bool scan_number() noexcept;
  bool scan_literal(std::string_view word) noexcept;

  void skip_space() noexcept {
    while (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t') ++at_;
  }
  bool eat(char c) noexcept {
    if (*at_ != c) return false;
    ++at_;
    return true;
  }

  const Kernels& kernels_ = kernels();
  const char* at_;
  const char* end_;
  size_t depth_max_;
  size_t depth_ = 0;  // 1 inside the outermost container
  bool started_ = false;
  bool lenient_;
  size_t not_finite_count_ = 0;
  Status status_ = Status::ok;
};

inline bool Scanner::next_item(char close, bool& is_first) noexcept {
  skip_space();
  if (eat(close)) {
    --depth_;
    return false;
  }
  if (!is_first) {
    if (!eat(',')) return fail(Status::json_syntax);
    skip_space();
  }
  is_first = false;
  return true;
}

/**
 * Writes the unescaped content of a validated string, at most `inside().size()` bytes; returns the
 * position after it. Half a surrogate pair becomes U+FFFD.
 */
char* unescape(const Value& string, char* out) noexcept;

/** How many bytes of a validated string stand for the first `unescaped` bytes of its content. */
size_t escaped_size(const Value& string, size_t unescaped) noexcept;

}  // namespace kubesentiment::json
