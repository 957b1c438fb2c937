#include "model_loader.h"

#include <optional>
#include <utility>

#include "utf8.h"

namespace kubesentiment {
namespace {

using namespace tokenizer_json;

struct Source {
  const Object& root;
  const Object& model;
  Report& report;
  Strings& strings;
  Vocabulary& vocabulary;
};

size_t count_bytes(std::string_view text, char byte) {
  size_t count = 0;
  for (const char c : text) count += c == byte;
  return count;
}

/** Reads a vocabulary given as an object of tokens and ids. */
template <typename Visit>
Status read_vocabulary(const Source& source, Visit visit) {
  const Value vocab = source.model["vocab"];
  source.vocabulary.reserve(count_bytes(vocab.text, ':') + 1);
  Scanner entries(vocab.text);
  for (Value key, value; entries.next_member(key, value);) {
    int32_t id = 0;
    if (!read_count(value, id)) {
      return source.report.invalid(
          "model.vocab holds an id that is not an integer from 0 to 2^31-1");
    }
    const std::string_view token = source.strings.view(key);
    source.vocabulary.add(token, id);
    if (!token.empty()) visit(token, id);
  }
  return entries.status() == Status::ok ? Status::ok
                                        : source.report.invalid("model.vocab is not an object");
}

Status load_wordpiece(const Source& source, Tokenizer::Parts& parts) {
  const Object pre_tokenizer(source.root["pre_tokenizer"]);
  Status status = source.report.require(pre_tokenizer, "pre_tokenizer", "BertPreTokenizer");
  if (status != Status::ok) return status;
  const std::string prefix = text_or(source.model["continuing_subword_prefix"], "##");
  std::vector<Trie::Entry> initial;
  std::vector<Trie::Entry> continuing;
  status = read_vocabulary(source, [&](std::string_view token, int32_t id) {
    initial.push_back({token, id});
    if (token.size() > prefix.size() && token.substr(0, prefix.size()) == prefix) {
      continuing.push_back({token.substr(prefix.size()), id});
    }
  });
  if (status != Status::ok) return status;
  const std::string unknown_token = text_or(source.model["unk_token"], "[UNK]");
  const std::optional<int32_t> unknown = source.vocabulary.find(unknown_token);
  if (!unknown) return source.report.invalid("model.vocab does not contain model.unk_token");
  size_t max_chars = 100;
  const Value limit = source.model["max_input_chars_per_word"];
  if (limit.kind != Kind::null && !read_count(limit, max_chars)) {
    return source.report.invalid("model.max_input_chars_per_word is not a count");
  }
  Trie initial_trie;
  Trie continuing_trie;
  initial_trie.build(std::move(initial));
  continuing_trie.build(std::move(continuing));
  parts.model.emplace<WordPiece>().load(std::move(initial_trie), std::move(continuing_trie),
                                        *unknown, max_chars);
  return Status::ok;
}

/** The character that represents a byte in GPT-2's vocabulary: itself if it is visible. */
uint32_t character_of(uint32_t byte) noexcept {
  const auto is_seen = [](uint32_t b) {
    return (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
  };
  if (is_seen(byte)) return byte;
  uint32_t before = 0;
  for (uint32_t b = 0; b < byte; ++b) before += is_seen(b) ? 0 : 1;
  return 256 + before;
}

std::string token_of_byte(uint32_t byte) {
  char text[4];
  return std::string(text, utf8::encode(character_of(byte), text));
}

/** The bytes that a token of that vocabulary represents; false if it contains other characters. */
bool bytes_of_token(std::string_view token, std::string& bytes) {
  bytes.clear();
  for (size_t at = 0; at < token.size();) {
    const utf8::Decoded decoded = utf8::decode(token.data() + at);
    at += decoded.length;
    uint32_t byte = decoded.code_point & 0xFF;
    if (decoded.code_point >= 256) {
      byte = 0;
      while (byte < 256 && character_of(byte) != decoded.code_point) ++byte;
    }
    if (byte > 255 || character_of(byte) != decoded.code_point) return false;
    bytes.push_back(static_cast<char>(byte));
  }
  return true;
}

/** Rejects BPE options that byte-level models do not use, unless they have no effect. */
Status check_bpe_options(const Source& source) {
  double dropout = 0;
  const Value value = source.model["dropout"];
  if (value.kind != Kind::null && (!read_score(value, dropout) || dropout != 0)) {
    return source.report.unsupported("model.dropout", std::string(value.text));
  }
  for (const char* const name : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    const std::string affix = text_or(source.model[name], "");
    if (!affix.empty()) return source.report.unsupported(std::string("model.") + name, affix);
  }
  const Object pre_tokenizer(source.root["pre_tokenizer"]);
  const Status status = source.report.require(pre_tokenizer, "pre_tokenizer", "ByteLevel");
  if (status != Status::ok) return status;
  return flag(pre_tokenizer["use_regex"], true)
             ? Status::ok
             : source.report.unsupported("pre_tokenizer.use_regex", "false");
}

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

Status load_merges(const Source& source, BpeMerges& merges) {
  const Value list = source.model["merges"];
  merges.reserve(count_bytes(list.text, ',') + 1);
  std::string left;
  std::string right;
  uint32_t rank = 0;
  Scanner scanner(list.text);
  for (Value value; scanner.next_element(value);) {
    if (value.kind == Kind::string && value.inside().substr(0, 8) == "#version") continue;
    const std::string position = "model.merges[" + std::to_string(rank) + "]";
    if (!read_merge(value, left, right)) return source.report.invalid(position + " is no pair");
    const auto left_id = source.vocabulary.find(left);
    const auto right_id = source.vocabulary.find(right);
    const auto merged_id = source.vocabulary.find(left + right);
    if (!left_id || !right_id || !merged_id) {
      return source.report.invalid(position + " names a token that model.vocab does not contain");
    }
    merges.add(*left_id, *right_id, rank++, *merged_id);
  }
  return scanner.status() == Status::ok ? Status::ok
                                        : source.report.invalid("model.merges is not a list");
}

Status load_bpe(const Source& source, Tokenizer::Parts& parts) {
  if (const Status status = check_bpe_options(source); status != Status::ok) return status;
  ByteLevelBpe::Parts bpe;
  const Object pre_tokenizer(source.root["pre_tokenizer"]);
  bpe.add_prefix_space = flag(pre_tokenizer["add_prefix_space"], true);
  const bool ignore_merges = flag(source.model["ignore_merges"]);
  Strings words;
  std::deque<std::string> bytes;
  std::vector<Trie::Entry> whole_words;
  Status status = read_vocabulary(source, [&](std::string_view token, int32_t id) {
    std::string text;
    if (ignore_merges && bytes_of_token(token, text)) {
      whole_words.push_back({bytes.emplace_back(std::move(text)), id});
    }
  });
  if (status == Status::ok) status = load_merges(source, bpe.merges);
  if (status != Status::ok) return status;
  bpe.whole_words.build(std::move(whole_words));
  for (uint32_t byte = 0; byte < 256; ++byte) {
    const auto id = source.vocabulary.find(token_of_byte(byte));
    if (!id) {
      return source.report.unsupported("model.vocab without the byte", std::to_string(byte));
    }
    bpe.byte_ids[byte] = *id;
  }
  parts.model.emplace<ByteLevelBpe>(std::move(bpe));
  return Status::ok;
}

Status load_metaspace(const Source& source, const Object& component, const std::string& position,
                      Unigram::Parts& unigram) {
  const std::string replacement = text_or(component["replacement"], "");
  if (replacement != "\u2581") {
    return source.report.unsupported(position + ".replacement", replacement);
  }
  const std::string scheme = text_or(component["prepend_scheme"], "always");
  const bool never = scheme == "never";
  if (!never && scheme != "always") {
    return source.report.unsupported(position + ".prepend_scheme", scheme);
  }
  if (!never && !flag(component["add_prefix_space"], true)) {
    return source.report.invalid(position + ".add_prefix_space does not match prepend_scheme");
  }
  unigram.prepend = !never;
  unigram.split = flag(component["split"], true);
  return Status::ok;
}

/** Metaspace, alone or in a Sequence, optionally after a WhitespaceSplit. */
Status load_metaspace_sequence(const Source& source, Unigram::Parts& unigram) {
  const Object pre_tokenizer(source.root["pre_tokenizer"]);
  const std::string type = pre_tokenizer.type();
  if (type == "Metaspace") return load_metaspace(source, pre_tokenizer, "pre_tokenizer", unigram);
  if (type != "Sequence") return source.report.unsupported("pre_tokenizer.type", type);
  bool metaspace_seen = false;
  size_t index = 0;
  Scanner scanner(pre_tokenizer["pretokenizers"].text);
  for (Value value; scanner.next_element(value); ++index) {
    const Object component(value);
    const std::string position = "pre_tokenizer.pretokenizers[" + std::to_string(index) + "]";
    if (component.type() == "WhitespaceSplit" && index == 0) {
      unigram.split_at_white_space = true;
    } else if (component.type() == "Metaspace" && !metaspace_seen) {
      metaspace_seen = true;
      const Status status = load_metaspace(source, component, position, unigram);
      if (status != Status::ok) return status;
    } else {
      return source.report.unsupported(position + ".type", component.type());
    }
  }
  return metaspace_seen ? Status::ok
                        : source.report.invalid("pre_tokenizer.pretokenizers has no Metaspace");
}

Status load_unigram(const Source& source, Tokenizer::Parts& parts) {
  Unigram::Parts unigram;
  const Status status = load_metaspace_sequence(source, unigram);
  if (status != Status::ok) return status;
  const Value vocab = source.model["vocab"];
  source.vocabulary.reserve(count_bytes(vocab.text, '[') + 1);
  std::vector<Trie::Entry> pieces;
  Scanner scanner(vocab.text);
  for (Value entry; scanner.next_element(entry);) {
    Value token, value;
    double score = 0;
    const auto id = static_cast<int32_t>(unigram.scores.size());
    if (!read_pair(entry, token, value) || token.kind != Kind::string ||
        !read_score(value, score)) {
      return source.report.invalid("model.vocab[" + std::to_string(id) +
                                   "] is not a token and its score");
    }
    const std::string_view text = source.strings.view(token);
    source.vocabulary.add(text, id);
    if (!text.empty()) pieces.push_back({text, id});
    unigram.scores.push_back(score);
  }
  if (scanner.status() != Status::ok) return source.report.invalid("model.vocab is not a list");
  if (!read_count(source.model["unk_id"], unigram.unknown_id) ||
      static_cast<size_t>(unigram.unknown_id) >= unigram.scores.size()) {
    return source.report.invalid("model.unk_id is not the index of a token in model.vocab");
  }
  unigram.byte_fallback = flag(source.model["byte_fallback"]);
  for (uint32_t byte = 0; byte < 256; ++byte) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    const char token[] = {'<', '0', 'x', kDigits[byte >> 4], kDigits[byte & 15], '>'};
    unigram.byte_ids[byte] = source.vocabulary.find({token, sizeof token}).value_or(-1);
  }
  unigram.pieces.build(std::move(pieces));
  parts.model.emplace<Unigram>(std::move(unigram));
  return Status::ok;
}

}  // namespace

Status load_model(const Object& root, Report& report, Strings& strings, Vocabulary& vocabulary,
                  Tokenizer::Parts& parts) {
  const Object model(root["model"]);
  const Source source{root, model, report, strings, vocabulary};
  const std::string type = model.type();
  if (type == "WordPiece") return load_wordpiece(source, parts);
  if (type == "BPE") return load_bpe(source, parts);
  if (type == "Unigram") return load_unigram(source, parts);
  return report.unsupported("model.type", type);
}

}  // namespace kubesentiment
