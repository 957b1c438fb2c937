#pragma once

#include <cstdint>

/** Processes eight bytes at a time in one register. */
namespace kubesentiment {

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the first byte in memory must be the lowest byte of a register"
#endif

/** The index of the lowest bit of `mask`, which is not 0. */
inline uint32_t lowest_bit(uint64_t mask) noexcept {
#if defined(__GNUC__)
  return static_cast<uint32_t>(__builtin_ctzll(mask));
#else
  uint32_t bit = 0;
  for (; (mask & 1) == 0; mask >>= 1) ++bit;
  return bit;
#endif
}

/** The index of the first byte of a word that has a bit in `mask`, which is not 0. */
inline uint32_t lowest_byte(uint64_t mask) noexcept { return lowest_bit(mask) / 8; }

/** The same byte eight times. */
constexpr uint64_t repeat_byte(uint8_t byte) noexcept { return 0x0101010101010101u * byte; }

}  // namespace kubesentiment
