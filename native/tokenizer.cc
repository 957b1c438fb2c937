#include "tokenizer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "unicode.h"
#include "utf8.h"

namespace kubesentiment {
namespace {

using unicode::Property;

// A text is normalized in pieces of about this size, so a truncated text costs only what is kept of
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

bool is_letter_or_digit(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/** Hands the pieces of a pre-tokenizer to a model. */
template <typename Model>
class ModelSink final : public PreTokenizer::Sink {
 public:
  ModelSink(Model& model, TokenRow& row) noexcept : model_(model), row_(row) {}
  void add(std::string_view piece) override { model_.add_word(piece, row_); }
  bool full() const override { return row_.overflowed(); }

 private:
  Model& model_;
  TokenRow& row_;
};

}  // namespace

Tokenizer::Tokenizer(Parts parts) noexcept : parts_(std::move(parts)), cut_(cut_of_parts()) {}

// Where a text may be cut so that normalizing both sides separately gives the same result.
Tokenizer::Cut Tokenizer::cut_of_parts() const noexcept {
  if (!parts_.normalized_tokens.empty()) return Cut::nowhere;
  if (parts_.pre_tokenizer && !parts_.pre_tokenizer->cuts_at_space()) return Cut::nowhere;
  if (const auto* const chain = std::get_if<NormalizerChain>(&parts_.normalizer)) {
    return chain->takes_pieces() ? Cut::behind_letter : Cut::nowhere;
  }
  if (parts_.pre_tokenizer) return Cut::behind_letter;
  // A space ends every word and every run of marks.
  return std::holds_alternative<WordPiece>(parts_.model) ? Cut::at_space : Cut::nowhere;
}

Tokenizer::Encoded Tokenizer::encode(std::string_view text, int32_t* row, size_t capacity) {
  const size_t room = capacity - special_count();
  int32_t* const body = std::copy(parts_.prefix.begin(), parts_.prefix.end(), row);
  TokenRow tokens(body, room);
  encode_segments(parts_.added_tokens, {text, true}, tokens, &Tokenizer::encode_plain);
  const size_t kept = std::min(tokens.size(), room);
  if (tokens.overflowed() && parts_.truncate_left) encode_last(text, room, body);
  std::copy(parts_.suffix.begin(), parts_.suffix.end(), body + kept);
  return {kept + special_count(), tokens.overflowed()};
}

bool Tokenizer::encode_body(std::string_view text, size_t max, std::vector<int32_t>& ids) {
  all_ids_.resize(std::max(all_ids_.size(), max));
  TokenRow tokens(all_ids_.data(), max);
  encode_segments(parts_.added_tokens, {text, true}, tokens, &Tokenizer::encode_plain);
  const auto end = all_ids_.begin() + static_cast<ptrdiff_t>(std::min(tokens.size(), max));
  ids.assign(all_ids_.begin(), end);
  if (tokens.overflowed() && parts_.truncate_left) encode_last(text, max, ids.data());
  return !tokens.overflowed();
}

// Tokenizes the whole text, since where its last tokens begin is not known before.
void Tokenizer::encode_last(std::string_view text, size_t count, int32_t* ids) {
  for (size_t capacity = text.size() + count;; capacity *= 2) {
    all_ids_.resize(capacity);
    TokenRow all(all_ids_.data(), capacity);
    encode_segments(parts_.added_tokens, {text, true}, all, &Tokenizer::encode_plain);
    if (all.overflowed()) continue;
    const int32_t* const end = all_ids_.data() + all.size();
    std::copy(end - count, end, ids);
    return;
  }
}

void Tokenizer::encode_segments(const AddedTokens& tokens, Section section, TokenRow& row,
                                Encode encode_between) {
  const std::string_view text = section.text;
  const auto between = [&](size_t start, size_t stop) {
    (this->*encode_between)({text.substr(start, stop - start), section.first && start == 0}, row);
  };
  size_t done = 0;
  size_t from = 0;
  while (!row.overflowed()) {
    const AddedTokens::Match match = tokens.find(text, from);
    if (match.token == nullptr) break;
    from = match.stop;
    if (match.token->single_word && !is_single_word(text, match.start, match.stop)) continue;
    const size_t start =
        match.token->lstrip ? std::max(strip_left(text, match.start), done) : match.start;
    if (done < start) between(done, start);
    done = match.token->rstrip ? strip_right(text, match.stop) : match.stop;
    // White space that the token before it has taken may leave nothing of this one.
    if (start < done) row.push(match.token->id);
  }
  if (done < text.size()) between(done, text.size());
}

void Tokenizer::encode_plain(Section section, TokenRow& row) {
  auto* const bert = std::get_if<Normalizer>(&parts_.normalizer);
  auto* const chain = std::get_if<NormalizerChain>(&parts_.normalizer);
  if (bert == nullptr && chain == nullptr) return encode_normalized(section, row);
  NormalizerChain::Piece place;
  std::string_view text = section.text;
  while (!text.empty() && !row.overflowed()) {
    const std::string_view piece = text.substr(0, piece_length(text));
    text.remove_prefix(piece.size());
    place.last = text.empty();
    const std::string_view normalized =
        bert != nullptr ? bert->normalize(piece) : chain->normalize(piece, place);
    encode_normalized({normalized, section.first && place.first}, row);
    place.first = false;
  }
}

size_t Tokenizer::piece_length(std::string_view text) const noexcept {
  if (text.size() <= kChunkBytes || cut_ == Cut::nowhere) return text.size();
  size_t space = text.find(' ', kChunkBytes);
  while (space != std::string_view::npos && cut_ == Cut::behind_letter &&
         !is_letter_or_digit(text[space - 1])) {
    space = text.find(' ', space + 1);
  }
  return std::min(space, text.size());
}

void Tokenizer::encode_normalized(Section section, TokenRow& row) {
  if (parts_.normalized_tokens.empty()) return encode_words(section, row);
  encode_segments(parts_.normalized_tokens, section, row, &Tokenizer::encode_words);
}

void Tokenizer::encode_words(Section section, TokenRow& row) {
  if (!parts_.pre_tokenizer) return encode_with_built_in(section.text, row);
  const auto split = [&](auto& model) {
    ModelSink sink(model, row);
    parts_.pre_tokenizer->split(section.text, section.first, sink);
  };
  std::visit(split, parts_.model);
}

void Tokenizer::encode_with_built_in(std::string_view text, TokenRow& row) {
  if (auto* const wordpiece = std::get_if<WordPiece>(&parts_.model)) {
    wordpiece->encode(text, row);
  } else if (auto* const bpe = std::get_if<ByteLevelBpe>(&parts_.model)) {
    bpe->encode(text, row);
  } else if (auto* const unigram = std::get_if<Unigram>(&parts_.model)) {
    unigram->encode(text, row);
  }
}

}  // namespace kubesentiment
