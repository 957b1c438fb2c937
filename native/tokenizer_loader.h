#pragma once

#include <string>
#include <string_view>

#include "status.h"
#include "tokenizer.h"

namespace kubesentiment {

/**
 * Reads a Hugging Face tokenizer.json. A component that is not implemented is rejected by name and
 * position (`tokenizer_unsupported`), never approximated; `reason` names it, or says what is wrong
 * with the file.
 */
Status load_tokenizer(std::string_view file, Tokenizer& tokenizer, std::string& reason);

}  // namespace kubesentiment
