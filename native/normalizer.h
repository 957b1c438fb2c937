#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernels.h"
#include "marks.h"

namespace kubesentiment {

/**
 * The BertNormalizer of Hugging Face `tokenizers`: clean, put spaces around Chinese characters,
 * strip accents, lowercase.
 */
class Normalizer {
 public:
  struct Options {
    bool clean_text = false;
    bool handle_chinese_chars = false;
    bool strip_accents = false;
    bool lowercase = false;
  };

  Normalizer() noexcept : Normalizer(Options{}) {}
  explicit Normalizer(Options options) noexcept;

  /** The normal form of valid UTF-8; overwritten by the next call. */
  std::string_view normalize(std::string_view text);

 private:
  char* put(uint32_t code_point, char* out);
  char* put_decomposed(uint32_t code_point, char* out);
  char* put_ordered(uint32_t code_point, char* out);
  char* put_lowered(uint32_t code_point, uint16_t properties, char* out) const noexcept;
  char* flush_marks(char* out);

  const Kernels* kernels_ = &kernels();
  Options options_;
  std::array<uint8_t, 128> ascii_;  // what a byte becomes, or kDeleted
  std::vector<char> buffer_;
  std::vector<Mark> marks_;   // a run waiting for canonical ordering
  std::vector<Mark> sorted_;  // scratch of flush_marks
};

}  // namespace kubesentiment
