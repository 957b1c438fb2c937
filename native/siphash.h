#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>

namespace kubesentiment {

/**
 * SipHash-2-4 (Aumasson, Bernstein 2012), of 64 or 128 bits: words are fed with `word`, then the
 * last bytes and the end with `finish` or `finish128`. Who does not know the key cannot find two
 * messages with the same hash.
 */
class SipHash {
 public:
  struct Key {
    uint64_t words[2];

    static Key random() {
      std::random_device device;
      Key key;
      for (uint64_t& word : key.words) word = (uint64_t{device()} << 32) | device();
      return key;
    }
  };
  struct Hash128 {
    uint64_t low;
    uint64_t high;
  };
  enum class Width : uint8_t { k64, k128 };

  SipHash(const Key& key, Width width) noexcept
      : v_{key.words[0] ^ 0x736f6d6570736575,
           key.words[1] ^ 0x646f72616e646f6d ^ (width == Width::k128 ? 0xee : 0),
           key.words[0] ^ 0x6c7967656e657261, key.words[1] ^ 0x7465646279746573} {}

  /** Eight bytes of the message, as a number of which the first byte is the lowest. */
  void word(uint64_t word) noexcept {
    v_[3] ^= word;
    mix();
    mix();
    v_[0] ^= word;
    size_ += 8;
  }

  uint64_t finish(const char* bytes, size_t size) noexcept {
    tail(bytes, size);
    return rounds(0xff);
  }

  Hash128 finish128(const char* bytes, size_t size) noexcept {
    tail(bytes, size);
    const uint64_t low = rounds(0xee);
    v_[1] ^= 0xdd;
    return {low, rounds(0)};
  }

 private:
  void tail(const char* bytes, size_t size) noexcept {
    const size_t whole = size & ~size_t{7};
    for (size_t at = 0; at < whole; at += 8) word(load(bytes + at, 8));
    word(load(bytes + whole, size - whole) | (uint64_t{size_ + size - whole} << 56));
  }

  uint64_t rounds(uint64_t mark) noexcept {
    v_[2] ^= mark;
    for (int i = 0; i < 4; ++i) mix();
    return v_[0] ^ v_[1] ^ v_[2] ^ v_[3];
  }

  static uint64_t load(const char* bytes, size_t count) noexcept {
    unsigned char word[8] = {};
    if (count > 0) std::memcpy(word, bytes, count);
    uint64_t value = 0;
    for (int i = 7; i >= 0; --i) value = (value << 8) | word[i];  // little endian on every machine
    return value;
  }

  void mix() noexcept {
    const auto rotate = [](uint64_t x, int bits) { return (x << bits) | (x >> (64 - bits)); };
    v_[0] += v_[1], v_[2] += v_[3];
    v_[1] = rotate(v_[1], 13) ^ v_[0], v_[3] = rotate(v_[3], 16) ^ v_[2];
    v_[0] = rotate(v_[0], 32);
    v_[2] += v_[1], v_[0] += v_[3];
    v_[1] = rotate(v_[1], 17) ^ v_[2], v_[3] = rotate(v_[3], 21) ^ v_[0];
    v_[2] = rotate(v_[2], 32);
  }

  uint64_t v_[4];
  size_t size_ = 0;
};

}  // namespace kubesentiment
