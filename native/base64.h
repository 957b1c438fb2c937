#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kubesentiment {

/**
 * Decodes standard base64 with padding (RFC 4648, section 4) to `out`, which may be where the text
 * stands. Returns the end of the bytes; nullptr if the input is invalid.
 */
inline char* decode_base64(std::string_view text, char* out) noexcept {
  const auto value_of = [](char c) -> uint32_t {
    if (c >= 'A' && c <= 'Z') return static_cast<uint32_t>(c - 'A');
    if (c >= 'a' && c <= 'z') return static_cast<uint32_t>(c - 'a' + 26);
    if (c >= '0' && c <= '9') return static_cast<uint32_t>(c - '0' + 52);
    return c == '+' ? 62 : c == '/' ? 63 : 64;
  };
  if (text.size() % 4 != 0) return nullptr;
  size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  for (size_t at = 0; at < text.size(); at += 4) {
    const size_t missing = at + 4 == text.size() ? padding : 0;
    uint32_t group = 0;
    for (size_t i = 0; i < 4; ++i) {
      const uint32_t value = i + missing >= 4 ? 0 : value_of(text[at + i]);
      if (value > 63) return nullptr;
      group = group << 6 | value;
    }
    for (size_t i = 0; i + missing < 3; ++i) {
      *out++ = static_cast<char>(group >> (16 - 8 * i) & 0xFF);
    }
  }
  return out;
}

/** The same to a string; false if the input is invalid. */
inline bool decode_base64(std::string_view text, std::string& bytes) {
  bytes.resize(text.size() / 4 * 3);
  const char* const end = decode_base64(text, bytes.data());
  if (end != nullptr) bytes.resize(static_cast<size_t>(end - bytes.data()));
  return end != nullptr;
}

}  // namespace kubesentiment
