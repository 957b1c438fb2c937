#include "model_loader.h"

#include <optional>
#include <utility>

#include "bpe_loader.h"
#include "model_source.h"
#include "pre_tokenizer_loader.h"
#include "unigram_loader.h"

namespace kubesentiment {
namespace {

using namespace tokenizer_json;

/** Whether the pre-tokenizer is BertPreTokenizer, which WordPiece has built in. */
bool is_bert(const std::vector<PreTokenizer::Step>& steps) {
  return steps.size() == 2 && is_whitespace_split(steps[0]) && is_punctuation_split(steps[1]);
}

Status load_wordpiece(const ModelSource& source, Tokenizer::Parts& parts) {
  const std::string prefix = text_or(source.model["continuing_subword_prefix"], "##");
  std::vector<Trie::Entry> initial;
  std::vector<Trie::Entry> continuing;
  const Status status = read_vocabulary(source, [&](std::string_view token, int32_t id) {
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
  if (!is_bert(source.steps)) parts.pre_tokenizer.emplace(std::move(source.steps));
  parts.model.emplace<WordPiece>().load(std::move(initial_trie), std::move(continuing_trie),
                                        *unknown, max_chars);
  return Status::ok;
}

Status load_word_level(const ModelSource& source, Tokenizer::Parts& parts) {
  std::vector<Trie::Entry> words;
  const Status status = read_vocabulary(
      source, [&](std::string_view token, int32_t id) { words.push_back({token, id}); });
  if (status != Status::ok) return status;
  const auto unknown = source.vocabulary.find(text_or(source.model["unk_token"], "<unk>"));
  if (!unknown) return source.report.invalid("model.vocab does not contain model.unk_token");
  Trie trie;
  trie.build(std::move(words));
  parts.pre_tokenizer.emplace(std::move(source.steps));
  parts.model.emplace<WordLevel>(std::move(trie), *unknown);
  return Status::ok;
}

/** Files of older versions do not name the type; the library takes the first one that fits. */
std::string type_of(const Object& model) {
  const auto has = [&model](const char* name) { return model[name].kind != Kind::null; };
  if (has("type")) return model.type();
  if (model["vocab"].kind == Kind::array) return "Unigram";
  if (has("merges")) return "BPE";
  if (!has("unk_token")) return "null";
  const bool pieces = has("continuing_subword_prefix") && has("max_input_chars_per_word");
  return pieces ? "WordPiece" : "WordLevel";
}

}  // namespace

Status load_model(const Value& value, std::vector<PreTokenizer::Step> steps, Report& report,
                  Strings& strings, Vocabulary& vocabulary, Tokenizer::Parts& parts) {
  const Object model(value);
  const ModelSource source{model, report, strings, vocabulary, steps};
  const std::string type = type_of(model);
  if (type == "WordPiece") return load_wordpiece(source, parts);
  if (type == "WordLevel") return load_word_level(source, parts);
  if (type == "BPE") return load_bpe(source, parts);
  if (type == "Unigram") return load_unigram(source, parts);
  return report.unsupported("model.type", type);
}

}  // namespace kubesentiment
