#pragma once

#include <cstdint>

/** What both the scanner and unescape() know of the escapes in JSON strings. */
namespace kubesentiment::json {

inline bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

inline int hex_digit(char c) noexcept {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The value of four hexadecimal digits, or -1.
inline int32_t hex4(const char* text) noexcept {
  int32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return -1;  // also at the byte behind the document
    value = value << 4 | digit;
  }
  return value;
}

inline bool is_high_surrogate(int32_t unit) noexcept { return unit >= 0xD800 && unit < 0xDC00; }
inline bool is_surrogate(int32_t unit) noexcept { return unit >= 0xD800 && unit < 0xE000; }

// Whether the second half of a pair is written here.
inline bool is_low_surrogate_escape(const char* at) noexcept {
  if (at[0] != '\\' || at[1] != 'u') return false;
  const int32_t unit = hex4(at + 2);
  return unit >= 0xDC00 && unit < 0xE000;
}

}  // namespace kubesentiment::json
