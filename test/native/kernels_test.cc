// Every CPU path that this machine has against the baseline, on blocks where each byte matters.

#include "kernels.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace kubesentiment::testing {
namespace {

constexpr cpu::Path kPaths[] = {cpu::Path::baseline, cpu::Path::neon, cpu::Path::avx2,
                                cpu::Path::avx512};

std::vector<cpu::Path> supported() {
  std::vector<cpu::Path> paths;
  for (const cpu::Path path : kPaths) {
    if (cpu::supports(path)) paths.push_back(path);
  }
  return paths;
}

/** Mostly plain bytes, with a few of any value: so that every place of a vector is hit. */
class Kernels : public ::testing::Test {
 protected:
  std::string text() {
    std::string text(random_() % 300, '\0');
    const unsigned others = random_() % 3 == 0 ? 2 : 60;
    for (char& byte : text) {
      byte = static_cast<char>(random_() % others == 0 ? random_() : 'A' + random_() % 60);
    }
    return text;
  }
  std::mt19937 random_{7};
};

TEST_F(Kernels, TheBaselineIsThereAndThePathInUseIsSupported) {
  EXPECT_TRUE(cpu::supports(cpu::Path::baseline));
  EXPECT_TRUE(cpu::supports(cpu::path())) << cpu::name(cpu::path());
  // `npm run check:cpus` says where the CPU that it emulates must lead.
  const char* const expected = std::getenv("KUBESENTIMENT_TEST_CPU_PATH");
  if (expected != nullptr) {
    EXPECT_STREQ(cpu::name(cpu::path()), expected);
  }
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
TEST_F(Kernels, FeaturesAreThoseThatTheCompilerFinds) {
  EXPECT_EQ(cpu::supports(cpu::Path::avx2),
            __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0);
  EXPECT_EQ(cpu::supports(cpu::Path::avx512), cpu::supports(cpu::Path::avx2) &&
                                                  __builtin_cpu_supports("avx512bw") != 0 &&
                                                  __builtin_cpu_supports("avx512vl") != 0);
}
#endif

TEST_F(Kernels, FindSpecial) {
  for (int i = 0; i < 20000; ++i) {
    std::vector<char> exact;
    for (const char c : text()) exact.push_back(c);
    exact.push_back('\0');
    const char* const begin = exact.data();
    const char* expected = begin;
    while (static_cast<uint8_t>(*expected) >= 0x20 && static_cast<uint8_t>(*expected) < 0x80 &&
           *expected != '"' && *expected != '\\') {
      ++expected;
    }
    for (const cpu::Path path : supported()) {
      const char* const found = kernels_of(path).find_special(begin, begin + exact.size() - 1);
      ASSERT_EQ(found - begin, expected - begin) << cpu::name(path);
    }
  }
}

// How far a path comes is its own affair, but it stops before the first byte that is not printable
// and comes as near as eight bytes.
TEST_F(Kernels, CopyPrintable) {
  for (int i = 0; i < 20000; ++i) {
    const std::string in = text();
    const bool lowercase = i % 2 == 0;
    size_t plain = 0;
    std::string expected;
    while (plain < in.size() && in[plain] >= 0x20 && in[plain] < 0x7F) {
      const char c = in[plain++];
      expected += lowercase && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    for (const cpu::Path path : supported()) {
      const std::vector<char> exact(in.begin(), in.end());
      std::vector<char> copy(in.size());
      char* out = copy.data();
      const char* const stop = kernels_of(path).copy_printable(
          exact.data(), exact.data() + exact.size(), out, lowercase);
      const auto count = static_cast<size_t>(stop - exact.data());
      ASSERT_EQ(count, static_cast<size_t>(out - copy.data())) << cpu::name(path);
      ASSERT_LE(count, plain) << cpu::name(path);
      ASSERT_GT(count + 8, plain) << cpu::name(path);
      ASSERT_EQ(std::string(copy.data(), count), expected.substr(0, count)) << cpu::name(path);
    }
  }
}

TEST_F(Kernels, FindOutside) {
  for (int i = 0; i < 20000; ++i) {
    ByteSet set;
    for (int byte = 0; byte < 128; ++byte) {
      if (random_() % 4 != 0) set.add(static_cast<uint8_t>(byte));
    }
    std::string bytes = text();
    bytes.resize(std::min<size_t>(bytes.size(), i % 65));
    if (bytes.empty()) continue;
    const std::vector<char> exact(bytes.begin(), bytes.end());
    uint64_t expected = 0;
    for (size_t at = 0; at < exact.size(); ++at) {
      expected |= uint64_t{!set.contains(static_cast<uint8_t>(exact[at]))} << at;
    }
    for (const cpu::Path path : supported()) {
      ASSERT_EQ(kernels_of(path).find_outside(exact.data(), exact.size(), set), expected)
          << cpu::name(path);
    }
  }
}

}  // namespace
}  // namespace kubesentiment::testing
