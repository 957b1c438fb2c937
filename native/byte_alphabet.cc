#include "byte_alphabet.h"

#include <array>

#include "utf8.h"

namespace kubesentiment {
namespace {

constexpr bool is_seen(uint32_t b) noexcept {
  return (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
}

/** A byte is represented by itself if it is visible, else by the next character from 256 on. */
const std::array<uint32_t, 256>& characters() {
  static const std::array<uint32_t, 256> table = [] {
    std::array<uint32_t, 256> made{};
    uint32_t unseen = 256;
    for (uint32_t byte = 0; byte < 256; ++byte) made[byte] = is_seen(byte) ? byte : unseen++;
    return made;
  }();
  return table;
}

}  // namespace

void append_byte_character(uint8_t byte, std::string& out) {
  char text[4];
  out.append(text, utf8::encode(characters()[byte], text));
}

bool bytes_of_token(std::string_view token, std::string& bytes) {
  bytes.clear();
  for (size_t at = 0; at < token.size();) {
    const utf8::Decoded decoded = utf8::decode(token.data() + at);
    at += decoded.length;
    uint32_t byte = decoded.code_point & 0xFF;
    if (decoded.code_point >= 256) {
      byte = 0;
      while (byte < 256 && characters()[byte] != decoded.code_point) ++byte;
    }
    if (byte > 255 || characters()[byte] != decoded.code_point) return false;
    bytes.push_back(static_cast<char>(byte));
  }
  return true;
}

}  // namespace kubesentiment
