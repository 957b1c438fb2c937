// The whole call: message bytes to a row, to tensors, to a result, which is valid JSON again.

#include <algorithm>
#include <utility>
#include <vector>

#include "decoder.h"
#include "fuzz.h"
#include "json.h"
#include "json_results.h"

namespace kubesentiment::fuzz {
namespace {

constexpr size_t kMaxTokens = 24;
constexpr size_t kWidth = kMaxTokens + 1;

void check_pack(const Decoder& decoder) {
  std::vector<int64_t> ids(kWidth, -7);
  std::vector<int64_t> mask(kWidth, -7);
  decoder.pack(0, 0, kWidth, ids.data(), mask.data());
  const auto length = static_cast<int64_t>(decoder.slab().row(0).length);
  require(std::count(mask.begin(), mask.end(), 1) == length, "the mask covers the row");
  require(*std::min_element(ids.begin(), ids.end()) >= 0, "every place has an id");
}

void check_result(const Slab::Row& row) {
  static const JsonResults encoder({{"NEGATIVE", "POSITIVE \"\n"}, "", {}}, "model", "v\\1");
  const std::string_view topic = "requests \"x\"";
  const float scores[] = {0.25f, 0.75f};
  std::vector<char> result(encoder.bytes_max(row, topic) + 1);
  char* const end = encoder.encode(row, {topic, 7}, {11, 1, 0.75f, scores, 1, 1790000000000, 12.5},
                                   result.data());
  require(end < result.data() + result.size(), "a result fits into what bytes_max says");
  *end = '\0';
  json::Scanner scanner({result.data(), static_cast<size_t>(end - result.data())});
  for (json::Value key, value; scanner.next_member(key, value);) continue;
  require(scanner.status() == Status::ok, "a result is valid JSON");
}

}  // namespace
}  // namespace kubesentiment::fuzz

// Outside the time that one input may take.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  kubesentiment::fuzz::named_tokenizer();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kubesentiment;
  using namespace kubesentiment::fuzz;
  static Decoder decoder(std::move(named_tokenizer()), 1, kMaxTokens, {2048, 16}, {0});
  const Exact exact({reinterpret_cast<const char*>(data), size}, 0);
  const Status status = decoder.decode_message(0, exact.view().data(), size);
  const Slab::Row& row = decoder.slab().row(0);
  require((status == Status::ok) == (row.length > 0),
          "a row has tokens exactly if it was accepted");
  require(row.length <= kMaxTokens, "a row is not longer than its capacity");
  if (status != Status::ok) return 0;
  check_pack(decoder);
  check_result(row);
  return 0;
}
