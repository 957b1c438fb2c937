#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "pre_tokenizer.h"
#include "tokenizer_json.h"
#include "vocabulary.h"

/** What the loaders of models share. */
namespace kubesentiment::tokenizer_json {

struct ModelSource {
  const Object& model;
  Report& report;
  Strings& strings;
  Vocabulary& vocabulary;
  std::vector<PreTokenizer::Step>& steps;  // of the pre-tokenizer
};

inline size_t count_bytes(std::string_view text, char byte) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), byte));
}

/** Reads a vocabulary given as an object of tokens and ids. */
template <typename Visit>
Status read_vocabulary(const ModelSource& source, Visit visit) {
  const Value vocab = source.model["vocab"];
  source.vocabulary.reserve(count_bytes(vocab.text, ':') + 1);
  Scanner entries(vocab.text);
  for (Value key, value; entries.next_member(key, value);) {
    int32_t id = 0;
    if (!read_count(value, id)) {
      return source.report.invalid(
          "model.vocab holds an id that is not an integer from 0 to 2^31-1");
    }
    const std::string_view token = source.strings.view(key);
    source.vocabulary.add(token, id);
    if (!token.empty()) visit(token, id);
  }
  return entries.status() == Status::ok ? Status::ok
                                        : source.report.invalid("model.vocab is not an object");
}

/** The ids of <0x00> to <0xFF>, or -1. */
inline std::array<int32_t, 256> fallback_ids(const Vocabulary& vocabulary) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::array<int32_t, 256> ids{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    const char token[] = {'<', '0', 'x', kDigits[byte >> 4], kDigits[byte & 15], '>'};
    ids[byte] = vocabulary.find({token, sizeof token}).value_or(-1);
  }
  return ids;
}

}  // namespace kubesentiment::tokenizer_json
