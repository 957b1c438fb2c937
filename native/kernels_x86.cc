// AVX2 and AVX-512. Each function names the instructions it needs, so the file is compiled for the
// baseline like all others; cpu::supports() checks the machine for the same ones.

#include "kernels.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#include <cstring>

#define KS_AVX2 __attribute__((target("avx2,bmi")))
#define KS_AVX512 __attribute__((target("avx2,bmi,avx512f,avx512bw,avx512vl")))

namespace kubesentiment {
namespace {

KS_AVX2 inline __m256i load32(const char* at) noexcept {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}
KS_AVX2 inline __m256i repeat32(int byte) noexcept {
  return _mm256_set1_epi8(static_cast<char>(byte));
}
KS_AVX2 inline uint32_t bits(__m256i bytes) noexcept {
  return static_cast<uint32_t>(_mm256_movemask_epi8(bytes));
}

// Compared as signed numbers, non-ASCII bytes are less than all others.
KS_AVX2 const char* find_special_avx2(const char* at, const char* end) noexcept {
  for (; end - at >= 32; at += 32) {
    const __m256i bytes = load32(at);
    const __m256i quote = _mm256_cmpeq_epi8(bytes, repeat32('"'));
    const __m256i backslash = _mm256_cmpeq_epi8(bytes, repeat32('\\'));
    const __m256i plain = _mm256_cmpgt_epi8(bytes, repeat32(0x1F));
    const uint32_t special = bits(_mm256_or_si256(quote, backslash)) | ~bits(plain);
    if (special != 0) return at + __builtin_ctz(special);
  }
  return kBaselineKernels.find_special(at, end);
}

KS_AVX2 const char* copy_printable_avx2(const char* in, const char* end, char*& out,
                                        bool lowercase) noexcept {
  const __m256i lowering = repeat32(lowercase ? 0x20 : 0);
  for (; end - in >= 32; in += 32, out += 32) {
    const __m256i bytes = load32(in);
    const __m256i plain = _mm256_andnot_si256(_mm256_cmpeq_epi8(bytes, repeat32(0x7F)),
                                              _mm256_cmpgt_epi8(bytes, repeat32(0x1F)));
    if (bits(plain) != ~0u) break;
    const __m256i upper = _mm256_and_si256(_mm256_cmpgt_epi8(bytes, repeat32('A' - 1)),
                                           _mm256_cmpgt_epi8(repeat32('Z' + 1), bytes));
    const __m256i lowered = _mm256_or_si256(bytes, _mm256_and_si256(upper, lowering));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), lowered);
  }
  return kBaselineKernels.copy_printable(in, end, out, lowercase);
}

// A lookup with a non-ASCII byte gives 0, which is not the column of any byte in the set.
KS_AVX2 inline uint32_t outside32(const char* block, __m256i columns) noexcept {
  const __m256i rows = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, static_cast<char>(128), 0, 0, 0, 0, 0, 0, 0, 0));
  const __m256i bytes = load32(block);
  const __m256i upper_half = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), repeat32(15));
  const __m256i both =
      _mm256_and_si256(_mm256_shuffle_epi8(columns, bytes), _mm256_shuffle_epi8(rows, upper_half));
  return bits(_mm256_cmpeq_epi8(both, _mm256_setzero_si256()));
}

KS_AVX2 uint64_t find_outside_avx2(const char* block, size_t size, const ByteSet& set) noexcept {
  char padded[64];
  uint64_t wanted = ~uint64_t{0};
  if (size < 64) {
    std::memset(padded, 0, sizeof(padded));
    std::memcpy(padded, block, size);
    block = padded;
    wanted = (uint64_t{1} << size) - 1;
  }
  const __m256i columns =
      _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(set.columns())));
  const uint64_t low = outside32(block, columns);
  const uint64_t high = outside32(block + 32, columns);
  return (high << 32 | low) & wanted;
}

KS_AVX512 inline __mmask64 first(size_t count) noexcept {
  return count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
}
KS_AVX512 inline __m512i repeat64(int byte) noexcept {
  return _mm512_set1_epi8(static_cast<char>(byte));
}

KS_AVX512 const char* find_special_avx512(const char* at, const char* end) noexcept {
  for (; end - at > 0; at += 64) {
    const __mmask64 inside = first(static_cast<size_t>(end - at));
    const __m512i bytes = _mm512_maskz_loadu_epi8(inside, at);
    const uint64_t special = _mm512_cmpeq_epi8_mask(bytes, repeat64('"')) |
                             _mm512_cmpeq_epi8_mask(bytes, repeat64('\\')) |
                             _mm512_cmple_epi8_mask(bytes, repeat64(0x1F));
    if ((special & inside) != 0) return at + __builtin_ctzll(special);
  }
  return end;
}

KS_AVX512 const char* copy_printable_avx512(const char* in, const char* end, char*& out,
                                            bool lowercase) noexcept {
  const __m512i lowering = repeat64(lowercase ? 0x20 : 0);
  while (in != end) {
    const __mmask64 inside = first(static_cast<size_t>(end - in));
    const __m512i bytes = _mm512_maskz_loadu_epi8(inside, in);
    const __mmask64 plain = _mm512_cmpgt_epi8_mask(bytes, repeat64(0x1F)) &
                            _mm512_cmpneq_epi8_mask(bytes, repeat64(0x7F));
    const __mmask64 upper = _mm512_cmpgt_epi8_mask(bytes, repeat64('A' - 1)) &
                            _mm512_cmplt_epi8_mask(bytes, repeat64('Z' + 1));
    const __m512i lowered = _mm512_or_si512(bytes, _mm512_maskz_mov_epi8(upper, lowering));
    const uint64_t others = ~plain & inside;
    const size_t count = others != 0     ? static_cast<size_t>(__builtin_ctzll(others))
                         : end - in < 64 ? static_cast<size_t>(end - in)
                                         : 64;
    _mm512_mask_storeu_epi8(out, first(count), lowered);
    in += count;
    out += count;
    if (others != 0) break;
  }
  return in;
}

KS_AVX512 uint64_t find_outside_avx512(const char* block, size_t size,
                                       const ByteSet& set) noexcept {
  const __m512i columns = _mm512_maskz_broadcast_i32x4(
      0xFFFF, _mm_loadu_si128(reinterpret_cast<const __m128i*>(set.columns())));
  const __m512i rows = _mm512_maskz_broadcast_i32x4(
      0xFFFF,
      _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, static_cast<char>(128), 0, 0, 0, 0, 0, 0, 0, 0));
  const __m512i bytes = _mm512_maskz_loadu_epi8(first(size), block);
  const __m512i upper_half = _mm512_and_si512(_mm512_srli_epi16(bytes, 4), repeat64(15));
  return _mm512_testn_epi8_mask(_mm512_shuffle_epi8(columns, bytes),
                                _mm512_shuffle_epi8(rows, upper_half)) &
         first(size);
}

}  // namespace

const Kernels kAvx2Kernels = {find_special_avx2, copy_printable_avx2, find_outside_avx2};
const Kernels kAvx512Kernels = {find_special_avx512, copy_printable_avx512, find_outside_avx512};

}  // namespace kubesentiment

#endif
