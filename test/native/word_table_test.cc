#include "word_table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kubesentiment::testing {
namespace {

WordTable::Word word(const std::string& text) {
  // Memory of exactly this size, where a sanitizer sees any step too far.
  const std::vector<char> exact(text.begin(), text.end());
  return WordTable::word_of(exact.data(), exact.size(), exact.data() + exact.size());
}

TEST(WordTable, AWordIsTheSameWhateverStandsBehindIt) {
  const std::string text = "wonderful film, indeed";
  const WordTable::Word inside = WordTable::word_of(text.data(), 9, text.data() + text.size());
  const WordTable::Word alone = word("wonderful");
  EXPECT_EQ(inside.low, alone.low);
  EXPECT_EQ(inside.high, alone.high);
}

TEST(WordTable, FindsWhatIsInItAndNothingElse) {
  std::vector<WordTable::Word> words;
  for (int32_t id = 0; id < 20000; ++id) {
    words.push_back(word("w" + std::to_string(id * 7919)));
    words.back().id = id;
  }
  WordTable table;
  EXPECT_EQ(table.find(word("w0")), WordTable::kNone);
  table.build(words);
  size_t found = 0;
  for (int32_t id = 0; id < 20000; ++id) {
    const int32_t at = table.find(word("w" + std::to_string(id * 7919)));
    ASSERT_TRUE(at == id || at == WordTable::kNone);
    found += at == id;
    ASSERT_EQ(table.find(word("w" + std::to_string(id * 7919 + 1))), WordTable::kNone);
  }
  EXPECT_GT(found, 18000u) << "nearly all have a place";
}

TEST(WordTable, NulsAtTheEndMakeAnotherWord) {
  WordTable::Word a = word("a");
  a.id = 1;
  WordTable table;
  table.build({a});
  EXPECT_EQ(table.find(word("a")), 1);
  EXPECT_EQ(table.find(word(std::string("a\0", 2))), WordTable::kNone);
}

}  // namespace
}  // namespace kubesentiment::testing
