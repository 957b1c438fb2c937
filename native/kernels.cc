#include "kernels.h"

#include <cstring>

#include "bytes.h"

namespace kubesentiment {
namespace {

constexpr uint64_t kUpperBits = repeat_byte(0x80);

// Eight bytes at a time. The upper bit of each byte is the result: a subtraction borrows into it,
// and the lowest byte with that bit is never one that was only borrowed from.
const char* find_special(const char* at, const char* end) noexcept {
  constexpr uint64_t kOnes = repeat_byte(1);
  for (; end - at >= 8; at += 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    const uint64_t quote = (word ^ repeat_byte('"')) - kOnes;
    const uint64_t backslash = (word ^ repeat_byte('\\')) - kOnes;
    const uint64_t control = word - repeat_byte(0x20);
    const uint64_t special = (word | quote | backslash | control) & kUpperBits;
    if (special != 0) return at + lowest_byte(special);
  }
  while (static_cast<uint8_t>(*at) >= 0x20 && static_cast<uint8_t>(*at) < 0x80 && *at != '"' &&
         *at != '\\')
    ++at;
  return at;
}

// The upper bit of each byte that is at least `low`; every byte of `word` is ASCII.
constexpr uint64_t at_least(uint64_t word, uint8_t low) { return word + repeat_byte(0x80 - low); }

const char* copy_printable(const char* in, const char* end, char*& out, bool lowercase) noexcept {
  for (; end - in >= 8; in += 8, out += 8) {
    uint64_t word;
    std::memcpy(&word, in, 8);
    if (word & kUpperBits) break;
    if ((at_least(word, 0x20) & ~at_least(word, 0x7F) & kUpperBits) != kUpperBits) break;
    if (lowercase) word |= (at_least(word, 'A') & ~at_least(word, 'Z' + 1) & kUpperBits) >> 2;
    std::memcpy(out, &word, 8);
  }
  return in;
}

uint64_t find_outside(const char* block, size_t size, const ByteSet& set) noexcept {
  uint64_t found = 0;
  for (size_t i = 0; i < size; ++i) {
    found |= uint64_t{set.outside()[static_cast<uint8_t>(block[i])]} << i;
  }
  return found;
}

}  // namespace

const Kernels kBaselineKernels = {find_special, copy_printable, find_outside};

const Kernels& kernels_of(cpu::Path path) noexcept {
  switch (path) {
#if defined(__x86_64__) && defined(__GNUC__)
    case cpu::Path::avx2:
      return kAvx2Kernels;
    case cpu::Path::avx512:
      return kAvx512Kernels;
#elif defined(__aarch64__)
    case cpu::Path::neon:
      return kNeonKernels;
#endif
    default:
      return kBaselineKernels;
  }
}

}  // namespace kubesentiment
