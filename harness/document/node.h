// A document as a tree of plain values, each with the place it was written. Scalars stay text until a Shape says what
// they are, so that `version: 1.20` and `name: no` mean what their author wrote.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/document/source.h"

namespace chamber::document {

struct Entry;

struct Node {
  enum class Kind { kNothing, kScalar, kList, kMap };

  Kind kind = Kind::kNothing;
  Source source;
  std::string text;            // of a scalar
  bool quoted = false;         // a quoted scalar is never a number or a boolean
  std::vector<Node> items;     // of a list
  std::vector<Entry> entries;  // of a map, in the order of the text, keys unique

  // The value under `key` of a map; null when it is not there or this is no map.
  [[nodiscard]] const Node* find(std::string_view key) const;
  [[nodiscard]] Node* find(std::string_view key);

  static Node scalar(std::string text, Source source);
  static Node map(Source source);
};

struct Entry {
  std::string key;
  Source key_source;
  Node value;
};

// For messages: `"10x"`, "a list", "a map", "nothing".
[[nodiscard]] std::string describe(const Node& node);

}  // namespace chamber::document
