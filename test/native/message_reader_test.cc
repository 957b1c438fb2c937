#include "message_reader.h"

#include <gtest/gtest.h>

#include <memory>
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

// Reads with a mapping; `attached` stands for the key and the headers.
Status read_as(const RequestMapping& mapping, const std::string& value, Message& message,
               const Attached& attached = {}) {
  static std::unique_ptr<MessageReader> reader;  // the views outlive the call
  reader = std::make_unique<MessageReader>(MessageReader::Limits{4096, 8}, mapping);
  return reader->read(value.data(), value.size(), message, attached);
}

RequestMapping lenient() {
  RequestMapping mapping;
  mapping.grammar = json::Grammar::lenient;
  return mapping;
}

RequestMapping in_envelope(RequestMapping::Envelope envelope) {
  RequestMapping mapping;
  mapping.envelope = envelope;
  return mapping;
}

TEST(MessageReader, LetsThroughWhatProducersWriteUnlessStrict) {
  Message message;
  const std::string marked =
      "\xEF\xBB\xBF{\"text\":\"a \\ud83d\\ud83d\\ude00\\ude00\",\"x\":[NaN,-Infinity]}";
  ASSERT_EQ(read_as(lenient(), marked, message), Status::ok);
  EXPECT_EQ(message.text, "a \uFFFD\U0001F600\uFFFD");
  EXPECT_EQ(status_of(marked), Status::json_syntax);
  EXPECT_EQ(status_of(R"({"text":"a","x":NaN})"), Status::json_syntax);
  EXPECT_EQ(status_of(R"({"text":"\ud83d"})"), Status::json_surrogate);
  for (const char* wrong : {R"({"text":"a","x":Nan})", R"({"text":"a","x":-NaN})",
                            R"({"text":"a","x":Infinite})", R"({"text":"a","x":+Infinity})"}) {
    EXPECT_EQ(read_as(lenient(), wrong, message), Status::json_syntax) << wrong;
  }
  EXPECT_EQ(read_as(lenient(), R"({"text":NaN})", message), Status::text_type);
  EXPECT_EQ(read_as(lenient(), R"({"text":"a","id":NaN})", message), Status::id_type);
  ASSERT_EQ(read_as(lenient(), R"({"text":"a","timestamp":Infinity})", message), Status::ok);
  EXPECT_EQ(message.timestamp, "");
}

TEST(MessageReader, JoinsTheTextsThatAreThere) {
  RequestMapping mapping;
  mapping.text = {"/b/1", "/a", "/c"};
  Message message;
  ASSERT_EQ(read_as(mapping, R"({"a":"o\nne","b":[0,"two"],"c":null})", message), Status::ok);
  EXPECT_EQ(message.text, "two\no\nne");
  EXPECT_EQ(read_as(mapping, R"({"b":[],"c":null})", message), Status::text_missing);
  EXPECT_EQ(read_as(mapping, R"({"a":"one","c":5})", message), Status::text_type);
}

TEST(MessageReader, KeepsTheBytesOfWhatIsIncluded) {
  RequestMapping mapping = lenient();
  mapping.include = {{"a\"b", "/text"}, {"n", "/n"}, {"gone", "/gone"}};
  Message message;
  ASSERT_EQ(read_as(mapping, R"({"n":{"x": 1.50 },"text":"\u0061"})", message), Status::ok);
  EXPECT_EQ(message.text, "a");
  EXPECT_EQ(message.included, R"(,"a\"b":"\u0061","n":{"x": 1.50 })");
  EXPECT_EQ(read_as(mapping, R"({"text":"a","n":[NaN]})", message), Status::json_syntax);
  EXPECT_EQ(read_as(mapping, R"({"text":"a","m":[NaN]})", message), Status::ok);
}

TEST(MessageReader, IncludesNoMoreThanItsLimit) {
  RequestMapping mapping;
  mapping.include = {{"n", "/n"}};
  MessageReader reader({1 << 20, 8}, mapping);
  Message message;
  for (const size_t room : {size_t{0}, size_t{1}}) {
    const size_t size = MessageReader::kMaxIncludedBytes - 7 + room;  // ,"n":"…"
    const std::string value = R"({"text":"a","n":")" + std::string(size, 'n') + "\"}";
    EXPECT_EQ(reader.read(value.data(), value.size(), message),
              room == 0 ? Status::ok : Status::included_too_long);
  }
}

TEST(MessageReader, FindsTheContentOfAnEnvelope) {
  Message message;
  const RequestMapping connect = in_envelope(RequestMapping::Envelope::connect);
  ASSERT_EQ(read_as(connect, R"({"schema":{"text":1},"payload":{"text":"a","id":7}})", message),
            Status::ok);
  EXPECT_EQ(message.id, "7");
  ASSERT_EQ(read_as(connect, R"({"payload":"{\"text\":\"\\\"a\"}"})", message), Status::ok);
  EXPECT_EQ(message.text, "\"a");
  EXPECT_EQ(read_as(connect, R"({"schema":{},"payload":null})", message), Status::deleted);
  EXPECT_EQ(read_as(connect, R"({"text":"a"})", message), Status::text_missing);
  const RequestMapping debezium = in_envelope(RequestMapping::Envelope::debezium);
  for (const char* around : {"", R"({"schema":{},"payload":)"}) {
    const auto change = [around](const char* operation, const char* after) {
      return std::string(around) + R"({"before":{"text":"old"},"op":")" + operation +
             R"(","after":)" + after + (around[0] == '\0' ? "}" : "}}");
    };
    ASSERT_EQ(read_as(debezium, change("u", R"({"text":"a"})"), message), Status::ok);
    EXPECT_EQ(message.text, "a");
    EXPECT_EQ(read_as(debezium, change("d", "null"), message), Status::deleted);
    EXPECT_EQ(read_as(debezium, change("t", "null"), message), Status::deleted);
    EXPECT_EQ(read_as(debezium, change("c", "null"), message), Status::text_missing);
    ASSERT_EQ(read_as(debezium, change("c", R"("{\"text\":\"from a document\"}")"), message),
              Status::ok);
  }
}

TEST(MessageReader, TakesIdAndTimeOfAnEvent) {
  const RequestMapping mapping = in_envelope(RequestMapping::Envelope::cloudevents);
  Message message;
  ASSERT_EQ(
      read_as(mapping, R"({"specversion":"1.0","id":"e","time":"t","data":{"text":"a","id":"in"}})",
              message),
      Status::ok);
  EXPECT_EQ(message.id, "\"e\"");
  EXPECT_EQ(message.timestamp, "\"t\"");
  Attached attached;
  attached.is_bare = true;
  attached.id = "b\"1";
  ASSERT_EQ(read_as(mapping, R"({"text":"b","id":"in","data":{"text":"a"}})", message, attached),
            Status::ok);
  EXPECT_EQ(message.text, "b");
  EXPECT_EQ(message.id, "\"b\\\"1\"");
  attached.id = "\xff";
  EXPECT_EQ(read_as(mapping, R"({"text":"b"})", message, attached), Status::key_utf8);
}

TEST(MessageReader, TakesAWholeValueAsTheText) {
  RequestMapping mapping = lenient();
  mapping.is_text = true;
  Message message;
  ASSERT_EQ(read_as(mapping, "\xEF\xBB\xBF{\"text\": 1", message), Status::ok);
  EXPECT_EQ(message.text, "{\"text\": 1");
  EXPECT_EQ(message.id, "");
  EXPECT_EQ(read_as(mapping, "a\xff", message), Status::text_utf8);
}

TEST(MessageReader, FindsATokenInADocumentInAString) {
  const RequestMapping mapping = in_envelope(RequestMapping::Envelope::connect);
  Message message;
  const std::string value =
      R"({"payload":"\u007b\"encryption_version\":\"v1\",\"id\":\"\u00e9\",\"text\":\"a.b\"}"})";
  ASSERT_EQ(read_as(mapping, value, message), Status::ok);
  EXPECT_EQ(value.substr(message.text_at, message.token_bytes), "a.b");
  RequestMapping list;
  list.text = {"/text", "/more"};
  EXPECT_EQ(read_as(list, R"({"text":"a","more":"b","encryption_version":"v1"})", message),
            Status::token_invalid);
}

TEST(MessageReader, FindsATokenInAnObjectThatReplacesADocumentInAString) {
  Message message;
  const std::string value = R"({"payload":"{}","payload":{"encryption_version":"v1","text":"a"}})";
  ASSERT_EQ(read_as(in_envelope(RequestMapping::Envelope::connect), value, message), Status::ok);
  EXPECT_EQ(value.substr(message.text_at, message.token_bytes), "a");
}

TEST(MessageReader, RefusesWhatIsNoObjectWhereAMemberIsAdded) {
  RequestMapping mapping;
  mapping.text = {"/0"};
  Message message;
  EXPECT_EQ(read_as(mapping, R"(["a"])", message), Status::ok);
  mapping.needs_object = true;
  EXPECT_EQ(read_as(mapping, R"(["a"])", message), Status::json_type);
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
