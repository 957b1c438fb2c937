#pragma once

#include <cstdint>

namespace kubesentiment {

/**
 * The outcome of one message, or why a decoder could not be created. 0 is success; JavaScript sees
 * the numbers.
 */
enum class [[nodiscard]] Status : uint8_t {
  ok,
  value_null,
  value_empty,
  value_too_large,
  json_syntax,
  json_utf8,
  json_surrogate,
  json_depth,
  json_type,
  text_missing,
  text_type,
  id_type,
  id_too_long,
  tokenizer_invalid,
  tokenizer_unsupported,
  encrypted,
  encryption_version_unknown,
  token_invalid,
  key_unknown,
  token_forged,
  decrypted_not_utf8,
  not_encrypted,
  stalled,
  deleted,
  text_utf8,
  key_utf8,
  included_too_long,
  frame_missing,
  schema_wanted,
  schema_unknown,
  schema_kind,
  schema_unreadable,
  value_ends_early,
  value_goes_on,
  value_unfit,
  value_depth,
  string_utf8,
  message_type,
  event_data,
  count_,
};

struct StatusInfo {
  /** One of `errorTypes` in src/types.ts. */
  const char* error_type;
  /** For people; never contains any part of the message. */
  const char* sentence;
};

const StatusInfo& describe(Status status) noexcept;

}  // namespace kubesentiment
