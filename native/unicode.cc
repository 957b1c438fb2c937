#include "unicode.h"

#include <algorithm>

#include "normal_form_tables.h"

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

CodePoints compatible(uint32_t code_point) noexcept {
  return find(code_point, kCompatibleKeys, kCompatibleCount, kCompatibleStarts, kCompatiblePool);
}

uint32_t composite(uint32_t first, uint32_t second) noexcept {
  if (!(traits(second) & Trait::kComposes)) return 0;
  const uint64_t pair = uint64_t{first} << 32 | second;
  const uint64_t* const end = kPairs + kPairCount;
  const uint64_t* const found = std::lower_bound(kPairs, end, pair);
  return found == end || *found != pair ? 0 : kComposites[found - kPairs];
}

}  // namespace kubesentiment::unicode
