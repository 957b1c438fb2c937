#include "json.h"

#include <cstring>

#include "json_escape.h"
#include "utf8.h"

namespace kubesentiment::json {
namespace {

/** One bit per open container: whether it is an object. */
class KindStack {
 public:
  size_t depth() const noexcept { return depth_; }
  void push(bool is_object) noexcept {
    const uint64_t bit = uint64_t{1} << (depth_ & 63);
    uint64_t& word = words_[depth_++ >> 6];
    word = is_object ? word | bit : word & ~bit;
  }
  void pop() noexcept { --depth_; }
  bool in_object() const noexcept { return words_[(depth_ - 1) >> 6] >> ((depth_ - 1) & 63) & 1; }

 private:
  std::array<uint64_t, kDepthMax / 64> words_{};
  size_t depth_ = 0;
};

}  // namespace

bool Scanner::next_member(Value& key, Value& value) noexcept {
  return next('{', '}') && scan_key(key) && scan_value(value);
}

bool Scanner::next_element(Value& value) noexcept { return next('[', ']') && scan_value(value); }

// Advances to the next item of the outermost container.
bool Scanner::next(char open, char close) noexcept {
  skip_space();
  if (!started_) {
    started_ = true;
    if (!eat(open)) return scan_other_kind();
    depth_ = 1;
    skip_space();
    return eat(close) ? finish() : true;
  }
  if (eat(close)) return finish();
  if (!eat(',')) return fail(Status::json_syntax);
  skip_space();
  return true;
}

bool Scanner::enter() noexcept {
  if (depth_ >= depth_max_) return fail(Status::json_depth);
  ++at_;
  ++depth_;
  return true;
}

bool Scanner::fail(Status status) noexcept {
  status_ = status;
  return false;
}

bool Scanner::scan_other_kind() noexcept {
  Value value;
  if (scan_value(value)) finish();
  return status_ == Status::ok ? fail(Status::json_type) : false;
}

bool Scanner::finish() noexcept {
  skip_space();
  return at_ < end_ ? fail(Status::json_syntax) : false;
}

bool Scanner::scan_value(Value& value) noexcept {
  skip_space();
  const char* const begin = at_;
  if (*at_ == '{' || *at_ == '[') {
    value.kind = *at_ == '{' ? Kind::object : Kind::array;
    if (!scan_container()) return false;
  } else if (!scan_scalar(value)) {
    return false;
  }
  value.text = {begin, static_cast<size_t>(at_ - begin)};
  return true;
}

// Skips a whole container inside the outermost one. A loop, since the sender controls the nesting.
bool Scanner::scan_container() noexcept {
  KindStack stack;
  Value ignored;
  do {
    skip_space();
    if (*at_ == '{' || *at_ == '[') {
      if (depth_ + stack.depth() >= depth_max_) return fail(Status::json_depth);
      stack.push(*at_++ == '{');
      skip_space();
      if (*at_ != (stack.in_object() ? '}' : ']')) {
        if (stack.in_object() && !scan_key(ignored)) return false;
        continue;
      }
    } else if (!scan_scalar(ignored)) {
      return false;
    }
    while (stack.depth() > 0) {
      skip_space();
      if (!eat(stack.in_object() ? '}' : ']')) break;
      stack.pop();
    }
    if (stack.depth() > 0) {
      if (!eat(',')) return fail(Status::json_syntax);
      skip_space();
      if (stack.in_object() && !scan_key(ignored)) return false;
    }
  } while (stack.depth() > 0);
  return true;
}

bool Scanner::scan_scalar(Value& value) noexcept {
  switch (*at_) {
    case '"':
      value.kind = Kind::string;
      return scan_string(value);
    case 't':
      value.kind = Kind::boolean_true;
      return scan_literal("true");
    case 'f':
      value.kind = Kind::boolean_false;
      return scan_literal("false");
    case 'n':
      value.kind = Kind::null;
      return scan_literal("null");
    case 'N':
    case 'I':
      return scan_not_finite(value);
    case '-':
      if (at_[1] == 'I') return scan_not_finite(value);
      [[fallthrough]];
    default:
      value.kind = Kind::number;
      return scan_number();
  }
}

// Not JSON, but what Python and others write.
bool Scanner::scan_not_finite(Value& value) noexcept {
  if (!lenient_) return fail(Status::json_syntax);
  eat('-');
  value.kind = Kind::not_finite;
  ++not_finite_count_;
  return scan_literal(*at_ == 'N' ? "NaN" : "Infinity");
}

// A member's name and the colon after it.
bool Scanner::scan_key(Value& key) noexcept {
  const char* const begin = at_;
  if (*at_ != '"') return fail(Status::json_syntax);
  if (!scan_string(key)) return false;
  key.kind = Kind::string;
  key.text = {begin, static_cast<size_t>(at_ - begin)};
  skip_space();
  return eat(':') ? true : fail(Status::json_syntax);
}

bool Scanner::scan_string(Value& value) noexcept {
  value.escaped = false;
  for (++at_;;) {
    at_ = kernels_.find_special(at_, end_);
    const auto byte = static_cast<uint8_t>(*at_);
    if (byte == '"') break;
    if (byte < 0x20) return fail(Status::json_syntax);  // also at the byte behind the document
    if (byte == '\\') {
      value.escaped = true;
      if (!scan_escape()) return false;
    } else {
      const uint32_t length = utf8::valid_length(at_);
      if (length == 0) return fail(Status::json_utf8);
      at_ += length;
    }
  }
  ++at_;
  return true;
}

bool Scanner::scan_escape() noexcept {
  if (at_[1] != 'u') {
    if (at_[1] == '\0' || std::strchr("\"\\/bfnrt", at_[1]) == nullptr)
      return fail(Status::json_syntax);
    at_ += 2;
    return true;
  }
  const int32_t unit = hex4(at_ + 2);
  if (unit < 0) return fail(Status::json_syntax);
  at_ += 6;
  if (is_high_surrogate(unit) && is_low_surrogate_escape(at_)) {
    at_ += 6;
    return true;
  }
  return lenient_ || !is_surrogate(unit) ? true : fail(Status::json_surrogate);
}

// -?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?
bool Scanner::scan_number() noexcept {
  const auto digits = [this] {
    const char* const begin = at_;
    while (is_digit(*at_)) ++at_;
    return at_ > begin;
  };
  eat('-');
  if (!eat('0') && !digits()) return fail(Status::json_syntax);
  if (eat('.') && !digits()) return fail(Status::json_syntax);
  if (eat('e') || eat('E')) {
    if (!eat('-')) eat('+');
    if (!digits()) return fail(Status::json_syntax);
  }
  return true;
}

bool Scanner::scan_literal(std::string_view word) noexcept {
  if (std::strncmp(at_, word.data(), word.size()) != 0) return fail(Status::json_syntax);
  at_ += word.size();
  return true;
}

}  // namespace kubesentiment::json
