#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "segmentation.h"

namespace kubesentiment {

/** The regular expressions that split a text into words for byte-level BPE, as scans by hand. Every
 * character belongs to a word. */
class WordPattern {
 public:
  enum class Kind : uint8_t { gpt2, llama3, qwen2, qwen3_5 };

  /** The pattern that has this regular expression. */
  static std::optional<Kind> find(std::string_view regex) noexcept;

  explicit WordPattern(Kind kind = Kind::gpt2) noexcept;

  Kind kind() const noexcept { return kind_; }

  /** The end of the word that begins at `at`, which is not `end`. */
  const char* word_end(const char* at, const char* end) const noexcept {
    return kind_ == Kind::gpt2 ? gpt2_end(at, end) : llama3_end(at, end);
  }

 private:
  using WordClass = unicode::WordClass;

  const char* gpt2_end(const char* at, const char* end) const noexcept;
  const char* llama3_end(const char* at, const char* end) const noexcept;
  const char* space_end(const char* at, const char* end) const noexcept;
  WordClass class_of(const char* at, uint32_t& length) const noexcept;
  const char* run_end(const char* at, const char* end, WordClass run) const noexcept;

  Kind kind_;
  std::array<WordClass, 128> ascii_;
};

}  // namespace kubesentiment
