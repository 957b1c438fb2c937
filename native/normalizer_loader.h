#pragma once

#include "tokenizer.h"
#include "tokenizer_json.h"

namespace kubesentiment {

/** Reads `normalizer` of a tokenizer.json into `parts.normalizer`. */
Status load_normalizer(const tokenizer_json::Value& value, tokenizer_json::Report& report,
                       Tokenizer::Parts& parts);

}  // namespace kubesentiment
