#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

/**
 * Writes JSON to memory that is known to be large enough; each function returns the position after
 * what it wrote.
 */
namespace kubesentiment::json_text {

inline char* put(std::string_view text, char* out) noexcept {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

/** Room for any 64-bit integer. */
constexpr size_t kIntegerBytes = 20;

inline char* put_integer(int64_t value, char* out) noexcept {
  return std::to_chars(out, out + kIntegerBytes, value).ptr;
}

/** The maximum number of bytes that put_string writes. */
constexpr size_t string_bytes(size_t text_bytes) noexcept { return text_bytes * 6 + 2; }

/** A quoted string; valid UTF-8 is written unchanged. */
inline char* put_string(std::string_view text, char* out) noexcept {
  constexpr char kDigits[] = "0123456789abcdef";
  *out++ = '"';
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte >= 0x20 && c != '"' && c != '\\') {
      *out++ = c;
    } else if (byte >= 0x20) {
      *out++ = '\\';
      *out++ = c;
    } else {
      out = put("\\u00", out);
      *out++ = kDigits[byte >> 4];
      *out++ = kDigits[byte & 15];
    }
  }
  *out++ = '"';
  return out;
}

}  // namespace kubesentiment::json_text
