#pragma once

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>

#include "tokenizer_loader.h"
#include "utf8.h"

/** What the fuzz targets share. A promise that does not hold ends the process, which libFuzzer
 * reports with the input. */
namespace kubesentiment::fuzz {

inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

/** A copy in memory of exactly this size, where AddressSanitizer sees any step too far. */
class Exact {
 public:
  Exact(std::string_view bytes, size_t spare)
      : size_(bytes.size()), bytes_(new char[size_ + spare]) {
    bytes.copy(bytes_.get(), size_);
    for (size_t i = 0; i < spare; ++i) bytes_[size_ + i] = '\0';
  }
  char* data() noexcept { return bytes_.get(); }
  std::string_view view() const noexcept { return {bytes_.get(), size_}; }

 private:
  size_t size_;
  std::unique_ptr<char[]> bytes_;
};

/** Bytes that are no UTF-8 become question marks. */
inline std::string repaired(std::string_view bytes) {
  std::string text(bytes);
  for (size_t at = 0; at < text.size();) {
    const uint32_t length = utf8::valid_length(text.c_str() + at);
    if (length == 0) text[at] = '?';
    at += length == 0 ? 1 : length;
  }
  return text;
}

/** The file that KUBESENTIMENT_TOKENIZER names. */
inline std::string tokenizer_file() {
  const char* const path = std::getenv("KUBESENTIMENT_TOKENIZER");
  require(path != nullptr, "KUBESENTIMENT_TOKENIZER names a tokenizer.json");
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

inline Tokenizer load_named_tokenizer() {
  Tokenizer tokenizer;
  std::string reason;
  const Status status = load_tokenizer(tokenizer_file(), tokenizer, reason);
  if (status != Status::ok) std::fprintf(stderr, "%s\n", reason.c_str());
  if (status == Status::tokenizer_unsupported) std::_Exit(3);  // told apart by scripts/fuzz.mjs
  require(status == Status::ok, "the named tokenizer loads");
  return tokenizer;
}

/** The same, loaded once. */
inline Tokenizer& named_tokenizer() {
  static Tokenizer tokenizer = load_named_tokenizer();
  return tokenizer;
}

}  // namespace kubesentiment::fuzz
