#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "marks.h"

namespace kubesentiment {

/** The Unicode normal forms NFC, NFD, NFKC and NFKD. Holds scratch memory. */
class NormalForm {
 public:
  enum class Kind : uint8_t { nfc, nfd, nfkc, nfkd };

  NormalForm() noexcept : NormalForm(Kind::nfc) {}
  explicit NormalForm(Kind kind) noexcept;

  /** Appends the normal form of valid UTF-8. False, with nothing written, if the text has it by
   * the first look. */
  bool apply(std::string_view text, std::string& out);

 private:
  void put(uint32_t code_point);
  void put_decomposed(uint32_t code_point);
  void put_starter(uint32_t code_point);
  void finish_marks();
  void write_cluster();

  bool composes_;
  bool compatible_;
  uint8_t first_changed_;  // smaller bytes are never part of a change
  std::string* out_ = nullptr;
  bool has_starter_ = false;
  uint32_t starter_ = 0;
  std::vector<Mark> marks_;   // behind the starter
  std::vector<Mark> sorted_;  // scratch of finish_marks
};

}  // namespace kubesentiment
