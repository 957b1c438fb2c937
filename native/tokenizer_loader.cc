#include "tokenizer_loader.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "json.h"

namespace kubesentiment {
namespace {

using Member = std::optional<json::Element>;
using Vocabulary = std::unordered_map<std::string_view, int32_t>;

// A member that is null or missing: the library treats both alike.
Member child(Member parent, std::string_view key) noexcept {
  json::Element element;
  if (!parent || (*parent)[key].get(element) || element.is_null()) return std::nullopt;
  return element;
}

std::string_view text_or(Member element, std::string_view otherwise) noexcept {
  std::string_view text;
  return element && !element->get(text) ? text : otherwise;
}

bool flag(Member parent, std::string_view key, bool otherwise = false) noexcept {
  const Member element = child(parent, key);
  bool value = false;
  return element && !element->get(value) ? value : otherwise;
}

bool read_id(Member element, int32_t& id) noexcept {
  int64_t value = 0;
  if (!element || element->get(value) || value < 0 || value > INT32_MAX) return false;
  id = static_cast<int32_t>(value);
  return true;
}

/** Reads the components one after the other; the first that cannot be had ends it, with `reason` set. */
class Loader {
 public:
  explicit Loader(std::string& reason) noexcept : reason_(reason) {}

  Status load(json::Element root, Tokenizer& tokenizer) {
    Tokenizer::Parts parts;
    Status status = load_model(child(root, "model"), parts.model);
    if (status == Status::ok) status = load_added_tokens(child(root, "added_tokens"), parts.added_tokens);
    if (status == Status::ok) status = load_normalizer(child(root, "normalizer"), parts.normalizer);
    if (status == Status::ok) status = require(child(root, "pre_tokenizer"), "pre_tokenizer", "BertPreTokenizer");
    if (status == Status::ok) status = load_post_processor(child(root, "post_processor"), parts);
    if (status == Status::ok) status = require_right(child(root, "truncation"), "truncation.direction");
    if (status == Status::ok) status = load_padding(child(root, "padding"), parts.pad_id);
    if (status == Status::ok) tokenizer = Tokenizer(std::move(parts));
    return status;
  }

 private:
  Status invalid(std::string reason) {
    reason_ = std::move(reason);
    return Status::tokenizer_invalid;
  }
  Status unsupported(std::string_view position, std::string_view name) {
    reason_.assign(position).append(" \"").append(name).append("\" is not implemented");
    return Status::tokenizer_unsupported;
  }

  Status require(Member component, std::string_view position, std::string_view name) {
    const std::string_view type = text_or(child(component, "type"), "null");
    return type == name ? Status::ok : unsupported(std::string(position) + ".type", type);
  }
  Status require_right(Member component, std::string_view position) {
    const std::string_view direction = text_or(child(component, "direction"), "Right");
    return direction == "Right" ? Status::ok : unsupported(position, direction);
  }

  Status load_model(Member model, WordPiece& wordpiece) {
    if (const Status status = require(model, "model", "WordPiece"); status != Status::ok) return status;
    json::Object vocabulary;
    const Member member = child(model, "vocab");
    if (!member || member->get(vocabulary)) return invalid("model.vocab is not an object");
    const std::string_view prefix = text_or(child(model, "continuing_subword_prefix"), "##");
    std::vector<Trie::Entry> initial;
    std::vector<Trie::Entry> continuing;
    for (const auto [token, id_element] : vocabulary) {
      int32_t id = 0;
      if (!read_id(id_element, id)) return invalid("model.vocab holds an id that is not a number from 0 to 2^31-1");
      vocabulary_[token] = id;
      if (!token.empty()) initial.push_back({token, id});
      if (token.size() > prefix.size() && token.substr(0, prefix.size()) == prefix) {
        continuing.push_back({token.substr(prefix.size()), id});
      }
    }
    const std::string_view unknown_token = text_or(child(model, "unk_token"), "[UNK]");
    const auto unknown = vocabulary_.find(unknown_token);
    if (unknown == vocabulary_.end()) return invalid("model.vocab does not hold model.unk_token");
    uint64_t max_chars = 100;
    const Member limit = child(model, "max_input_chars_per_word");
    if (limit && limit->get(max_chars)) return invalid("model.max_input_chars_per_word is not a count");

    Trie initial_trie;
    Trie continuing_trie;
    initial_trie.build(std::move(initial));
    continuing_trie.build(std::move(continuing));
    wordpiece.load(std::move(initial_trie), std::move(continuing_trie), unknown->second, max_chars);
    return Status::ok;
  }

  Status load_added_tokens(Member list, AddedTokens& added_tokens) {
    if (!list) return Status::ok;
    json::Array array;
    if (list->get(array)) return invalid("added_tokens is not a list");
    std::vector<AddedToken> tokens;
    auto next_id = static_cast<int32_t>(vocabulary_.size());
    for (const json::Element element : array) {
      const std::string position = "added_tokens[" + std::to_string(tokens.size()) + "]";
      AddedToken token;
      token.content = text_or(child(element, "content"), "");
      if (token.content.empty()) return invalid(position + ".content is not a text");
      // The library gives a token its id of the vocabulary, or the next free one; another id in the file has no effect.
      const auto known = vocabulary_.find(token.content);
      token.id = known == vocabulary_.end() ? next_id++ : known->second;
      int32_t id = 0;
      if (!read_id(child(element, "id"), id) || id != token.id) {
        return invalid(position + ".id is not " + std::to_string(token.id) + ", the id that the vocabulary implies");
      }
      if (flag(element, "normalized", true)) return unsupported(position + ".normalized", "true");
      token.single_word = flag(element, "single_word");
      token.lstrip = flag(element, "lstrip");
      token.rstrip = flag(element, "rstrip");
      tokens.push_back(std::move(token));
    }
    added_tokens.load(std::move(tokens));
    return Status::ok;
  }

  Status load_normalizer(Member component, Normalizer& normalizer) {
    if (!component) return Status::ok;
    if (const Status status = require(component, "normalizer", "BertNormalizer"); status != Status::ok) return status;
    Normalizer::Options options;
    options.clean_text = flag(component, "clean_text", true);
    options.handle_chinese_chars = flag(component, "handle_chinese_chars", true);
    options.lowercase = flag(component, "lowercase", true);
    options.strip_accents = flag(component, "strip_accents", options.lowercase);
    normalizer = Normalizer(options);
    return Status::ok;
  }

  Status load_post_processor(Member component, Tokenizer::Parts& parts) {
    if (!component) return Status::ok;
    const std::string_view type = text_or(child(component, "type"), "null");
    if (type == "TemplateProcessing") return load_template(component, parts);
    if (type != "BertProcessing" && type != "RobertaProcessing") return unsupported("post_processor.type", type);
    return load_pair(child(component, "cls"), "post_processor.cls", parts.prefix) &&
                   load_pair(child(component, "sep"), "post_processor.sep", parts.suffix)
               ? Status::ok
               : Status::tokenizer_invalid;
  }

  // ["[CLS]", 101]
  bool load_pair(Member pair, std::string_view position, std::vector<int32_t>& ids) {
    json::Array array;
    json::Element element;
    int32_t id = 0;
    if (pair && !pair->get(array) && array.size() == 2 && !array.at(1).get(element) && read_id(element, id)) {
      ids.push_back(id);
      return true;
    }
    reason_.assign(position).append(" is not a token and its id");
    return false;
  }

  Status load_template(Member component, Tokenizer::Parts& parts) {
    json::Array pieces;
    const Member single = child(component, "single");
    if (!single || single->get(pieces)) return invalid("post_processor.single is not a list");
    bool text_seen = false;
    size_t index = 0;
    for (const json::Element piece : pieces) {
      const std::string position = "post_processor.single[" + std::to_string(index++) + "]";
      const Member special = child(piece, "SpecialToken");
      const Member sequence = child(piece, "Sequence");
      int32_t type_id = 0;
      if (!read_id(child(special ? special : sequence, "type_id"), type_id)) return invalid(position + " has no type_id");
      if (type_id != 0) return unsupported(position + ".type_id", std::to_string(type_id));
      if (special) {
        std::vector<int32_t>& ids = text_seen ? parts.suffix : parts.prefix;
        const std::string_view name = text_or(child(special, "id"), "");
        if (!append_special(child(child(component, "special_tokens"), name), ids)) {
          return invalid(position + " names a token that post_processor.special_tokens does not hold");
        }
      } else if (text_seen || text_or(child(sequence, "id"), "") != "A") {
        return unsupported(position + ".Sequence", text_or(child(sequence, "id"), ""));
      } else {
        text_seen = true;
      }
    }
    return text_seen ? Status::ok : invalid("post_processor.single has no Sequence");
  }

  static bool append_special(Member special, std::vector<int32_t>& ids) {
    json::Array array;
    const Member list = child(special, "ids");
    if (!list || list->get(array)) return false;
    for (const json::Element element : array) {
      int32_t id = 0;
      if (!read_id(element, id)) return false;
      ids.push_back(id);
    }
    return true;
  }

  // Without a `padding` section the library pads with nothing; [PAD] is what the models were trained with.
  Status load_padding(Member component, int32_t& pad_id) {
    const auto pad = vocabulary_.find("[PAD]");
    if (pad != vocabulary_.end()) pad_id = pad->second;
    if (!component) return Status::ok;
    if (!read_id(child(component, "pad_id"), pad_id)) return invalid("padding.pad_id is not an id");
    return require_right(component, "padding.direction");
  }

  std::string& reason_;
  Vocabulary vocabulary_;
};

}  // namespace

Status load_tokenizer(std::string_view file, Tokenizer& tokenizer, std::string& reason) {
  json::Parser parser;
  json::Element root;
  if (const auto error = parser.parse(file.data(), file.size()).get(root)) {
    reason = simdjson::error_message(error);
    return Status::tokenizer_invalid;
  }
  return Loader(reason).load(root, tokenizer);
}

}  // namespace kubesentiment
