#include "bpe_loader.h"

#include <deque>
#include <optional>
#include <utility>

#include "byte_alphabet.h"
#include "utf8.h"

namespace kubesentiment {
namespace {

using namespace tokenizer_json;
using StepKind = PreTokenizer::Kind;

/** What is put around the characters of a word before they are looked up. */
struct Affixes {
  std::string prefix;  // of all but the first
  std::string suffix;  // of the last
  bool empty() const noexcept { return prefix.empty() && suffix.empty(); }
};

/** A merge is ["a","b"] or, in older files, "a b". */
bool read_merge(const Value& value, std::string& left, std::string& right) {
  Value first, second;
  if (value.kind == Kind::array) {
    if (!read_pair(value, first, second)) return false;
    left = text_or(first, "");
    right = text_or(second, "");
    return true;
  }
  const std::string text = text_or(value, "");
  const size_t space = text.find(' ');
  if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos) return false;
  left = text.substr(0, space);
  right = text.substr(space + 1);
  return true;
}

Status load_merges(const ModelSource& source, const Affixes& affixes, BpeMerges& merges) {
  const Value list = source.model["merges"];
  merges.reserve(count_bytes(list.text, ',') + 1);
  std::string left;
  std::string right;
  uint32_t rank = 0;
  Scanner scanner(list.text);
  for (Value value; scanner.next_element(value);) {
    if (value.kind == Kind::string && value.inside().substr(0, 8) == "#version") continue;
    const std::string position = "model.merges[" + std::to_string(rank) + "]";
    if (!read_merge(value, left, right)) return source.report.invalid(position + " is not a pair");
    if (right.size() < affixes.prefix.size()) {
      return source.report.invalid(position + " lacks model.continuing_subword_prefix");
    }
    const auto left_id = source.vocabulary.find(left);
    const auto right_id = source.vocabulary.find(right);
    const auto merged_id = source.vocabulary.find(left + right.substr(affixes.prefix.size()));
    if (!left_id || !right_id || !merged_id) {
      return source.report.invalid(position + " names a token that model.vocab does not contain");
    }
    merges.add(*left_id, *right_id, rank++, *merged_id);
  }
  return scanner.status() == Status::ok ? Status::ok
                                        : source.report.invalid("model.merges is not a list");
}

/** Dropout would give other ids each time. */
Status check_dropout(const ModelSource& source) {
  double dropout = 0;
  const Value value = source.model["dropout"];
  if (value.kind == Kind::null || (read_score(value, dropout) && dropout == 0)) return Status::ok;
  return source.report.unsupported("model.dropout", std::string(value.text));
}

/** The ids of single bytes, unless some are not in the vocabulary. */
std::optional<std::array<int32_t, 256>> byte_ids(const Vocabulary& vocabulary) {
  std::array<int32_t, 256> ids{};
  std::string token;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    token.clear();
    append_byte_character(static_cast<uint8_t>(byte), token);
    const auto id = vocabulary.find(token);
    if (!id) return std::nullopt;
    ids[byte] = *id;
  }
  return ids;
}

/** Whether the pre-tokenizer is the ByteLevel of GPT-2, which ByteLevelBpe has built in. */
bool is_gpt2(const std::vector<PreTokenizer::Step>& steps) {
  const size_t spaces = !steps.empty() && steps[0].kind == StepKind::space_before ? 1 : 0;
  return steps.size() == spaces + 1 && steps[spaces].kind == StepKind::words &&
         steps[spaces].words.kind() == WordPattern::Kind::gpt2 && !steps[spaces].inverted &&
         steps[spaces].behavior == PreTokenizer::Behavior::isolated;
}

using Words = std::vector<std::pair<std::string_view, int32_t>>;

void load_byte_level(const ModelSource& source, const Words& words, ByteLevelBpe::Parts bpe,
                     Tokenizer::Parts& parts) {
  std::deque<std::string> bytes;
  std::vector<Trie::Entry> whole_words;
  for (const auto& [token, id] : words) {
    std::string text;
    if (bytes_of_token(token, text)) whole_words.push_back({bytes.emplace_back(text), id});
  }
  bpe.whole_words.build(std::move(whole_words));
  source.steps.pop_back();
  if (is_gpt2(source.steps)) {
    bpe.add_prefix_space = source.steps.size() > 1;
  } else {
    parts.pre_tokenizer.emplace(std::move(source.steps));
  }
  parts.model.emplace<ByteLevelBpe>(std::move(bpe));
}

/** From characters to the ids of tokens that are one character with these affixes. */
Trie characters(const Words& words, std::string_view prefix, std::string_view suffix) {
  std::vector<Trie::Entry> entries;
  for (const auto& [token, id] : words) {
    const size_t affixes = prefix.size() + suffix.size();
    if (token.size() <= affixes || token.substr(0, prefix.size()) != prefix) continue;
    if (token.substr(token.size() - suffix.size()) != suffix) continue;
    const std::string_view character = token.substr(prefix.size(), token.size() - affixes);
    if (utf8::decode(character.data()).length == character.size())
      entries.push_back({character, id});
  }
  Trie trie;
  trie.build(std::move(entries));
  return trie;
}

Status load_characters(const ModelSource& source, const Words& words, const Affixes& affixes,
                       CharacterBpe::Parts bpe, Tokenizer::Parts& parts) {
  const std::string_view prefixes[] = {"", affixes.prefix};
  const std::string_view suffixes[] = {"", affixes.suffix};
  for (size_t inner = 0; inner < 2; ++inner) {
    for (size_t last = 0; last < 2; ++last) {
      bpe.characters[inner][last] = characters(words, prefixes[inner], suffixes[last]);
    }
  }
  bpe.fuse_unknown = flag(source.model["fuse_unk"]);
  bpe.byte_fallback = flag(source.model["byte_fallback"]);
  if (bpe.byte_fallback && !affixes.empty()) {
    return source.report.unsupported("model.byte_fallback with a prefix or suffix", "true");
  }
  bpe.byte_ids = fallback_ids(source.vocabulary);
  const Value unknown = source.model["unk_token"];
  if (unknown.kind == Kind::string) {
    const auto id = source.vocabulary.find(text_of(unknown));
    if (!id) return source.report.invalid("model.vocab does not contain model.unk_token");
    bpe.unknown_id = *id;
  }
  parts.pre_tokenizer.emplace(std::move(source.steps));
  parts.model.emplace<CharacterBpe>(std::move(bpe));
  return Status::ok;
}

}  // namespace

Status load_bpe(const ModelSource& source, Tokenizer::Parts& parts) {
  const bool ignore_merges = flag(source.model["ignore_merges"]);
  const Affixes affixes{text_or(source.model["continuing_subword_prefix"], ""),
                        text_or(source.model["end_of_word_suffix"], "")};
  Words words;
  BpeMerges merges;
  Status status = check_dropout(source);
  if (status == Status::ok) {
    status = read_vocabulary(
        source, [&](std::string_view token, int32_t id) { words.emplace_back(token, id); });
  }
  if (status == Status::ok) status = load_merges(source, affixes, merges);
  if (status != Status::ok) return status;
  const bool byte_level = affixes.empty() && !source.steps.empty() &&
                          source.steps.back().kind == StepKind::byte_alphabet;
  if (const auto ids = byte_level ? byte_ids(source.vocabulary) : std::nullopt) {
    ByteLevelBpe::Parts bpe;
    bpe.byte_ids = *ids;
    bpe.merges = std::move(merges);
    load_byte_level(source, ignore_merges ? words : Words(), std::move(bpe), parts);
    return Status::ok;
  }
  CharacterBpe::Parts bpe;
  bpe.merges = std::move(merges);
  if (ignore_merges) {
    std::vector<Trie::Entry> whole_words;
    for (const auto& [token, id] : words) whole_words.push_back({token, id});
    bpe.whole_words.build(std::move(whole_words));
  }
  return load_characters(source, words, affixes, std::move(bpe), parts);
}

}  // namespace kubesentiment
