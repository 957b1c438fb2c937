#include "tokenizer_loader.h"

#include <charconv>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "json.h"

namespace kubesentiment {
namespace {

using json::Kind;
using json::Scanner;
using json::Value;

std::string text_of(const Value& string) {
  std::string text(string.inside());
  if (string.escaped)
    text.resize(static_cast<size_t>(json::unescape(string, text.data()) - text.data()));
  return text;
}

/** The members of an object; a null stands for one that is missing, as the library treats both
 * alike. */
class Object {
 public:
  explicit Object(std::string_view document) {
    Scanner scanner(document);
    for (Value key, member; scanner.next_member(key, member);)
      members_.emplace_back(text_of(key), member);
    status_ = scanner.status();
  }
  explicit Object(const Value& value) : Object(value.text) {}
  Status status() const noexcept { return status_; }
  Value operator[](std::string_view name) const {
    Value found;
    for (const auto& [key, value] : members_) {
      if (key == name) found = value;
    }
    return found;
  }

 private:
  std::vector<std::pair<std::string, Value>> members_;
  Status status_;
};

std::string text_or(const Value& value, std::string_view otherwise) {
  return value.kind == Kind::string ? text_of(value) : std::string(otherwise);
}

bool flag(const Value& value, bool otherwise = false) noexcept {
  return value.kind == Kind::boolean_true || (value.kind != Kind::boolean_false && otherwise);
}

template <typename Integer>
bool read_count(const Value& value, Integer& count) noexcept {
  const char* const end = value.text.data() + value.text.size();
  Integer read = 0;
  const auto result = std::from_chars(value.text.data(), end, read);
  if (value.kind != Kind::number || result.ec != std::errc() || result.ptr != end || read < 0)
    return false;
  count = read;
  return true;
}

/** Reads the components one after the other; the first that cannot be had ends it, with `reason`
 * set. */
class Loader {
 public:
  explicit Loader(std::string& reason) noexcept : reason_(reason) {}

  Status load(std::string_view file, Tokenizer& tokenizer) {
    const Object root(file);
    if (root.status() != Status::ok) return invalid("the file is not a valid JSON object");
    Tokenizer::Parts parts;
    Status status = load_model(root["model"], parts.model);
    if (status == Status::ok) status = load_added_tokens(root["added_tokens"], parts.added_tokens);
    if (status == Status::ok) status = load_normalizer(root["normalizer"], parts.normalizer);
    if (status == Status::ok)
      status = require(root["pre_tokenizer"], "pre_tokenizer", "BertPreTokenizer");
    if (status == Status::ok) status = load_post_processor(root["post_processor"], parts);
    if (status == Status::ok) status = require_right(root["truncation"], "truncation.direction");
    if (status == Status::ok) status = load_padding(root["padding"], parts.pad_id);
    if (status == Status::ok) tokenizer = Tokenizer(std::move(parts));
    return status;
  }

 private:
  Status invalid(std::string reason) {
    reason_ = std::move(reason);
    return Status::tokenizer_invalid;
  }
  Status unsupported(const std::string& position, const std::string& name) {
    reason_ = position + " \"" + name + "\" is not implemented";
    return Status::tokenizer_unsupported;
  }

  Status require(const Value& component, const std::string& position, std::string_view name) {
    const std::string type = text_or(Object(component)["type"], "null");
    return type == name ? Status::ok : unsupported(position + ".type", type);
  }
  Status require_right(const Value& component, const std::string& position) {
    const std::string direction = text_or(Object(component)["direction"], "Right");
    return direction == "Right" ? Status::ok : unsupported(position, direction);
  }

  Status load_model(const Value& component, WordPiece& wordpiece) {
    if (const Status status = require(component, "model", "WordPiece"); status != Status::ok)
      return status;
    const Object model(component);
    const std::string prefix = text_or(model["continuing_subword_prefix"], "##");
    std::vector<Trie::Entry> initial;
    std::vector<Trie::Entry> continuing;
    std::deque<std::string> unescaped;  // for the few tokens that are not in the file as they are
    Scanner entries(model["vocab"].text);
    for (Value key, value; entries.next_member(key, value);) {
      int32_t id = 0;
      if (!read_count(value, id))
        return invalid("model.vocab holds an id that is not an integer from 0 to 2^31-1");
      const std::string_view token =
          key.escaped ? unescaped.emplace_back(text_of(key)) : key.inside();
      if (!token.empty()) initial.push_back({token, id});
      if (token.size() > prefix.size() && token.substr(0, prefix.size()) == prefix) {
        continuing.push_back({token.substr(prefix.size()), id});
      }
    }
    if (entries.status() != Status::ok) return invalid("model.vocab is not an object");
    vocabulary_.build(std::move(initial));
    Trie continuing_trie;
    continuing_trie.build(std::move(continuing));

    const std::optional<int32_t> unknown = vocabulary_.find(text_or(model["unk_token"], "[UNK]"));
    if (!unknown) return invalid("model.vocab does not hold model.unk_token");
    size_t max_chars = 100;
    const Value limit = model["max_input_chars_per_word"];
    if (limit.kind != Kind::null && !read_count(limit, max_chars)) {
      return invalid("model.max_input_chars_per_word is not a count");
    }
    wordpiece.load(vocabulary_, std::move(continuing_trie), *unknown, max_chars);
    return Status::ok;
  }

  Status load_added_tokens(const Value& list, AddedTokens& added_tokens) {
    if (list.kind == Kind::null) return Status::ok;
    std::vector<AddedToken> tokens;
    auto next_id = static_cast<int32_t>(vocabulary_.key_count());
    Scanner scanner(list.text);
    for (Value element; scanner.next_element(element);) {
      const Object entry(element);
      const std::string position = "added_tokens[" + std::to_string(tokens.size()) + "]";
      AddedToken token;
      token.content = text_or(entry["content"], "");
      if (token.content.empty()) return invalid(position + ".content is not a text");
      // The library takes the id from the vocabulary, or the next free one; another id in the file
      // has no effect.
      const std::optional<int32_t> known = vocabulary_.find(token.content);
      token.id = known ? *known : next_id++;
      int32_t id = 0;
      if (!read_count(entry["id"], id) || id != token.id) {
        return invalid(position + ".id is not " + std::to_string(token.id) +
                       ", the id that the vocabulary implies");
      }
      if (flag(entry["normalized"], true)) return unsupported(position + ".normalized", "true");
      token.single_word = flag(entry["single_word"]);
      token.lstrip = flag(entry["lstrip"]);
      token.rstrip = flag(entry["rstrip"]);
      tokens.push_back(std::move(token));
    }
    if (scanner.status() != Status::ok) return invalid("added_tokens is not a list");
    added_tokens.load(std::move(tokens));
    return Status::ok;
  }

  Status load_normalizer(const Value& value, Normalizer& normalizer) {
    if (value.kind == Kind::null) return Status::ok;
    if (const Status status = require(value, "normalizer", "BertNormalizer"); status != Status::ok)
      return status;
    const Object component(value);
    Normalizer::Options options;
    options.clean_text = flag(component["clean_text"], true);
    options.handle_chinese_chars = flag(component["handle_chinese_chars"], true);
    options.lowercase = flag(component["lowercase"], true);
    options.strip_accents = flag(component["strip_accents"], options.lowercase);
    normalizer = Normalizer(options);
    return Status::ok;
  }

  Status load_post_processor(const Value& value, Tokenizer::Parts& parts) {
    if (value.kind == Kind::null) return Status::ok;
    const Object component(value);
    const std::string type = text_or(component["type"], "null");
    if (type == "TemplateProcessing") return load_template(component, parts);
    if (type != "BertProcessing" && type != "RobertaProcessing")
      return unsupported("post_processor.type", type);
    if (!append_pair(component["cls"], parts.prefix))
      return invalid("post_processor.cls is not a token and its id");
    if (!append_pair(component["sep"], parts.suffix))
      return invalid("post_processor.sep is not a token and its id");
    return Status::ok;
  }

  // ["[CLS]", 101]
  static bool append_pair(const Value& pair, std::vector<int32_t>& ids) {
    Value token, id_value, behind;
    Scanner scanner(pair.text);
    int32_t id = 0;
    if (!scanner.next_element(token) || !scanner.next_element(id_value) ||
        scanner.next_element(behind) || token.kind != Kind::string || !read_count(id_value, id)) {
      return false;
    }
    ids.push_back(id);
    return true;
  }

  Status load_template(const Object& component, Tokenizer::Parts& parts) {
    bool text_seen = false;
    size_t index = 0;
    Scanner scanner(component["single"].text);
    for (Value piece; scanner.next_element(piece); ++index) {
      const std::string position = "post_processor.single[" + std::to_string(index) + "]";
      const Value special = Object(piece)["SpecialToken"];
      const Object item(special.kind == Kind::null ? Object(piece)["Sequence"] : special);
      const std::string name = text_or(item["id"], "");
      int32_t type_id = 0;
      if (!read_count(item["type_id"], type_id)) return invalid(position + " has no type_id");
      if (type_id != 0) return unsupported(position + ".type_id", std::to_string(type_id));
      if (special.kind != Kind::null) {
        const Value ids = Object(Object(component["special_tokens"])[name])["ids"];
        if (!append_ids(ids, text_seen ? parts.suffix : parts.prefix)) {
          return invalid(position +
                         " names a token that post_processor.special_tokens does not hold");
        }
      } else if (text_seen || name != "A") {
        return unsupported(position + ".Sequence", name);
      } else {
        text_seen = true;
      }
    }
    return text_seen ? Status::ok : invalid("post_processor.single has no Sequence");
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

  // Without a `padding` section the library pads with nothing; [PAD] is what the models were
  // trained with.
  Status load_padding(const Value& value, int32_t& pad_id) {
    pad_id = vocabulary_.find("[PAD]").value_or(0);
    if (value.kind == Kind::null) return Status::ok;
    if (!read_count(Object(value)["pad_id"], pad_id)) return invalid("padding.pad_id is not an id");
    return require_right(value, "padding.direction");
  }

  std::string& reason_;
  Trie vocabulary_;
};

}  // namespace

Status load_tokenizer(std::string_view file, Tokenizer& tokenizer, std::string& reason) {
  const std::string terminated(file);  // the scanner stops at the NUL behind it
  return Loader(reason).load(terminated, tokenizer);
}

}  // namespace kubesentiment
