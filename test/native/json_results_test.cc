#include "json_results.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "results_fixture.h"

namespace kubesentiment::testing {
namespace {

ResultEncoder::Result make_result() { return {42, 1, 0.75f, nullptr, 2, 1700000000000, 12.34}; }

TEST(JsonResults, WritesEveryField) {
  const JsonResults encoder({{"NEGATIVE", "PO\"S"}, "", {}}, "m\n", "abc");
  EXPECT_EQ(
      encode(encoder, make_row("\"r1\"", "1.5e3"), {"t", 3}, make_result()),
      R"({"id":"r1","label":"PO\"S","score":0.75,"model":"m\u000a","model_version":"abc","truncated":false,)"
      R"("attempts":2,"source":{"topic":"t","partition":3,"offset":42},"timestamp":1.5e3,)"
      R"("processed_at":1700000000000,"latency_ms":12.3})");
}

TEST(JsonResults, SaysInHowManyWindowsATextWasReadIfInSeveral) {
  const JsonResults encoder({{"N", "P"}, "", {}}, "m", "v");
  Slab::Row row = make_row("1", "2");
  row.windows = 12;
  const std::string json = encode(encoder, row, {"t", 3}, make_result());
  EXPECT_NE(json.find(R"("truncated":false,"windows":12,"attempts":2)"), std::string::npos) << json;
}

TEST(JsonResults, SaysWhichModelOfACascadeHasAnswered) {
  const JsonResults encoder({{"N", "P"}, "", {}}, "m", "v");
  ResultEncoder::Result result = make_result();
  result.stage = 2;
  const std::string json = encode(encoder, make_row("1", "2"), {"t", 3}, result);
  EXPECT_NE(json.find(R"("truncated":false,"stage":2,"attempts":2)"), std::string::npos) << json;
}

TEST(JsonResults, IncludedMembersStandAtTheEndAsTheyCame) {
  const JsonResults encoder({{"N", "P"}, "", {}}, "m", "v");
  Slab::Row row = make_row("1", "2");
  row.metadata += R"(,"user":"\u00e9","n":1.50)";
  const std::string json = encode(encoder, row, {"t", 3}, make_result());
  EXPECT_EQ(
      json.substr(json.find("\"timestamp\"")),
      R"("timestamp":2,"processed_at":1700000000000,"latency_ms":12.3,"user":"\u00e9","n":1.50})");
}

TEST(JsonResults, WithoutIdAndTimestampAndWithAllScores) {
  const JsonResults encoder({{"N", "P"}, "", {}}, "m", "v");
  Slab::Row row = make_row("", "");
  row.flags = Slab::kTruncated;
  const float scores[] = {0.25f, 0.75f};
  ResultEncoder::Result result = make_result();
  result.scores = scores;
  EXPECT_EQ(
      encode(encoder, row, {"a.b", 3}, result),
      R"({"id":"a.b-3-42","label":"P","score":0.75,"scores":{"N":0.25,"P":0.75},"model":"m","model_version":"v",)"
      R"("truncated":true,"attempts":2,"source":{"topic":"a.b","partition":3,"offset":42},)"
      R"("processed_at":1700000000000,"latency_ms":12.3})");
}

TEST(JsonResults, RoundsNumbersAndSurvivesOddOnes) {
  const JsonResults encoder({{"N", "P"}, "", {}}, "m", "v");
  const auto field = [&](float score, double latency) {
    ResultEncoder::Result result = make_result();
    result.score = score;
    result.latency_ms = latency;
    const std::string json = encode(encoder, make_row("1", ""), {"t", 0}, result);
    const size_t at = json.find("\"score\":") + 8;
    return json.substr(at, json.find(',', at) - at) + " " + json.substr(json.rfind(':') + 1);
  };
  EXPECT_EQ(field(0.1234567f, 0.05), "0.123457 0.1}");
  EXPECT_EQ(field(1.0f, 10), "1 10}");
  EXPECT_EQ(field(0.9999999f, 99.96), "1 100}");
  EXPECT_EQ(field(1e-7f, 0.04), "0 0}");
  EXPECT_EQ(field(0.000001f, 1e300), "0.000001 1000000000000}");
  EXPECT_EQ(field(std::nanf(""), -1), "0 0}");
  EXPECT_EQ(field(-1.0f, std::numeric_limits<double>::quiet_NaN()), "-1 0}");
  EXPECT_EQ(field(-12.3456789f, 1), "-12.345679 1}")
      << "a regression has values, not probabilities";
  EXPECT_EQ(field(-1e-7f, 1), "0 1}");
}

TEST(JsonResults, SeveralLabelsAreThoseAboveTheThreshold) {
  const JsonResults encoder({{"A", "B", "C"}, "?", 0.5f}, "m", "v");
  const auto part = [&](float a, float b, float c, size_t label) {
    const float scores[] = {a, b, c};
    ResultEncoder::Result result = make_result();
    result.scores = scores;
    result.label = label;
    const std::string json = encode(encoder, make_row("1", ""), {"t", 0}, result);
    const size_t from = json.find("\"label\"");
    return json.substr(from, json.find(",\"model\"") - from);
  };
  EXPECT_EQ(part(0.75f, 0.5f, 0.625f, 0),
            R"("label":"A","score":0.75,"labels":["A","C"],"scores":{"A":0.75,"B":0.5,"C":0.625})");
  EXPECT_EQ(part(0.25f, 0, 0, 3),
            R"("label":"?","score":0.75,"labels":[],"scores":{"A":0.25,"B":0,"C":0})");
}

TEST(JsonResults, TheLargestResultFitsItsBound) {
  const std::string label(300, '\x01');
  const JsonResults encoder({{label, label}, label, 0.0f}, std::string(300, '"'),
                            std::string(300, '\\'));
  const float scores[] = {0.123456f, 0.123456f};
  ResultEncoder::Result result{INT64_MIN, 1, 0.123456f, scores, 255, INT64_MIN, 1e300};
  const std::string topic(249, '\x01');
  encode(encoder, make_row("", std::string(128, '1')), {topic, INT64_MIN}, result);
}

}  // namespace
}  // namespace kubesentiment::testing
