#include "windows.h"

#include "decoder.h"
#include "fixtures.h"

namespace kubesentiment::testing {
namespace {

constexpr size_t kRows = 4;
constexpr MessageReader::Limits kLimits = {1 << 20, 8};

Decoder make_decoder(Tokenizer tokenizer, size_t max_tokens, size_t overlap) {
  Decoder decoder(std::move(tokenizer), kRows, max_tokens, kLimits, {9});
  decoder.read_in_windows(overlap);
  return decoder;
}

std::vector<Ids> windows_of(const Decoder& decoder, size_t row) {
  std::vector<Ids> windows(decoder.slab().row(row).windows);
  for (size_t i = 0; i < windows.size(); ++i) {
    windows[i].resize(decoder.length(row, i));
    decoder.copy(row, i, windows[i].data());
  }
  return windows;
}

// By Python's tokenizers 0.23.3: enable_truncation(max_length, stride), the encoding and what it
// overflows into.
TEST(Windows, AreThoseOfHuggingFace) {
  const std::string text = "The film begins slowly, but unbelievably it becomes wonderful.";
  const auto read = [&](size_t max_tokens, size_t overlap) {
    Decoder decoder = make_decoder(load(shipped_file()), max_tokens, overlap);
    decoder.decode_text(1, text);
    EXPECT_EQ(decoder.slab().row(1).flags, 0);
    return windows_of(decoder, 1);
  };
  EXPECT_EQ(read(8, 2), (std::vector<Ids>{{101, 1996, 2143, 4269, 3254, 1010, 2021, 102},
                                          {101, 1010, 2021, 4895, 8671, 2666, 3567, 102},
                                          {101, 2666, 3567, 6321, 2009, 4150, 6919, 102},
                                          {101, 4150, 6919, 1012, 102}}));
  EXPECT_EQ(read(8, 0), (std::vector<Ids>{{101, 1996, 2143, 4269, 3254, 1010, 2021, 102},
                                          {101, 4895, 8671, 2666, 3567, 6321, 2009, 102},
                                          {101, 4150, 6919, 1012, 102}}));
  EXPECT_EQ(read(10, 3),
            (std::vector<Ids>{{101, 1996, 2143, 4269, 3254, 1010, 2021, 4895, 8671, 102},
                              {101, 2021, 4895, 8671, 2666, 3567, 6321, 2009, 4150, 102},
                              {101, 6321, 2009, 4150, 6919, 1012, 102}}));
  EXPECT_EQ(read(8, 5).size(), 10u);
  EXPECT_EQ(read(8, 5).back(), (Ids{101, 3567, 6321, 2009, 4150, 6919, 1012, 102}));
  EXPECT_EQ(read(17, 4).size(), 1u);
  EXPECT_EQ(read(16, 4).size(), 2u);
}

TEST(Windows, CoverEveryTokenAndNoMoreWindowsThanThatTakes) {
  for (size_t room = 1; room < 9; ++room) {
    for (size_t overlap = 0; overlap < room; ++overlap) {
      const Windows windows(room, overlap);
      for (size_t tokens = 1; tokens <= windows.tokens_max(); ++tokens) {
        const size_t count = windows.count(tokens);
        ASSERT_LE(count, Windows::kMax);
        size_t covered = 0;
        for (size_t i = 0; i < count; ++i) {
          const Windows::Range range = windows.range(i, tokens);
          ASSERT_LT(covered, range.end) << "it has something new";
          ASSERT_EQ(range.begin, i == 0 ? 0 : covered - overlap);
          ASSERT_LE(range.end - range.begin, room);
          covered = range.end;
        }
        ASSERT_EQ(covered, tokens);
      }
      ASSERT_GT(windows.count(windows.tokens_max() + 1), Windows::kMax);
    }
  }
}

TEST(Windows, ATextThatFitsHasOneAndIsReadAsWithoutThem) {
  Decoder decoder = make_decoder(load(TokenizerFile()), 6, 1);
  decoder.decode_text(0, "a b a b");
  EXPECT_EQ(windows_of(decoder, 0), (std::vector<Ids>{{2, 6, 8, 6, 8, 3}}));
  EXPECT_EQ(decoder.slab().row(0).flags, 0);
  EXPECT_TRUE(decoder.slab().row(0).text_ids.empty());
}

TEST(Windows, BeyondTheLastOneATextIsTruncated) {
  std::string text = "the the ";
  for (size_t i = 0; i < 3 + 3 * Windows::kMax; ++i) text += "a ";
  text += "b";
  for (const bool left : {false, true}) {
    Tokenizer tokenizer = load(TokenizerFile());
    tokenizer.truncate_left(left);
    Decoder decoder = make_decoder(std::move(tokenizer), 6, 1);
    decoder.decode_text(1, text);
    EXPECT_EQ(decoder.slab().row(1).flags, Slab::kTruncated);
    const std::vector<Ids> windows = windows_of(decoder, 1);
    ASSERT_EQ(windows.size(), Windows::kMax);
    EXPECT_EQ(windows.front(), left ? (Ids{2, 6, 6, 6, 6, 3}) : (Ids{2, 12, 12, 6, 6, 3}));
    EXPECT_EQ(windows.back(), left ? (Ids{2, 6, 6, 6, 8, 3}) : (Ids{2, 6, 6, 6, 6, 3}));
  }
}

TEST(Windows, ArePackedEachForItself) {
  Decoder decoder = make_decoder(load(TokenizerFile()), 6, 1);
  decoder.decode_text(2, "a b the a b the");
  ASSERT_EQ(decoder.slab().row(2).windows, 2);
  int64_t ids[6];
  int64_t mask[6];
  decoder.pack(2, 1, 6, ids, mask);
  EXPECT_EQ(std::vector<int64_t>(ids, ids + 6), (std::vector<int64_t>{2, 6, 8, 12, 3, 9}));
  EXPECT_EQ(std::vector<int64_t>(mask, mask + 6), (std::vector<int64_t>{1, 1, 1, 1, 1, 0}));
  EXPECT_EQ(decoder.length(2, 2), 0u) << "there is no third one";
}

TEST(Windows, NothingOfThemIsLeftForTheNextText) {
  Decoder decoder = make_decoder(load(TokenizerFile()), 6, 1);
  const std::string text = "a b a b a b a b";
  decoder.decode_text(1, text);
  decoder.forget_windows(1);
  EXPECT_EQ(decoder.length(1, 0), 0u);
  EXPECT_EQ(decoder.slab().row(1).windows, 3) << "the result says so";
  decoder.decode_text(1, "the");
  EXPECT_EQ(windows_of(decoder, 1), (std::vector<Ids>{{2, 12, 3}}));
  decoder.decode_text(1, text);
  EXPECT_EQ(decoder.decode_message(1, "{", 1), Status::json_syntax);
  EXPECT_EQ(decoder.slab().row(1).windows, 1);
  EXPECT_TRUE(decoder.slab().row(1).text_ids.empty());
}

}  // namespace
}  // namespace kubesentiment::testing
