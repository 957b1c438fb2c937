// Values behind a Schema Registry: hostile counts, lengths, groups and nesting. What is found is
// valid UTF-8 or valid JSON, and the time is bounded by the size of the value.

#include <cstdint>
#include <fstream>
#include <vector>

#include "fuzz.h"
#include "message_reader.h"

namespace kubesentiment::fuzz {
namespace {

RequestMapping mapping() {
  RequestMapping mapping;
  mapping.framing = RequestMapping::Framing::required;
  mapping.text = {"/text", "/inner/text"};
  mapping.id = "/id";
  mapping.include = {{"inner", ""}, {"item", ""}, {"entry", ""}};  // the programs know where
  return mapping;
}

// See scripts/lib/fuzz-schemas.mjs.
std::vector<SchemaProgram> named_programs() {
  const char* const path = std::getenv("KUBESENTIMENT_SCHEMAS");
  require(path != nullptr, "KUBESENTIMENT_SCHEMAS names a file");
  std::ifstream file(path, std::ios::binary);
  std::vector<SchemaProgram> programs;
  for (int format = 0; file >> format;) {
    size_t count = 0;
    file >> count;
    std::vector<int32_t> code(count);
    for (int32_t& word : code) file >> word;
    file >> count;
    std::vector<std::string> strings(count);
    for (std::string& string : strings) {
      size_t bytes = 0;
      file >> bytes;
      file.get();
      string.resize(bytes);
      file.read(string.data(), static_cast<std::streamsize>(bytes));
    }
    programs.emplace_back(static_cast<SchemaProgram::Format>(format), Status::ok, std::move(code),
                          std::move(strings));
    require(programs.back().is_sound(field_count(mapping())), "what was compiled is sound");
  }
  require(!programs.empty(), "there are programs");
  return programs;
}

std::string frame(size_t id) { return {'\0', '\0', '\0', '\0', static_cast<char>(id)}; }

struct Rig {
  MessageReader reader{{4096, 24}, mapping()};
  size_t schemas = 0;

  Rig() {
    for (SchemaProgram& program : named_programs())
      reader.schemas().set(frame(schemas++), std::move(program));
  }
};

Rig& rig() {
  static Rig rig;
  return rig;
}

void check(std::string_view value, const Attached& attached) {
  Message message;
  if (rig().reader.read(value.data(), value.size(), message, attached) != Status::ok) return;
  const std::string text(message.text);
  require(repaired(text) == text, "a text is valid UTF-8");
  const std::string id(message.id.empty() ? "0" : message.id);
  const std::string members = "{\"id\":" + id + std::string(message.included) + "}";
  json::Scanner scanner(members);
  for (json::Value key, member; scanner.next_member(key, member);) continue;
  require(scanner.status() == Status::ok, "what is written is JSON");
}

}  // namespace
}  // namespace kubesentiment::fuzz

// Outside the time that one input may take.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  kubesentiment::fuzz::rig();
  return 0;
}

// The first byte names the schema.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kubesentiment::fuzz;
  if (size == 0) return 0;
  const std::string id = frame(data[0] % rig().schemas);
  const std::string value(reinterpret_cast<const char*>(data) + 1, size - 1);
  check(Exact(id + value, 0).view(), {});
  // The same with the id in a header, and behind it which message of a Protobuf file it is.
  kubesentiment::Attached attached;
  attached.schema_id = id;
  check(Exact(value, 0).view(), attached);
  return 0;
}
