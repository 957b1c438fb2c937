#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace kubesentiment {

/** 77 digits, many more than a reader of JSON keeps. */
constexpr size_t kDecimalBytesMax = 32;

/** A big-endian two's complement number with `scale` decimals, as JSON; at most kDecimalBytesMax
 * bytes. */
inline std::string decimal_text(std::string_view bytes, size_t scale) {
  std::array<uint8_t, kDecimalBytesMax> number{};
  std::memcpy(number.data(), bytes.data(), bytes.size());
  const bool is_negative = !bytes.empty() && (number[0] & 0x80) != 0;
  if (is_negative) {
    uint32_t carry = 1;
    for (size_t i = bytes.size(); i-- > 0;) {
      carry += static_cast<uint8_t>(~number[i]);
      number[i] = static_cast<uint8_t>(carry);
      carry >>= 8;
    }
  }
  std::string reversed;
  bool is_zero = false;
  for (size_t digits = 0; !is_zero || digits <= scale; ++digits) {
    if (digits == scale && scale > 0) reversed += '.';
    uint32_t remainder = 0;
    is_zero = true;
    for (size_t i = 0; i < bytes.size(); ++i) {
      remainder = remainder << 8 | number[i];
      number[i] = static_cast<uint8_t>(remainder / 10);
      remainder %= 10;
      is_zero = is_zero && number[i] == 0;
    }
    reversed += static_cast<char>('0' + remainder);
  }
  if (is_negative) reversed += '-';
  return {reversed.rbegin(), reversed.rend()};
}

}  // namespace kubesentiment
