#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "json.h"

/**
 * What Avro and Protobuf have in common. Writes to memory that is known to be large enough; each
 * function returns the position after what it wrote.
 */
namespace kubesentiment::binary {

/** Of the largest number. */
constexpr size_t kVarintBytes = 10;

inline char* put_varint(uint64_t value, char* out) noexcept {
  for (; value >= 0x80; value >>= 7) *out++ = static_cast<char>(value | 0x80);
  *out++ = static_cast<char>(value);
  return out;
}

inline char* put_double(double value, char* out) noexcept {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  for (size_t i = 0; i < sizeof bits; ++i) *out++ = static_cast<char>(bits >> 8 * i);
  return out;
}

inline char* put_bytes(std::string_view bytes, char* out) noexcept {
  std::memcpy(out, bytes.data(), bytes.size());
  return out + bytes.size();
}

/**
 * What `write` writes, behind its length, which is only known afterwards. Needs room for a varint
 * more while it does so.
 */
template <typename PutLength, typename Write>
char* put_measured(PutLength put_length, Write write, char* out) noexcept {
  char* const begin = out + kVarintBytes;
  const auto size = static_cast<size_t>(write(begin) - begin);
  out = put_length(size, out);
  std::memmove(out, begin, size);
  return out + size;
}

/** The content of a string of JSON; a number as it stands. */
inline char* put_scalar(std::string_view json, char* out) noexcept {
  if (json.front() != '"') return put_bytes(json, out);
  json::Value string{json::Kind::string, json.find('\\') != std::string_view::npos, json};
  return json::unescape(string, out);
}

/**
 * What id, timestamp and included members can take. Each of those is at least `,"":0` as JSON, and
 * as much again holds the lengths of its two strings and of both together.
 */
constexpr size_t metadata_bytes_max(size_t json_bytes) noexcept { return 2 * json_bytes; }

/** Calls `visit` with name and value, both JSON, of each member in `,"name":value,…`. */
template <typename Visit>
void for_each_member(std::string_view members, Visit visit) noexcept {
  json::Scanner scanner(members, json::kDepthMax, json::Grammar::lenient);
  const char* const end = members.data() + members.size();
  bool is_first = false;
  for (json::Value name, value;
       scanner.position() != end && scanner.next_key(is_first, name) && scanner.skip(value);) {
    visit(name.text, value.text);
  }
}

}  // namespace kubesentiment::binary
