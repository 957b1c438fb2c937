#include "tokenizer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "unicode.h"
#include "utf8.h"

namespace kubesentiment {
namespace {

using unicode::Property;

// A text is normalized in pieces of about this size, so that a truncated text costs what is kept of
// it.
constexpr size_t kChunkBytes = 4096;

bool has_property(utf8::Decoded decoded, Property property) noexcept {
  return (unicode::properties(decoded.code_point) & property) != 0;
}

bool is_single_word(std::string_view text, size_t start, size_t stop) noexcept {
  const char* const data = text.data();
  if (start > 0 && has_property(utf8::decode_last(data, data + start), Property::kWord))
    return false;
  return stop == text.size() || !has_property(utf8::decode(data + stop), Property::kWord);
}

size_t strip_left(std::string_view text, size_t start) noexcept {
  while (start > 0) {
    const utf8::Decoded decoded = utf8::decode_last(text.data(), text.data() + start);
    if (!has_property(decoded, Property::kWhiteSpace)) break;
    start -= decoded.length;
  }
  return start;
}

size_t strip_right(std::string_view text, size_t stop) noexcept {
  while (stop < text.size()) {
    const utf8::Decoded decoded = utf8::decode(text.data() + stop);
    if (!has_property(decoded, Property::kWhiteSpace)) break;
    stop += decoded.length;
  }
  return stop;
}

}  // namespace

Tokenizer::Tokenizer(Parts parts) noexcept : parts_(std::move(parts)) {}

Tokenizer::Encoded Tokenizer::encode(std::string_view text, int32_t* row, size_t capacity) {
  const size_t room = capacity - special_count();
  int32_t* const body = std::copy(parts_.prefix.begin(), parts_.prefix.end(), row);
  TokenRow tokens(body, room);
  encode_segments(text, tokens);
  const size_t kept = std::min(tokens.size(), room);
  std::copy(parts_.suffix.begin(), parts_.suffix.end(), body + kept);
  return {kept + special_count(), tokens.overflowed()};
}

void Tokenizer::encode_segments(std::string_view text, TokenRow& row) {
  size_t done = 0;
  size_t from = 0;
  while (!row.overflowed()) {
    const AddedTokens::Match match = parts_.added_tokens.find(text, from);
    if (match.token == nullptr) break;
    from = match.stop;
    if (match.token->single_word && !is_single_word(text, match.start, match.stop)) continue;
    const size_t start =
        match.token->lstrip ? std::max(strip_left(text, match.start), done) : match.start;
    if (done < start) encode_plain(text.substr(done, start - done), row);
    row.push(match.token->id);
    done = match.token->rstrip ? strip_right(text, match.stop) : match.stop;
  }
  if (done < text.size()) encode_plain(text.substr(done), row);
}

void Tokenizer::encode_plain(std::string_view text, TokenRow& row) {
  while (!text.empty() && !row.overflowed()) {
    size_t length = text.size();
    if (length > kChunkBytes) {
      // A space ends every word and every run of marks: normalizing both sides apart changes
      // nothing.
      const size_t space = text.find(' ', kChunkBytes);
      if (space != std::string_view::npos) length = space;
    }
    parts_.model.encode(parts_.normalizer.normalize(text.substr(0, length)), row);
    text.remove_prefix(length);
  }
}

}  // namespace kubesentiment
