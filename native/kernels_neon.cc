// NEON, which every 64-bit ARM machine has.

#include "kernels.h"

#if defined(__aarch64__)

#include <arm_neon.h>

#include <cstring>

namespace kubesentiment {
namespace {

inline uint8x16_t load16(const char* at) noexcept {
  return vld1q_u8(reinterpret_cast<const uint8_t*>(at));
}

// Four bits for each byte that is set.
inline uint64_t half_bytes(uint8x16_t bytes) noexcept {
  return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(bytes), 4)), 0);
}

const char* find_special_neon(const char* at, const char* end) noexcept {
  for (; end - at >= 16; at += 16) {
    const uint8x16_t bytes = load16(at);
    const uint8x16_t marks =
        vorrq_u8(vceqq_u8(bytes, vdupq_n_u8('"')), vceqq_u8(bytes, vdupq_n_u8('\\')));
    const uint8x16_t others =
        vorrq_u8(vcltq_u8(bytes, vdupq_n_u8(0x20)), vcgeq_u8(bytes, vdupq_n_u8(0x80)));
    const uint64_t special = half_bytes(vorrq_u8(marks, others));
    if (special != 0) return at + __builtin_ctzll(special) / 4;
  }
  return kBaselineKernels.find_special(at, end);
}

const char* copy_printable_neon(const char* in, const char* end, char*& out,
                                bool lowercase) noexcept {
  const uint8x16_t lowering = vdupq_n_u8(lowercase ? 0x20 : 0);
  for (; end - in >= 16; in += 16, out += 16) {
    const uint8x16_t bytes = load16(in);
    const uint8x16_t from_space = vsubq_u8(bytes, vdupq_n_u8(0x20));
    if (vmaxvq_u8(from_space) >= 0x7F - 0x20) break;
    const uint8x16_t upper = vcltq_u8(vsubq_u8(bytes, vdupq_n_u8('A')), vdupq_n_u8(26));
    vst1q_u8(reinterpret_cast<uint8_t*>(out), vorrq_u8(bytes, vandq_u8(upper, lowering)));
  }
  return kBaselineKernels.copy_printable(in, end, out, lowercase);
}

inline uint8x16_t outside16(const char* block, uint8x16_t columns) noexcept {
  constexpr uint8_t kRows[16] = {1, 2, 4, 8, 16, 32, 64, 128};
  const uint8x16_t bytes = load16(block);
  const uint8x16_t column = vqtbl1q_u8(columns, vandq_u8(bytes, vdupq_n_u8(15)));
  const uint8x16_t row = vqtbl1q_u8(vld1q_u8(kRows), vshrq_n_u8(bytes, 4));
  return vceqq_u8(vandq_u8(column, row), vdupq_n_u8(0));
}

uint64_t find_outside_neon(const char* block, size_t size, const ByteSet& set) noexcept {
  char padded[64];
  uint64_t wanted = ~uint64_t{0};
  if (size < 64) {
    std::memset(padded, 0, sizeof(padded));
    std::memcpy(padded, block, size);
    block = padded;
    wanted = (uint64_t{1} << size) - 1;
  }
  // Each byte keeps the bit of its position among eight; adding neighbours three times combines
  // them.
  constexpr uint8_t kPlaces[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  const uint8x16_t places = vld1q_u8(kPlaces);
  const uint8x16_t columns = vld1q_u8(set.columns());
  const uint8x16_t a = vandq_u8(outside16(block, columns), places);
  const uint8x16_t b = vandq_u8(outside16(block + 16, columns), places);
  const uint8x16_t c = vandq_u8(outside16(block + 32, columns), places);
  const uint8x16_t d = vandq_u8(outside16(block + 48, columns), places);
  const uint8x16_t sums = vpaddq_u8(vpaddq_u8(a, b), vpaddq_u8(c, d));
  return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(sums, sums)), 0) & wanted;
}

}  // namespace

const Kernels kNeonKernels = {find_special_neon, copy_printable_neon, find_outside_neon};

}  // namespace kubesentiment

#endif
