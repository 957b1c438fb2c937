// The reader with a mapping: whatever is found is valid UTF-8 or valid JSON, and lies where it is
// said to.

#include <memory>
#include <vector>

#include "avro_results.h"
#include "fuzz.h"
#include "message_reader.h"
#include "protobuf_results.h"

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

// Whatever was found goes into results of every format, which fit what bytes_max says:
// AddressSanitizer sees any byte more.
void check_results(const Message& message) {
  static const ResultEncoder::Labels labels{{"NEGATIVE", "POSITIVE"}, "", 0.5f};
  static const AvroResults avro(labels, "model", "1");
  static const ProtobufResults protobuf(labels, "model", "1");
  static const ResultEncoder* const encoders[] = {&avro, &protobuf};
  const float scores[] = {0.25f, 0.75f};
  Slab::Row row;
  row.metadata.append(message.id).append(message.timestamp).append(message.included);
  row.id_bytes = static_cast<uint16_t>(message.id.size());
  row.timestamp_bytes = static_cast<uint16_t>(message.timestamp.size());
  for (const ResultEncoder* encoder : encoders) {
    const size_t bytes_max = encoder->bytes_max(row, "t");
    const std::unique_ptr<char[]> bytes(new char[bytes_max]);
    const char* const end =
        encoder->encode(row, {"t", 7}, {11, 1, 0.75f, scores, 1, 1, 1}, bytes.get());
    require(static_cast<size_t>(end - bytes.get()) <= bytes_max, "a result fits its bound");
  }
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
  check_results(message);
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
