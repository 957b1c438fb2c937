// What hostile input may cost: time in proportion to its size, and no allocation for each message.

#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include "decoder.h"
#include "fixtures.h"

namespace {
std::atomic<size_t> allocations{0};
}  // namespace

#if !defined(__SANITIZE_ADDRESS__)  // which has operators of its own
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  return std::malloc(size);
}
[[gnu::noinline]] void* operator new(size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }
#endif

namespace kubesentiment::testing {
namespace {

double cpu_seconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

std::string repeat(const std::string& part, size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += part;
  return text;
}

// The best of some runs: what disturbs a run only makes it longer.
template <typename Run>
double best_seconds(Run run) {
  double best = 1e9;
  for (int i = 0; i < 7; ++i) {
    const double begin = cpu_seconds();
    run();
    best = std::min(best, cpu_seconds() - begin);
  }
  return best;
}

struct Hostile {
  const char* what;
  std::string part;
};

// Quadratic time would be 16 times as long for four times the text.
void expect_linear_time(const std::string& file) {
  Tokenizer tokenizer = load(file);
  const Hostile cases[] = {
      {"one word", "a"},
      {"one word of pieces", "unaffable"},
      {"one word that merges from its end", "ab"},
      {"stripped marks", "\u0301"},
      {"kept marks, out of order", "\u302e\U0001d165"},
      {"one grapheme cluster", "\u200d\u0301"},
      {"beginnings of an added token", "[MAS"},
      {"added tokens", "[MASK]"},
      {"punctuation", "!"},
      {"contractions", "'s"},
      {"syllables that decompose", "각"},
      {"control characters", "\x01\u200b"},
      {"spaces", " "},
      {"other white space", "\n"},
      {"prefixes of long pieces", "internationalizatio "},
  };
  for (const Hostile& test : cases) {
    const std::string small = repeat(test.part, 100 * 1000);
    const std::string large = repeat(test.part, 400 * 1000);
    Ids row(1 << 20);
    const auto seconds = [&](const std::string& text) {
      return best_seconds([&] { tokenizer.encode(text, row.data(), row.size()); });
    };
    EXPECT_LT(seconds(large), 10 * seconds(small)) << test.what;
  }
}

TEST(Limits, WordPieceTimeGrowsWithTheTextAndNotFaster) { expect_linear_time(shipped_file()); }
TEST(Limits, BpeTimeGrowsWithTheTextAndNotFaster) { expect_linear_time(bpe_file()); }
TEST(Limits, UnigramTimeGrowsWithTheTextAndNotFaster) { expect_linear_time(unigram_file()); }

TEST(Limits, ReadingTimeGrowsWithTheMessageAndNotFaster) {
  MessageReader reader({1 << 20, 64});
  for (const char* const part :
       {"{\"a\":1},", "\"\\u0041\\n\",", "[[[[]]]],", "1234567890,", "\"é中😀\","}) {
    const auto seconds = [&](size_t bytes) {
      std::string json = "{\"text\":\"a\",\"metadata\":[" + repeat(part, bytes) + "0]}";
      Message message;
      return best_seconds(
          [&] { EXPECT_EQ(reader.read(json.data(), json.size(), message), Status::ok); });
    };
    EXPECT_LT(seconds(400 * 1000), 10 * seconds(100 * 1000)) << part;
  }
}

void expect_no_allocation(const std::string& file) {
  constexpr size_t kRows = 8;
  Decoder decoder(load(file), kRows, 128, {1 << 16, 64}, 0);
  const std::string messages[] = {
      R"({"id":"req-0123456789abcdef0123456789abcdef","text":"Un café, s'il vous plaît! 中文 [MASK]"})",
      "{\"text\":\"" + repeat("wonderful ", 3000) + "\"}",
      "{\"text\":\"" + repeat("unaffable", 900) + "\"}",
      R"({"text":"\u0041\ud83d\ude00","metadata":{"a":[1,{"b":null}]}})",
      "{\"text\":\"a\u302e\U0001d165\u302e\"}",
      "{",
      R"({"text":7})",
  };
  const auto decode_all = [&] {
    for (size_t row = 0; row < kRows; ++row) {
      for (const std::string& message : messages) {
        (void)decoder.decode_message(row, message.data(), message.size());
      }
    }
  };
  decode_all();  // buffers find their size
  const size_t before = allocations;
  for (int i = 0; i < 10; ++i) decode_all();
  EXPECT_EQ(allocations - before, 0u);
}

TEST(Limits, NoMessageAllocates) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "allocations are not counted under AddressSanitizer";
#endif
  for (const std::string& file : {shipped_file(), bpe_file(), unigram_file()}) {
    expect_no_allocation(file);
  }
}

}  // namespace
}  // namespace kubesentiment::testing
