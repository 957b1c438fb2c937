#include "word_table.h"

#include <algorithm>

namespace kubesentiment {

void WordTable::build(std::vector<Word> words) {
  std::sort(words.begin(), words.end(), [](const Word& a, const Word& b) { return a.id < b.id; });
  shift_ = 63;
  while ((size_t{1} << (64 - shift_)) * 3 < words.size() * 4) --shift_;
  slots_.assign((size_t{1} << (64 - shift_)) + kProbesMax, Word());
  for (const Word& word : words) {
    const auto first = slots_.begin() + static_cast<ptrdiff_t>(place_of(word));
    const auto last = first + kProbesMax;
    const auto free = std::find_if(first, last, [](const Word& slot) { return slot.size == 0; });
    if (free != last) *free = word;
  }
}

}  // namespace kubesentiment
