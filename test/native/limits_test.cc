// What hostile input may cost: time in proportion to its size, and no allocation for each message.

#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include "decoder.h"
#include "fixtures.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KS_SANITIZED  // with operators new and delete that are not ours
#endif

namespace {
std::atomic<size_t> allocations{0};
std::atomic<size_t> allocated_bytes{0};  // and not freed
}  // namespace

#ifndef KS_SANITIZED
namespace {
// With room in front for the size, so that it can be taken off again.
void* counted(size_t size) {
  auto* const block = static_cast<size_t*>(std::malloc(size + 16));
  block[0] = size;
  allocated_bytes += size;
  ++allocations;
  return block + 2;
}

void uncounted(void* memory) noexcept {
  if (memory == nullptr) return;
  size_t* const block = static_cast<size_t*>(memory) - 2;
  allocated_bytes -= block[0];
  std::free(block);
}
}  // namespace

[[gnu::noinline]] void* operator new(size_t size) { return counted(size); }
[[gnu::noinline]] void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return counted(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { uncounted(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { uncounted(memory); }
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

const Hostile kHostile[] = {
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
    {"alternating prefixes", "in int inte inter interna "},
    {"words of one byte", "a "},
    {"words that are no token", "qzj xkv "},
    {"kept marks of one class", "\u302e"},
};

// Quadratic time would be 16 times as long for four times the text.
void expect_linear_time(const std::string& file) {
  Tokenizer tokenizer = load(file);
  for (const Hostile& test : kHostile) {
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

// The benchmark measures that it is at most 5 times as long; a megabyte in quadratic time would be
// thousands of times as long, and so would not pass on the busiest machine.
TEST(Limits, AHostileMegabyteTakesNoMoreThanAFewTimesThatOfNormalText) {
  Tokenizer tokenizer = load(shipped_file());
  Ids row(5 << 20);
  const auto seconds = [&](const std::string& part) {
    const std::string text = repeat(part, 1 << 20);
    return best_seconds([&] { tokenizer.encode(text, row.data(), row.size()); });
  };
  const double normal = seconds("The film, though overlong, is a wonderful and moving picture. ");
  for (const Hostile& test : kHostile) EXPECT_LT(seconds(test.part), 25 * normal) << test.what;
}

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

TEST(Limits, AVocabularyTakesNoMoreMemoryThanFourTimesItsFile) {
#ifdef KS_SANITIZED
  GTEST_SKIP() << "allocations are not counted under sanitizers";
#endif
  const std::string& file = shipped_file();
  const size_t before = allocated_bytes;
  const Tokenizer tokenizer = load(file);
  EXPECT_LE(allocated_bytes - before, 4 * file.size());
}

void expect_no_allocation(const std::string& file) {
  constexpr size_t kRows = 8;
  Decoder decoder(load(file), kRows, 128, {1 << 16, 64}, {0});
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
#ifdef KS_SANITIZED
  GTEST_SKIP() << "allocations are not counted under sanitizers";
#endif
  for (const std::string& file : {shipped_file(), bpe_file(), unigram_file()}) {
    expect_no_allocation(file);
  }
}

}  // namespace
}  // namespace kubesentiment::testing
