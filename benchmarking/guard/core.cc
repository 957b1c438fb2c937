/**
 * The native core on a file of requests, for counting instructions:
 *
 *     core decode|encode TOKENIZER_JSON REQUESTS REPETITIONS
 *
 * Two runs with different numbers of repetitions differ by the work on the messages alone.
 */
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "decoder.h"
#include "json_results.h"
#include "tokenizer_loader.h"

namespace {

constexpr size_t kMaxTokens = 128;

std::string read(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::vector<std::string> lines_of(const std::string& content) {
  std::vector<std::string> lines;
  std::istringstream stream(content);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

int fail(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  return 1;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) return fail("usage: core decode|encode TOKENIZER_JSON REQUESTS REPETITIONS");
  const bool encodes = std::string(arguments[1]) == "encode";
  const std::vector<std::string> requests = lines_of(read(arguments[3]));
  const int repetitions = std::atoi(arguments[4]);

  kubesentiment::Tokenizer tokenizer;
  std::string reason;
  if (kubesentiment::load_tokenizer(read(arguments[2]), tokenizer, reason) != kubesentiment::Status::ok)
    return fail(reason.c_str());
  kubesentiment::Decoder decoder(std::move(tokenizer), requests.size(), kMaxTokens, {1 << 20, 64}, {0});
  if (!decoder.allocated()) return fail("out of memory");

  size_t tokens = 0;
  const int decodes = encodes ? 1 : repetitions;
  for (int i = 0; i < decodes; i++) {
    for (size_t row = 0; row < requests.size(); row++) {
      if (decoder.decode_message(row, requests[row].data(), requests[row].size()) !=
          kubesentiment::Status::ok)
        return fail("a request was refused");
      tokens += static_cast<size_t>(decoder.slab().row(row).length);
    }
  }

  const kubesentiment::JsonResults encoder({{"NEGATIVE", "POSITIVE"}, "", {}}, "default", "0123456789ab");
  size_t bytes = 0;
  std::vector<char> out(4096);
  for (int i = 0; encodes && i < repetitions; i++) {
    for (size_t row = 0; row < requests.size(); row++) {
      const float score = 0.5f + 0.4f * static_cast<float>(row) / static_cast<float>(requests.size());
      const kubesentiment::ResultEncoder::Result result{
          static_cast<int64_t>(row), row % 2, score, nullptr, 1, 1790000000000, 12.3};
      bytes += static_cast<size_t>(
          encoder.encode(decoder.slab().row(row), {"sentiment_requests", 3}, result, out.data()) -
          out.data());
    }
  }
  std::printf("%zu messages, %zu tokens, %zu bytes\n", requests.size(), tokens, bytes);
  return 0;
}
