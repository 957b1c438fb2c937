#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "char_class.h"
#include "charsmap.h"
#include "normal_form.h"
#include "normalizer.h"

namespace kubesentiment {

/** The normalizers of Hugging Face `tokenizers`, applied in sequence. Holds scratch memory. */
class NormalizerChain {
 public:
  enum class Kind : uint8_t {
    precompiled,
    normal_form,
    bert,
    lowercase,
    strip_accents,
    strip,
    prepend,
    replace_text,
    replace_spaces,
    replace_run,
    nmt,
  };

  struct Step {
    Kind kind;
    Charsmap charsmap;      // precompiled
    NormalForm form;        // normal_form
    Normalizer normalizer;  // bert
    bool left = false;      // strip
    bool right = false;
    CharRuns runs;        // replace_run
    std::string pattern;  // replace_text; replace_spaces: two spaces, which stand for more
    std::string content;  // what it becomes; what is put before the text
  };

  /** Which ends of the text a piece includes. */
  struct Piece {
    bool first = true;
    bool last = true;
  };

  NormalizerChain() = default;
  explicit NormalizerChain(std::vector<Step> steps);

  /** The normal form of valid UTF-8; overwritten by the next call. */
  std::string_view normalize(std::string_view text, Piece piece);

  /**
   * Whether a text may be cut between an ASCII letter or digit and a space, and each piece
   * normalized separately.
   */
  bool takes_pieces() const noexcept { return takes_pieces_; }

  /** Whether no step can delete the beginning of a text. */
  bool keeps_beginning() const noexcept;

 private:
  static bool apply(Step& step, Piece piece, std::string_view text, std::string& out);
  static void apply_charsmap(const Charsmap& map, std::string_view text, std::string& out);
  static std::string_view strip(const Step& step, Piece piece, std::string_view text) noexcept;
  static bool replace(const Step& step, std::string_view text, std::string& out);
  static bool replace_run(const Step& step, std::string_view text, std::string& out);
  static void apply_nmt(std::string_view text, std::string& out);
  static void lowercase(std::string_view text, std::string& out);
  static void strip_accents(std::string_view text, std::string& out);
  bool allows_pieces();

  std::vector<Step> steps_;
  bool takes_pieces_ = false;
  std::string buffers_[2];
};

}  // namespace kubesentiment
