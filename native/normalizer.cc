#include "normalizer.h"

#include <algorithm>

#include "hangul.h"
#include "kernels.h"
#include "unicode.h"
#include "utf8.h"

namespace kubesentiment {
namespace {

using unicode::Property;

constexpr uint8_t kDeleted = 0xFF;
// No code point grows by more than this with any combination of options; the table generator checks
// this.
constexpr size_t kGrowth = 3;
constexpr size_t kLeastBytes = 4 * 1024;
constexpr size_t kKeptBytes = 64 * 1024;  // memory for larger texts is freed after use

}  // namespace

Normalizer::Normalizer(Options options) noexcept : options_(options) {
  for (uint32_t c = 0; c < 128; ++c) {
    const uint16_t properties = unicode::properties(c);
    ascii_[c] = static_cast<uint8_t>(c);
    if (options.lowercase && (properties & Property::kLowers))
      ascii_[c] = static_cast<uint8_t>(c | 0x20);
    if (options.clean_text && (properties & Property::kWhiteSpace)) ascii_[c] = ' ';
    if (options.clean_text && (properties & Property::kControl))
      ascii_[c] = kDeleted;  // some of them are also white space
  }
}

std::string_view Normalizer::normalize(std::string_view text) {
  const size_t needed = text.size() * kGrowth + 8;
  if (buffer_.size() < needed || (buffer_.size() > kKeptBytes && needed <= kKeptBytes)) {
    buffer_ = std::vector<char>(std::max(needed, kLeastBytes));
  }
  const char* in = text.data();
  const char* const end = in + text.size();
  char* out = buffer_.data();
  marks_.clear();
  while (in != end) {
    if (marks_.empty() && static_cast<uint8_t>(*in) < 0x80) {
      in = kernels_->copy_printable(in, end, out, options_.lowercase);
      if (in == end) break;
    }
    const auto byte = static_cast<uint8_t>(*in);
    if (byte >= 0x80) {
      const utf8::Decoded decoded = utf8::decode(in);
      out = put(decoded.code_point, out);
      in += decoded.length;
      continue;
    }
    ++in;
    if (ascii_[byte] == kDeleted) continue;
    out = flush_marks(out);
    *out++ = static_cast<char>(ascii_[byte]);
  }
  out = flush_marks(out);
  return {buffer_.data(), static_cast<size_t>(out - buffer_.data())};
}

char* Normalizer::put(uint32_t c, char* out) {
  const uint16_t properties = unicode::properties(c);
  if (options_.clean_text) {
    if (properties & Property::kControl) return out;
    if (properties & Property::kWhiteSpace) {
      out = flush_marks(out);
      *out++ = ' ';
      return out;
    }
  }
  const bool spaced = options_.handle_chinese_chars && (properties & Property::kCjk);
  if (spaced) {
    out = flush_marks(out);
    *out++ = ' ';
  }
  out = options_.strip_accents ? put_decomposed(c, out) : put_lowered(c, properties, out);
  if (spaced) *out++ = ' ';
  return out;
}

char* Normalizer::put_decomposed(uint32_t c, char* out) {
  if (hangul::is_syllable(c)) {
    out = flush_marks(out);
    hangul::decompose(c, [&out](uint32_t part) { out = utf8::encode(part, out); });
    return out;
  }
  if (!(unicode::properties(c) & Property::kDecomposes)) return put_ordered(c, out);
  for (const uint32_t part : unicode::decomposition(c)) out = put_ordered(part, out);
  return out;
}

// Canonical ordering sorts each run of marks by combining class. Stripped marks are removed first,
// which does not affect the others, except that a stripped mark of class 0 still ends the run.
char* Normalizer::put_ordered(uint32_t c, char* out) {
  const uint16_t properties = unicode::properties(c);
  const uint8_t combining_class = unicode::combining_class(properties);
  if (combining_class == 0) {
    out = flush_marks(out);
    return properties & Property::kMark ? out : put_lowered(c, properties, out);
  }
  if (!(properties & Property::kMark)) marks_.push_back({c, combining_class});
  return out;
}

char* Normalizer::put_lowered(uint32_t c, uint16_t properties, char* out) const noexcept {
  if (!options_.lowercase || !(properties & Property::kLowers)) return utf8::encode(c, out);
  for (const uint32_t part : unicode::lowercase(c)) out = utf8::encode(part, out);
  return out;
}

char* Normalizer::flush_marks(char* out) {
  if (marks_.empty()) return out;
  sort_marks(marks_, sorted_);
  for (const Mark& mark : marks_) out = utf8::encode(mark.code_point, out);
  marks_.clear();
  return out;
}

}  // namespace kubesentiment
