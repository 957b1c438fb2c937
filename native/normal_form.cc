#include "normal_form.h"

#include <algorithm>

#include "hangul.h"
#include "normal_form_tables.h"
#include "utf8.h"

namespace kubesentiment {
namespace {

// The first byte of U+0300: no composition changes what is before it.
constexpr uint8_t kFirstOfMarks = 0xCC;
constexpr uint8_t kFirstBeyondAscii = 0x80;
// Memory for longer runs of marks than this is freed after use.
constexpr size_t kKeptMarks = 4096;

uint32_t compose(uint32_t first, uint32_t second) noexcept {
  const uint32_t syllable = hangul::compose(first, second);
  return syllable != 0 ? syllable : unicode::composite(first, second);
}

void append(uint32_t code_point, std::string& out) {
  char bytes[4];
  out.append(bytes, utf8::encode(code_point, bytes));
}

}  // namespace

NormalForm::NormalForm(Kind kind) noexcept
    : composes_(kind == Kind::nfc || kind == Kind::nfkc),
      compatible_(kind == Kind::nfkc || kind == Kind::nfkd),
      first_changed_(kind == Kind::nfc ? kFirstOfMarks : kFirstBeyondAscii) {}

bool NormalForm::apply(std::string_view text, std::string& out) {
  const bool changes = std::any_of(text.begin(), text.end(), [this](char byte) {
    return static_cast<uint8_t>(byte) >= first_changed_;
  });
  if (!changes) return false;
  out_ = &out;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const utf8::Decoded decoded = utf8::decode(at);
    put_decomposed(decoded.code_point);
    at += decoded.length;
  }
  finish_marks();
  write_cluster();
  has_starter_ = false;
  if (marks_.capacity() > kKeptMarks) marks_ = std::vector<Mark>();
  if (sorted_.capacity() > kKeptMarks) sorted_ = std::vector<Mark>();
  return true;
}

void NormalForm::put_decomposed(uint32_t c) {
  if (c < 0x80) return put_starter(c);
  if (hangul::is_syllable(c)) return hangul::decompose(c, [this](uint32_t part) { put(part); });
  if (compatible_ && (unicode::traits(c) & unicode::kCompatible)) {
    for (const uint32_t part : unicode::compatible(c)) put(part);
  } else if (unicode::properties(c) & unicode::kDecomposes) {
    for (const uint32_t part : unicode::decomposition(c)) put(part);
  } else {
    put(c);
  }
}

void NormalForm::put(uint32_t c) {
  const uint8_t combining_class = unicode::combining_class(unicode::properties(c));
  if (combining_class == 0) return put_starter(c);
  marks_.push_back({c, combining_class});
}

// A starter composes with the one before it only if no mark is left between them.
void NormalForm::put_starter(uint32_t c) {
  finish_marks();
  if (composes_ && has_starter_) {
    const uint32_t composed = marks_.empty() ? compose(starter_, c) : 0;
    if (composed != 0) {
      starter_ = composed;
      return;
    }
  }
  write_cluster();
  has_starter_ = true;
  starter_ = c;
}

// In canonical order, each mark that is not blocked from the starter by an equal or higher class
// may become part of it.
void NormalForm::finish_marks() {
  if (marks_.empty()) return;
  sort_marks(marks_, sorted_);
  if (!composes_ || !has_starter_) return;
  size_t kept = 0;
  for (const Mark& mark : marks_) {
    const bool blocked = kept > 0 && marks_[kept - 1].combining_class >= mark.combining_class;
    const uint32_t composed = blocked ? 0 : compose(starter_, mark.code_point);
    if (composed != 0) {
      starter_ = composed;
    } else {
      marks_[kept++] = mark;
    }
  }
  marks_.resize(kept);
}

void NormalForm::write_cluster() {
  if (has_starter_) append(starter_, *out_);
  for (const Mark& mark : marks_) append(mark.code_point, *out_);
  marks_.clear();
}

}  // namespace kubesentiment
