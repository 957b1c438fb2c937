#include "binary_fields.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "bytes.h"
#include "json_text.h"

namespace kubesentiment {
namespace {

// What every value may be written with, for the names of members, which it does not contain.
constexpr size_t kJsonBytesMin = 64 * 1024;
// A byte of a string that is written as \u00XX.
constexpr size_t kEscapedBytes = 6;

uint32_t take_lowest(uint64_t& fields) noexcept {
  const uint32_t field = lowest_bit(fields);
  fields &= fields - 1;
  return field;
}

}  // namespace

void BinaryFields::begin(size_t value_bytes, size_t fields, uint64_t texts) {
  fields_ = fields;
  texts_ = texts;
  found_texts_ = 0;
  found_written_ = 0;
  wanted_ = 0;
  lists_.clear();
  json_max_ = kJsonBytesMin + kEscapedBytes * value_bytes;
  if (json_.capacity() > 2 * kJsonBytesMin) json_ = std::string();
  json_.clear();
}

void BinaryFields::move_to(FieldMap::Found& found) const noexcept {
  std::fill_n(found.values.begin(), fields_, json::Value());
  found.outer = json::Value();
  found.is_decoded = false;
  found.not_finite = 0;
  for (uint64_t left = found_texts_; left != 0;) {
    const uint32_t field = take_lowest(left);
    found.values[field] = values_[field];
  }
  for (uint64_t left = found_written_; left != 0;) {
    const uint32_t field = take_lowest(left);
    const auto& [kind, begin, end] = places_[field];
    const auto text = std::string_view(json_).substr(begin, end - begin);
    found.values[field] = {kind, text.find('\\') != std::string_view::npos, text};
  }
}

bool BinaryFields::put(std::string_view json) {
  if (json_.size() + json.size() > json_max_) return false;
  json_.append(json);
  return true;
}

bool BinaryFields::put_string(std::string_view text) {
  const size_t before = json_.size();
  json_.resize(before + json_text::string_bytes(text.size()));
  const char* const end = json_text::put_string(text, json_.data() + before);
  json_.resize(static_cast<size_t>(end - json_.data()));
  return json_.size() <= json_max_;
}

bool BinaryFields::put_base64(std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  json_ += '"';
  for (size_t at = 0; at < bytes.size(); at += 3) {
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i) {
      group = group << 8 | (at + i < bytes.size() ? static_cast<uint8_t>(bytes[at + i]) : 0u);
    }
    for (size_t i = 0; i < 4; ++i) {
      json_ += at + i > bytes.size() ? '=' : kDigits[group >> (18 - 6 * i) & 63];
    }
  }
  json_ += '"';
  return json_.size() <= json_max_;
}

bool BinaryFields::put_integer(int64_t number) {
  char text[json_text::kIntegerBytes];
  return put({text, static_cast<size_t>(json_text::put_integer(number, text) - text)});
}

bool BinaryFields::put_unsigned(uint64_t number) {
  char text[json_text::kIntegerBytes];
  const char* const end = std::to_chars(text, text + sizeof(text), number).ptr;
  return put({text, static_cast<size_t>(end - text)});
}

bool BinaryFields::put_double(double number) {
  constexpr int kDigitsMin = 15;
  constexpr int kDigitsMax = 17;
  if (!std::isfinite(number)) return put("null");
  char text[32];
  for (int digits = kDigitsMin; digits <= kDigitsMax; ++digits) {
    std::snprintf(text, sizeof(text), "%.*g", digits, number);
    if (std::strtod(text, nullptr) == number) break;
  }
  return put(text);
}

bool BinaryFields::put_float(float number) {
  constexpr int kDigitsMin = 6;
  constexpr int kDigitsMax = 9;
  if (!std::isfinite(number)) return put("null");
  char text[32];
  for (int digits = kDigitsMin; digits <= kDigitsMax; ++digits) {
    std::snprintf(text, sizeof(text), "%.*g", digits, static_cast<double>(number));
    if (std::strtof(text, nullptr) == number) break;
  }
  return put(text);
}

void BinaryFields::forget(uint64_t fields) noexcept {
  found_texts_ &= ~fields;
  found_written_ &= ~fields;
  for (List& list : lists_) {
    if ((list.below & ~fields) == 0) list.items = 0;
  }
}

size_t BinaryFields::pass(size_t list, uint64_t below) {
  for (List& known : lists_) {
    if (known.list == list) return known.items++;
  }
  lists_.push_back({list, below, 1});
  return 0;
}

void BinaryFields::set_passed(size_t list, size_t items) noexcept {
  for (List& known : lists_) {
    if (known.list == list) known.items = items;
  }
}

size_t BinaryFields::open(uint64_t fields) noexcept {
  if ((fields & ~texts_) != 0) ++wanted_;
  return json_.size();
}

void BinaryFields::close(uint64_t fields, size_t begin, json::Kind kind,
                         std::string_view text) noexcept {
  if ((fields & ~texts_) != 0) --wanted_;
  for (uint64_t left = fields & texts_; left != 0;) {
    // With the bytes around it, which are never read, in the place of quotes.
    json::Value& value = values_[take_lowest(left)];
    if (kind == json::Kind::string && text.data() != nullptr) {
      value = {kind, false, {text.data() - 1, text.size() + 2}};
    } else {
      value = {kind == json::Kind::string ? json::Kind::array : kind, false, "null"};
    }
  }
  for (uint64_t left = fields & ~texts_; left != 0;) {
    places_[take_lowest(left)] = {kind, begin, json_.size()};
  }
  found_texts_ |= fields & texts_;
  found_written_ |= fields & ~texts_;
}

}  // namespace kubesentiment
