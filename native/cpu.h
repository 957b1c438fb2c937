#pragma once

#include <cstddef>
#include <cstdint>

/** Which instructions the inner loops use. Chosen once, when first asked for, from what the machine
 * has; nothing is compiled for more than the baseline of the platform but functions that say so. */
namespace kubesentiment::cpu {

enum class Path : uint8_t { baseline, neon, avx2, avx512 };

/** Whether this machine can take a path. */
bool supports(Path path) noexcept;

/** The path in use: the best one, or the one that KUBESENTIMENT_CPU_PATH names if the machine has
 * it. */
Path path() noexcept;

const char* name(Path path) noexcept;

}  // namespace kubesentiment::cpu
