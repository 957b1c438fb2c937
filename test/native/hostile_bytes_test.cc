// Random and damaged messages and texts: whatever they hold, a status or a row of ids of the
// vocabulary. What this looks for is seen by the sanitizers.

#include <random>

#include "decoder.h"
#include "fixtures.h"
#include "utf8.h"

namespace kubesentiment::testing {
namespace {

constexpr size_t kMaxTokens = 24;
constexpr int32_t kVocabulary = 30522;

class HostileBytes : public ::testing::Test {
 protected:
  void check(const std::string& message) {
    // Memory of exactly this size, so that one byte too far is an error.
    const std::vector<char> exact(message.begin(), message.end());
    const char* const data = exact.empty() ? "" : exact.data();
    const Status status = decoder_.decode_message(0, data, exact.size());
    const Slab::Row& row = decoder_.slab().row(0);
    ASSERT_EQ(status == Status::ok, row.length > 0);
    ASSERT_LE(row.length, kMaxTokens);
    for (size_t i = 0; i < row.length; ++i) {
      ASSERT_GE(decoder_.slab().ids(0)[i], 0);
      ASSERT_LT(decoder_.slab().ids(0)[i], kVocabulary);
    }
    if (status == Status::ok) ++accepted_;
  }

  size_t below(size_t bound) { return random_() % bound; }
  template <typename List>
  const auto& pick(const List& list) {
    return list[below(list.size())];
  }

  std::mt19937 random_{20261123};
  Decoder decoder_{load(shipped_file()), 1, kMaxTokens, {2048, 16}, {0}};
  size_t accepted_ = 0;
};

// RFC 3629, section 4, as a table: the first byte, then the least and the greatest second one, then
// how many more.
bool is_utf8(const std::vector<char>& text) {
  struct Form {
    int first, last, low, high;
    size_t more;
  };
  constexpr Form kForms[] = {
      {0xC2, 0xDF, 0x80, 0xBF, 0}, {0xE0, 0xE0, 0xA0, 0xBF, 1}, {0xE1, 0xEC, 0x80, 0xBF, 1},
      {0xED, 0xED, 0x80, 0x9F, 1}, {0xEE, 0xEF, 0x80, 0xBF, 1}, {0xF0, 0xF0, 0x90, 0xBF, 2},
      {0xF1, 0xF3, 0x80, 0xBF, 2}, {0xF4, 0xF4, 0x80, 0x8F, 2},
  };
  const auto in = [&](size_t i, int low, int high) {
    const int byte = i < text.size() ? static_cast<uint8_t>(text[i]) : -1;
    return byte >= low && byte <= high;
  };
  for (size_t i = 0; i < text.size();) {
    if (in(i, 0, 0x7F)) {
      ++i;
      continue;
    }
    const Form* form = nullptr;
    for (const Form& each : kForms) {
      if (in(i, each.first, each.last)) form = &each;
    }
    if (form == nullptr || !in(i + 1, form->low, form->high)) return false;
    for (size_t j = 0; j < form->more; ++j) {
      if (!in(i + 2 + j, 0x80, 0xBF)) return false;
    }
    i += 2 + form->more;
  }
  return true;
}

TEST_F(HostileBytes, Utf8IsTakenAndNothingElse) {
  const std::vector<std::string> parts = {"a",
                                          "eight by",
                                          "é",
                                          "\u07FF",
                                          "\u0800",
                                          "가",
                                          "\uD7FF",
                                          "\uE000",
                                          "\U00010000",
                                          "\U0010FFFF",
                                          "\xC0\x80",
                                          "\xED\xA0\x80",
                                          "\xF4\x90\x80\x80",
                                          "\xE0\x9F\xBF",
                                          "\xFF",
                                          "\x80",
                                          "\xC3",
                                          "\xE2\x82",
                                          "\xF0\x9F\x98"};
  size_t valid = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (size_t count = below(6); count > 0; --count) text += pick(parts);
    if (below(2) == 0) text.resize(below(text.size() + 1));  // ends in the middle of one
    const std::vector<char> exact(text.begin(), text.end());
    const bool is_valid = utf8::is_valid({exact.data(), exact.size()});
    ASSERT_EQ(is_valid, is_utf8(exact)) << i;
    if (is_valid) ++valid;
  }
  EXPECT_GT(valid, 1000u);
  EXPECT_LT(valid, 19000u);
}

TEST_F(HostileBytes, DamagedRequests) {
  const std::vector<std::string> requests = {
      R"({"id":"a-1","text":"a \u00e9\ud83d\ude00 \"film\"","timestamp":1.5e3,"priority":"high"})",
      R"({ "metadata" : [1,-0.5,{"x":[null,true,false,""]}] , "text" : "Zürich 東京 é́̂ [MASK]" })",
      "{\"text\":\"" + std::string(700, 'x') + " 가각힣 \u302e\U0001d165\u0301\"}",
  };
  const std::vector<std::string> parts = {"\"",
                                          "\\",
                                          "{",
                                          "}",
                                          "[",
                                          "]",
                                          ",",
                                          ":",
                                          "\\u",
                                          "\\ud800",
                                          "\xff",
                                          "\xe2\x82",
                                          std::string(1, '\0'),
                                          "1e",
                                          "-",
                                          "\"text\":",
                                          "[[[[",
                                          "null"};
  for (int i = 0; i < 60000; ++i) {
    std::string message = pick(requests);
    for (size_t n = below(4); n > 0; --n) {
      const size_t at = below(message.size() + 1);
      switch (below(4)) {
        case 0:
          message.insert(at, pick(parts));
          break;
        case 1:
          message.erase(at, 1 + below(8));
          break;
        case 2:
          message = message.substr(0, at);
          break;
        default:
          if (at < message.size()) message[at] = static_cast<char>(random_());
      }
      if (message.empty()) break;
    }
    check(message);
  }
  EXPECT_GT(accepted_, 10000u);
}

TEST_F(HostileBytes, TextsOfRandomCodePoints) {
  const std::vector<uint32_t> bounds = {0x80, 0x250, 0x800, 0x3100, 0xD800, 0x20000, 0x110000};
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (size_t n = below(60); n > 0; --n) {
      const uint32_t code_point = random_() % pick(bounds);
      if (code_point >= 0xD800 && code_point < 0xE000) continue;
      char bytes[4];
      text.append(bytes, static_cast<size_t>(utf8::encode(code_point, bytes) - bytes));
      if (below(8) == 0)
        text += pick(std::vector<std::string>{" ", "[SEP]", "[MA", "ing", "\u0301"});
    }
    const std::vector<char> exact(text.begin(), text.end());
    decoder_.decode_text(0, {exact.data(), exact.size()});
    ASSERT_GE(decoder_.slab().row(0).length, 2u);
  }
}

TEST_F(HostileBytes, RandomBytes) {
  for (int i = 0; i < 20000; ++i) {
    std::string message(below(200), '\0');
    for (char& byte : message) byte = static_cast<char>(random_());
    check(message);
    check("{\"text\":\"" + message + "\"}");
  }
}

}  // namespace
}  // namespace kubesentiment::testing
