#include "charsmap.h"

#include <cstring>

#include "utf8.h"

namespace kubesentiment {
namespace {

bool is_valid(const std::string& text) noexcept {  // a NUL follows its end
  for (size_t at = 0; at < text.size();) {
    const uint32_t length = utf8::valid_length(text.data() + at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

}  // namespace

bool Charsmap::load(std::string_view bytes) {
  uint32_t array_bytes = 0;
  if (bytes.size() < sizeof array_bytes) return false;
  std::memcpy(&array_bytes, bytes.data(), sizeof array_bytes);
  bytes.remove_prefix(sizeof array_bytes);
  const size_t count = array_bytes / sizeof(uint32_t);
  if (count == 0 || bytes.size() < count * sizeof(uint32_t)) return false;
  units_.resize(count);
  std::memcpy(units_.data(), bytes.data(), count * sizeof(uint32_t));
  texts_ = bytes.substr(count * sizeof(uint32_t));
  if (!is_valid(texts_)) return false;
  for (uint8_t c = 0; c < 128; ++c) {
    const char text = static_cast<char>(c);
    (void)find({&text, 1}, changes_[c]);
  }
  return true;
}

// A unit has the offset to its children (22 bits, times 256 if bit 9 is set), bit 8 (the child for
// NUL is a value), and a label (8 bits). The unit of a value has its top bit set, so it never
// equals a label.
std::string_view Charsmap::find(std::string_view text, bool& found) const noexcept {
  constexpr uint32_t kLabelMask = 1u << 31 | 0xFF;
  found = false;
  size_t node = offset(units_[0]);
  for (const char c : text) {
    const auto label = static_cast<uint8_t>(c);
    if (label == 0) return {};
    node ^= label;
    if (node >= units_.size() || (units_[node] & kLabelMask) != label) return {};
    const uint32_t unit = units_[node];
    node ^= offset(unit);
    if ((unit & 1u << 8) == 0) continue;
    const size_t place = node < units_.size() ? units_[node] & ~(1u << 31) : texts_.size();
    if (place > texts_.size()) return {};
    found = true;
    const std::string_view rest = std::string_view(texts_).substr(place);
    return rest.substr(0, rest.find('\0'));
  }
  return {};
}

}  // namespace kubesentiment
