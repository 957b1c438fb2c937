#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "char_class.h"

namespace kubesentiment {

/**
 * Reads the regular expressions that take linear time without a matcher of their own, in the syntax
 * of Oniguruma: a character or class and how often, such as \s+, [^a-z\p{N}] or (?: {2,}).
 */
std::optional<CharRun> parse_char_run(std::string_view regex);

/** The same, or several of them: \s{2,}|[\n\r\t]. */
std::optional<CharRuns> parse_char_runs(std::string_view regex);

/** The text that a regular expression without any operator stands for. */
std::optional<std::string> parse_literal(std::string_view regex);

}  // namespace kubesentiment
