#include "tokenizer.h"

#include "fixtures.h"

namespace kubesentiment::testing {
namespace {

enum Id : int32_t {
  kPad,
  kUnk,
  kCls,
  kSep,
  kUn,
  kAble,
  kA,
  kB2,
  kB,
  kAb,
  kC2,
  kDot,
  kThe,
  kCjk,
  kEAcute,
  kE
};

TEST(Tokenizer, CutsWordsGreedilyAndFramesThem) {
  Tokenizer tokenizer = load(TokenizerFile());
  EXPECT_EQ(encode(tokenizer, "unable the abc.").ids,
            (Ids{kCls, kUn, kAble, kThe, kAb, kC2, kDot, kSep}));
  EXPECT_EQ(encode(tokenizer, "").ids, (Ids{kCls, kSep}));
  EXPECT_EQ(encode(tokenizer, "  \t\n ").ids, (Ids{kCls, kSep}));
}

TEST(Tokenizer, OnePartWithoutAPieceMakesTheWordUnknown) {
  Tokenizer tokenizer = load(TokenizerFile());
  EXPECT_EQ(body(tokenizer, "unx ab"), (Ids{kUnk, kAb}));
  EXPECT_EQ(body(tokenizer, "x?ab"), (Ids{kUnk, kUnk, kAb}));
}

TEST(Tokenizer, AWordBeyondTheLimitOfCharactersIsUnknown) {
  Tokenizer tokenizer = load(TokenizerFile());
  EXPECT_EQ(body(tokenizer, "abbbbbbbbb"), (Ids{kAb, kB2, kB2, kB2, kB2, kB2, kB2, kB2, kB2}));
  EXPECT_EQ(body(tokenizer, "abbbbbbbbbb"), (Ids{kUnk}));
}

TEST(Tokenizer, LowersStripsAccentsAndSpacesChineseCharacters) {
  Tokenizer tokenizer = load(TokenizerFile());
  EXPECT_EQ(body(tokenizer, "THE é E\u0301"), (Ids{kThe, kE, kE}));
  EXPECT_EQ(body(tokenizer, "a中ab"), (Ids{kA, kCjk, kAb}));
}

TEST(Tokenizer, EachStepCanBeSwitchedOff) {
  TokenizerFile file;
  file.normalizer =
      R"({"type":"BertNormalizer","lowercase":false,"strip_accents":null,"clean_text":false,)"
      R"("handle_chinese_chars":false})";
  Tokenizer tokenizer = load(file);
  EXPECT_EQ(body(tokenizer, "THE é 中"), (Ids{kUnk, kEAcute, kCjk}));
  EXPECT_EQ(body(tokenizer, "a中"), (Ids{kUnk}));
  EXPECT_EQ(body(tokenizer,
                 "a\x01"
                 "b"),
            (Ids{kUnk}));
  EXPECT_EQ(body(tokenizer,
                 "a\x0c"
                 "b"),
            (Ids{kA, kB}))
      << "white space, although a control character";
}

TEST(Tokenizer, ControlCharactersVanishAndNeighboursJoin) {
  Tokenizer tokenizer = load(TokenizerFile());
  const std::string nul("a\0b", 3);
  EXPECT_EQ(body(tokenizer, nul), (Ids{kAb}));
  EXPECT_EQ(body(tokenizer,
                 "a\x0c"
                 "b a\u200b"
                 "b a\u00ad"
                 "b"),
            (Ids{kAb, kAb, kAb}));
  EXPECT_EQ(body(tokenizer,
                 "a\tb a\u00a0"
                 "b a\u3000"
                 "b"),
            (Ids{kA, kB, kA, kB, kA, kB}));
}

TEST(Tokenizer, FindsAddedTokensInTheRawText) {
  TokenizerFile file;
  file.added_tokens =
      R"({"id":3,"content":"[SEP]","normalized":false},{"id":16,"content":"<x>","normalized":false,)"
      R"("lstrip":true,"rstrip":true},{"id":17,"content":"ab!","normalized":false,"single_word":true})";
  Tokenizer tokenizer = load(file);
  EXPECT_EQ(body(tokenizer, "a[SEP]b[SEP"), (Ids{kA, kSep, kB, kUnk, kUnk}));
  EXPECT_EQ(body(tokenizer, "a \t<x>  <x>b"), (Ids{kA, 16, 16, kB}));
  EXPECT_EQ(body(tokenizer, "ab! aab! ab!a"), (Ids{17, kUnk, kUnk, kAb, kUnk, kA}));
}

TEST(Tokenizer, AnAddedTokenOfWhiteSpaceVanishesIfTheOneBeforeItTookTheWhiteSpace) {
  TokenizerFile file;
  file.added_tokens = R"({"id":16,"content":"<x>","normalized":false,"rstrip":true},)"
                      R"({"id":17,"content":"  ","normalized":false,"lstrip":true})";
  Tokenizer tokenizer = load(file);
  EXPECT_EQ(body(tokenizer, "a  b"), (Ids{kA, 17, kB}));
  EXPECT_EQ(body(tokenizer, "<x>  b"), (Ids{16, kB}));
}

TEST(Tokenizer, ARegularExpressionMayNameCharactersByNumberAndSpacesByCategory) {
  TokenizerFile file;
  file.normalizer = R"({"type":"Sequence","normalizers":[)"
                    R"({"type":"Replace","pattern":{"Regex":"[\\u00AD\\u200b]"},"content":""},)"
                    R"({"type":"Replace","pattern":{"Regex":"\\p{Zs}"},"content":"b"}]})";
  Tokenizer tokenizer = load(file);
  EXPECT_EQ(body(tokenizer, "a\u00ad\u200bb"), (Ids{kAb}));
  EXPECT_EQ(body(tokenizer, "a\u3000"), (Ids{kAb}));
  EXPECT_EQ(body(tokenizer, "a\t"), (Ids{kA}));
}

TEST(Tokenizer, ARegularExpressionMayNameSeveralRunsOfWhichTheFirstThatIsFoundCounts) {
  TokenizerFile file;
  file.normalizer = R"({"type":"Replace","pattern":{"Regex":"\\s{2,}|[\\n\\r\\t]"},"content":"b"})";
  Tokenizer tokenizer = load(file);
  EXPECT_EQ(body(tokenizer, "a\n"), (Ids{kAb}));
  EXPECT_EQ(body(tokenizer, "a \n\t "), (Ids{kAb}));
  EXPECT_EQ(body(tokenizer, "a b"), (Ids{kA, kB}));
}

TEST(Tokenizer, TruncatesAndSaysSoOnlyWhenATokenIsLost) {
  Tokenizer tokenizer = load(TokenizerFile());
  const Encoding fits = encode(tokenizer, "a b      ", 4);
  EXPECT_EQ(fits.ids, (Ids{kCls, kA, kB, kSep}));
  EXPECT_FALSE(fits.truncated);
  const Encoding cut = encode(tokenizer, "a b a", 4);
  EXPECT_EQ(cut.ids, (Ids{kCls, kA, kB, kSep}));
  EXPECT_TRUE(cut.truncated);
}

TEST(Tokenizer, AWordThatFailsBehindTheCutIsStillUnknown) {
  Tokenizer tokenizer = load(TokenizerFile());
  EXPECT_EQ(encode(tokenizer, "a abbb", 4).ids, (Ids{kCls, kA, kAb, kSep}));
  EXPECT_EQ(encode(tokenizer, "a abbx", 4).ids, (Ids{kCls, kA, kUnk, kSep}));
}

TEST(Tokenizer, LongTextsAreTheSameWhereverTheyAreCutIntoPieces) {
  Tokenizer tokenizer = load(TokenizerFile());
  for (const std::string word : {"ab ", "é ", "a\u0301. ", "中b ", "the\u3000"}) {
    const Ids one = body(tokenizer, word);
    std::string text;
    Ids expected = {kCls};
    while (text.size() < 20000) {
      text += word;
      expected.insert(expected.end(), one.begin(), one.end());
    }
    expected.push_back(kSep);
    EXPECT_EQ(encode(tokenizer, text, 30000).ids, expected) << word;
  }
}

// In U+0327 U+0302 the cedilla belongs first; the library keeps marks that its own data does not
// know yet.
TEST(Tokenizer, KeptMarksAreInCanonicalOrder) {
  TokenizerFile file;
  file.vocabulary = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "a\u302e\u302f", "a\U0001d165\u302e"};
  Tokenizer tokenizer = load(file);
  EXPECT_EQ(body(tokenizer, "a\u302e\u302f"), (Ids{4}));
  EXPECT_EQ(body(tokenizer, "a\u302e\U0001d165"), (Ids{5})) << "class 216 before class 224";
  EXPECT_EQ(body(tokenizer, "a\u302e\u0301\u302f"), (Ids{4})) << "a stripped mark between them";
}

TEST(Tokenizer, EncodesWithTheShippedModel) {
  Tokenizer tokenizer = load(shipped_file());
  EXPECT_EQ(encode(tokenizer, "Hello, wörld! [MASK]").ids,
            (Ids{101, 7592, 1010, 2088, 999, 103, 102}));
  EXPECT_EQ(tokenizer.pad_id(), 0);
}

}  // namespace
}  // namespace kubesentiment::testing
