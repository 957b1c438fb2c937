#pragma once

#include "tokenizer.h"
#include "tokenizer_json.h"
#include "vocabulary.h"

namespace kubesentiment {

/**
 * Reads `model` and `pre_tokenizer` of a tokenizer.json into `parts.model`. The model's tokens are
 * added to `vocabulary`, which holds views into the file and `strings`.
 */
Status load_model(const tokenizer_json::Object& root, tokenizer_json::Report& report,
                  tokenizer_json::Strings& strings, Vocabulary& vocabulary,
                  Tokenizer::Parts& parts);

}  // namespace kubesentiment
