#include "logit_cache.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace kubesentiment {
namespace {

const SipHash::Key kKey = {{0x0706050403020100, 0x0f0e0d0c0b0a0908}};

TextIds text_of(const std::vector<int32_t>& ids, size_t windows = 1) {
  return {ids.data(), ids.size(), windows};
}

std::vector<float> find(LogitCache& cache, const TextIds& text, size_t columns = 2) {
  std::vector<float> logits(columns, -1);
  return cache.find(text, logits.data()) ? logits : std::vector<float>();
}

// From the reference implementation: key and message are the bytes 0, 1, 2, …
TEST(SipHash, OfHundredAndTwentyEightBits) {
  const uint64_t expected[][2] = {{0xe6a825ba047f81a3, 0x930255c71472f66d},
                                  {0x44af996bd8c187da, 0x45fc229b11597634},
                                  {0xc75da4a48d227781, 0xe4ff0af6de8ba3fc}};
  for (size_t size = 0; size < 3; ++size) {
    const char message[] = {0, 1};
    const auto hash = SipHash(kKey, SipHash::Width::k128).finish128(message, size);
    EXPECT_EQ(hash.low, expected[size][0]);
    EXPECT_EQ(hash.high, expected[size][1]);
  }
}

TEST(SipHash, WordsAreTheBytesOfTheMessage) {
  char message[21];
  for (char i = 0; i < 21; ++i) message[static_cast<size_t>(i)] = i;
  SipHash split(kKey, SipHash::Width::k128);
  split.word(0x0706050403020100);
  const auto hash = split.finish128(message + 8, 13);
  const auto whole = SipHash(kKey, SipHash::Width::k128).finish128(message, 21);
  EXPECT_EQ(hash.low, whole.low);
  EXPECT_EQ(hash.high, whole.high);
}

TEST(LogitCache, KnowsWhatItWasToldOfExactlyTheSameIds) {
  LogitCache cache(1 << 16, 2, "0123456789ab");
  const std::vector<int32_t> ids = {101, 2204, 102};
  const std::vector<int32_t> longer = {101, 2204, 102, 0};
  const std::vector<int32_t> other = {101, 2205, 102};
  const float logits[] = {-1.5F, 2.25F};
  EXPECT_TRUE(find(cache, text_of(ids)).empty());
  cache.keep(text_of(ids), logits);
  EXPECT_EQ(find(cache, text_of(ids)), (std::vector<float>{-1.5F, 2.25F}));
  for (const auto& text : {text_of(longer), text_of(other), text_of(ids, 2), text_of({})}) {
    EXPECT_TRUE(find(cache, text).empty());
  }
}

TEST(LogitCache, AnotherVersionOfTheModelIsAnotherText) {
  const std::vector<int32_t> ids = {101, 102};
  const float logits[] = {1, 2};
  LogitCache cache(1 << 16, 2, "a", kKey);
  LogitCache other(1 << 16, 2, "b", kKey);
  cache.keep(text_of(ids), logits);
  EXPECT_FALSE(find(cache, text_of(ids)).empty());
  EXPECT_TRUE(find(other, text_of(ids)).empty());
}

TEST(LogitCache, WhatIsAskedForStaysAndTheRestGoes) {
  LogitCache cache(0, 1, "a");  // one set of eight
  ASSERT_EQ(cache.capacity(), 8u);
  const std::vector<int32_t> kept = {0};
  const float logit = 7;
  cache.keep(text_of(kept), &logit);
  for (int32_t i = 1; i < 100; ++i) {
    const std::vector<int32_t> ids = {i};
    const auto value = static_cast<float>(i);
    cache.keep(text_of(ids), &value);
    EXPECT_EQ(find(cache, text_of(kept), 1), std::vector<float>{7});
  }
  for (int32_t i = 1; i < 100; ++i) {
    const std::vector<int32_t> ids = {i};
    const std::vector<float> found = find(cache, text_of(ids), 1);
    if (i < 93) {
      EXPECT_TRUE(found.empty()) << i;
    } else {
      EXPECT_EQ(found, std::vector<float>{static_cast<float>(i)});
    }
  }
}

TEST(LogitCache, HoldsAsManyTextsAsItsBytesHaveRoomFor) {
  constexpr size_t kBytes = 1 << 20;
  LogitCache cache(kBytes, 2, "a");
  EXPECT_LE(cache.capacity() * 32, kBytes);
  EXPECT_GT(cache.capacity() * 32, kBytes - 8 * 32);
  size_t found = 0;
  for (int32_t i = 0; i < 20'000; ++i) {
    const std::vector<int32_t> ids = {i};
    const float logits[] = {static_cast<float>(i), 0};
    cache.keep(text_of(ids), logits);
  }
  for (int32_t i = 0; i < 20'000; ++i) {
    const std::vector<int32_t> ids = {i};
    const std::vector<float> logits = find(cache, text_of(ids));
    if (!logits.empty() && logits[0] == static_cast<float>(i)) ++found;
  }
  EXPECT_GT(found, 19'000u);  // of 32,768: few sets are full already
}

TEST(LogitCache, ValuesThatAreNoNumbersAreNotKept) {
  LogitCache cache(1 << 16, 2, "a");
  const std::vector<int32_t> ids = {1};
  for (const float wrong : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    const float logits[] = {0, wrong};
    cache.keep(text_of(ids), logits);
    EXPECT_TRUE(find(cache, text_of(ids)).empty());
  }
}

}  // namespace
}  // namespace kubesentiment
