#pragma once

#include <vector>

#include "pre_tokenizer.h"
#include "tokenizer.h"
#include "tokenizer_json.h"
#include "vocabulary.h"

namespace kubesentiment {

/**
 * Reads `model` of a tokenizer.json into `parts.model`, and into `parts.pre_tokenizer` the steps
 * that are not built into the model. The model's tokens are added to `vocabulary`, which holds
 * views into the file and `strings`.
 */
Status load_model(const tokenizer_json::Value& value, std::vector<PreTokenizer::Step> steps,
                  tokenizer_json::Report& report, tokenizer_json::Strings& strings,
                  Vocabulary& vocabulary, Tokenizer::Parts& parts);

}  // namespace kubesentiment
