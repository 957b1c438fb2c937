#pragma once

#include "model_source.h"
#include "tokenizer.h"

namespace kubesentiment {

/** Reads a `model` of the type BPE: byte-level if the pre-tokenizer ends that way and every byte is
 * in the vocabulary. */
Status load_bpe(const tokenizer_json::ModelSource& source, Tokenizer::Parts& parts);

}  // namespace kubesentiment
