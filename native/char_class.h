#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace kubesentiment {

/** A set of characters, as a regular expression describes it: [^\r\n\p{L}a-z]. */
class CharClass {
 public:
  /** What a character may be, by the tables of Rust (as in `char::is_whitespace`) or of regular
   * expressions. */
  enum class Named : uint8_t {
    rust_space,
    rust_punctuation,
    rust_numeric,
    rust_word,
    space,
    letter,
    number,
    word,
    digit,
    mark,
    punctuation,
    space_separator,
  };

  CharClass() = default;
  explicit CharClass(Named named) { add(named, false); }

  void add(Named named, bool inverted) { add({0, 0, named, inverted}); }
  void add_range(uint32_t first, uint32_t last) { add({first, last, Named::space, false}); }
  /** From now on, the others belong to it. */
  void invert() noexcept;

  /** Whether it is this one and nothing else. */
  bool is_only(Named named) const noexcept {
    return items_.size() == 1 && items_[0].last == 0 && items_[0].named == named &&
           items_[0].inverted == inverted_;
  }

  bool contains(uint32_t c) const noexcept { return c < 128 ? ascii_[c] : finds(c); }

 private:
  /** A range of characters; if it is empty, a name. */
  struct Item {
    uint32_t first;
    uint32_t last;
    Named named;
    bool inverted;
  };

  void add(const Item& item);
  bool finds(uint32_t c) const noexcept;
  static bool is(Named named, uint32_t c) noexcept;

  std::vector<Item> items_;
  bool inverted_ = false;
  std::array<bool, 128> ascii_{};
};

/** Some characters of a class in a row, as many as possible: [a-z]{2,3}. */
struct CharRun {
  static constexpr size_t kUnlimited = ~size_t{0};
  struct Match {
    size_t start;  // npos if there is none
    size_t stop;
  };

  /** The first run at or after `from`. */
  Match find(std::string_view text, size_t from) const noexcept;
  /** Where the run that begins at `at` ends; `at` if there are too few characters. */
  size_t end_at(std::string_view text, size_t at) const noexcept;

  CharClass chars;
  size_t min = 1;  // at least 1
  size_t max = kUnlimited;
};

/** One of several runs, the first of them that is found at a place: \s{2,}|[\n\r\t]. */
struct CharRuns {
  /** If there are several: so that a search, which tries each of them everywhere, stays linear. */
  static constexpr size_t kMinMax = 8;

  /** The first one at or after `from`. */
  CharRun::Match find(std::string_view text, size_t from) const noexcept;

  std::vector<CharRun> alternatives;
};

}  // namespace kubesentiment
