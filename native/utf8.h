#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

/** Reads and writes UTF-8. All functions but valid_length() and is_valid() assume valid text. */
namespace kubesentiment::utf8 {

struct Decoded {
  uint32_t code_point;
  uint32_t length;
};

inline bool is_continuation(char byte) noexcept {
  return (static_cast<uint8_t>(byte) & 0xC0) == 0x80;
}

inline Decoded decode(const char* text) noexcept {
  const auto* b = reinterpret_cast<const uint8_t*>(text);
  if (b[0] < 0x80) return {b[0], 1};
  if (b[0] < 0xE0) return {(b[0] & 0x1Fu) << 6 | (b[1] & 0x3Fu), 2};
  if (b[0] < 0xF0) return {(b[0] & 0x0Fu) << 12 | (b[1] & 0x3Fu) << 6 | (b[2] & 0x3Fu), 3};
  return {(b[0] & 0x07u) << 18 | (b[1] & 0x3Fu) << 12 | (b[2] & 0x3Fu) << 6 | (b[3] & 0x3Fu), 4};
}

/**
 * Length in bytes of the code point at `text`, or 0 if invalid. Never reads past a byte that cannot
 * be continued.
 */
inline uint32_t valid_length(const char* text) noexcept {
  const auto* b = reinterpret_cast<const uint8_t*>(text);
  const auto in = [](uint8_t byte, uint8_t low, uint8_t high) {
    return byte >= low && byte <= high;
  };
  const auto more = [&](int i) { return in(b[i], 0x80, 0xBF); };
  if (b[0] < 0x80) return 1;
  if (in(b[0], 0xC2, 0xDF)) return more(1) ? 2 : 0;
  if (in(b[0], 0xE0, 0xEF)) {
    // E0 would be an overlong form, ED a surrogate.
    return in(b[1], b[0] == 0xE0 ? 0xA0 : 0x80, b[0] == 0xED ? 0x9F : 0xBF) && more(2) ? 3 : 0;
  }
  if (!in(b[0], 0xF0, 0xF4)) return 0;
  return in(b[1], b[0] == 0xF0 ? 0x90 : 0x80, b[0] == 0xF4 ? 0x8F : 0xBF) && more(2) && more(3) ? 4
                                                                                                : 0;
}

/** Whether all of the text is valid. Reads nothing beyond it. Most texts are mostly ASCII. */
inline bool is_valid(std::string_view text) noexcept {
  constexpr uint64_t kNotAscii = 0x8080808080808080;
  const char* at = text.data();
  for (size_t left = text.size(); left > 0;) {
    uint64_t block = 0;
    if (left >= sizeof(block)) {
      std::memcpy(&block, at, sizeof(block));
      if ((block & kNotAscii) == 0) {
        at += sizeof(block);
        left -= sizeof(block);
        continue;
      }
    }
    char tail[4] = {};  // a zero continues nothing
    if (left < sizeof(tail)) std::memcpy(tail, at, left);
    const uint32_t length = valid_length(left < sizeof(tail) ? tail : at);
    if (length == 0) return false;
    at += length;
    left -= length;
  }
  return true;
}

/** The code point that ends just before `end`; `begin` < `end`. */
inline Decoded decode_last(const char* begin, const char* end) noexcept {
  const char* at = end - 1;
  while (at > begin && is_continuation(*at)) --at;
  return decode(at);
}

/** Writes 1 to 4 bytes and returns the position after them. */
inline char* encode(uint32_t c, char* out) noexcept {
  if (c < 0x80) {
    *out++ = static_cast<char>(c);
  } else if (c < 0x800) {
    *out++ = static_cast<char>(0xC0 | c >> 6);
    *out++ = static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    *out++ = static_cast<char>(0xE0 | c >> 12);
    *out++ = static_cast<char>(0x80 | (c >> 6 & 0x3F));
    *out++ = static_cast<char>(0x80 | (c & 0x3F));
  } else {
    *out++ = static_cast<char>(0xF0 | c >> 18);
    *out++ = static_cast<char>(0x80 | (c >> 12 & 0x3F));
    *out++ = static_cast<char>(0x80 | (c >> 6 & 0x3F));
    *out++ = static_cast<char>(0x80 | (c & 0x3F));
  }
  return out;
}

}  // namespace kubesentiment::utf8
