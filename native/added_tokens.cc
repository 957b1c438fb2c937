#include "added_tokens.h"

#include <cstring>
#include <utility>

namespace kubesentiment {

void AddedTokens::load(std::vector<AddedToken> tokens) {
  tokens_ = std::move(tokens);
  first_bytes_.fill(false);
  std::vector<Trie::Entry> entries;
  int distinct = 0;
  for (size_t i = 0; i < tokens_.size(); ++i) {
    entries.push_back({tokens_[i].content, static_cast<int32_t>(i)});
    const auto first = static_cast<uint8_t>(tokens_[i].content[0]);
    if (!first_bytes_[first]) ++distinct;
    first_bytes_[first] = true;
    only_first_byte_ = first;
  }
  if (distinct != 1) only_first_byte_ = -1;
  trie_.build(std::move(entries));
}

AddedTokens::Match AddedTokens::find(std::string_view text, size_t from) const noexcept {
  for (size_t at = find_candidate(text, from); at != npos; at = find_candidate(text, at + 1)) {
    const Trie::Match match = trie_.longest(text.data() + at, text.data() + text.size());
    if (match.end != nullptr) {
      return {at, static_cast<size_t>(match.end - text.data()),
              &tokens_[static_cast<size_t>(match.value)]};
    }
  }
  return {npos, npos, nullptr};
}

size_t AddedTokens::find_candidate(std::string_view text, size_t from) const noexcept {
  if (tokens_.empty() || from >= text.size()) return npos;
  if (only_first_byte_ >= 0) {
    const void* found = std::memchr(text.data() + from, only_first_byte_, text.size() - from);
    return found == nullptr ? npos
                            : static_cast<size_t>(static_cast<const char*>(found) - text.data());
  }
  for (size_t at = from; at < text.size(); ++at) {
    if (first_bytes_[static_cast<uint8_t>(text[at])]) return at;
  }
  return npos;
}

}  // namespace kubesentiment
