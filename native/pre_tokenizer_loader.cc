#include "pre_tokenizer_loader.h"

#include <optional>
#include <utility>

#include "regex_parser.h"

namespace kubesentiment {
namespace {

using namespace tokenizer_json;
using StepKind = PreTokenizer::Kind;
using Behavior = PreTokenizer::Behavior;
using Named = CharClass::Named;
using Step = PreTokenizer::Step;

// Real files have up to six; each one is a call deeper.
constexpr size_t kStepsMax = 32;

std::optional<Behavior> behavior_of(const std::string& name) {
  if (name == "Removed") return Behavior::removed;
  if (name == "Isolated") return Behavior::isolated;
  if (name == "Contiguous") return Behavior::contiguous;
  if (name == "MergedWithPrevious") return Behavior::merged_with_previous;
  if (name == "MergedWithNext") return Behavior::merged_with_next;
  return std::nullopt;
}

class PreTokenizerLoader {
 public:
  PreTokenizerLoader(Report& report, std::vector<Step>& steps) noexcept
      : report_(report), steps_(steps) {}

  Status add(const Value& value, const std::string& position) {
    if (steps_.size() >= kStepsMax) {
      return report_.unsupported(position, "beyond " + std::to_string(kStepsMax) + " steps");
    }
    const Object component(value);
    const std::string type = component.type();
    if (type == "Sequence") return add_sequence(component["pretokenizers"], position);
    if (type == "ByteLevel") return add_byte_level(component);
    if (type == "Metaspace") return add_metaspace(component, position);
    if (type == "Split") return add_split(component, position);
    if (type == "Punctuation") return add_punctuation(component, position);
    if (type == "Digits") {
      const bool alone = flag(component["individual_digits"]);
      add_chars(Named::rust_numeric, alone ? Behavior::isolated : Behavior::contiguous);
    } else if (type == "BertPreTokenizer") {
      add_chars(Named::rust_space, Behavior::removed);
      add_chars(Named::rust_punctuation, Behavior::isolated);
    } else if (type == "WhitespaceSplit") {
      add_chars(Named::rust_space, Behavior::removed);
    } else if (type == "Whitespace") {
      Step& step = add_step(StepKind::rust_words);
      step.behavior = Behavior::removed;
      step.inverted = true;
    } else {
      return report_.unsupported(position + ".type", type);
    }
    return Status::ok;
  }

 private:
  Step& add_step(StepKind kind) {
    Step& step = steps_.emplace_back();
    step.kind = kind;
    return step;
  }

  /** Each character is a match of its own, as `char` patterns are in the library. */
  void add_chars(Named named, Behavior behavior) {
    Step& step = add_step(StepKind::run);
    step.behavior = behavior;
    step.run = {CharClass(named), 1, 1};
  }

  Status add_sequence(const Value& list, const std::string& position) {
    size_t index = 0;
    Scanner scanner(list.text);
    for (Value value; scanner.next_element(value); ++index) {
      const Status status = add(value, position + ".pretokenizers[" + std::to_string(index) + "]");
      if (status != Status::ok) return status;
    }
    return scanner.status() == Status::ok
               ? Status::ok
               : report_.invalid(position + ".pretokenizers is not a list");
  }

  Status add_byte_level(const Object& component) {
    if (flag(component["add_prefix_space"], true)) add_step(StepKind::space_before);
    if (flag(component["use_regex"], true)) add_step(StepKind::words);
    add_step(StepKind::byte_alphabet);
    return Status::ok;
  }

  Status add_metaspace(const Object& component, const std::string& position) {
    Step& step =
        add_step(flag(component["split"], true) ? StepKind::metaspace : StepKind::metaspace_joined);
    step.behavior = Behavior::merged_with_next;
    step.text = text_or(component["replacement"], "");
    if (step.text.empty()) return report_.invalid(position + ".replacement is not a character");
    const std::string scheme = text_or(component["prepend_scheme"], "always");
    if (scheme == "always") step.prepend = PreTokenizer::Prepend::always;
    if (scheme == "first") step.prepend = PreTokenizer::Prepend::first;
    if (step.prepend == PreTokenizer::Prepend::never && scheme != "never") {
      return report_.unsupported(position + ".prepend_scheme", scheme);
    }
    if (scheme != "never" && !flag(component["add_prefix_space"], true)) {
      return report_.invalid(position + ".add_prefix_space does not match prepend_scheme");
    }
    return Status::ok;
  }

  Status add_punctuation(const Object& component, const std::string& position) {
    const std::string name = text_or(component["behavior"], "Isolated");
    const auto behavior = behavior_of(name);
    if (!behavior) return report_.unsupported(position + ".behavior", name);
    add_chars(Named::rust_punctuation, *behavior);
    return Status::ok;
  }

  Status add_split(const Object& component, const std::string& position) {
    const std::string name = text_or(component["behavior"], "");
    const auto behavior = behavior_of(name);
    if (!behavior) return report_.unsupported(position + ".behavior", name);
    const Object pattern(component["pattern"]);
    const std::string regex = text_or(pattern["Regex"], "");
    Step step;
    step.behavior = *behavior;
    step.inverted = flag(component["invert"]);
    step.kind = StepKind::text;
    step.text = text_or(pattern["String"], "");
    if (!regex.empty() && !read_regex(regex, step)) {
      return report_.unsupported(position + ".pattern.Regex", regex);
    }
    if (step.kind == StepKind::text && step.text.empty()) {
      return report_.invalid(position + ".pattern is neither a String nor a Regex");
    }
    steps_.push_back(std::move(step));
    return Status::ok;
  }

  static bool read_regex(const std::string& regex, Step& step) {
    if (const auto kind = WordPattern::find(regex)) {
      step.kind = StepKind::words;
      step.words = WordPattern(*kind);
    } else if (auto text = parse_literal(regex)) {
      step.text = std::move(*text);
    } else if (auto run = parse_char_run(regex)) {
      step.kind = StepKind::run;
      step.run = std::move(*run);
    } else {
      return false;
    }
    return true;
  }

  Report& report_;
  std::vector<Step>& steps_;
};

bool splits_each(const Step& step, Named named, Behavior behavior) noexcept {
  return step.kind == StepKind::run && step.run.max == 1 && step.run.chars.is_only(named) &&
         step.behavior == behavior && !step.inverted;
}

}  // namespace

bool is_whitespace_split(const Step& step) noexcept {
  return splits_each(step, Named::rust_space, Behavior::removed);
}

bool is_punctuation_split(const Step& step) noexcept {
  return splits_each(step, Named::rust_punctuation, Behavior::isolated);
}

Status load_pre_tokenizer(const Value& value, Report& report, std::vector<Step>& steps) {
  if (value.kind == Kind::null) return Status::ok;
  return PreTokenizerLoader(report, steps).add(value, "pre_tokenizer");
}

}  // namespace kubesentiment
