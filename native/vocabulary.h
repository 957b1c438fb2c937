#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace kubesentiment {

/** The ids of tokens while a tokenizer is being loaded. Holds views of the tokens. */
class Vocabulary {
 public:
  /** Reserves room for this many tokens. */
  void reserve(size_t count) {
    size_t size = 16;
    while (size < 2 * count) size *= 2;
    slots_.assign(size, Slot{});
  }

  /** Of equal tokens the last one counts. Do not add more than were reserved. */
  void add(std::string_view token, int32_t id) {
    Slot& slot = slots_[place(token)];
    if (slot.token.data() == nullptr) ++size_;
    slot = {token, id};
  }

  std::optional<int32_t> find(std::string_view token) const {
    const Slot& slot = slots_[place(token)];
    return slot.token.data() == nullptr ? std::nullopt : std::optional(slot.id);
  }

  /** The number of different tokens. */
  size_t size() const noexcept { return size_; }

 private:
  struct Slot {
    std::string_view token;
    int32_t id = 0;
  };

  // The token's slot, or the free slot where it would go. Half of the slots are free.
  size_t place(std::string_view token) const {
    const size_t mask = slots_.size() - 1;
    size_t at = std::hash<std::string_view>()(token) & mask;
    while (slots_[at].token.data() != nullptr && slots_[at].token != token) at = (at + 1) & mask;
    return at;
  }

  std::vector<Slot> slots_ = std::vector<Slot>(1);
  size_t size_ = 0;
};

}  // namespace kubesentiment
