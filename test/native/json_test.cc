#include "json.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kubesentiment::json {
namespace {

// Checks a document in memory of exactly its size and a NUL, where a sanitizer sees any step too
// far.
Status check(const std::string& document, size_t depth_max = 64) {
  std::vector<char> exact(document.begin(), document.end());
  exact.push_back('\0');
  Scanner scanner({exact.data(), document.size()}, depth_max);
  for (Value value; scanner.next_element(value);) continue;
  return scanner.status();
}

// As a document, as an element of a list and as a member of an object.
void expect(const std::string& value, Status status) {
  EXPECT_EQ(check("[" + value + "]"), status) << value;
  EXPECT_EQ(check("[1," + value + " , {\"k\":" + value + "}]"), status) << value;
  EXPECT_EQ(check(value), status == Status::ok ? Status::json_type : status) << value;
}

TEST(Json, AcceptsEveryKindOfValue) {
  for (const char* value : {"true", "false", "null", "0", "-0", "12", "-1.5", "1e400", "1E+2",
                            "0e-1", "36893488147419103000", "\"\"", "\"a b\\u00e9\\n\\\"\\\\\\/\"",
                            "\"\\ud83d\\ude00\"", "\"é中😀\x7f\"", "{}", "{\"\":{}}"}) {
    expect(value, Status::ok);
  }
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const char* value : {"tru",
                            "True",
                            "nul",
                            "NaN",
                            "Infinity",
                            "01",
                            "-",
                            "1.",
                            ".5",
                            "1e",
                            "1e+",
                            "+1",
                            "0x1",
                            "'a'",
                            "\"",
                            "\"a",
                            "\"\\x\"",
                            "\"\\u12g4\"",
                            "\"\\u12",
                            "\"\t\"",
                            "\"a\nb\"",
                            "{",
                            "}",
                            "{1:2}",
                            "{\"a\"}",
                            "{\"a\":}",
                            "{\"a\":1,}",
                            "{\"a\" 1}",
                            "{,}",
                            "{\"a\":1 \"b\":2}",
                            "//",
                            "1 2",
                            "\xEF\xBB\xBF"
                            "1"}) {
    expect(value, Status::json_syntax);
  }
  for (const char* document :
       {"", " ", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1]]", "[1] x", "[1}", "[[]"}) {
    EXPECT_EQ(check(document), Status::json_syntax) << document;
  }
  EXPECT_EQ(check(std::string("[1]\0", 4)), Status::json_syntax);
  EXPECT_EQ(check(std::string("[\"a\0b\"]", 7)), Status::json_syntax);
}

TEST(Json, RefusesBytesThatAreNotUtf8) {
  for (const char* bytes : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x9F\xBF",
                            "\xE2\x82", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF",
                            "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xF0\x9F\x98"}) {
    expect("\"12345678" + std::string(bytes) + "\"", Status::json_utf8);
    EXPECT_EQ(check("[\"" + std::string(bytes)), Status::json_utf8) << "cut behind it";
  }
  expect("\"\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF\xE0\xA0\x80\xF0\x90\x80\x80\"", Status::ok);
}

TEST(Json, RefusesHalvesOfSurrogatePairs) {
  for (const char* text : {"\\ud800", "\\udc00", "\\ud800x", "\\ud800\\n", "\\ud800\\u0041",
                           "\\ud83d\\ud83d", "\\ude00\\ud83d", "\\uDBFF"}) {
    expect("\"" + std::string(text) + "\"", Status::json_surrogate);
  }
}

TEST(Json, LimitsTheDepth) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(check(nested(64), 64), Status::ok);
  EXPECT_EQ(check(nested(65), 64), Status::json_depth);
  EXPECT_EQ(check(nested(kDepthMax), kDepthMax), Status::ok);
  EXPECT_EQ(check(nested(kDepthMax + 1), kDepthMax), Status::json_depth);
  EXPECT_EQ(check(std::string(100000, '['), 64), Status::json_depth);
  EXPECT_EQ(check("[{\"a\":[{}]}]", 4), Status::ok);
  EXPECT_EQ(check("[{\"a\":[{}]}]", 3), Status::json_depth);
  EXPECT_EQ(check("[[],[],[[]]]", 3), Status::ok) << "beside each other is not deeper";
}

TEST(Json, MixedNestingKeepsTrackOfEachKind) {
  std::string open, close;
  for (int i = 0; i < 200; ++i) {
    open += i % 3 == 0 ? "{\"k\":" : "[";
    close.insert(0, i % 3 == 0 ? "}" : "]");
  }
  EXPECT_EQ(check("[" + open + "0" + close + "]", 1000), Status::ok);
  for (size_t i = 0; i < close.size(); ++i) {
    std::string wrong = close;
    wrong[i] = wrong[i] == '}' ? ']' : '}';
    EXPECT_EQ(check("[" + open + "0" + wrong + "]", 1000), Status::json_syntax) << i;
  }
}

TEST(Json, WalksMembersWithTheirText) {
  const std::string document =
      " { \"a\" : [1, {\"b\":\"}\"}] , \"\\u0062\":-1.50 ,\"c\":\"x\\ty\" } \n";
  Scanner scanner(document);
  Value key, value;
  ASSERT_TRUE(scanner.next_member(key, value));
  EXPECT_EQ(key.inside(), "a");
  EXPECT_EQ(value.text, "[1, {\"b\":\"}\"}]");
  EXPECT_EQ(value.kind, Kind::array);
  ASSERT_TRUE(scanner.next_member(key, value));
  EXPECT_TRUE(key.escaped);
  EXPECT_EQ(value.text, "-1.50");
  ASSERT_TRUE(scanner.next_member(key, value));
  EXPECT_TRUE(value.escaped);
  EXPECT_FALSE(scanner.next_member(key, value));
  EXPECT_EQ(scanner.status(), Status::ok);
}

TEST(Json, UnescapesInPlace) {
  std::string document = R"("\u0041\u00e9\u4e2d\ud83d\ude00\"\\\/\b\f\n\r\t.")";
  const Value value{Kind::string, true, document};
  char* const begin = document.data() + 1;
  const std::string text(begin, unescape(value, begin));
  EXPECT_EQ(text, "Aé中😀\"\\/\b\f\n\r\t.");
}

}  // namespace
}  // namespace kubesentiment::json
