#include "tokenizer_loader.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "model_loader.h"
#include "normalizer_loader.h"
#include "pre_tokenizer_loader.h"
#include "tokenizer_json.h"

namespace kubesentiment {
namespace {

using namespace tokenizer_json;

/**
 * Reads the components in order and stops at the first that is not supported, with `reason` set.
 */
class Loader {
 public:
  explicit Loader(std::string& reason) noexcept : report_(reason) {}

  Status load(std::string_view file, Tokenizer& tokenizer) {
    const Object root(file);
    if (root.status() != Status::ok) return report_.invalid("the file is not a valid JSON object");
    Tokenizer::Parts parts;
    std::vector<PreTokenizer::Step> steps;
    Status status = load_pre_tokenizer(root["pre_tokenizer"], report_, steps);
    if (status == Status::ok) status = load_normalizer(root["normalizer"], report_, parts);
    if (status == Status::ok) {
      status = load_model(root["model"], steps, report_, strings_, vocabulary_, parts);
    }
    if (status == Status::ok) status = load_added_tokens(root["added_tokens"], parts);
    if (status == Status::ok) status = check_first(steps, parts);
    if (status == Status::ok) {
      status = load_post_processor(Object(root["post_processor"]), "post_processor", parts);
    }
    if (status == Status::ok) {
      status = load_side(root["truncation"], "truncation.direction", parts.truncate_left);
    }
    if (status == Status::ok) status = load_padding(root["padding"], parts);
    if (status == Status::ok) tokenizer = Tokenizer(std::move(parts));
    return status;
  }

 private:
  /**
   * `prepend_scheme: first` depends on where in the original text a piece begins. That is known
   * unless a normalizer deletes the beginning, or makes several characters of the first one,
   * between which pieces may begin.
   */
  Status check_first(const std::vector<PreTokenizer::Step>& steps, const Tokenizer::Parts& parts) {
    const auto asks = [](const PreTokenizer::Step& step) {
      return step.prepend == PreTokenizer::Prepend::first;
    };
    if (std::none_of(steps.begin(), steps.end(), asks)) return Status::ok;
    const std::string what = "pre_tokenizer with the prepend_scheme \"first\" behind";
    if (!PreTokenizer::knows_first(steps)) return report_.unsupported(what, "a step that writes");
    if (std::holds_alternative<std::monostate>(parts.normalizer)) return Status::ok;
    const auto* const chain = std::get_if<NormalizerChain>(&parts.normalizer);
    const bool known = chain != nullptr && chain->keeps_beginning() && asks(steps[0]) &&
                       parts.normalized_tokens.empty();
    return known ? Status::ok : report_.unsupported(what, "this normalizer");
  }

  Status load_side(const Value& component, const std::string& position, bool& left) {
    const std::string direction = text_or(Object(component)["direction"], "Right");
    left = direction == "Left";
    return left || direction == "Right" ? Status::ok : report_.unsupported(position, direction);
  }

  Status load_added_tokens(const Value& list, Tokenizer::Parts& parts) {
    if (list.kind == Kind::null) return Status::ok;
    std::vector<AddedToken> tokens;
    std::vector<AddedToken> normalized_tokens;
    auto next_id = static_cast<int32_t>(vocabulary_.size());
    size_t index = 0;
    Scanner scanner(list.text);
    for (Value element; scanner.next_element(element); ++index) {
      const Object entry(element);
      const std::string position = "added_tokens[" + std::to_string(index) + "]";
      AddedToken token;
      token.content = text_or(entry["content"], "");
      if (token.content.empty()) return report_.invalid(position + ".content is not a text");
      // The library takes the id from the vocabulary, or the next free one; another id in the file
      // has no effect.
      const std::optional<int32_t> in_model = vocabulary_.find(token.content);
      token.id = in_model ? *in_model : next_id++;
      int32_t id = 0;
      if (!read_count(entry["id"], id) || id != token.id) {
        return report_.invalid(position + ".id is not " + std::to_string(token.id) +
                               ", the id that the vocabulary implies");
      }
      token.single_word = flag(entry["single_word"]);
      token.lstrip = flag(entry["lstrip"]);
      token.rstrip = flag(entry["rstrip"]);
      if (flag(entry["normalized"], true)) {
        token.content = normalize(token.content, parts);
        if (token.content.empty()) {
          return report_.invalid(position + ".content is nothing when it is normalized");
        }
        normalized_tokens.push_back(std::move(token));
      } else {
        tokens.push_back(std::move(token));
      }
    }
    if (scanner.status() != Status::ok) return report_.invalid("added_tokens is not a list");
    parts.added_tokens.load(std::move(tokens));
    parts.normalized_tokens.load(std::move(normalized_tokens));
    return Status::ok;
  }

  static std::string normalize(const std::string& text, Tokenizer::Parts& parts) {
    if (auto* const bert = std::get_if<Normalizer>(&parts.normalizer)) {
      return std::string(bert->normalize(text));
    }
    auto* const chain = std::get_if<NormalizerChain>(&parts.normalizer);
    return chain == nullptr ? text : std::string(chain->normalize(text, {}));
  }

  Status load_post_processor(const Object& component, const std::string& position,
                             Tokenizer::Parts& parts) {
    const std::string type = component.type();
    if (type == "null" || type == "ByteLevel") return Status::ok;  // the latter moves offsets only
    if (type == "Sequence") return load_sequence(component["processors"], position, parts);
    if (!parts.prefix.empty() || !parts.suffix.empty()) {
      return report_.unsupported(position + " behind another one, type", type);
    }
    if (type == "TemplateProcessing") return load_template(component, position, parts);
    if (type != "BertProcessing" && type != "RobertaProcessing") {
      return report_.unsupported(position + ".type", type);
    }
    if (!append_pair(component["cls"], parts.prefix)) {
      return report_.invalid(position + ".cls is not a token and its id");
    }
    if (!append_pair(component["sep"], parts.suffix)) {
      return report_.invalid(position + ".sep is not a token and its id");
    }
    return Status::ok;
  }

  Status load_sequence(const Value& list, const std::string& position, Tokenizer::Parts& parts) {
    size_t index = 0;
    Scanner scanner(list.text);
    for (Value value; scanner.next_element(value); ++index) {
      const Status status = load_post_processor(
          Object(value), position + ".processors[" + std::to_string(index) + "]", parts);
      if (status != Status::ok) return status;
    }
    return scanner.status() == Status::ok ? Status::ok
                                          : report_.invalid(position + ".processors is not a list");
  }

  // ["[CLS]", 101]
  static bool append_pair(const Value& pair, std::vector<int32_t>& ids) {
    Value token, id_value;
    int32_t id = 0;
    if (!read_pair(pair, token, id_value) || token.kind != Kind::string ||
        !read_count(id_value, id)) {
      return false;
    }
    ids.push_back(id);
    return true;
  }

  Status load_template(const Object& component, const std::string& place, Tokenizer::Parts& parts) {
    bool text_seen = false;
    size_t index = 0;
    Scanner scanner(component["single"].text);
    for (Value piece; scanner.next_element(piece); ++index) {
      const std::string position = place + ".single[" + std::to_string(index) + "]";
      const Value special = Object(piece)["SpecialToken"];
      const Object item(special.kind == Kind::null ? Object(piece)["Sequence"] : special);
      const std::string name = text_or(item["id"], "");
      int32_t type_id = 0;
      if (!read_count(item["type_id"], type_id))
        return report_.invalid(position + " has no type_id");
      if (type_id != 0) return report_.unsupported(position + ".type_id", std::to_string(type_id));
      if (special.kind != Kind::null) {
        const Value ids = Object(Object(component["special_tokens"])[name])["ids"];
        if (!append_ids(ids, text_seen ? parts.suffix : parts.prefix)) {
          return report_.invalid(position + " names a token that " + place +
                                 ".special_tokens does not contain");
        }
      } else if (text_seen || name != "A") {
        return report_.unsupported(position + ".Sequence", name);
      } else {
        text_seen = true;
      }
    }
    return text_seen ? Status::ok : report_.invalid(place + ".single has no Sequence");
  }

  static bool append_ids(const Value& list, std::vector<int32_t>& ids) {
    Scanner scanner(list.text);
    for (Value value; scanner.next_element(value);) {
      int32_t id = 0;
      if (!read_count(value, id)) return false;
      ids.push_back(id);
    }
    return scanner.status() == Status::ok;
  }

  // Without a `padding` section the library does not pad; the models were trained with [PAD] or
  // <pad>.
  Status load_padding(const Value& value, Tokenizer::Parts& parts) {
    const auto bert_pad = vocabulary_.find("[PAD]");
    parts.pad_id = bert_pad ? *bert_pad : vocabulary_.find("<pad>").value_or(0);
    if (value.kind == Kind::null) return Status::ok;
    if (!read_count(Object(value)["pad_id"], parts.pad_id)) {
      return report_.invalid("padding.pad_id is not an id");
    }
    return load_side(value, "padding.direction", parts.pad_left);
  }

  Report report_;
  Strings strings_;
  Vocabulary vocabulary_;
};

}  // namespace

Status load_tokenizer(std::string_view file, Tokenizer& tokenizer, std::string& reason) {
  const std::string terminated(file);  // the scanner stops at the terminating NUL
  return Loader(reason).load(terminated, tokenizer);
}

}  // namespace kubesentiment
