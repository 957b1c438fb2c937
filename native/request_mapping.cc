#include "request_mapping.h"

#include <algorithm>

namespace kubesentiment {
namespace {

using Envelope = RequestMapping::Envelope;

constexpr const char* kEncodedData = "/data_base64";

// Where the content may stand. Connect puts `schema` and `payload` around a Debezium envelope, too.
std::vector<std::string> contents_of(Envelope envelope) {
  switch (envelope) {
    case Envelope::none:
      break;
    case Envelope::connect:
      return {"/payload"};
    case Envelope::debezium:
      return {"/after", "/payload/after"};
    case Envelope::cloudevents:
      return {"/data", kEncodedData};
  }
  return {""};
}

bool is_pointer(const std::string& place) {
  return !place.empty() && place != RequestMapping::kKey;
}

// The version of the encryption stands beside the text that is encrypted.
std::string version_beside(const std::string& text) {
  return text.substr(0, text.rfind('/')) + "/encryption_version";
}

}  // namespace

FieldMap compile(const RequestMapping& mapping, bool is_bare) {
  const Envelope envelope = is_bare ? Envelope::none : mapping.envelope;
  const std::vector<std::string> contents = contents_of(envelope);
  const std::vector<std::string>& texts = mapping.text;
  const bool is_event = envelope == Envelope::cloudevents;
  const RequestMapping plain;

  FieldMap map;
  const auto add = [&](const std::string& pointer, size_t field) {
    for (const std::string& content : contents) map.add(content + pointer, field);
  };
  // An event has both itself, unless others are asked for.
  const auto add_own = [&](const std::string& place, const std::string& usual, const char* of_event,
                           size_t field) {
    if (is_event && place == usual) {
      map.add(of_event, field);
    } else if (is_pointer(place)) {
      add(place, field);
    }
  };
  for (size_t i = 0; i < texts.size(); ++i) add(texts[i], kTexts + i);
  add_own(mapping.id, plain.id, "/id", kId);
  add_own(mapping.timestamp, plain.timestamp, "/time", kTimestamp);
  if (is_pointer(mapping.priority)) add(mapping.priority, kPriority);
  if (!texts[0].empty()) add(version_beside(texts[0]), kVersion);
  for (size_t i = 0; i < mapping.include.size(); ++i) {
    add(mapping.include[i].second, kTexts + texts.size() + i);
  }
  if (envelope == Envelope::debezium) {
    map.add("/op", kOperation);
    map.add("/payload/op", kOperation);
  }
  if (envelope == Envelope::connect) map.add("/payload", kContent);
  if (envelope == Envelope::none && mapping.needs_object) map.add("", kContent);
  const bool is_string_wanted = std::count(texts.begin(), texts.end(), std::string()) > 0;
  if (envelope != Envelope::none && !is_string_wanted) {
    for (const std::string& content : contents) map.add_document(content);
  }
  if (is_event) map.add_base64(kEncodedData);
  return map;
}

}  // namespace kubesentiment
