#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json.h"

namespace kubesentiment {

/**
 * Where fields stand in a JSON document: JSON Pointers (RFC 6901), compiled into a trie of member
 * names and indexes. A document is walked once, however many pointers there are: a value below
 * which nothing is wanted is skipped, and validated, as a whole.
 *
 *     /payload/id, /payload/after/body        root ─payload─┬─id─────► field 0
 *                                                           └─after──body─► field 1
 */
class FieldMap {
 public:
  static constexpr size_t kFieldsMax = 64;
  static constexpr size_t kNone = SIZE_MAX;

  /** The values of the fields, and where a document inside a string is unescaped to. */
  struct Found {
    std::vector<json::Value> values;  // kFieldsMax
    json::Value outer;                // the string that held the document; empty if none did
    std::vector<char> inner;          // the document, with room behind it as below
    std::vector<char> quoted;         // the text of a base64 string, as JSON
    /** Something was found in bytes that the document has only as base64. */
    bool is_decoded = false;
    /** Fields with NaN or Infinity somewhere inside. */
    uint64_t not_finite = 0;
  };
  /** Bytes that must be readable behind a document, besides the NUL. */
  static constexpr size_t kPadding = 8;
  /** The bytes that are kept of buffers for larger documents. */
  static constexpr size_t kKeptBytes = 64 * 1024;

  FieldMap() : nodes_(1) {}

  /** `pointer` is valid; several fields may stand in one place, a field in several. */
  void add(std::string_view pointer, size_t field);
  /** The value at `pointer`, if it is a string, is a document of its own. */
  void add_document(std::string_view pointer);
  /** The value at `pointer` is a string of base64, and what it encodes stands in its place. */
  void add_base64(std::string_view pointer);

  /**
   * Reads a document, with kPadding bytes behind it. If a member occurs more than once, the last
   * one counts, at every level: its fields, or that they are missing. A missing field has an empty
   * text.
   */
  Status read(std::string_view document, json::Grammar grammar, size_t depth_max,
              Found& found) const;

 private:
  struct Edge {
    std::string name;
    uint64_t head = 0;  // the first eight bytes of the name, and which of them there are
    uint64_t head_mask = 0;
    size_t index = kNone;  // if the name is an index, too
    size_t node = 0;
  };
  struct Node {
    uint64_t here = 0;  // fields, one bit each
    uint64_t at_or_below = 0;
    uint64_t lengths = 0;  // of the names of the edges; the last bit stands for all longer ones
    std::vector<Edge> edges;
    size_t index_end = 0;  // behind the largest index among the edges
    bool is_document = false;
    bool is_base64 = false;

    bool goes_on() const noexcept { return is_base64 || !edges.empty(); }
  };
  class Walk;

  template <typename Visit>
  size_t path_to(std::string_view pointer, Visit visit);

  std::vector<Node> nodes_;  // the root first
  size_t fields_ = 0;
};

}  // namespace kubesentiment
