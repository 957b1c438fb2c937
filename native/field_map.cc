#include "field_map.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base64.h"
#include "bytes.h"
#include "json_text.h"
#include "utf8.h"

namespace kubesentiment {
namespace {

using json::Kind;
using json::Value;

constexpr size_t kLongLength = 63;
constexpr size_t kHeadBytes = sizeof(uint64_t);
// The longest name that is compared if it is written with escapes.
constexpr size_t kEscapedNameBytes = 1024;

uint64_t word_at(const char* bytes) noexcept {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

uint64_t head_of(const char* name, size_t size) noexcept {
  uint64_t head = 0;
  std::memcpy(&head, name, std::min(size, kHeadBytes));
  return head;
}

// Names of the same size, more than kHeadBytes, whose heads are equal. The last bytes of a name
// that is not much longer are one number, too, which is cheaper than a call.
bool is_rest_equal(const char* one, const char* other, size_t size) noexcept {
  if (size > 2 * kHeadBytes) {
    return std::memcmp(one + kHeadBytes, other + kHeadBytes, size - kHeadBytes) == 0;
  }
  return word_at(one + size - kHeadBytes) == word_at(other + size - kHeadBytes);
}

// `~1` stands for `/`, `~0` for `~`.
std::string decode_token(std::string_view token) {
  std::string name;
  for (size_t i = 0; i < token.size(); ++i) {
    const bool is_escape = token[i] == '~' && i + 1 < token.size();
    name += is_escape ? (token[++i] == '1' ? '/' : '~') : token[i];
  }
  return name;
}

// Without leading zeros, and small enough for a list that fits into a message.
size_t index_of(std::string_view name) noexcept {
  constexpr size_t kDigitsMax = 9;
  if (name.empty() || name.size() > kDigitsMax || (name[0] == '0' && name.size() > 1)) {
    return FieldMap::kNone;
  }
  size_t index = 0;
  for (const char c : name) {
    if (c < '0' || c > '9') return FieldMap::kNone;
    index = index * 10 + static_cast<size_t>(c - '0');
  }
  return index;
}

}  // namespace

// Calls `visit` with each node on the way, the last one included, and returns its number.
template <typename Visit>
size_t FieldMap::path_to(std::string_view pointer, Visit visit) {
  size_t at = 0;
  visit(nodes_[at]);
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const size_t end = std::min(pointer.find('/'), pointer.size());
    const std::string name = decode_token(pointer.substr(0, end));
    pointer.remove_prefix(end);
    const auto& edges = nodes_[at].edges;
    const auto known = std::find_if(edges.begin(), edges.end(),
                                    [&](const Edge& edge) { return edge.name == name; });
    if (known != edges.end()) {
      at = known->node;
    } else {
      Edge edge;
      edge.name = name;
      edge.head = head_of(name.data(), name.size());
      std::memset(&edge.head_mask, 0xFF, std::min(name.size(), kHeadBytes));
      edge.index = index_of(name);
      edge.node = nodes_.size();
      if (edge.index != kNone) {
        nodes_[at].index_end = std::max(nodes_[at].index_end, edge.index + 1);
      }
      nodes_[at].lengths |= uint64_t{1} << std::min(name.size(), kLongLength);
      nodes_[at].edges.push_back(edge);
      at = edge.node;
      nodes_.emplace_back();
    }
    visit(nodes_[at]);
  }
  return at;
}

void FieldMap::add(std::string_view pointer, size_t field) {
  const uint64_t bit = uint64_t{1} << field;
  const size_t at = path_to(pointer, [bit](Node& node) { node.at_or_below |= bit; });
  nodes_[at].here |= bit;
  fields_ = std::max(fields_, field + 1);
}

void FieldMap::add_document(std::string_view pointer) {
  nodes_[path_to(pointer, [](Node&) {})].is_document = true;
}

void FieldMap::add_base64(std::string_view pointer) {
  nodes_[path_to(pointer, [](Node&) {})].is_base64 = true;
}

/** Recursive, but no deeper than the longest pointer. */
class FieldMap::Walk {
 public:
  Walk(const FieldMap& map, json::Grammar grammar, size_t depth_max, Found& found) noexcept
      : map_(map), grammar_(grammar), depth_max_(depth_max), found_(found) {}

  // A value: false after an error.
  bool visit(json::Scanner& scanner, const Node& node) {
    Value value;
    const size_t not_finite = scanner.not_finite_count();
    if (!(node.goes_on() ? enter(scanner, node, value) : scanner.skip(value))) return false;
    set(node.here, value);
    const bool has_decoded = std::exchange(decoded_not_finite_, false);
    if (has_decoded || scanner.not_finite_count() != not_finite) found_.not_finite |= node.here;
    return true;
  }

  Status status() const noexcept { return status_; }

 private:
  static const Edge* find(const Node& node, std::string_view name) noexcept {
    const size_t size = name.size();
    if ((node.lengths >> std::min(size, kLongLength) & 1) == 0) return nullptr;
    const uint64_t head = word_at(name.data());  // documents have a padding
    for (const Edge& edge : node.edges) {
      if (edge.name.size() != size || (head & edge.head_mask) != edge.head) continue;
      if (size <= kHeadBytes || is_rest_equal(edge.name.data(), name.data(), size)) return &edge;
    }
    return nullptr;
  }

  // A function of its own, so that other names do not pay for the buffer.
  [[gnu::noinline]] static const Edge* find_escaped(const Node& node, const Value& key) noexcept {
    if (key.inside().size() > kEscapedNameBytes) return nullptr;
    char name[kEscapedNameBytes + kHeadBytes];
    return find(node, {name, static_cast<size_t>(json::unescape(key, name) - name)});
  }

  static const Edge* at_index(const Node& node, size_t index) noexcept {
    if (index >= node.index_end) return nullptr;
    for (const Edge& edge : node.edges) {
      if (edge.index == index) return &edge;
    }
    return nullptr;
  }

  void set(uint64_t fields, const Value& value) noexcept {
    found_.not_finite &= ~fields;
    for (; fields != 0; fields &= fields - 1) {
      found_.values[lowest_bit(fields)] = value;
    }
  }

  // An item. It may be met again, so what was found in it the last time counts no more.
  bool visit_at(json::Scanner& scanner, const Edge* edge) {
    if (edge == nullptr) return scanner.skip(ignored_);
    const Node& node = map_.nodes_[edge->node];
    if (node.goes_on()) {
      set(node.at_or_below, Value());
      if (node.is_document) found_.outer = Value();
      if (node.is_document || node.is_base64) found_.is_decoded = false;
    }
    return visit(scanner, node);
  }

  bool enter(json::Scanner& scanner, const Node& node, Value& value) {
    const char* const begin = scanner.begin_value();
    bool is_first = true;
    if (*begin == '{') {
      value.kind = Kind::object;
      Value key;
      if (!scanner.enter()) return false;
      while (scanner.next_key(is_first, key)) {
        const Edge* const edge = key.escaped ? find_escaped(node, key) : find(node, key.inside());
        if (!visit_at(scanner, edge)) return false;
      }
    } else if (*begin == '[') {
      value.kind = Kind::array;
      if (!scanner.enter()) return false;
      for (size_t i = 0; scanner.next_item(']', is_first); ++i) {
        if (!visit_at(scanner, at_index(node, i))) return false;
      }
    } else {
      if (!scanner.skip(value)) return false;
      if (node.is_base64) return read_base64(value, node);
      return node.is_document && value.kind == Kind::string ? read_inside(value, node) : true;
    }
    value.text = {begin, static_cast<size_t>(scanner.position() - begin)};
    return scanner.status() == Status::ok;
  }

  static char* room(std::vector<char>& buffer, size_t size) {
    if (buffer.size() < size || (buffer.size() > kKeptBytes && size < kKeptBytes)) {
      buffer = std::vector<char>(std::max(size, kKeptBytes));
    }
    return buffer.data();
  }

  // A string that holds an object or a list is a document of its own. Any other is only a string.
  bool read_inside(const Value& string, const Node& node) {
    char* const begin = room(found_.inner, string.inside().size() + 1 + kPadding);
    char* const end = json::unescape(string, begin);
    Value document;
    bool is_document = false;
    const bool is_read = read_document(begin, end, node, document, is_document);
    if (is_document) found_.outer = string;
    return is_read;
  }

  // The bytes are a document, or else a text: then the value becomes the JSON of that.
  bool read_base64(Value& value, const Node& node) {
    if (value.kind != Kind::string) return true;
    found_.is_decoded = true;
    char* const begin = room(found_.inner, value.inside().size() + 1 + kPadding);
    char* const text_end = json::unescape(value, begin);
    char* const end = decode_base64({begin, static_cast<size_t>(text_end - begin)}, begin);
    if (end == nullptr) return fail(Status::event_data);
    bool is_document = false;
    if (node.is_document) {
      const bool is_read = read_document(begin, end, node, value, is_document);
      if (is_document) return is_read;
    }
    *end = '\0';
    for (const char* at = begin; at < end;) {
      const uint32_t length = utf8::valid_length(at);
      if (length == 0) return fail(Status::event_data);
      at += length;
    }
    const std::string_view text(begin, static_cast<size_t>(end - begin));
    char* const quoted = room(found_.quoted, json_text::string_bytes(text.size()) + kPadding);
    char* const quoted_end = json_text::put_string(text, quoted);
    value.text = {quoted, static_cast<size_t>(quoted_end - quoted)};
    value.escaped = value.text.find('\\') != std::string_view::npos;
    return true;
  }

  // `is_document`: whether what stands there begins like an object or a list.
  bool read_document(char* begin, char* end, const Node& node, Value& document, bool& is_document) {
    *end = '\0';
    json::Scanner scanner({begin, static_cast<size_t>(end - begin)}, depth_max_, grammar_);
    const char first = *scanner.begin_value();
    is_document = first == '{' || first == '[';
    if (!is_document) return true;
    const bool is_read = enter(scanner, node, document) && scanner.at_end();
    status_ = scanner.status();
    decoded_not_finite_ = node.is_base64 && scanner.not_finite_count() > 0;
    return is_read;
  }

  bool fail(Status status) noexcept {
    status_ = status;
    return false;
  }

  const FieldMap& map_;
  json::Grammar grammar_;
  size_t depth_max_;
  Found& found_;
  Value ignored_;
  bool decoded_not_finite_ = false;  // in the base64 that was read last
  Status status_ = Status::ok;
};

Status FieldMap::read(std::string_view document, json::Grammar grammar, size_t depth_max,
                      Found& found) const {
  std::fill(found.values.begin(), found.values.begin() + static_cast<std::ptrdiff_t>(fields_),
            Value());
  found.outer = Value();
  found.is_decoded = false;
  found.not_finite = 0;
  json::Scanner scanner(document, depth_max, grammar);
  Walk walk(*this, grammar, depth_max, found);
  if (walk.visit(scanner, nodes_[0]) && scanner.at_end()) return Status::ok;
  return walk.status() != Status::ok ? walk.status() : scanner.status();
}

}  // namespace kubesentiment
