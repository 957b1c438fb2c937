#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "field_map.h"

namespace kubesentiment {

/** What requests look like: the section `request:` of the configuration, and `result.include`. */
struct RequestMapping {
  enum class Envelope : uint8_t { none, connect, debezium, cloudevents };

  /** In the place of a pointer: not from the value, see `Attached`. */
  static constexpr std::string_view kKey = "$key";
  static constexpr size_t kMaxTexts = 16;
  static constexpr size_t kMaxIncluded = 32;

  enum class Framing : uint8_t { none, required, optional };

  bool is_text = false;  // the whole value is the text, and nothing else is read from it
  Envelope envelope = Envelope::none;
  /** Of a Schema Registry serializer. */
  Framing framing = Framing::none;
  json::Grammar grammar = json::Grammar::strict;
  bool needs_object = false;  // a result is added to it as a member

  /** JSON Pointers into the content of the envelope. Several texts are joined by line feeds. */
  std::vector<std::string> text = {"/text"};
  /** Empty: there is none. */
  std::string id = "/id";
  std::string timestamp = "/timestamp";
  std::string priority = "/priority";
  std::vector<std::pair<std::string, std::string>> include;  // name in the result, pointer
};

/** The numbers of the fields; the included ones follow the texts. */
enum RequestField : size_t {
  kId,
  kTimestamp,
  kPriority,
  kVersion,    // of the encryption
  kOperation,  // of a Debezium envelope
  kContent,    // of the envelope, where it matters whether it is null; or the whole request
  kTexts
};
static_assert(kTexts + RequestMapping::kMaxTexts + RequestMapping::kMaxIncluded <=
              FieldMap::kFieldsMax);

/** How many there are. */
inline size_t field_count(const RequestMapping& mapping) noexcept {
  return kTexts + mapping.text.size() + mapping.include.size();
}

/** `is_bare`: for a value that is the content, without the envelope around it. */
FieldMap compile(const RequestMapping& mapping, bool is_bare);

}  // namespace kubesentiment
