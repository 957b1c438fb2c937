#pragma once

#include "model_source.h"
#include "tokenizer.h"

namespace kubesentiment {

/** Reads a `model` of the type Unigram. */
Status load_unigram(const tokenizer_json::ModelSource& source, Tokenizer::Parts& parts);

}  // namespace kubesentiment
