#pragma once

#include <cstdint>
#include <cstring>
#include <random>
#include <string_view>

namespace kubesentiment {

/**
 * SipHash-2-4 (Aumasson, Bernstein 2012) with a per-process key, so a sender cannot choose
 * colliding ids to have a message treated as a duplicate.
 */
class IdHash {
 public:
  IdHash() {
    std::random_device random;
    for (uint64_t& word : key_) word = (uint64_t{random()} << 32) | random();
  }
  IdHash(uint64_t key0, uint64_t key1) noexcept : key_{key0, key1} {}

  uint64_t operator()(std::string_view bytes) const noexcept {
    uint64_t v[4] = {key_[0] ^ 0x736f6d6570736575, key_[1] ^ 0x646f72616e646f6d,
                     key_[0] ^ 0x6c7967656e657261, key_[1] ^ 0x7465646279746573};
    const size_t whole = bytes.size() & ~size_t{7};
    for (size_t at = 0; at < whole; at += 8) absorb(v, load(bytes.data() + at, 8));
    absorb(v, load(bytes.data() + whole, bytes.size() - whole) | (uint64_t{bytes.size()} << 56));
    v[2] ^= 0xff;
    for (int i = 0; i < 4; ++i) mix(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
  }

 private:
  static uint64_t load(const char* bytes, size_t count) noexcept {
    unsigned char word[8] = {};
    if (count > 0) std::memcpy(word, bytes, count);
    uint64_t value = 0;
    for (int i = 7; i >= 0; --i) value = (value << 8) | word[i];  // little endian on every machine
    return value;
  }

  static void absorb(uint64_t v[4], uint64_t word) noexcept {
    v[3] ^= word;
    mix(v);
    mix(v);
    v[0] ^= word;
  }

  static void mix(uint64_t v[4]) noexcept {
    const auto rotate = [](uint64_t x, int bits) { return (x << bits) | (x >> (64 - bits)); };
    v[0] += v[1], v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0], v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1], v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2], v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
  }

  uint64_t key_[2];
};

}  // namespace kubesentiment
