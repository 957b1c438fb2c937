#include "unicode.h"

#include <algorithm>

namespace kubesentiment::unicode {
namespace {

CodePoints find(uint32_t code_point, const uint32_t* keys, int count, const uint16_t* starts,
                const uint32_t* pool) noexcept {
  const ptrdiff_t i = std::lower_bound(keys, keys + count, code_point) - keys;
  return {pool + starts[i], pool + starts[i + 1]};
}

}  // namespace

CodePoints decomposition(uint32_t code_point) noexcept {
  return find(code_point, kDecompositionKeys, kDecompositionCount, kDecompositionStarts,
              kDecompositionPool);
}

CodePoints lowercase(uint32_t code_point) noexcept {
  return find(code_point, kLowercaseKeys, kLowercaseCount, kLowercaseStarts, kLowercasePool);
}

}  // namespace kubesentiment::unicode
