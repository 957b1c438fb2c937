#include "cpu.h"

#include <cstdlib>
#include <cstring>

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

}  // namespace

bool supports(Path path) noexcept {
  switch (path) {
    case Path::baseline:
      return true;
#if defined(__x86_64__) && defined(__GNUC__)
    case Path::avx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
    case Path::avx512:
      return supports(Path::avx2) && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512vl");
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
