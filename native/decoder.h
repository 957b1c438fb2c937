#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "logit_cache.h"
#include "message_reader.h"
#include "slab.h"
#include "status.h"
#include "tokenizer.h"
#include "windows.h"

namespace kubesentiment {

/**
 * Turns message bytes into rows of token ids, and rows into padded tensors. Use it from one thread
 * at a time.
 */
class Decoder {
 public:
  struct Padding {
    int32_t id;
    bool left = false;
  };

  Decoder(Tokenizer tokenizer, size_t rows, size_t max_tokens, MessageReader::Limits limits,
          Padding padding, RequestMapping mapping = {});

  bool allocated() const noexcept { return slab_.allocated(); }
  const Slab& slab() const noexcept { return slab_; }
  size_t message_bytes_max() const noexcept { return reader_.limits().message_bytes; }
  /** 0: that of the constructor; then those that were added, in order. */
  MessageReader& reader(size_t shape) noexcept {
    return shape == 0 ? reader_ : *others_[shape - 1];
  }
  size_t reader_count() const noexcept { return 1 + others_.size(); }

  /** For requests of another shape; the limits are the same. */
  void add_reader(RequestMapping mapping);

  /**
   * From now on a text that is longer than a row is read in windows that share `overlap` tokens,
   * fewer than a row has room for.
   */
  void read_in_windows(size_t overlap) noexcept;
  /** Tokens of a text that a row has room for. */
  size_t room() const noexcept { return slab_.max_tokens() - tokenizer_.special_count(); }

  /** Leaves a row without tokens, and returns `status`. */
  Status refuse(size_t row, Status status) noexcept;

  /**
   * Reads a request and writes its row; a rejected row has length 0, any other at least 1: a text
   * without tokens becomes one pad token. The status of an encrypted request is `encrypted`: its
   * row has everything but the tokens, and says where the encrypted text is.
   */
  Status decode_message(size_t row, const char* bytes, size_t size, const Attached& attached = {},
                        size_t shape = 0);

  /** Tokenizes the text of a row whose request was `encrypted`; the text must be valid UTF-8. */
  void decode_decrypted(size_t row, std::string_view text);

  /** The same for a plain text of valid UTF-8. */
  void decode_text(size_t row, std::string_view text);

  /** Tokens in one window of a row's text, special ones included; 0 if the window does not exist.
   */
  size_t length(size_t row, size_t window) const noexcept;

  /** What is kept of a row's text: with special tokens, or without if it is read in windows. */
  TextIds text_ids(size_t row) const noexcept;

  /** Writes that many ids. */
  template <typename Id>
  void copy(size_t row, size_t window, Id* ids) const noexcept;

  /** Writes `width` ids of a window and their mask; the window must not be longer than that. */
  void pack(size_t row, size_t window, size_t width, int64_t* ids, int64_t* mask) const noexcept;

  /** Frees the ids of a text in several windows; none of them can be packed any more. */
  void forget_windows(size_t row) noexcept;

 private:
  void tokenize(size_t row, std::string_view text);
  void describe(size_t row, const Message& message);
  uint16_t count_unknown(size_t row) const noexcept;
  void clear_text(Slab::Row& row) noexcept;

  Tokenizer tokenizer_;
  MessageReader reader_;
  std::vector<std::unique_ptr<MessageReader>> others_;
  Slab slab_;
  Padding padding_;
  std::optional<Windows> windows_;
};

}  // namespace kubesentiment
