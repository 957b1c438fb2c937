#include "unigram_loader.h"

#include <utility>

#include "pre_tokenizer_loader.h"

namespace kubesentiment {
namespace {

using namespace tokenizer_json;
using StepKind = PreTokenizer::Kind;

/** Whether the pre-tokenizer is Metaspace, optionally behind WhitespaceSplit, which Unigram has
 * built in. */
bool has_built_in(const std::vector<PreTokenizer::Step>& steps, Unigram::Parts& unigram) {
  if (steps.empty() || steps.size() > 2) return false;
  const PreTokenizer::Step& metaspace = steps.back();
  const bool joined = metaspace.kind == StepKind::metaspace_joined;
  if ((metaspace.kind != StepKind::metaspace && !joined) || metaspace.text != "\u2581")
    return false;
  if (metaspace.prepend == PreTokenizer::Prepend::first) return false;
  unigram.split_at_white_space = steps.size() == 2;
  if (steps.size() == 2 && !is_whitespace_split(steps[0])) return false;
  unigram.prepend = metaspace.prepend == PreTokenizer::Prepend::always;
  unigram.split = !joined;
  return true;
}

}  // namespace

Status load_unigram(const ModelSource& source, Tokenizer::Parts& parts) {
  Unigram::Parts unigram;
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
  unigram.byte_ids = fallback_ids(source.vocabulary);
  unigram.pieces.build(std::move(pieces));
  if (!has_built_in(source.steps, unigram)) parts.pre_tokenizer.emplace(std::move(source.steps));
  parts.model.emplace<Unigram>(std::move(unigram));
  return Status::ok;
}

}  // namespace kubesentiment
