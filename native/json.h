#pragma once

// The only place that includes simdjson. Errors are values there too; its own warnings are not ours to fix.
#define SIMDJSON_EXCEPTIONS 0
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#endif
#include "simdjson.h"
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

namespace kubesentiment::json {

using Element = simdjson::dom::element;
using Object = simdjson::dom::object;
using Array = simdjson::dom::array;
using Parser = simdjson::dom::parser;

}  // namespace kubesentiment::json
