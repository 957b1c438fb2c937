// One tokenizer, whichever KUBESENTIMENT_TOKENIZER names: any text becomes a row of ids, the same
// each time, and a smaller row is the beginning of a larger one.

#include <algorithm>
#include <vector>

#include "fuzz.h"

namespace kubesentiment::fuzz {
namespace {

constexpr int32_t kUnwritten = -7;

std::vector<int32_t> encode(Tokenizer& tokenizer, std::string_view text, size_t capacity,
                            bool& truncated) {
  const Exact exact(text, 0);
  std::vector<int32_t> row(capacity, kUnwritten);
  const Tokenizer::Encoded encoded = tokenizer.encode(exact.view(), row.data(), capacity);
  require(encoded.length >= tokenizer.special_count(), "the special tokens are there");
  require(encoded.length <= capacity, "a row is not longer than its capacity");
  row.resize(encoded.length);
  require(std::all_of(row.begin(), row.end(), [](int32_t id) { return id >= 0; }),
          "every token has an id");
  truncated = encoded.truncated;
  return row;
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
  if (size == 0) return 0;
  Tokenizer& tokenizer = named_tokenizer();
  const size_t special = tokenizer.special_count();
  const size_t small_capacity = special + 1 + data[0] % 32;
  const std::string text = repaired({reinterpret_cast<const char*>(data) + 1, size - 1});
  bool truncated = false;
  // No kind of tokenizer makes more than a few tokens of a byte.
  const std::vector<int32_t> all =
      encode(tokenizer, text, special + 8 * text.size() + 8, truncated);
  require(!truncated, "a row that is large enough is not truncated");
  const std::vector<int32_t> again = encode(tokenizer, text, all.size() + 1, truncated);
  require(again == all && !truncated, "a text gives the same ids each time");
  const std::vector<int32_t> some = encode(tokenizer, text, small_capacity, truncated);
  require(truncated == (all.size() > small_capacity), "what does not fit is truncated");
  require(some.size() == std::min(all.size(), small_capacity), "a truncated row is full");
  return 0;
}
