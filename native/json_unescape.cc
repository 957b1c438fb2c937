#include <cstring>

#include "json.h"
#include "json_escape.h"
#include "utf8.h"

namespace kubesentiment::json {
namespace {

// Writes what the character, or the escape, at `at` stands for, and returns the position after it.
const char* unescape_one(const char* at, char*& out) noexcept {
  if (*at != '\\') {
    *out++ = *at++;
    return at;
  }
  const char kind = at[1];
  at += 2;
  if (kind != 'u') {
    *out++ = kind == 'b'   ? '\b'
             : kind == 'f' ? '\f'
             : kind == 'n' ? '\n'
             : kind == 'r' ? '\r'
             : kind == 't' ? '\t'
                           : kind;
    return at;
  }
  constexpr uint32_t kReplacement = 0xFFFD;
  const int32_t unit = hex4(at);
  auto code_point = static_cast<uint32_t>(unit);
  at += 4;
  if (is_high_surrogate(unit) && is_low_surrogate_escape(at)) {
    code_point =
        0x10000 + ((code_point - 0xD800) << 10) + (static_cast<uint32_t>(hex4(at + 2)) - 0xDC00);
    at += 6;
  } else if (is_surrogate(unit)) {
    code_point = kReplacement;
  }
  out = utf8::encode(code_point, out);
  return at;
}

}  // namespace

char* unescape(const Value& string, char* out) noexcept {
  const std::string_view text = string.inside();
  const char* const end = text.data() + text.size();
  if (!string.escaped) {
    std::memmove(out, text.data(), text.size());
    return out + text.size();
  }
  for (const char* at = text.data(); at != end;) {
    if (*at == '\\') {
      at = unescape_one(at, out);
      continue;
    }
    const auto left = static_cast<size_t>(end - at);
    const auto* const next = static_cast<const char*>(std::memchr(at, '\\', left));
    const size_t size = next == nullptr ? left : static_cast<size_t>(next - at);
    std::memmove(out, at, size);  // `out` may lie in the same string
    out += size;
    at += size;
  }
  return out;
}

size_t escaped_size(const Value& string, size_t unescaped) noexcept {
  const char* const begin = string.inside().data();
  const char* at = begin;
  while (unescaped > 0) {
    char bytes[4];
    char* out = bytes;
    at = unescape_one(at, out);
    unescaped -= static_cast<size_t>(out - bytes);
  }
  return static_cast<size_t>(at - begin);
}

}  // namespace kubesentiment::json
