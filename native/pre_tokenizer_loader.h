#pragma once

#include <vector>

#include "pre_tokenizer.h"
#include "tokenizer_json.h"

namespace kubesentiment {

/** Reads `pre_tokenizer` of a tokenizer.json; without one there are no steps. */
Status load_pre_tokenizer(const tokenizer_json::Value& value, tokenizer_json::Report& report,
                          std::vector<PreTokenizer::Step>& steps);

/** Whether a step splits at each white space, or at each punctuation, as BertPreTokenizer does. */
bool is_whitespace_split(const PreTokenizer::Step& step) noexcept;
bool is_punctuation_split(const PreTokenizer::Step& step) noexcept;

}  // namespace kubesentiment
