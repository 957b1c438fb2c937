#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "charsmap.h"

namespace kubesentiment {

/** The normalizers of SentencePiece models, applied in sequence. */
class NormalizerChain {
 public:
  enum class Kind : uint8_t { precompiled, strip, replace_text, replace_spaces, nmt };

  struct Step {
    Kind kind;
    size_t charsmap = 0;  // precompiled: which of `charsmaps`
    bool left = false;    // strip
    bool right = false;
    std::string pattern;  // replace_text; replace_spaces: two spaces, which stand for more
    std::string content;  // what it becomes
  };

  /** Which ends of the text a piece includes. */
  struct Piece {
    bool first = true;
    bool last = true;
  };

  NormalizerChain() = default;
  NormalizerChain(std::vector<Step> steps, std::vector<Charsmap> charsmaps);

  /** The normal form of valid UTF-8; overwritten by the next call. */
  std::string_view normalize(std::string_view text, Piece piece);

  /**
   * Whether a text may be cut between an ASCII letter or digit and a space, and each piece
   * normalized separately.
   */
  bool takes_pieces() const noexcept { return takes_pieces_; }

 private:
  static void apply_charsmap(const Charsmap& map, std::string_view text, std::string& out);
  static std::string_view strip(const Step& step, Piece piece, std::string_view text) noexcept;
  static bool replace(const Step& step, std::string_view text, std::string& out);
  static void apply_nmt(std::string_view text, std::string& out);

  std::vector<Step> steps_;
  std::vector<Charsmap> charsmaps_;
  bool takes_pieces_ = false;
  std::string buffers_[2];
};

}  // namespace kubesentiment
