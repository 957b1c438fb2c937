#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "avro_results.h"
#include "binary_writer.h"
#include "json_results.h"
#include "protobuf_results.h"
#include "results_fixture.h"
#include "rounding.h"

namespace kubesentiment::testing {
namespace {

const ResultEncoder::Labels kLabels{{"N", "P"}, "", {}};

ResultEncoder::Result make_result() { return {42, 1, 0.5f, nullptr, 2, 100, 2}; }

// 0.5 and 2 as IEEE 754, little-endian.
const std::string kHalf("\0\0\0\0\0\0\xe0\x3f", 8);
const std::string kTwo("\0\0\0\0\0\0\0\x40", 8);

TEST(AvroResults, WritesEveryFieldInTheOrderOfTheSchema) {
  const AvroResults encoder(kLabels, "m", "v1");
  const std::string expected = std::string("\x06r\"1", 4) + "\x02P" + kHalf +
                               std::string("\0\0", 2) + "\x02m" + "\x04v1" + std::string("\0", 1) +
                               "\x04" + "\x02t" + "\x06" + "\x54" + "\x02\x04" + "15" + "\xc8\x01" +
                               kTwo + "\x02\x02u\x06\"x\"" + std::string("\0\0\0", 3);
  EXPECT_EQ(encode(encoder, make_row(R"("r\"1")", "15", R"(,"u":"x")"), {"t", 3}, make_result()),
            expected);
}

TEST(ProtobufResults, WritesEveryFieldUnderItsNumber) {
  const ProtobufResults encoder(kLabels, "m", "v1");
  const std::string expected = std::string("\x0a\x03r\"1\x12\x01P\x19") + kHalf +
                               "\x32\x01m\x3a\x02v1\x48\x02\x52\x07\x0a\x01t\x10\x03\x18\x2a\x5a" +
                               "\x02" + "15\x60\x64\x69" + kTwo + "\x72\x08\x0a\x01u\x12\x03\"x\"";
  EXPECT_EQ(encode(encoder, make_row(R"("r\"1")", "15", R"(,"u":"x")"), {"t", 3}, make_result()),
            expected);
}

TEST(BinaryResults, SayInHowManyWindowsATextWasReadIfInSeveral) {
  Slab::Row row = make_row("1", "2");
  row.windows = 12;
  const std::string in_avro = encode(AvroResults(kLabels, "m", "v"), row, {"t", 3}, make_result());
  EXPECT_EQ(in_avro.substr(in_avro.size() - 4), std::string("\0\x02\x18\0", 4));
  const std::string in_protobuf =
      encode(ProtobufResults(kLabels, "m", "v"), row, {"t", 3}, make_result());
  EXPECT_EQ(in_protobuf.substr(in_protobuf.size() - 2), "\x78\x0c");
}

TEST(BinaryResults, SayWhichModelOfACascadeHasAnswered) {
  const Slab::Row row = make_row("1", "2");
  ResultEncoder::Result result = make_result();
  result.stage = 2;
  const std::string in_avro = encode(AvroResults(kLabels, "m", "v"), row, {"t", 3}, result);
  EXPECT_EQ(in_avro.substr(in_avro.size() - 3), std::string("\0\x02\x04", 3));
  const std::string in_protobuf = encode(ProtobufResults(kLabels, "m", "v"), row, {"t", 3}, result);
  EXPECT_EQ(in_protobuf.substr(in_protobuf.size() - 3), "\x80\x01\x02");
}

TEST(BinaryResults, WithoutAnIdItIsTopicPartitionOffset) {
  const std::string id = "a.b-3-42";
  EXPECT_EQ(encode(AvroResults(kLabels, "m", "v"), make_row("", ""), {"a.b", 3}, make_result())
                .substr(0, 9),
            "\x10" + id);
  EXPECT_EQ(encode(ProtobufResults(kLabels, "m", "v"), make_row("", ""), {"a.b", 3}, make_result())
                .substr(0, 10),
            "\x0a\x08" + id);
}

TEST(BinaryResults, NumbersAreAsExactAsInJson) {
  EXPECT_EQ(rounded_score(0.1234567f), 0.123457);
  EXPECT_EQ(rounded_score(-12.3456789f), -12.345679);
  EXPECT_EQ(rounded_score(-1e-7f), 0);
  EXPECT_FALSE(std::signbit(rounded_score(-1e-7f)));
  EXPECT_EQ(rounded_score(std::numeric_limits<double>::quiet_NaN()), 0);
  EXPECT_EQ(rounded_latency(12.34), 12.3);
  EXPECT_EQ(rounded_latency(-1), 0);
}

TEST(BinaryResults, MembersAreWalkedWhateverIsInThem) {
  const std::string members = R"(,"a":[{"b":",\"c\":1"}],"\u00e9\"":"\ud800","n":-1.50e3,"z":null)";
  std::string seen;
  binary::for_each_member(members, [&](std::string_view name, std::string_view value) {
    seen += std::string(name) + "=" + std::string(value) + ";";
  });
  EXPECT_EQ(seen, R"("a"=[{"b":",\"c\":1"}];"\u00e9\""="\ud800";"n"=-1.50e3;"z"=null;)");
}

TEST(BinaryResults, TheLargestResultFitsItsBound) {
  const std::string label(300, 'l');
  const ResultEncoder::Labels labels{{label, label, ""}, label, 0.0f};
  const float scores[] = {0.123456f, -1, 1e30f};
  const ResultEncoder::Result result{INT64_MIN, 1, 0.1f, scores, 255, INT64_MIN, 1e300};
  const AvroResults avro(labels, label, label);
  const ProtobufResults protobuf(labels, label, label);
  std::string members;
  for (const size_t size : {0u, 1u, 126u, 127u, 128u, 16382u, 16384u}) {
    // Names and values around the lengths that take a byte more.
    members += ",\"" + std::string(size, 'n') + "\":\"" + std::string(size, 'v') + "\"";
    for (const std::string& included : {members, members + std::string(",\"\":0,\"\":1")}) {
      const Slab::Row row = make_row("", std::string(128, '1'), included);
      for (const ResultEncoder* encoder : {static_cast<const ResultEncoder*>(&avro),
                                           static_cast<const ResultEncoder*>(&protobuf)}) {
        encode(*encoder, row, {std::string(249, 't'), INT64_MIN}, result);
      }
    }
  }
  std::string many;
  for (int i = 0; i < 1000; ++i) many += ",\"\":0";
  encode(avro, make_row("", "", many), {"t", 0}, result);
  encode(protobuf, make_row("", "", many), {"t", 0}, result);
}

}  // namespace
}  // namespace kubesentiment::testing
