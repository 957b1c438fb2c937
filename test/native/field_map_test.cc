#include "field_map.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kubesentiment::testing {
namespace {

using Pointers = std::vector<std::string>;

// The JSON text of each field, or "-" if it is missing; the status if the document is refused.
Pointers read(const Pointers& pointers, std::string document, bool is_in_string = false) {
  FieldMap map;
  for (size_t i = 0; i < pointers.size(); ++i) map.add(pointers[i], i);
  if (is_in_string) map.add_document("/in");
  const size_t size = document.size();
  document.append(1 + FieldMap::kPadding, '\0');
  FieldMap::Found found;
  found.values.resize(FieldMap::kFieldsMax);
  const Status status = map.read({document.data(), size}, json::Grammar::lenient, 16, found);
  if (status != Status::ok) return {describe(status).sentence};
  Pointers texts;
  for (size_t i = 0; i < pointers.size(); ++i) {
    const json::Value& value = found.values[i];
    texts.push_back(value.text.empty() ? "-" : std::string(value.text));
  }
  return texts;
}

TEST(FieldMap, FollowsPointers) {
  EXPECT_EQ(read({"/a/b", "/a", "/c/1", "/c/0/x", ""}, R"({"a":{"b":1},"c":[{"x":2},3]})"),
            (Pointers{"1", R"({"b":1})", "3", "2", R"({"a":{"b":1},"c":[{"x":2},3]})"}));
  EXPECT_EQ(read({"/a/b", "/a/b"}, R"({"a":{"b":"x"}})"), (Pointers{"\"x\"", "\"x\""}));
}

TEST(FieldMap, ReadsEscapesOfPointersAndOfNames) {
  EXPECT_EQ(read({"/a~1b", "/m~0n", "/~01", "/", "/a longer name than eight"},
                 R"({"a\/b":1,"m~n":2,"~1":3,"":4,"\u0061 longer name than eigh\u0074":5})"),
            (Pointers{"1", "2", "3", "4", "5"}));
}

TEST(FieldMap, TakesIndexesInListsOnly) {
  EXPECT_EQ(read({"/l/1", "/l/01", "/l/-", "/l/2", "/o/1", "/o/-"},
                 R"({"l":["a","b"],"o":{"1":"c","-":"d"}})"),
            (Pointers{"\"b\"", "-", "-", "-", "\"c\"", "\"d\""}));
}

TEST(FieldMap, TheLastOfEqualMembersCountsAtEveryLevel) {
  EXPECT_EQ(read({"/a/b"}, R"({"a":{"b":1,"b":2}})"), (Pointers{"2"}));
  EXPECT_EQ(read({"/a/b"}, R"({"a":{"b":1},"a":{}})"), (Pointers{"-"}));
  EXPECT_EQ(read({"/a/b"}, R"({"a":{"b":1},"a":3})"), (Pointers{"-"}));
  EXPECT_EQ(read({"/a/b/c", "/a"}, R"({"a":{"b":{"c":1},"b":[]},"x":0})"),
            (Pointers{"-", R"({"b":{"c":1},"b":[]})"}));
}

TEST(FieldMap, ReadsADocumentInAString) {
  EXPECT_EQ(read({"/in/a"}, R"({"in":"{\"a\":\"\\\"\"}"})", true), (Pointers{R"("\"")"}));
  EXPECT_EQ(read({"/in/a"}, R"({"in":{"a":1}})", true), (Pointers{"1"}));
  EXPECT_EQ(read({"/in/a"}, R"({"in":"plain"})", true), (Pointers{"-"}));
  EXPECT_EQ(read({"/in/a"}, R"({"in":"{\"a\":1}","in":"x"})", true), (Pointers{"-"}));
  EXPECT_EQ(read({"/in/a"}, R"({"in":"{\"a\":1"})", true),
            (Pointers{"The value is not valid JSON."}));
  EXPECT_EQ(read({"/in/a"}, R"({"in":"{} x"})", true), (Pointers{"The value is not valid JSON."}));
}

TEST(FieldMap, ValidatesWhatNobodyReads) {
  for (const char* wrong : {R"({"a":{"b":1},"x":[1,]})", R"({"a":{"b":1,}})", R"({"a":{"b":1}},)",
                            R"({"a":{"b":1})", R"({"a":{,"b":1}})", R"({"a":[,1]})", ""}) {
    EXPECT_EQ(read({"/a/b", "/a/0"}, wrong), (Pointers{"The value is not valid JSON."})) << wrong;
  }
  const std::string deep = std::string(16, '[') + std::string(16, ']');
  EXPECT_EQ(read({"/0/0"}, deep), (Pointers{deep.substr(2, 28)}));
  EXPECT_EQ(read({"/0/0"}, "[" + deep + "]"),
            (Pointers{"The value is nested deeper than `max_json_depth`."}));
}

TEST(FieldMap, SaysWhichFieldsHoldNumbersThatAreNotJson) {
  FieldMap map;
  map.add("/a", 0);
  map.add("/b", 1);
  FieldMap::Found found;
  found.values.resize(FieldMap::kFieldsMax);
  const std::string document = R"({"x":-Infinity,"a":{"y":[NaN]},"b":1})" + std::string(9, '\0');
  ASSERT_EQ(map.read({document.data(), document.size() - 9}, json::Grammar::lenient, 8, found),
            Status::ok);
  EXPECT_EQ(found.not_finite, 1u);
}

}  // namespace
}  // namespace kubesentiment::testing
