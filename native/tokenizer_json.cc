#include "tokenizer_json.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

namespace kubesentiment::tokenizer_json {
namespace {

constexpr int kPowers = 309;

/** 1e0 to 1e308. */
const std::array<double, kPowers>& powers_of_ten() {
  static const std::array<double, kPowers> powers = [] {
    std::array<double, kPowers> table{};
    for (int i = 0; i < kPowers; ++i) {
      table[static_cast<size_t>(i)] = std::strtod(("1e" + std::to_string(i)).c_str(), nullptr);
    }
    return table;
  }();
  return powers;
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

}  // namespace

std::string text_of(const Value& string) {
  std::string text(string.inside());
  if (string.escaped)
    text.resize(static_cast<size_t>(json::unescape(string, text.data()) - text.data()));
  return text;
}

std::string text_or(const Value& value, std::string_view otherwise) {
  return value.kind == Kind::string ? text_of(value) : std::string(otherwise);
}

// As serde_json does it: the digits that fit a 64-bit integer, multiplied or divided by a power of
// ten, which rounds twice. The scores of two segmentations of a text can differ by that little.
bool read_score(const Value& value, double& score) noexcept {
  if (value.kind != Kind::number) return false;
  const char* at = value.text.data();
  const char* const end = at + value.text.size();
  const bool negative = *at == '-';
  if (negative) ++at;
  uint64_t digits = 0;
  int64_t exponent = 0;
  bool full = false;
  bool fraction = false;
  for (; at != end && (is_digit(*at) || *at == '.'); ++at) {
    if (*at == '.') {
      fraction = true;
      continue;
    }
    const auto digit = static_cast<uint64_t>(*at - '0');
    full = full || digits > (UINT64_MAX - digit) / 10;
    if (!full) digits = digits * 10 + digit;
    if (!full && fraction) --exponent;
    if (full && !fraction) ++exponent;
  }
  if (at != end) {  // e or E
    const bool plus = at[1] == '+';
    int32_t power = 0;
    if (std::from_chars(at + (plus ? 2 : 1), end, power).ec != std::errc()) return false;
    exponent += power;
  }
  auto number = static_cast<double>(digits);
  while (exponent < -(kPowers - 1) && number != 0) {
    number /= powers_of_ten()[kPowers - 1];
    exponent += kPowers - 1;
  }
  if (exponent >= kPowers && number != 0) return false;
  const auto power = static_cast<size_t>(std::min<int64_t>(std::abs(exponent), kPowers - 1));
  number = exponent < 0 ? number / powers_of_ten()[power] : number * powers_of_ten()[power];
  score = negative ? -number : number;
  return true;
}

bool read_pair(const Value& list, Value& first, Value& second) noexcept {
  Value behind;
  Scanner scanner(list.text);
  return scanner.next_element(first) && scanner.next_element(second) &&
         !scanner.next_element(behind) && scanner.status() == Status::ok;
}

Object::Object(std::string_view document) {
  Scanner scanner(document);
  for (Value key, member; scanner.next_member(key, member);) {
    members_.emplace_back(text_of(key), member);
  }
  status_ = scanner.status();
}

Value Object::operator[](std::string_view name) const {
  Value found;
  for (const auto& [key, value] : members_) {
    if (key == name) found = value;
  }
  return found;
}

}  // namespace kubesentiment::tokenizer_json
