#include "byte_level_bpe.h"

#include <algorithm>
#include <utility>

namespace kubesentiment {
namespace {

// Longer words are merged chunk by chunk.
constexpr size_t kChunkBytes = 40;
// If more tokens than this have to be merged again, the whole word is merged at once.
constexpr size_t kBackMax = 256;
// Memory for longer texts and words than this is freed after use.
constexpr size_t kKeptBytes = 64 * 1024;
constexpr size_t kKeptParts = 4096;

}  // namespace

ByteLevelBpe::ByteLevelBpe(Parts parts) : parts_(std::move(parts)) {}

void ByteLevelBpe::encode(std::string_view text, TokenRow& row) {
  if (parts_.add_prefix_space && !text.empty() && text[0] != ' ') {
    prefixed_.assign(1, ' ');
    prefixed_.insert(prefixed_.end(), text.begin(), text.end());
    text = {prefixed_.data(), prefixed_.size()};
  }
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end && !row.overflowed()) {
    const char* const next = words_.word_end(at, end);
    add_word({at, static_cast<size_t>(next - at)}, row);
    at = next;
  }
  if (prefixed_.capacity() > kKeptBytes) prefixed_ = std::vector<char>();
}

void ByteLevelBpe::add_word(std::string_view word, TokenRow& row) {
  if (word.size() > WordCache::kBytesMax) return add_long_word(word, row);
  WordCache::Entry& entry = cache_.entry(word);
  if (!WordCache::holds(entry, word)) {
    Part parts[WordCache::kBytesMax];
    int32_t ids[WordCache::kBytesMax];
    size_t count = 1;
    if (const auto whole = parts_.whole_words.find(word)) {
      ids[0] = *whole;
    } else {
      begin(word, parts);
      count = parts_.merges.apply(parts, word.size());
      for (size_t i = 0; i < count; ++i) ids[i] = parts[i].id;
    }
    if (count > WordCache::kIdsMax) {
      for (size_t i = 0; i < count; ++i) row.push(ids[i]);
      return;
    }
    WordCache::store(entry, word, ids, count);
  }
  WordCache::push(entry, row);
}

void ByteLevelBpe::begin(std::string_view bytes, Part* parts) const noexcept {
  for (size_t i = 0; i < bytes.size(); ++i) {
    parts[i] = {parts_.byte_ids[static_cast<uint8_t>(bytes[i])], 1, 0, 0};
  }
}

/*
 * A sequence of tokens is the encoding of its bytes if, and only if, every two neighbours are the
 * encoding of their own bytes. As long as no merge has crossed the boundary between them, what
 * happens to the two does not depend on the rest of the word; so the first merge that crosses a
 * boundary would also happen to those two alone.
 *
 *   tokens of the word so far  │ t1 │ t2 │ t3 │ t4 │       next chunk
 *   merged again, together                    └─────────────────────┘ → f1 f2 …
 *   correct if (t3, f1) does not change; if it does, t3 is merged again, too, and so on
 *
 * That makes the time linear. If a change goes far back, the whole word is merged at once instead.
 */
void ByteLevelBpe::add_long_word(std::string_view word, TokenRow& row) {
  if (const auto whole = parts_.whole_words.find(word)) return row.push(*whole);
  tokens_.clear();
  for (size_t done = 0; done < word.size();) {
    const size_t chunk_end = std::min(word.size(), done + kChunkBytes);
    if (!append_chunk(word, done, chunk_end)) {
      merge(word, tokens_);
      break;
    }
    done = chunk_end;
  }
  for (const Part& token : tokens_) row.push(token.id);
  if (tokens_.capacity() > kKeptParts) tokens_ = std::vector<Part>();
  if (fresh_.capacity() > kKeptParts) fresh_ = std::vector<Part>();
}

/** Continues from the tokens of the bytes before `done`; false if too many of them would change. */
bool ByteLevelBpe::append_chunk(std::string_view word, size_t done, size_t chunk_end) {
  size_t back = 0;
  size_t start = done;
  for (size_t wanted = 1; back < kBackMax; wanted *= 2) {
    while (back < std::min(wanted, tokens_.size())) start -= tokens_[tokens_.size() - ++back].bytes;
    merge(word.substr(start, chunk_end - start), fresh_);
    const size_t kept = tokens_.size() - back;
    if (kept > 0) {
      const Part& last = tokens_[kept - 1];
      if (!stays_split(word.data() + start - last.bytes, last, fresh_[0])) continue;
    }
    tokens_.resize(kept);
    tokens_.insert(tokens_.end(), fresh_.begin(), fresh_.end());
    return true;
  }
  return false;
}

/** Whether the bytes of two tokens encode to these two tokens again. */
bool ByteLevelBpe::stays_split(const char* bytes, const Part& left, const Part& right) {
  merge({bytes, left.bytes + size_t{right.bytes}}, pair_);
  return pair_.size() == 2 && pair_[0].bytes == left.bytes;
}

void ByteLevelBpe::merge(std::string_view bytes, std::vector<Part>& parts) {
  parts.resize(bytes.size());
  begin(bytes, parts.data());
  parts.resize(parts_.merges.apply(parts.data(), parts.size()));
}

}  // namespace kubesentiment
