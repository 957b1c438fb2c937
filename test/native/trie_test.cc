#include "trie.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace kubesentiment::testing {
namespace {

TEST(Trie, EmptyMatchesNothing) {
  const std::string text =
      "\xff"
      "a";
  EXPECT_EQ(Trie().longest(text.data(), text.data() + text.size()).end, nullptr);
  Trie built;
  built.build({});
  EXPECT_EQ(built.longest(text.data(), text.data() + text.size()).end, nullptr);
  EXPECT_FALSE(built.find("").has_value());
}

TEST(Trie, FindsTheLongestKeyAndStopsAtTheEnd) {
  Trie trie;
  trie.build({{"a", 1}, {"abc", 2}, {std::string_view("a\0", 2), 3}, {"abc", 4}, {"\xff\xff", 5}});
  const std::string text = "abcd";
  const Trie::Match match = trie.longest(text.data(), text.data() + 4);
  EXPECT_EQ(match.end, text.data() + 3);
  EXPECT_EQ(match.value, 4) << "the last of equal keys counts";
  EXPECT_EQ(trie.longest(text.data(), text.data() + 2).value, 1) << "a part of a key is no match";
  EXPECT_EQ(trie.find(std::string_view("a\0", 2)), 3);
  EXPECT_EQ(trie.find("\xff\xff"), 5);
  EXPECT_FALSE(trie.find("ab").has_value());
  EXPECT_EQ(trie.key_count(), 4u);
}

TEST(Trie, AgreesWithAMapOnRandomKeys) {
  std::mt19937 random(1);
  const auto random_key = [&random] {
    std::string key(1 + random() % 6, '\0');
    for (char& c : key) c = static_cast<char>(random() % 5 * 60);
    return key;
  };
  std::map<std::string, int32_t> map;
  for (int i = 0; i < 3000; ++i) map[random_key()] = i;
  std::vector<Trie::Entry> entries;
  for (const auto& [key, value] : map) entries.push_back({key, value});
  Trie trie;
  trie.build(entries);
  for (int i = 0; i < 20000; ++i) {
    const std::string text = random_key() + random_key();
    size_t length = text.size();
    while (length > 0 && map.count(text.substr(0, length)) == 0) --length;
    const Trie::Match match = trie.longest(text.data(), text.data() + text.size());
    ASSERT_EQ(match.end, length == 0 ? nullptr : text.data() + length);
    if (length > 0) {
      ASSERT_EQ(match.value, map.at(text.substr(0, length)));
    }
  }
}

}  // namespace
}  // namespace kubesentiment::testing
