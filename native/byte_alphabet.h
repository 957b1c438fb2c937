#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kubesentiment {

/** Appends the character that stands for a byte in GPT-2's vocabulary. */
void append_byte_character(uint8_t byte, std::string& out);

/** The bytes that a token of that vocabulary represents; false if it contains other characters. */
bool bytes_of_token(std::string_view token, std::string& bytes);

}  // namespace kubesentiment
