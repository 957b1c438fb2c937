// Values behind a Schema Registry: the program of their schema reads the fields.

#include "avro_reader.h"
#include "message_reader.h"
#include "protobuf_reader.h"
#include "utf8.h"

namespace kubesentiment {
namespace {

constexpr char kIdMark = 0;
constexpr char kGuidMark = 1;

}  // namespace

// Takes the frame from the value. `program` stays nullptr for a value that may be without one.
// `types`: what a header says behind the id.
Status MessageReader::unframe(const Attached& attached, std::string_view& value,
                              std::optional<std::string_view>& types,
                              const SchemaProgram*& program) {
  std::string_view id;
  if (attached.schema_id) {
    const std::string_view header = *attached.schema_id;
    const char mark = header.empty() ? -1 : header[0];
    const size_t size = mark == kIdMark     ? SchemaTable::kFrameBytes
                        : mark == kGuidMark ? SchemaTable::kGuidBytes
                                            : SIZE_MAX;
    if (header.size() < size) return Status::frame_missing;
    id = header.substr(0, size);
    types = header.substr(size);
  } else if (value.size() >= SchemaTable::kFrameBytes && value[0] == kIdMark) {
    id = value.substr(0, SchemaTable::kFrameBytes);
    value.remove_prefix(SchemaTable::kFrameBytes);
  } else {
    const bool may_lack = mapping_.framing == RequestMapping::Framing::optional;
    return may_lack ? Status::ok : Status::frame_missing;
  }
  program = schemas_.find(id);
  if (program == nullptr) return Status::schema_wanted;
  return program->refusal();
}

Status MessageReader::read_binary(const SchemaProgram& program, std::string_view value,
                                  const std::optional<std::string_view>& types) {
  const size_t texts = mapping_.text.size();
  binary_.begin(value.size(), field_count(mapping_), ((uint64_t{1} << texts) - 1) << kTexts);
  const Status status =
      program.format() == SchemaProgram::Format::avro
          ? AvroReader(program, value, limits_.depth, binary_).read()
          : ProtobufReader(program, value, limits_.depth, binary_).read(types ? &*types : nullptr);
  if (status != Status::ok) return status;
  binary_.move_to(found_);
  for (size_t i = 0; i < texts; ++i) {
    const json::Value& text = field(kTexts + i);
    if (text.kind == json::Kind::string && !utf8::is_valid(text.inside()))
      return Status::string_utf8;
  }
  return Status::ok;
}

}  // namespace kubesentiment
