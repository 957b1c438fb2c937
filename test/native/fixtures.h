#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer.h"
#include "tokenizer_loader.h"

namespace kubesentiment::testing {

using Ids = std::vector<int32_t>;

inline std::string read_file(const std::string& path) {
  const char* const root = std::getenv("KUBESENTIMENT_ROOT");
  std::ifstream file((root == nullptr ? std::string() : std::string(root) + "/") + path,
                     std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/** A tokenizer.json with these components; the ids are the places in `vocabulary`. */
struct TokenizerFile {
  std::vector<std::string> vocabulary = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "un",  "##able",
                                         "a",     "##b",   "b",     "ab",    "##c", ".",
                                         "the",   "中",    "é",     "e"};
  std::string model = R"("type":"WordPiece","unk_token":"[UNK]","max_input_chars_per_word":10)";
  std::string added_tokens;
  std::string normalizer = R"({"type":"BertNormalizer","lowercase":true})";
  std::string pre_tokenizer = R"({"type":"BertPreTokenizer"})";
  std::string post_processor = R"({"type":"BertProcessing","cls":["[CLS]",2],"sep":["[SEP]",3]})";
  std::string more;  // members behind the others, each beginning with a comma

  std::string text() const {
    std::string vocab;
    for (size_t i = 0; i < vocabulary.size(); ++i) {
      vocab += (i == 0 ? "\"" : ",\"") + vocabulary[i] + "\":" + std::to_string(i);
    }
    return "{\"added_tokens\":[" + added_tokens + "],\"normalizer\":" + normalizer +
           ",\"pre_tokenizer\":" + pre_tokenizer + ",\"post_processor\":" + post_processor +
           ",\"model\":{" + model + ",\"vocab\":{" + vocab + "}}" + more + "}";
  }
};

inline Tokenizer load(std::string_view file) {
  Tokenizer tokenizer;
  std::string reason;
  const Status status = load_tokenizer(file, tokenizer, reason);
  EXPECT_EQ(status, Status::ok) << reason;
  return tokenizer;
}

inline Tokenizer load(const TokenizerFile& file) { return load(file.text()); }

/** The model that ships with the project: bert-base-uncased's vocabulary. */
inline const std::string& shipped_file() {
  static const std::string file = read_file("models/accurate/tokenizer.json");
  return file;
}

struct Encoding {
  Ids ids;
  bool truncated;
};

inline Encoding encode(Tokenizer& tokenizer, std::string_view text, size_t capacity = 128) {
  Ids row(capacity + 1, -7);
  const Tokenizer::Encoded encoded = tokenizer.encode(text, row.data(), capacity);
  EXPECT_EQ(row[capacity], -7) << "written behind the row";
  EXPECT_LE(encoded.length, capacity);
  row.resize(encoded.length);
  return {row, encoded.truncated};
}

/** The ids between the special tokens. */
inline Ids body(Tokenizer& tokenizer, std::string_view text) {
  Ids ids = encode(tokenizer, text).ids;
  EXPECT_GE(ids.size(), 2u);
  return Ids(ids.begin() + 1, ids.end() - 1);
}

}  // namespace kubesentiment::testing
