#pragma once

#include <cstddef>
#include <cstdint>

/**
 * Which instructions the inner loops use. Selected once, on first use, from what the machine has.
 * Only functions that say so are compiled for more than the platform's baseline.
 */
namespace kubesentiment::cpu {

enum class Path : uint8_t { baseline, neon, avx2, avx512 };

/** Whether this machine supports a path. */
bool supports(Path path) noexcept;

/**
 * The path in use: the best one, or the one in KUBESENTIMENT_CPU_PATH if the machine supports it.
 */
Path path() noexcept;

const char* name(Path path) noexcept;

}  // namespace kubesentiment::cpu
