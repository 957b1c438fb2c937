#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "char_class.h"
#include "word_pattern.h"

namespace kubesentiment {

/**
 * The pre-tokenizers of Hugging Face `tokenizers` in any sequence. Each step splits, and some
 * rewrite, every piece that the one before it has made. Holds scratch memory.
 */
class PreTokenizer {
 public:
  enum class Kind : uint8_t {
    words,             // a WordPattern
    run,               // a CharRun
    text,              // a fixed text
    rust_words,        // \w+|[^\w\s]+ of Rust's regular expressions
    whole,             // nothing is split
    metaspace,         // spaces become `text`, and each begins a piece
    metaspace_joined,  // the same, nothing is split
    space_before,      // a space is put before the piece, unless one is there
    byte_alphabet,     // bytes become the characters of GPT-2's vocabulary
  };
  /** What becomes of a match. */
  enum class Behavior : uint8_t {
    removed,
    isolated,
    contiguous,
    merged_with_previous,
    merged_with_next
  };
  enum class Prepend : uint8_t { never, first, always };

  struct Step {
    Kind kind = Kind::whole;
    Behavior behavior = Behavior::isolated;
    bool inverted = false;  // what is between the matches counts as a match
    Prepend prepend = Prepend::never;
    WordPattern words;
    CharRun run;
    std::string text;
    std::string rewritten;  // scratch
  };

  /** Where the pieces go. */
  class Sink {
   public:
    virtual void add(std::string_view piece) = 0;
    virtual bool full() const = 0;

   protected:
    ~Sink() = default;
  };

  PreTokenizer() = default;
  explicit PreTokenizer(std::vector<Step> steps) noexcept;

  /** Splits valid UTF-8 into pieces, none of them empty. `first`: the text begins with it. */
  void split(std::string_view text, bool first, Sink& sink) { apply(0, {text, first}, sink); }

  /** Whether `Prepend::first` depends on nothing but where a piece begins in the text: no step
   * before it writes something. */
  static bool knows_first(const std::vector<Step>& steps) noexcept;

  /** Whether a text may be cut between an ASCII letter or digit and a space. */
  bool cuts_at_space() const noexcept;

 private:
  struct Piece {
    std::string_view text;
    bool first;
  };
  struct Segment {
    size_t start;
    size_t stop;
    bool match;
  };

  void apply(size_t index, Piece piece, Sink& sink);
  void split_at_matches(size_t index, Piece piece, Sink& sink);
  static Piece rewrite(Step& step, Piece piece);
  static CharRun::Match find(const Step& step, std::string_view text, size_t from) noexcept;
  static bool joins(Behavior behavior, bool match_before, bool match) noexcept;

  std::vector<Step> steps_;
};

}  // namespace kubesentiment
