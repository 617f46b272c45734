#include "harness/document/node.h"

#include <utility>

#include "harness/document/mistakes.h"

namespace chamber::document {

const Node* Node::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Node* Node::find(std::string_view key) {
  return const_cast<Node*>(std::as_const(*this).find(key));
}

Node Node::scalar(std::string text, Source source) {
  Node node;
  node.kind = Kind::kScalar;
  node.source = std::move(source);
  node.text = std::move(text);
  return node;
}

Node Node::map(Source source) {
  Node node;
  node.kind = Kind::kMap;
  node.source = std::move(source);
  return node;
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNothing:
      return "nothing";
    case Node::Kind::kScalar:
      return quote(node.text);
    case Node::Kind::kList:
      return "a list";
    case Node::Kind::kMap:
      break;
  }
  return "a map";
}

}  // namespace chamber::document
