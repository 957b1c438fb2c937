#include "unigram.h"

#include "charsmap.h"
#include "fixtures.h"
#include "grapheme.h"
#include "tokenizer_json.h"
#include "utf8.h"

namespace kubesentiment::testing {
namespace {

const char* const kHead = R"({"pre_tokenizer":{"type":"Metaspace","replacement":"▁"},"model":)";

Ids ids_of(const std::string& model, std::string_view text, const std::string& more = "") {
  Tokenizer tokenizer = load(kHead + model + more + "}");
  return encode(tokenizer, text).ids;
}

TEST(Unigram, TakesThePiecesOfTheGreatestSum) {
  const std::string model = R"({"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["▁",-3],["▁a",-2],
      ["b",-2],["▁ab",-5],["c",-1],["bc",-3.5]]})";
  EXPECT_EQ(ids_of(model, "ab"), (Ids{2, 3})) << "-4 and not -5";
  EXPECT_EQ(ids_of(model, "abc"), (Ids{2, 3, 5})) << "-5 and not -5.5";
  EXPECT_EQ(ids_of(model, "a  c"), (Ids{2, 1, 1, 5}));
  EXPECT_EQ(ids_of(model, ""), (Ids{}));
}

TEST(Unigram, OfEqualSumsTheOneWithTheLongestLastPieceStays) {
  const std::string model = R"({"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["▁",-1],["a",-1],
      ["b",-1],["▁a",-2],["ab",-2],["▁ab",-3]]})";
  EXPECT_EQ(ids_of(model, "ab"), (Ids{6}));
}

TEST(Unigram, UnknownNeighboursAreOneToken) {
  const std::string model =
      R"({"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["▁",-1],["a",-1]]})";
  EXPECT_EQ(ids_of(model, "xéa中"), (Ids{1, 0, 2, 0}));
}

TEST(Unigram, FallsBackToBytesOnlyWhenAllAreThere) {
  const std::string model =
      R"({"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["<unk>",0],
      ["▁",-1],["<0xC3>",-9],["<0xA9>",-9],["x",-1]]})";
  EXPECT_EQ(ids_of(model, "éx"), (Ids{1, 2, 3, 4}));
  EXPECT_EQ(ids_of(model, "éèx"), (Ids{1, 0, 4}));
}

TEST(Unigram, ReplacesAndStripsBeforeItCuts) {
  const std::string model =
      R"({"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["▁",-1],["a",-1],["\"",-1]]})";
  const std::string normalizer = R"(,"normalizer":{"type":"Sequence","normalizers":[
      {"type":"Strip","strip_left":true,"strip_right":true},
      {"type":"Replace","pattern":{"String":"''"},"content":"\""},
      {"type":"Replace","pattern":{"Regex":" {2,}"},"content":"▁"}]})";
  EXPECT_EQ(ids_of(model, " \u3000 a    ''a \n", normalizer), (Ids{1, 2, 1, 3, 2}));
}

TEST(Unigram, ReadsScoresAsTheLibraryDoes) {
  const auto score = [](std::string text) {
    json::Value value;
    value.kind = json::Kind::number;
    value.text = text;
    double result = 0;
    EXPECT_TRUE(tokenizer_json::read_score(value, result)) << text;
    return result;
  };
  EXPECT_EQ(score("-3.5"), -3.5);
  EXPECT_EQ(score("12"), 12.0);
  EXPECT_EQ(score("1e-3"), 1 / 1000.0);
  EXPECT_EQ(score("-25e+2"), -2500.0);
  EXPECT_EQ(score("-7.123456789012345678901234"), -(7123456789012345678.0 / 1e18));
  EXPECT_EQ(score("0.0"), 0.0);
}

TEST(Grapheme, ClustersEndWhereTheLibraryEndsThem) {
  const auto clusters = [](const std::string& text) {
    std::vector<size_t> sizes;
    GraphemeScanner scanner;
    for (size_t at = 0; at < text.size();) {
      const utf8::Decoded decoded = utf8::decode(text.data() + at);
      if (scanner.begins(decoded.code_point)) sizes.push_back(0);
      sizes.back() += decoded.length;
      at += decoded.length;
    }
    return sizes;
  };
  using Sizes = std::vector<size_t>;
  EXPECT_EQ(clusters("a\u0301b\r\n\n"), (Sizes{3, 1, 2, 1}));
  EXPECT_EQ(clusters("\u0600a\u1100\u1161\u11a8\u11a8각"), (Sizes{3, 12, 3}));
  EXPECT_EQ(clusters("©\u0301\u200d®®"), (Sizes{9, 2}));
  EXPECT_EQ(clusters("\u0915\u094d\u0915\u0915"), (Sizes{9, 3})) << "a conjunct";
}

TEST(Charsmap, RefusesWhatIsNoMapAndStaysInside) {
  Charsmap map;
  EXPECT_FALSE(map.load(""));
  EXPECT_FALSE(map.load(std::string(4, '\0')));
  EXPECT_FALSE(map.load(std::string("\x08\0\0\0\1\2\3\4", 8)));
  EXPECT_FALSE(map.load(std::string("\x04\0\0\0\1\2\3\4\xff", 9))) << "texts that are not UTF-8";
  // Units that point anywhere.
  for (int byte = 0; byte < 256; ++byte) {
    std::string bytes("\x10\0\0\0", 4);
    bytes.append(16, static_cast<char>(byte)).append("abc");
    ASSERT_TRUE(map.load(bytes));
    bool found = false;
    for (int c = 1; c < 128; ++c) (void)map.find(std::string(3, static_cast<char>(c)), found);
  }
}

}  // namespace
}  // namespace kubesentiment::testing
