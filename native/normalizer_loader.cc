#include "normalizer_loader.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base64.h"

namespace kubesentiment {
namespace {

using namespace tokenizer_json;
using Step = NormalizerChain::Step;

// The only regular expression that SentencePiece models use, and what it means.
constexpr std::string_view kSpacesPattern = " {2,}";
// Together, replacements make a text at most this much longer. Those of real models triple it.
constexpr double kGrowthMax = 64;

class ChainLoader {
 public:
  explicit ChainLoader(Report& report) noexcept : report_(report) {}

  Status add(const Value& value, const std::string& position) {
    const Object component(value);
    const std::string type = component.type();
    if (type == "Sequence") return add_sequence(component["normalizers"], position);
    if (type == "Precompiled") return add_precompiled(component, position);
    if (type == "Replace") return add_replace(component, position);
    if (type == "Strip") {
      Step& step = add_step(NormalizerChain::Kind::strip);
      step.left = flag(component["strip_left"]);
      step.right = flag(component["strip_right"]);
    } else if (type == "Nmt") {
      add_step(NormalizerChain::Kind::nmt);
    } else {
      return report_.unsupported(position + ".type", type);
    }
    return Status::ok;
  }

  NormalizerChain chain() { return {std::move(steps_), std::move(charsmaps_)}; }

 private:
  Step& add_step(NormalizerChain::Kind kind) {
    Step step;
    step.kind = kind;
    return steps_.emplace_back(std::move(step));
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
    add_step(NormalizerChain::Kind::precompiled).charsmap = charsmaps_.size();
    charsmaps_.push_back(std::move(charsmap));
    return Status::ok;
  }

  Status add_replace(const Object& component, const std::string& position) {
    const Object pattern(component["pattern"]);
    const std::string regex = text_or(pattern["Regex"], "");
    const std::string text = text_or(pattern["String"], "");
    if (!regex.empty() && regex != kSpacesPattern) {
      return report_.unsupported(position + ".pattern.Regex", regex);
    }
    if (regex.empty() && text.empty()) {
      return report_.invalid(position + ".pattern is neither a String nor a Regex");
    }
    Step& step = add_step(regex.empty() ? NormalizerChain::Kind::replace_text
                                        : NormalizerChain::Kind::replace_spaces);
    step.pattern = regex.empty() ? text : "  ";
    step.content = text_or(component["content"], "");
    const auto content_bytes = static_cast<double>(step.content.size());
    growth_ *= std::max(1.0, content_bytes / static_cast<double>(step.pattern.size()));
    if (growth_ <= kGrowthMax) return Status::ok;
    return report_.unsupported(position + ".content", "longer than a text may become");
  }

  Report& report_;
  double growth_ = 1;  // of the replacements, at most
  std::vector<Step> steps_;
  std::vector<Charsmap> charsmaps_;
};

Normalizer bert_normalizer(const Object& component) {
  Normalizer::Options options;
  options.clean_text = flag(component["clean_text"], true);
  options.handle_chinese_chars = flag(component["handle_chinese_chars"], true);
  options.lowercase = flag(component["lowercase"], true);
  options.strip_accents = flag(component["strip_accents"], options.lowercase);
  return Normalizer(options);
}

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
