// tokenizer.json: any bytes load or are refused with a reason, and what loads can be used.

#include <vector>

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kubesentiment;
  using namespace kubesentiment::fuzz;
  Tokenizer tokenizer;
  std::string reason;
  const Exact exact({reinterpret_cast<const char*>(data), size}, 0);
  const Status status = load_tokenizer(exact.view(), tokenizer, reason);
  if (status != Status::ok) {
    require(!reason.empty(), "a refusal has a reason");
    return 0;
  }
  const std::string text = "Zürich, [MASK] unaffable \u4e2d\u0301 <s> @b";
  std::vector<int32_t> row(tokenizer.special_count() + 8);
  const Tokenizer::Encoded encoded = tokenizer.encode(text, row.data(), row.size());
  require(encoded.length <= row.size(), "a row is not longer than its capacity");
  return 0;
}
