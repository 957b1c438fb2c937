#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "cpu.h"

/** The inner loops over bytes, one version per CPU path. All paths give the same results. */
namespace kubesentiment {

/**
 * A set of ASCII bytes, as a table and as the two nibble tables that vector instructions look up.
 */
class ByteSet {
 public:
  void add(uint8_t byte) noexcept {
    outside_[byte] = 0;
    columns_[byte & 15] |= static_cast<uint8_t>(1u << (byte >> 4));
  }
  bool contains(uint8_t byte) const noexcept { return outside_[byte] == 0; }
  /** 1 for each byte that is not in the set. */
  const uint8_t* outside() const noexcept { return outside_.data(); }
  /** For each low nibble: bit `h` tells whether the byte with the high nibble `h` is in the set. */
  const uint8_t* columns() const noexcept { return columns_.data(); }

 private:
  static constexpr std::array<uint8_t, 256> all_outside() {
    std::array<uint8_t, 256> bytes{};
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = 1;
    return bytes;
  }
  std::array<uint8_t, 256> outside_ = all_outside();
  std::array<uint8_t, 16> columns_{};
};

struct Kernels {
  /**
   * The first quote, backslash, control character or non-ASCII byte. The byte at `end` must be
   * readable and be one of them, unless there is one before it.
   */
  const char* (*find_special)(const char* at, const char* end) noexcept;

  /**
   * Copies printable ASCII, optionally lowercased, and stops at most a few bytes before the first
   * other byte. Advances `out` and returns how far it got.
   */
  const char* (*copy_printable)(const char* in, const char* end, char*& out,
                                bool lowercase) noexcept;

  /** Which of the `size` bytes (1 to 64) are not in the set: bit `i` for byte `i`. */
  uint64_t (*find_outside)(const char* block, size_t size, const ByteSet& set) noexcept;
};

/** The kernels of a path that this machine supports. */
const Kernels& kernels_of(cpu::Path path) noexcept;

/** The kernels of the path in use. */
inline const Kernels& kernels() noexcept { return kernels_of(cpu::path()); }

extern const Kernels kBaselineKernels;
#if defined(__x86_64__) && defined(__GNUC__)
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
#elif defined(__aarch64__)
extern const Kernels kNeonKernels;
#endif

}  // namespace kubesentiment
