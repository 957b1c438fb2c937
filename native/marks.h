#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace kubesentiment {

/** A character that is put in order behind the one it belongs to: its combining class is not 0. */
struct Mark {
  uint32_t code_point;
  uint8_t combining_class;
};

/**
 * Brings marks into canonical order. A counting sort, so a text of nothing but marks takes linear
 * time. `scratch` is there for its memory.
 */
inline void sort_marks(std::vector<Mark>& marks, std::vector<Mark>& scratch) {
  if (marks.size() < 2) return;
  std::array<uint32_t, 257> starts{};
  for (const Mark& mark : marks) ++starts[mark.combining_class + 1u];
  for (size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
  scratch.resize(marks.size());
  for (const Mark& mark : marks) scratch[starts[mark.combining_class]++] = mark;
  marks.swap(scratch);
}

}  // namespace kubesentiment
