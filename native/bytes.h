#pragma once

#include <cstdint>

/** Eight bytes at a time in one register. */
namespace kubesentiment {

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the first byte in memory must be the lowest one of a register"
#endif

/** Which byte of a word is the first with a bit of `mask`, which is not 0. */
inline uint32_t lowest_byte(uint64_t mask) noexcept {
#if defined(__GNUC__)
  return static_cast<uint32_t>(__builtin_ctzll(mask)) / 8;
#else
  uint32_t byte = 0;
  for (; (mask & 0xFF) == 0; mask >>= 8) ++byte;
  return byte;
#endif
}

/** The same byte eight times. */
constexpr uint64_t repeat_byte(uint8_t byte) noexcept { return 0x0101010101010101u * byte; }

}  // namespace kubesentiment
