#include "cpu.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#endif

namespace kubesentiment::cpu {
namespace {

constexpr Path kBestFirst[] = {Path::avx512, Path::avx2, Path::neon, Path::baseline};

Path choose() noexcept {
  const char* const wanted = std::getenv("KUBESENTIMENT_CPU_PATH");
  for (const Path path : kBestFirst) {
    if (wanted != nullptr && std::strcmp(wanted, name(path)) == 0 && supports(path)) return path;
  }
  for (const Path path : kBestFirst) {
    if (supports(path)) return path;
  }
  return Path::baseline;
}

#if defined(__x86_64__) && defined(__GNUC__)

struct Features {
  bool avx2 = false;
  bool avx512 = false;
};

// The vector registers that the operating system saves when it switches between threads.
constexpr uint32_t kSaves256 = 0x06;
constexpr uint32_t kSaves512 = 0xE6;

uint32_t saved_registers() noexcept {
  uint32_t low;
  uint32_t high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

// What __builtin_cpu_supports says; that needs a part of the compiler's run-time library which zig
// does not have.
Features detect() noexcept {
  uint32_t eax;
  uint32_t ebx;
  uint32_t ecx;
  uint32_t edx;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || (ecx & bit_OSXSAVE) == 0) return {};
  const uint32_t saved = saved_registers();
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return {};
  const auto has = [=](uint32_t registers, uint32_t bits) {
    return (saved & registers) == registers && (ebx & bits) == bits;
  };
  Features features;
  features.avx2 = has(kSaves256, bit_AVX2 | bit_BMI);
  features.avx512 = features.avx2 && has(kSaves512, bit_AVX512F | bit_AVX512BW | bit_AVX512VL);
  return features;
}

const Features& features() noexcept {
  static const Features detected = detect();
  return detected;
}

#endif

}  // namespace

bool supports(Path path) noexcept {
  switch (path) {
    case Path::baseline:
      return true;
#if defined(__x86_64__) && defined(__GNUC__)
    case Path::avx2:
      return features().avx2;
    case Path::avx512:
      return features().avx512;
#elif defined(__aarch64__)
    case Path::neon:
      return true;
#endif
    default:
      return false;
  }
}

Path path() noexcept {
  static const Path chosen = choose();
  return chosen;
}

const char* name(Path path) noexcept {
  constexpr const char* kNames[] = {"baseline", "neon", "avx2", "avx512"};
  return kNames[static_cast<size_t>(path)];
}

}  // namespace kubesentiment::cpu
