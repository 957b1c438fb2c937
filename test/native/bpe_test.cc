#include <algorithm>
#include <random>

#include "bpe_merges.h"
#include "byte_level_bpe.h"
#include "fixtures.h"

namespace kubesentiment::testing {
namespace {

using Part = BpeMerges::Part;

/** Each byte is the token of its number; merges get the numbers from 256 on. */
struct TestModel {
  std::vector<std::pair<int32_t, int32_t>> merges;

  BpeMerges table() const {
    BpeMerges table;
    table.reserve(merges.size());
    for (size_t i = 0; i < merges.size(); ++i) {
      table.add(merges[i].first, merges[i].second, static_cast<uint32_t>(i), merged(i));
    }
    return table;
  }
  ByteLevelBpe bpe() const {
    ByteLevelBpe::Parts parts;
    for (size_t i = 0; i < 256; ++i) parts.byte_ids[i] = static_cast<int32_t>(i);
    parts.merges = table();
    return ByteLevelBpe(std::move(parts));
  }
  static int32_t merged(size_t merge) { return static_cast<int32_t>(256 + merge); }

  /** The definition: again and again the first pair of the lowest rank. */
  Ids slowly(const std::string& word) const {
    Ids ids(word.begin(), word.end());
    for (;;) {
      size_t best_rank = merges.size();
      size_t best = 0;
      for (size_t i = 0; i + 1 < ids.size(); ++i) {
        for (size_t rank = 0; rank < best_rank; ++rank) {
          if (merges[rank] == std::pair(ids[i], ids[i + 1])) best_rank = rank, best = i;
        }
      }
      if (best_rank == merges.size()) return ids;
      ids[best] = merged(best_rank);
      ids.erase(ids.begin() + static_cast<ptrdiff_t>(best) + 1);
    }
  }
};

Ids encode(ByteLevelBpe& bpe, std::string_view text) {
  Ids ids(text.size() + 1);
  TokenRow row(ids.data(), ids.size());
  bpe.encode(text, row);
  ids.resize(row.size());
  return ids;
}

/** Merges of bytes and of what earlier merges made, and a few that can never be made. */
TestModel random_model(std::mt19937& random, size_t alphabet) {
  TestModel model;
  const auto symbol = [&](size_t bound) {
    const size_t pick = random() % (alphabet + bound);
    return pick < alphabet ? static_cast<int32_t>('a' + pick) : TestModel::merged(pick - alphabet);
  };
  for (size_t i = 0; i < 40; ++i) {
    const size_t bound = random() % 8 == 0 ? 40 : i;
    model.merges.emplace_back(symbol(bound), symbol(bound));
  }
  std::sort(model.merges.begin(), model.merges.end());
  model.merges.erase(std::unique(model.merges.begin(), model.merges.end()), model.merges.end());
  if (random() % 2) std::shuffle(model.merges.begin(), model.merges.end(), random);
  return model;
}

TEST(Bpe, MergesByRankThenFromTheLeftHoweverLongTheWordIs) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    const size_t alphabet = 2 + random() % 3;
    const TestModel model = random_model(random, alphabet);
    ByteLevelBpe bpe = model.bpe();
    for (const size_t size : {1, 2, 5, 22, 23, 40, 41, 90, 300}) {
      std::string word;
      while (word.size() < size) word.push_back(static_cast<char>('a' + random() % alphabet));
      const Ids expected = model.slowly(word);
      ASSERT_EQ(encode(bpe, word), expected) << "round " << round << ", " << size << " bytes";
      ASSERT_EQ(encode(bpe, word), expected) << "from the cache";
    }
  }
}

TEST(Bpe, TheHeapAgreesWithTheScan) {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    const TestModel model = random_model(random, 2);
    BpeMerges table = model.table();
    std::vector<Part> parts;
    std::string word;
    for (size_t i = 0; i < 41 + random() % 200; ++i) {
      word.push_back(static_cast<char>('a' + random() % 2));
      parts.push_back({word.back(), 1, 0, 0});
    }
    parts.resize(table.apply(parts.data(), parts.size()));
    Ids ids;
    for (const Part& part : parts) ids.push_back(part.id);
    ASSERT_EQ(ids, model.slowly(word)) << round;
  }
}

// A chain of merges of falling rank carries the end of a word to its beginning: no chunk is safe.
TEST(Bpe, AChangeThatGoesFarBackIsFollowed) {
  TestModel model;
  model.merges = {{'b', 'c'}, {'a', 'b'}, {'a', 'a'}};
  ByteLevelBpe bpe = model.bpe();
  for (size_t size = 1; size < 400; size += 13) {
    const std::string word = std::string(size, 'a') + "bc";
    ASSERT_EQ(encode(bpe, word), model.slowly(word));
  }
}

std::vector<std::string> words(std::string_view text,
                               WordPattern::Kind kind = WordPattern::Kind::gpt2) {
  const WordPattern pattern(kind);
  std::vector<std::string> found;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const char* const next = pattern.word_end(at, end);
    found.emplace_back(at, next);
    at = next;
  }
  return found;
}

TEST(ByteLevel, SplitsLikeTheRegularExpressionOfGpt2) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(words("I'll say it's 12a!!"),
            (Words{"I", "'ll", " say", " it", "'s", " 12", "a", "!!"}));
  EXPECT_EQ(words("  a \n b  "), (Words{" ", " a", " \n", " b", "  "}));
  EXPECT_EQ(words("\na"), (Words{"\n", "a"}));
  EXPECT_EQ(words(" 's ''s 'S"), (Words{" '", "s", " ''", "s", " '", "S"}));
  EXPECT_EQ(words("é²½ ↑a\u00a0b"), (Words{"é", "²½", " ↑", "a", "\u00a0", "b"}));
}

TEST(ByteLevel, SplitsLikeTheRegularExpressionOfQwen35WhichKeepsMarksInTheirWords) {
  using Words = std::vector<std::string>;
  using Kind = WordPattern::Kind;
  EXPECT_EQ(words("नमस्ते a12", Kind::qwen3_5), (Words{"नमस्ते", " a", "1", "2"}));
  EXPECT_EQ(words(".\u0301a", Kind::qwen3_5), (Words{".\u0301a"}));
  EXPECT_EQ(words("1\u0301", Kind::qwen3_5), (Words{"1", "\u0301"}));
  EXPECT_EQ(words(".\u0301a", Kind::qwen2), (Words{".\u0301", "a"}));
}

}  // namespace
}  // namespace kubesentiment::testing
