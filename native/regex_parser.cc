#include "regex_parser.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "utf8.h"

namespace kubesentiment {
namespace {

constexpr size_t kRepeatMax = 100000;  // as in Oniguruma

/** One character, or a class of a name. */
struct Atom {
  bool named = false;
  uint32_t code_point = 0;
  CharClass::Named name = CharClass::Named::space;
  bool inverted = false;
};

class RegexReader {
 public:
  explicit RegexReader(std::string_view regex) noexcept : rest_(regex) {}

  bool at_end() const noexcept { return rest_.empty(); }

  std::optional<CharRuns> runs() {
    CharRuns runs;
    do {
      CharRun& run = runs.alternatives.emplace_back();
      const bool group = eat("(?:") || eat("(");
      if (!read_class(run.chars) || !read_repeat(run) || (group && !eat(")"))) return std::nullopt;
    } while (eat("|"));
    const auto is_long = [](const CharRun& run) { return run.min > CharRuns::kMinMax; };
    const bool several = runs.alternatives.size() > 1;
    if (!at_end() ||
        (several && std::any_of(runs.alternatives.begin(), runs.alternatives.end(), is_long))) {
      return std::nullopt;
    }
    return runs;
  }

  bool read_literal(std::string& text) {
    Atom atom;
    if (starts_with_operator() || !read_atom(atom) || atom.named) return false;
    char bytes[4];
    text.append(bytes, utf8::encode(atom.code_point, bytes));
    return true;
  }

 private:
  bool eat(std::string_view token) noexcept {
    if (rest_.substr(0, token.size()) != token) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  bool starts_with_operator() const noexcept {
    return rest_.empty() || std::string_view(".^$|?*+()[]{}").find(rest_[0]) != rest_.npos;
  }

  bool read_class(CharClass& chars) {
    Atom atom;
    if (!eat("[")) {
      if (starts_with_operator() || !read_atom(atom)) return false;
      add(atom, chars);
      return true;
    }
    const bool inverted = eat("^");
    bool any = false;
    while (!eat("]")) {
      if (!read_member(chars, !any)) return false;
      any = true;
    }
    if (inverted) chars.invert();
    return any;
  }

  // Sets inside sets, && and - in the middle mean something else and are left alone.
  bool read_member(CharClass& chars, bool first) {
    if (rest_.empty() || rest_[0] == '[' || rest_.substr(0, 2) == "&&") return false;
    if (rest_[0] == '-' && !first && rest_.substr(0, 2) != "-]") return false;
    Atom from, to;
    if (!read_atom(from)) return false;
    const bool range = rest_.size() > 1 && rest_[0] == '-' && rest_[1] != ']';
    if (!range) {
      add(from, chars);
      return true;
    }
    rest_.remove_prefix(1);
    if (rest_[0] == '[' || from.named || !read_atom(to) || to.named) return false;
    if (to.code_point < from.code_point) return false;
    chars.add_range(from.code_point, to.code_point);
    return to.code_point > 0;
  }

  static void add(const Atom& atom, CharClass& chars) {
    if (atom.named) {
      chars.add(atom.name, atom.inverted);
    } else {
      chars.add_range(atom.code_point, atom.code_point);
    }
  }

  bool read_atom(Atom& atom) {
    if (rest_.empty()) return false;
    if (eat("\\")) return read_escape(atom);
    const utf8::Decoded decoded = utf8::decode(rest_.data());
    rest_.remove_prefix(decoded.length);
    atom.code_point = decoded.code_point;
    return decoded.code_point > 0;
  }

  bool read_escape(Atom& atom) {
    using Named = CharClass::Named;
    if (rest_.empty()) return false;
    const char c = rest_[0];
    rest_.remove_prefix(1);
    const auto is = [&atom](Named name, bool inverted) {
      atom = {true, 0, name, inverted};
      return true;
    };
    switch (c) {
      case 's':
      case 'S':
        return is(Named::space, c == 'S');
      case 'd':
      case 'D':
        return is(Named::digit, c == 'D');
      case 'w':
      case 'W':
        return is(Named::word, c == 'W');
      case 'p':
      case 'P':
        if (eat("{L}")) return is(Named::letter, c == 'P');
        if (eat("{N}")) return is(Named::number, c == 'P');
        if (eat("{M}")) return is(Named::mark, c == 'P');
        if (eat("{Zs}")) return is(Named::space_separator, c == 'P');
        return eat("{P}") && is(Named::punctuation, c == 'P');
      case 'n':
        atom.code_point = '\n';
        return true;
      case 'r':
        atom.code_point = '\r';
        return true;
      case 't':
        atom.code_point = '\t';
        return true;
      case 'u':
        return read_hex(atom);
      default:
        atom.code_point = static_cast<uint8_t>(c);
        return std::string_view("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ").find(c) !=
               std::string_view::npos;
    }
  }

  // Four digits; half of a surrogate pair is no character.
  bool read_hex(Atom& atom) {
    constexpr size_t kDigits = 4;
    const char* const at = rest_.data();
    const auto [behind, error] =
        std::from_chars(at, at + std::min(rest_.size(), kDigits), atom.code_point, 16);
    if (error != std::errc() || behind != at + kDigits) return false;
    rest_.remove_prefix(kDigits);
    return atom.code_point > 0 && (atom.code_point < 0xD800 || atom.code_point > 0xDFFF);
  }

  // None, +, {n}, {n,} or {n,m}; of nothing at all there is no run.
  bool read_repeat(CharRun& run) {
    if (eat("+")) return true;
    if (!eat("{")) {
      run.max = 1;
      return true;
    }
    if (!read_number(run.min)) return false;
    run.max = run.min;
    if (eat(",")) {
      run.max = CharRun::kUnlimited;
      if (rest_.substr(0, 1) != "}" && !read_number(run.max)) return false;
    }
    return eat("}") && run.min > 0 && run.min <= run.max;
  }

  bool read_number(size_t& number) {
    const char* const end = rest_.data() + rest_.size();
    const auto [behind, error] = std::from_chars(rest_.data(), end, number);
    if (error != std::errc()) return false;
    rest_.remove_prefix(static_cast<size_t>(behind - rest_.data()));
    return number <= kRepeatMax;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<CharRuns> parse_char_runs(std::string_view regex) {
  return RegexReader(regex).runs();
}

std::optional<CharRun> parse_char_run(std::string_view regex) {
  auto runs = parse_char_runs(regex);
  if (!runs || runs->alternatives.size() > 1) return std::nullopt;
  return std::move(runs->alternatives[0]);
}

std::optional<std::string> parse_literal(std::string_view regex) {
  RegexReader reader(regex);
  std::string text;
  while (!reader.at_end()) {
    if (!reader.read_literal(text)) return std::nullopt;
  }
  return text;
}

}  // namespace kubesentiment
