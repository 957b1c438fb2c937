// The scanner: any bytes are walked to their end or refused; what is handed out lies inside them.

#include "fuzz.h"
#include "json.h"

namespace kubesentiment::fuzz {
namespace {

using json::Kind;
using json::Scanner;
using json::Value;

// A value that was handed out is valid JSON by itself; containers are walked as well.
void check_value(const Value& value, std::string_view document) {
  require(value.text.data() >= document.data() &&
              value.text.data() + value.text.size() <= document.data() + document.size(),
          "a value lies inside the document");
  if (value.kind != Kind::string) return;
  Exact copy(value.text, 0);
  const Value same{value.kind, value.escaped, copy.view()};
  char* const begin = copy.data() + 1;
  char* const end = json::unescape(same, begin);
  require(end <= copy.data() + value.text.size() - 1, "a string without escapes is not longer");
  const std::string text(begin, end);
  require(repaired(text) == text, "a string is valid UTF-8");
}

Status walk(std::string_view bytes, size_t depth_max, bool members) {
  const Exact exact(bytes, 1);
  Scanner scanner(exact.view(), depth_max);
  Value key, value;
  while (members ? scanner.next_member(key, value) : scanner.next_element(value)) {
    if (members) check_value(key, exact.view());
    check_value(value, exact.view());
    if (value.kind != Kind::array && value.kind != Kind::object) continue;
    Scanner inner(value.text, depth_max);
    Value inner_key, inner_value;
    const bool object = value.kind == Kind::object;
    while (object ? inner.next_member(inner_key, inner_value) : inner.next_element(inner_value)) {
      check_value(inner_value, exact.view());
    }
    require(inner.status() == Status::ok, "a container inside a document is valid");
  }
  return scanner.status();
}

}  // namespace
}  // namespace kubesentiment::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kubesentiment;
  using namespace kubesentiment::fuzz;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Status object = walk(bytes, 16, true);
  const Status list = walk(bytes, 16, false);
  require(object == list || object == Status::json_type || list == Status::json_type ||
              object == Status::json_depth || list == Status::json_depth,
          "an object and a list are refused for the same reason");
  // As a list around it, where a document must end in the same way.
  std::string wrapped = "[" + std::string(bytes) + "]";
  if (object == Status::ok) {
    require(walk(wrapped, 17, false) == Status::ok, "a valid document is a valid element");
  }
  return 0;
}
