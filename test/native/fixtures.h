#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizer.h"
#include "tokenizer_loader.h"
#include "utf8.h"

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

/** A byte-level BPE tokenizer like that of RoBERTa, with a handful of merges. */
inline std::string bpe_file() {
  std::string vocab;
  int32_t count = 0;
  const auto add = [&](const std::string& token) {
    const bool escaped = token == "\"" || token == "\\";
    vocab += (count == 0 ? "\"" : ",\"") + std::string(escaped ? "\\" : "") + token + "\":";
    vocab += std::to_string(count++);
  };
  uint32_t unseen = 256;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    const bool seen = (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
    char text[4];
    add(std::string(text, utf8::encode(seen ? byte : unseen++, text)));
  }
  std::string merges;
  for (const auto& [left, right] :
       std::vector<std::pair<std::string, std::string>>{{"t", "h"},
                                                        {"th", "e"},
                                                        {"Ġ", "the"},
                                                        {"a", "b"},
                                                        {"ab", "ab"},
                                                        {"b", "a"},
                                                        {"a", "a"},
                                                        {"aa", "aa"},
                                                        {"aaaa", "aaaa"},
                                                        {"u", "n"},
                                                        {"un", "a"},
                                                        {"f", "f"},
                                                        {"l", "e"}}) {
    add(left + right);
    merges += (merges.empty() ? "\"" : ",\"") + left + " " + right + "\"";
  }
  return R"({"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"model":{"type":"BPE",)"
         "\"vocab\":{" +
         vocab + "},\"merges\":[" + merges + "]}}";
}

/** A Unigram tokenizer like that of XLM-R, with a map of characters that changes nothing. */
inline std::string unigram_file() {
  return R"({"normalizer":{"type":"Sequence","normalizers":[
      {"type":"Precompiled","precompiled_charsmap":"BAAAAAAAAAA="},
      {"type":"Strip","strip_left":false,"strip_right":true},
      {"type":"Replace","pattern":{"Regex":" {2,}"},"content":"▁"}]},
      "pre_tokenizer":{"type":"Metaspace","replacement":"▁"},"model":{"type":"Unigram","unk_id":0,
      "vocab":[["<unk>",0],["▁",-2],["a",-4],["b",-4],["ab",-5],["abab",-9],["▁the",-3],["un",-4],
      ["unaff",-7],["able",-5],["wonderful",-9]]}})";
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
