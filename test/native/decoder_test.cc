#include "decoder.h"

#include "fixtures.h"

namespace kubesentiment::testing {
namespace {

constexpr size_t kRows = 4;
constexpr size_t kMaxTokens = 6;

Decoder make_decoder(int32_t pad_id = 9) {
  return Decoder(load(TokenizerFile()), kRows, kMaxTokens, {1024, 8}, {pad_id});
}

Status decode(Decoder& decoder, size_t row, const std::string& json) {
  return decoder.decode_message(row, json.data(), json.size());
}

Ids ids_of(const Decoder& decoder, size_t row) {
  const int32_t* const ids = decoder.slab().ids(row);
  return Ids(ids, ids + decoder.slab().row(row).length);
}

TEST(Decoder, FillsRowsApartFromEachOther) {
  Decoder decoder = make_decoder();
  EXPECT_EQ(decode(decoder, 1, R"({"text":"a b a b a b","id":"x","timestamp":5,"priority":"low"})"),
            Status::ok);
  EXPECT_EQ(decode(decoder, 2, R"({"text":"the"})"), Status::ok);
  EXPECT_EQ(decode(decoder, 0, R"({"text":"","priority":"high"})"), Status::ok);
  EXPECT_EQ(ids_of(decoder, 0), (Ids{2, 3}));
  EXPECT_EQ(ids_of(decoder, 1), (Ids{2, 6, 8, 6, 8, 3}));
  EXPECT_EQ(ids_of(decoder, 2), (Ids{2, 12, 3}));
  EXPECT_EQ(decoder.slab().row(0).flags, Slab::kPriorityHigh);
  EXPECT_EQ(decoder.slab().row(1).flags, Slab::kTruncated | Slab::kPriorityLow);
  EXPECT_EQ(decoder.slab().row(1).id(), "\"x\"");
  EXPECT_EQ(decoder.slab().row(1).timestamp(), "5");
  EXPECT_EQ(decoder.slab().row(2).id(), "");
}

TEST(Decoder, ARefusedMessageLeavesNothingOfTheOneBefore) {
  Decoder decoder = make_decoder();
  EXPECT_EQ(decode(decoder, 1, R"({"text":"a b a b a b","id":"x","timestamp":5})"), Status::ok);
  EXPECT_EQ(decode(decoder, 1, "{"), Status::json_syntax);
  const Slab::Row& row = decoder.slab().row(1);
  EXPECT_EQ(row.length, 0);
  EXPECT_EQ(row.flags, 0);
  EXPECT_EQ(row.id(), "");
  EXPECT_EQ(row.timestamp(), "");
}

TEST(Decoder, ATextWithoutTokensBecomesOnePadToken) {
  Decoder decoder(load(bpe_file()), kRows, kMaxTokens, {1024, 8}, {9});
  EXPECT_EQ(decode(decoder, 1, R"({"text":""})"), Status::ok);
  EXPECT_EQ(ids_of(decoder, 1), (Ids{9}));
  decoder.decode_text(2, "");
  decoder.decode_decrypted(3, "");
  EXPECT_EQ(ids_of(decoder, 2), (Ids{9}));
  EXPECT_EQ(ids_of(decoder, 3), (Ids{9}));
}

TEST(Decoder, PacksWithPaddingAndMask) {
  Decoder decoder = make_decoder();
  decoder.decode_text(0, "the");
  int64_t ids[6] = {-1, -1, -1, -1, -1, -1};
  int64_t mask[6] = {-1, -1, -1, -1, -1, -1};
  decoder.pack(0, 0, 5, ids, mask);
  EXPECT_EQ(std::vector<int64_t>(ids, ids + 6), (std::vector<int64_t>{2, 12, 3, 9, 9, -1}));
  EXPECT_EQ(std::vector<int64_t>(mask, mask + 6), (std::vector<int64_t>{1, 1, 1, 0, 0, -1}));
  decoder.pack(0, 0, 3, ids + 3, mask + 3);
  EXPECT_EQ(std::vector<int64_t>(ids + 3, ids + 6), (std::vector<int64_t>{2, 12, 3}));
}

}  // namespace
}  // namespace kubesentiment::testing
