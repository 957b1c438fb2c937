#include "message_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace kubesentiment::testing {
namespace {

constexpr MessageReader::Limits kLimits{4096, 8};

Status read(const std::string& json, Message& message) {
  static MessageReader reader(kLimits);
  return reader.read(json.data(), json.size(), message);
}

Status status_of(const std::string& json) {
  Message message;
  return read(json, message);
}

TEST(MessageReader, ReadsAllFields) {
  Message message;
  ASSERT_EQ(
      read(
          R"({"id":"r\"1","text":"a\tb","timestamp":"2026-01-01","priority":"high","metadata":{"x":[1]}})",
          message),
      Status::ok);
  EXPECT_EQ(message.text, "a\tb");
  EXPECT_EQ(message.id, R"("r\"1")");
  EXPECT_EQ(message.timestamp, R"("2026-01-01")");
  EXPECT_EQ(message.priority, Priority::high);
}

TEST(MessageReader, KeepsNumbersAsTheyWereWritten) {
  Message message;
  ASSERT_EQ(read(R"({"text":"","id":36893488147419103232,"timestamp":1.50e3})", message),
            Status::ok);
  EXPECT_EQ(message.id, "36893488147419103232");
  EXPECT_EQ(message.timestamp, "1.50e3");
  EXPECT_EQ(message.text, "");
}

TEST(MessageReader, OptionalFieldsMayBeMissingOrOdd) {
  Message message;
  for (const char* rest :
       {"", R"(,"id":null,"timestamp":null,"priority":null)",
        R"(,"timestamp":{},"priority":"urgent")", R"(,"timestamp":true,"priority":3)"}) {
    ASSERT_EQ(read(std::string(R"({"text":"a")") + rest + "}", message), Status::ok) << rest;
    EXPECT_EQ(message.id, "");
    EXPECT_EQ(message.timestamp, "");
    EXPECT_EQ(message.priority, Priority::medium);
  }
}

TEST(MessageReader, TheLastOfEqualMembersCounts) {
  Message message;
  ASSERT_EQ(read(R"({"text":1,"priority":"high","t\u0065xt":"b","priority":"low","id":[],"id":7})",
                 message),
            Status::ok);
  EXPECT_EQ(message.text, "b");
  EXPECT_EQ(message.priority, Priority::low);
  EXPECT_EQ(message.id, "7");
  EXPECT_EQ(status_of(R"({"text":"a","text":null})"), Status::text_type);
}

TEST(MessageReader, SaysWhyAMessageIsRefused) {
  Message message;
  MessageReader reader(kLimits);
  EXPECT_EQ(reader.read(nullptr, 0, message), Status::value_null);
  EXPECT_EQ(status_of(""), Status::value_empty);
  EXPECT_EQ(status_of(std::string(4097, ' ')), Status::value_too_large);
  EXPECT_EQ(status_of("{\"text\":\"" + std::string(4096 - 11, 'a') + "\"}"), Status::ok)
      << "as large as allowed";
  EXPECT_EQ(status_of("{"), Status::json_syntax);
  EXPECT_EQ(status_of("{\"text\":\"\xff\"}"), Status::json_utf8);
  EXPECT_EQ(status_of(R"({"text":"a","metadata":"\ud800"})"), Status::json_surrogate);
  EXPECT_EQ(status_of(R"({"text":"a","metadata":[[[[[[[[]]]]]]]]})"), Status::json_depth);
  EXPECT_EQ(status_of(R"({"text":"a","metadata":[[[[[[[]]]]]]]})"), Status::ok);
  for (const char* other : {"[]", "\"text\"", "1", "null", " true "})
    EXPECT_EQ(status_of(other), Status::json_type);
  EXPECT_EQ(status_of("{}"), Status::text_missing);
  EXPECT_EQ(status_of(R"({"text":null})"), Status::text_type);
  EXPECT_EQ(status_of(R"({"text":["a"]})"), Status::text_type);
  EXPECT_EQ(status_of(R"({"text":"a","id":true})"), Status::id_type);
  EXPECT_EQ(status_of(R"({"text":"a","id":{}})"), Status::id_type);
}

TEST(MessageReader, FindsTheTextOfAnEncryptedRequest) {
  Message message;
  const std::string json = R"({"encryption_version":"\u00761","id":7,"text":"a.b\u002ec"})";
  ASSERT_EQ(read(json, message), Status::ok);
  EXPECT_TRUE(message.encrypted);
  EXPECT_EQ(message.text, R"(a.b\u002ec)") << "as it stands in the message";
  EXPECT_EQ(message.text, json.substr(message.text_at, message.text.size()));
  EXPECT_EQ(message.id, "7");
  for (const char* version : {R"("v2")", R"("")", "1", "true", "{}", R"(["v1"])"}) {
    const auto request = [version](const char* text) {
      return std::string(R"({"text":)") + text + R"(,"encryption_version":)" + version + "}";
    };
    EXPECT_EQ(status_of(request("\"a\"")), Status::encryption_version_unknown) << version;
    EXPECT_EQ(status_of(request("1")), Status::text_type) << version;
  }
  EXPECT_EQ(status_of(R"({"text":"a","encryption_version":null})"), Status::ok);
}

TEST(MessageReader, TakesOnlyEncryptedRequestsWhenToldSo) {
  MessageReader reader({4096, 8, true});
  Message message;
  const std::string plain = R"({"text":"a"})";
  const std::string encrypted = R"({"text":"a","encryption_version":"v1"})";
  EXPECT_EQ(reader.read(plain.data(), plain.size(), message), Status::not_encrypted);
  EXPECT_EQ(reader.read(encrypted.data(), encrypted.size(), message), Status::ok);
}

TEST(MessageReader, LimitsIdAndTimestamp) {
  Message message;
  const auto request = [](size_t id, size_t timestamp) {
    return "{\"text\":\"a\",\"id\":\"" + std::string(id, 'i') + "\",\"timestamp\":\"" +
           std::string(timestamp, '1') + "\"}";
  };
  ASSERT_EQ(
      read(request(MessageReader::kMaxIdBytes - 2, MessageReader::kMaxTimestampBytes - 2), message),
      Status::ok);
  EXPECT_EQ(message.id.size(), MessageReader::kMaxIdBytes);
  EXPECT_EQ(message.timestamp.size(), MessageReader::kMaxTimestampBytes);
  EXPECT_EQ(status_of(request(MessageReader::kMaxIdBytes - 1, 1)), Status::id_too_long);
  ASSERT_EQ(read(request(1, MessageReader::kMaxTimestampBytes - 1), message), Status::ok);
  EXPECT_EQ(message.timestamp, "");
}

TEST(MessageReader, EveryStatusHasAnErrorTypeAndASentence) {
  for (size_t i = 0; i < static_cast<size_t>(Status::count_); ++i) {
    const StatusInfo& info = describe(static_cast<Status>(i));
    EXPECT_GT(std::string(info.sentence).size(), 5u) << i;
    EXPECT_EQ(std::string(info.error_type).empty(), i == 0) << i;
  }
}

}  // namespace
}  // namespace kubesentiment::testing
