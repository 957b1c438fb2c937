// The reader with a mapping: whatever is found is valid UTF-8 or valid JSON, and lies where it is
// said to.

#include <vector>

#include "fuzz.h"
#include "message_reader.h"

namespace kubesentiment::fuzz {
namespace {

using Envelope = RequestMapping::Envelope;

RequestMapping mapping_of(Envelope envelope) {
  RequestMapping mapping;
  mapping.envelope = envelope;
  mapping.grammar = json::Grammar::lenient;
  mapping.text = {"/text", "/a/0/text", "/a/b~1c"};
  mapping.id = "/a/id";
  mapping.include = {{"a", "/a"}, {"t\"", "/text"}, {"0", "/0"}};
  return mapping;
}

void check(MessageReader& reader, std::string_view value, bool is_bare) {
  Message message;
  Attached attached;
  attached.is_bare = is_bare;
  if (is_bare) attached.id = value.substr(0, 40);
  const Status status = reader.read(value.data(), value.size(), message, attached);
  if (status != Status::ok) return;
  const std::string text(message.text);
  require(repaired(text) == text, "a text is valid UTF-8");
  std::string members = "{\"id\":" + std::string(message.id.empty() ? "0" : message.id);
  members.append(message.included).append("}");
  json::Scanner scanner(members, json::kDepthMax, json::Grammar::lenient);
  for (json::Value key, member; scanner.next_member(key, member);) {
    require(member.kind != json::Kind::not_finite, "what is copied is JSON");
  }
  require(scanner.status() == Status::ok, "what is copied is JSON");
  if (message.encrypted) {
    require(message.text_at + message.token_bytes <= value.size(), "a token lies in the value");
    require(message.token_bytes >= message.text.size(), "no token is shorter in the value");
  }
}

}  // namespace
}  // namespace kubesentiment::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kubesentiment;
  using namespace kubesentiment::fuzz;
  static std::vector<MessageReader> readers;
  if (readers.empty()) {
    for (const Envelope envelope :
         {Envelope::none, Envelope::connect, Envelope::debezium, Envelope::cloudevents}) {
      readers.emplace_back(MessageReader::Limits{2048, 16}, mapping_of(envelope));
    }
  }
  const Exact exact({reinterpret_cast<const char*>(data), size}, 0);
  for (MessageReader& reader : readers) check(reader, exact.view(), false);
  check(readers.back(), exact.view(), true);
  return 0;
}
