#include "status.h"

#include <cstddef>

namespace kubesentiment {
namespace {

constexpr StatusInfo kTable[] = {
    {"", "Decoded."},
    {"invalid_message",
     "The message has no value (a tombstone); a request needs a JSON object with `text`."},
    {"invalid_json", "The value is empty; a request needs a JSON object with `text`."},
    {"too_large", "The value is larger than `max_message_bytes`."},
    {"invalid_json", "The value is not valid JSON."},
    {"invalid_json", "The value is not valid UTF-8."},
    {"invalid_json", "The value contains one half of a surrogate pair without the other."},
    {"invalid_json", "The value is nested deeper than `max_json_depth`."},
    {"invalid_message", "The value is valid JSON, but not an object."},
    {"invalid_message", "The request has no `text`."},
    {"invalid_message", "`text` is not a string."},
    {"invalid_message", "`id` is neither a string nor a number."},
    {"invalid_message", "`id` is longer than 1,024 bytes."},
    {"internal", "The tokenizer file is not valid."},
    {"internal", "The tokenizer file uses a component that is not implemented."},
    {"decrypt_failed", "The request is encrypted, and there is no keyring to decrypt it."},
    {"decrypt_failed", "`encryption_version` is not \"v1\"."},
    {"decrypt_failed",
     "The encrypted `text` is not a JWE in compact form with dir, A256GCM and a key id."},
    {"decrypt_failed", "The keyring has no key with the id that the encrypted `text` names."},
    {"decrypt_failed",
     "The encrypted `text` does not match its key: it was altered or truncated, or encrypted with "
     "a different key."},
    {"decrypt_failed", "The decrypted `text` is not valid UTF-8."},
    {"decrypt_failed", "The request is not encrypted, but the configuration requires it."},
    {"timeout",
     "The event loop stood still with this message alone in hand, and two processes were ended."},
    {"invalid_message",
     "The event says that something was deleted; there is no text left to classify."},
    {"invalid_message", "The value is not valid UTF-8, so it is no text."},
    {"invalid_message", "The key, which is the request's id, is not valid UTF-8."},
    {"invalid_message", "What `result.include` names is longer than 16 KiB."},
    {"invalid_message",
     "The value has neither the frame of a Schema Registry serializer nor a header with a schema "
     "id."},
    {"invalid_message", "The schema of the value has not been fetched from the Schema Registry."},
    {"invalid_message", "The Schema Registry does not know the schema id of the value."},
    {"invalid_message", "The schema of the value is not of the kind that `request.format` names."},
    {"invalid_message", "The schema of the value cannot be read."},
    {"invalid_message", "The value ends before its schema does."},
    {"invalid_message", "The value goes on after the end of its schema."},
    {"invalid_message",
     "The value does not fit its schema: a number, a length or a branch is out of range."},
    {"invalid_message", "The value is nested deeper than `max_json_depth`."},
    {"invalid_message", "A string of the value is not valid UTF-8."},
    {"invalid_message",
     "The schema of the value has no message of the type that the frame names, or none in which "
     "the "
     "fields can be read."},
    {"invalid_message", "`data_base64` of the event is not base64 of UTF-8."},
};
static_assert(sizeof(kTable) / sizeof(kTable[0]) == static_cast<size_t>(Status::count_));

}  // namespace

const StatusInfo& describe(Status status) noexcept {
  const auto index = static_cast<size_t>(status);
  return kTable[index < static_cast<size_t>(Status::count_) ? index : 0];
}

}  // namespace kubesentiment
