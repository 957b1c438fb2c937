// Programs as src/registry/ makes them, run over values in memory of exactly their size.

#include <memory>
#include <string>
#include <vector>

#include "fixtures.h"
#include "message_reader.h"

namespace kubesentiment::testing {
namespace {

using Code = std::vector<int32_t>;

constexpr int32_t kText = 1 << kTexts;
constexpr std::string_view kFrame("\0\0\0\0\1", 5);

int32_t op(Operation operation) { return static_cast<int32_t>(operation); }

SchemaProgram program(SchemaProgram::Format format, Code code) {
  return SchemaProgram(format, Status::ok, std::move(code), {"\"text\":", "0"});
}

// A record with a text and a list of texts that nobody wants.
Code avro_code() {
  return {op(Operation::field),
          1 << kId,
          0,
          kText | 1 << kId,
          0,
          6,
          op(Operation::record),
          2,
          0,
          12,
          0,
          18,
          op(Operation::field),
          kText,
          0,
          kText,
          0,
          21,
          op(Operation::array),
          21,
          0,
          op(Operation::string)};
}

// A message with a text in its field 2, and a list of numbers in field 3.
Code protobuf_code() {
  return {op(Operation::types),
          1,
          1,
          4,
          op(Operation::message),
          2,
          2,
          kEmptyByDefault,
          12,
          3,
          kRepeated,
          18,
          op(Operation::field),
          kText,
          0,
          kText,
          0,
          27,
          op(Operation::list),
          25,
          0,
          0,
          1,
          5,
          28,
          op(Operation::varint),
          0,
          op(Operation::string),
          op(Operation::varint),
          1};
}

class SchemaReader : public ::testing::Test {
 protected:
  SchemaReader() {
    RequestMapping mapping;
    mapping.framing = RequestMapping::Framing::required;
    mapping.id = "";
    reader_ = std::make_unique<MessageReader>(MessageReader::Limits{4096, 8}, mapping);
  }

  void use(SchemaProgram::Format format, const Code& code) {
    SchemaProgram made = program(format, code);
    ASSERT_TRUE(made.is_sound(field_count(reader_->mapping())));
    reader_->schemas().set(kFrame, std::move(made));
  }

  Status read(const std::string& payload) {
    const std::string value = std::string(kFrame) + payload;
    const auto exact = std::make_unique<char[]>(value.size());
    value.copy(exact.get(), value.size());
    const Status status = reader_->read(exact.get(), value.size(), message_);
    text_ = status == Status::ok ? std::string(message_.text) : std::string();
    return status;
  }

  std::unique_ptr<MessageReader> reader_;
  Message message_;
  std::string text_;
};

TEST_F(SchemaReader, ReadsAvro) {
  use(SchemaProgram::Format::avro, avro_code());
  using namespace std::string_literals;
  EXPECT_EQ(read("\4hi\2\2x\0"s), Status::id_type);  // the whole record is no id
  EXPECT_EQ(read("\4hi\2\2x"s), Status::value_ends_early);
  EXPECT_EQ(read("\4hi\0\0"s), Status::value_goes_on);
  EXPECT_EQ(read("\4hi\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1"s), Status::value_ends_early);
}

TEST_F(SchemaReader, ReadsProtobuf) {
  use(SchemaProgram::Format::protobuf, protobuf_code());
  using namespace std::string_literals;
  EXPECT_EQ(read("\0\x12\2hi\x1A\3\1\2\3"s), Status::ok);
  EXPECT_EQ(text_, "hi");
  EXPECT_EQ(read("\0"s), Status::ok);
  EXPECT_EQ(text_, "");
  EXPECT_EQ(read("\0\x12\5hi"s), Status::value_ends_early);
  EXPECT_EQ(read("\4\2\2"s), Status::message_type);
}

TEST_F(SchemaReader, SaysWhatIsMissing) {
  EXPECT_EQ(read("\2a"), Status::schema_wanted);
  EXPECT_EQ(reader_->read("{}", 2, message_), Status::frame_missing);
  reader_->schemas().set(
      kFrame, SchemaProgram(SchemaProgram::Format::refused, Status::schema_unknown, {}, {}));
  EXPECT_EQ(read("\2a"), Status::schema_unknown);
  reader_->schemas().remove(kFrame);
  EXPECT_EQ(read("\2a"), Status::schema_wanted);
}

TEST(SchemaProgram, OperandsOutOfRangeAreNotSound) {
  const Code code = avro_code();
  EXPECT_TRUE(program(SchemaProgram::Format::avro, code).is_sound(kTexts + 1));
  EXPECT_FALSE(program(SchemaProgram::Format::protobuf, code).is_sound(kTexts + 1));
  for (size_t i = 0; i < code.size(); ++i) {
    for (const int32_t wrong : {-1, 1 << 30}) {
      Code changed = code;
      changed[i] = wrong;
      EXPECT_FALSE(program(SchemaProgram::Format::avro, changed).is_sound(kTexts + 1)) << i;
    }
  }
}

TEST_F(SchemaReader, AnyBytesHaveAnAnswer) {
  uint32_t seed = 20261129;
  const auto next = [&seed] { return seed = seed * 1664525 + 1013904223; };
  for (const bool is_avro : {true, false}) {
    use(is_avro ? SchemaProgram::Format::avro : SchemaProgram::Format::protobuf,
        is_avro ? avro_code() : protobuf_code());
    for (int round = 0; round < 20000; ++round) {
      std::string payload(next() >> 8 & 31, '\0');
      for (char& byte : payload) byte = static_cast<char>(next() >> 16 & (round % 2 ? 7 : 255));
      EXPECT_LT(read(payload), Status::count_);
    }
  }
}

}  // namespace
}  // namespace kubesentiment::testing
