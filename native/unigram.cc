#include "unigram.h"

#include <algorithm>
#include <utility>

#include "unicode.h"
#include "utf8.h"

namespace kubesentiment {
namespace {

constexpr std::string_view kMeta = "\u2581";
constexpr double kUnknownPenalty = 10;
// Memory for longer sections and words than this is freed after use.
constexpr size_t kKept = 64 * 1024;

bool is_space(const char* at, uint32_t& length) noexcept {
  const utf8::Decoded decoded = utf8::decode(at);
  length = decoded.length;
  return (unicode::properties(decoded.code_point) & unicode::kWhiteSpace) != 0;
}

template <typename Element>
void release_if_large(std::vector<Element>& scratch) {
  if (scratch.capacity() > kKept) scratch = std::vector<Element>();
}

}  // namespace

Unigram::Unigram(Parts parts) : parts_(std::move(parts)) {
  const auto least = std::min_element(parts_.scores.begin(), parts_.scores.end());
  if (least != parts_.scores.end()) unknown_score_ = *least - kUnknownPenalty;
}

void Unigram::encode(std::string_view normalized, TokenRow& row) {
  if (!parts_.split_at_white_space) return encode_section(normalized, row);
  const char* at = normalized.data();
  const char* const end = at + normalized.size();
  uint32_t length = 0;
  while (at != end && !row.overflowed()) {
    const char* const word = at;
    while (at != end && !is_space(at, length)) at += length;
    encode_section({word, static_cast<size_t>(at - word)}, row);
    if (at != end) at += length;
  }
}

// What Metaspace does: spaces become U+2581, one is prepended, and each begins a word.
void Unigram::encode_section(std::string_view section, TokenRow& row) {
  if (section.empty()) return;
  section_.clear();
  const bool begun = section[0] == ' ' || section.substr(0, kMeta.size()) == kMeta;
  if (parts_.prepend && !begun) section_.assign(kMeta.begin(), kMeta.end());
  for (const char c : section) {
    if (c == ' ') {
      section_.insert(section_.end(), kMeta.begin(), kMeta.end());
    } else {
      section_.push_back(c);
    }
  }
  std::string_view rest(section_.data(), section_.size());
  while (!rest.empty() && !row.overflowed()) {
    const size_t next = parts_.split ? rest.find(kMeta, 1) : std::string_view::npos;
    const std::string_view word = rest.substr(0, next);
    add_word(word, row);
    rest.remove_prefix(word.size());
  }
  release_if_large(section_);
}

void Unigram::add_word(std::string_view word, TokenRow& row) {
  if (word.size() > WordCache::kBytesMax) {
    search(word);
    collect(word);
    for (const int32_t id : ids_) row.push(id);
    release_if_large(ids_);
    return;
  }
  WordCache::Entry& entry = cache_.entry(word);
  if (!WordCache::holds(entry, word)) {
    search(word);
    collect(word);
    if (ids_.size() > WordCache::kIdsMax) {
      for (const int32_t id : ids_) row.push(id);
      return;
    }
    WordCache::store(entry, word, ids_.data(), ids_.size());
  }
  WordCache::push(entry, row);
}

// Viterbi. Of equal sums the first one found is kept, which is the one with the longest last piece;
// a character without its own piece is unknown.
void Unigram::search(std::string_view word) {
  nodes_.assign(word.size() + 1, {0, kUnreached, 0});
  const auto offer = [this](size_t end, size_t start, double score, int32_t id) {
    Node& node = nodes_[end];
    if (node.start == kUnreached || score > node.score) {
      node = {score, static_cast<uint32_t>(start), id};
    }
  };
  const char* const data = word.data();
  const char* const end = data + word.size();
  for (size_t start = 0; start < word.size();) {
    const size_t behind = start + utf8::decode(data + start).length;
    const double score = nodes_[start].score;
    bool has_character = false;
    parts_.pieces.each_prefix(data + start, end, [&](const char* piece_end, int32_t id) {
      const auto stop = static_cast<size_t>(piece_end - data);
      offer(stop, start, parts_.scores[static_cast<size_t>(id)] + score, id);
      has_character |= stop == behind;
    });
    if (!has_character) offer(behind, start, unknown_score_ + score, parts_.unknown_id);
    start = behind;
  }
}

// Reads the best path back from the end; adjacent unknowns are merged.
void Unigram::collect(std::string_view word) {
  ends_.clear();
  ids_.clear();
  for (size_t end = word.size(); end > 0; end = nodes_[end].start) {
    ends_.push_back(static_cast<uint32_t>(end));
  }
  size_t unknown_from = word.size();
  for (size_t i = ends_.size(); i-- > 0;) {
    const Node& node = nodes_[ends_[i]];
    if (node.id == parts_.unknown_id) {
      unknown_from = std::min<size_t>(unknown_from, node.start);
      const bool last = i == 0 || nodes_[ends_[i - 1]].id != parts_.unknown_id;
      if (!last) continue;
      push_unknown(word.substr(unknown_from, ends_[i] - unknown_from));
      unknown_from = word.size();
    } else {
      ids_.push_back(node.id);
    }
  }
  release_if_large(nodes_);
  release_if_large(ends_);
}

// The characters together may be a piece although none of them is one.
void Unigram::push_unknown(std::string_view text) {
  if (const auto id = parts_.pieces.find(text)) return ids_.push_back(*id);
  const auto id_of = [this](char byte) { return parts_.byte_ids[static_cast<uint8_t>(byte)]; };
  const bool has_bytes =
      std::all_of(text.begin(), text.end(), [&](char c) { return id_of(c) >= 0; });
  if (!parts_.byte_fallback || !has_bytes) return ids_.push_back(parts_.unknown_id);
  for (const char byte : text) ids_.push_back(id_of(byte));
}

}  // namespace kubesentiment
