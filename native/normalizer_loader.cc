#include "normalizer_loader.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base64.h"
#include "regex_parser.h"

namespace kubesentiment {
namespace {

using namespace tokenizer_json;
using Step = NormalizerChain::Step;

// The regular expression of SentencePiece models, which has a search of its own.
constexpr std::string_view kSpacesPattern = " {2,}";
// Together, replacements make a text at most this much longer. Those of real models triple it.
constexpr double kGrowthMax = 64;

Normalizer bert_normalizer(const Object& component) {
  Normalizer::Options options;
  options.clean_text = flag(component["clean_text"], true);
  options.handle_chinese_chars = flag(component["handle_chinese_chars"], true);
  options.lowercase = flag(component["lowercase"], true);
  options.strip_accents = flag(component["strip_accents"], options.lowercase);
  return Normalizer(options);
}

class ChainLoader {
 public:
  using StepKind = NormalizerChain::Kind;

  explicit ChainLoader(Report& report) noexcept : report_(report) {}

  Status add(const Value& value, const std::string& position) {
    const Object component(value);
    const std::string type = component.type();
    if (type == "Sequence") return add_sequence(component["normalizers"], position);
    if (type == "Precompiled") return add_precompiled(component, position);
    if (type == "Replace") return add_replace(component, position);
    if (type == "NFC") return add_form(NormalForm::Kind::nfc);
    if (type == "NFD") return add_form(NormalForm::Kind::nfd);
    if (type == "NFKC") return add_form(NormalForm::Kind::nfkc);
    if (type == "NFKD") return add_form(NormalForm::Kind::nfkd);
    if (type == "Strip") {
      Step& step = add_step(StepKind::strip);
      step.left = flag(component["strip_left"]);
      step.right = flag(component["strip_right"]);
    } else if (type == "Prepend") {
      add_step(StepKind::prepend).content = text_or(component["prepend"], "");
    } else if (type == "BertNormalizer") {
      add_step(StepKind::bert).normalizer = bert_normalizer(component);
    } else if (type == "Lowercase") {
      add_step(StepKind::lowercase);
    } else if (type == "StripAccents") {
      add_step(StepKind::strip_accents);
    } else if (type == "Nmt") {
      add_step(StepKind::nmt);
    } else {
      return report_.unsupported(position + ".type", type);
    }
    return Status::ok;
  }

  NormalizerChain chain() { return NormalizerChain(std::move(steps_)); }

 private:
  Step& add_step(StepKind kind) {
    Step step;
    step.kind = kind;
    return steps_.emplace_back(std::move(step));
  }

  Status add_form(NormalForm::Kind kind) {
    add_step(StepKind::normal_form).form = NormalForm(kind);
    return Status::ok;
  }

  Status add_sequence(const Value& list, const std::string& position) {
    size_t index = 0;
    Scanner scanner(list.text);
    for (Value value; scanner.next_element(value); ++index) {
      const Status status = add(value, position + ".normalizers[" + std::to_string(index) + "]");
      if (status != Status::ok) return status;
    }
    return scanner.status() == Status::ok
               ? Status::ok
               : report_.invalid(position + ".normalizers is not a list");
  }

  Status add_precompiled(const Object& component, const std::string& position) {
    std::string bytes;
    Charsmap charsmap;
    if (!decode_base64(text_or(component["precompiled_charsmap"], ""), bytes) ||
        !charsmap.load(bytes)) {
      return report_.invalid(position + ".precompiled_charsmap is not a map of characters");
    }
    add_step(StepKind::precompiled).charsmap = std::move(charsmap);
    return Status::ok;
  }

  Status add_replace(const Object& component, const std::string& position) {
    const Object pattern(component["pattern"]);
    const std::string regex = text_or(pattern["Regex"], "");
    Step step;
    step.kind = StepKind::replace_text;
    step.pattern = text_or(pattern["String"], "");
    step.content = text_or(component["content"], "");
    if (regex == kSpacesPattern) {
      step.kind = StepKind::replace_spaces;
      step.pattern = "  ";
    } else if (!regex.empty() && !read_regex(regex, step)) {
      return report_.unsupported(position + ".pattern.Regex", regex);
    }
    size_t shortest = step.pattern.size();
    if (step.kind == StepKind::replace_run) {
      const auto& runs = step.runs.alternatives;
      const auto is_shorter = [](const CharRun& a, const CharRun& b) { return a.min < b.min; };
      shortest = std::min_element(runs.begin(), runs.end(), is_shorter)->min;
    }
    if (shortest == 0) {
      return report_.invalid(position + ".pattern is neither a String nor a Regex");
    }
    const auto content_bytes = static_cast<double>(step.content.size());
    growth_ *= std::max(1.0, content_bytes / static_cast<double>(shortest));
    steps_.push_back(std::move(step));
    if (growth_ <= kGrowthMax) return Status::ok;
    return report_.unsupported(position + ".content", "longer than a text may become");
  }

  static bool read_regex(const std::string& regex, Step& step) {
    if (auto text = parse_literal(regex)) {
      step.pattern = std::move(*text);
      return true;
    }
    auto runs = parse_char_runs(regex);
    if (!runs) return false;
    step.kind = StepKind::replace_run;
    step.runs = std::move(*runs);
    return true;
  }

  Report& report_;
  double growth_ = 1;  // of the replacements, at most
  std::vector<Step> steps_;
};

}  // namespace

Status load_normalizer(const Value& value, Report& report, Tokenizer::Parts& parts) {
  if (value.kind == Kind::null) return Status::ok;
  const Object component(value);
  if (component.type() == "BertNormalizer") {
    parts.normalizer = bert_normalizer(component);
    return Status::ok;
  }
  ChainLoader loader(report);
  const Status status = loader.add(value, "normalizer");
  if (status == Status::ok) parts.normalizer = loader.chain();
  return status;
}

}  // namespace kubesentiment
