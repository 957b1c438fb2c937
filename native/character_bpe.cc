#include "character_bpe.h"

#include <algorithm>
#include <utility>

#include "utf8.h"

namespace kubesentiment {
namespace {

// Memory for longer words than this is freed after use.
constexpr size_t kKeptParts = 4096;

}  // namespace

CharacterBpe::CharacterBpe(Parts parts) : parts_(std::move(parts)) {}

void CharacterBpe::add_word(std::string_view word, TokenRow& row) {
  const bool cached = word.size() <= WordCache::kBytesMax;
  WordCache::Entry* const entry = cached ? &cache_.entry(word) : nullptr;
  if (cached && WordCache::holds(*entry, word)) return WordCache::push(*entry, row);
  if (const auto whole = parts_.whole_words.find(word)) return row.push(*whole);
  begin(word);
  tokens_.resize(parts_.merges.apply(tokens_.data(), tokens_.size()));
  ids_.clear();
  for (const Part& token : tokens_) ids_.push_back(token.id);
  for (const int32_t id : ids_) row.push(id);
  if (cached) WordCache::store(*entry, word, ids_.data(), ids_.size());
  if (tokens_.capacity() > kKeptParts) tokens_ = std::vector<Part>();
  if (ids_.capacity() > kKeptParts) ids_ = std::vector<int32_t>();
}

void CharacterBpe::begin(std::string_view word) {
  tokens_.clear();
  Part unknown{kNone, 0, 0, 0};
  uint32_t length = 0;
  for (size_t at = 0; at < word.size(); at += length) {
    length = utf8::decode(word.data() + at).length;
    const std::string_view character = word.substr(at, length);
    const Trie& characters = parts_.characters[at > 0][at + length == word.size()];
    if (const auto id = characters.find(character)) {
      flush(unknown);
      tokens_.push_back({*id, length, 0, 0});
      continue;
    }
    // The library forgets to write an unknown character that waits here before the bytes.
    if (parts_.byte_fallback && add_bytes(character)) continue;
    add_unknown(unknown, length);
  }
  flush(unknown);
}

bool CharacterBpe::add_bytes(std::string_view character) {
  const auto id_of = [this](char byte) { return parts_.byte_ids[static_cast<uint8_t>(byte)]; };
  const bool has_bytes =
      std::all_of(character.begin(), character.end(), [&](char byte) { return id_of(byte) >= 0; });
  if (!has_bytes) return false;
  for (const char byte : character) tokens_.push_back({id_of(byte), 1, 0, 0});
  return true;
}

void CharacterBpe::add_unknown(Part& unknown, uint32_t bytes) {
  if (parts_.unknown_id == kNone) return;
  if (!parts_.fuse_unknown) flush(unknown);
  unknown.id = parts_.unknown_id;
  unknown.bytes += bytes;
}

void CharacterBpe::flush(Part& unknown) {
  if (unknown.bytes > 0) tokens_.push_back(unknown);
  unknown = {kNone, 0, 0, 0};
}

}  // namespace kubesentiment
