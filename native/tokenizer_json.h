#pragma once

#include <charconv>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json.h"
#include "status.h"

/**
 * Shared by the loaders of a tokenizer.json: reading its components, and reporting why one is
 * rejected.
 */
namespace kubesentiment::tokenizer_json {

using json::Kind;
using json::Scanner;
using json::Value;

/** The content of a string. */
std::string text_of(const Value& string);

std::string text_or(const Value& value, std::string_view otherwise);

inline bool flag(const Value& value, bool otherwise = false) noexcept {
  return value.kind == Kind::boolean_true || (value.kind != Kind::boolean_false && otherwise);
}

template <typename Integer>
bool read_count(const Value& value, Integer& count) noexcept {
  const char* const end = value.text.data() + value.text.size();
  Integer read = 0;
  const auto result = std::from_chars(value.text.data(), end, read);
  if (value.kind != Kind::number || result.ec != std::errc() || result.ptr != end || read < 0) {
    return false;
  }
  count = read;
  return true;
}

/** A number as the library parses it, which is not always the nearest double. */
bool read_score(const Value& value, double& score) noexcept;

/** The two elements of a list. */
bool read_pair(const Value& list, Value& first, Value& second) noexcept;

/** The members of an object; null means missing, since the library treats both alike. */
class Object {
 public:
  explicit Object(std::string_view document);
  explicit Object(const Value& value) : Object(value.text) {}
  Status status() const noexcept { return status_; }
  Value operator[](std::string_view name) const;
  std::string type() const { return text_or((*this)["type"], "null"); }

 private:
  std::vector<std::pair<std::string, Value>> members_;
  Status status_;
};

/** Strings as views into the file, or into copies of the few that are escaped in it. */
class Strings {
 public:
  std::string_view view(const Value& string) {
    return string.escaped ? unescaped_.emplace_back(text_of(string)) : string.inside();
  }

 private:
  std::deque<std::string> unescaped_;
};

/** Stores the reason why a file is rejected. */
class Report {
 public:
  explicit Report(std::string& reason) noexcept : reason_(reason) {}

  Status invalid(std::string reason) {
    reason_ = std::move(reason);
    return Status::tokenizer_invalid;
  }
  Status unsupported(const std::string& position, const std::string& name) {
    reason_ = position + " \"" + name + "\" is not implemented";
    return Status::tokenizer_unsupported;
  }

 private:
  std::string& reason_;
};

}  // namespace kubesentiment::tokenizer_json
