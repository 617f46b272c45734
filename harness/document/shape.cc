#include "harness/document/shape.h"

namespace chamber::document {
namespace {

// What a schema that refers to a definition still says itself: it differs from use to use.
constexpr const char* kOwnWords[] = {"description", "default"};

// Replaces every part marked by define() by a reference, and collects those parts.
void hoist(Json& schema, Json& definitions) {
  for (auto& child : schema) {
    if (child.is_structured()) hoist(child, definitions);
  }
  if (!schema.is_object() || !schema.contains("$def")) return;
  const std::string name = schema["$def"];
  Json reference = {{"$ref", "#/$defs/" + name}};
  for (const char* word : kOwnWords) {
    if (!schema.contains(word)) continue;
    reference[word] = schema[word];
    schema.erase(word);
  }
  schema.erase("$def");
  definitions[name] = std::move(schema);
  schema = std::move(reference);
}

}  // namespace

void add_unexpected(const Node& node, std::string_view expected, Mistakes& mistakes) {
  mistakes.add(node.source, fmt::format("expected {}, found {}", expected, describe(node)));
}

Json schema_document(Json schema, const SchemaHead& head) {
  Json definitions = Json::object();
  hoist(schema, definitions);
  Json document = {
      {"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"$id", head.id}, {"title", head.title}};
  document.update(schema);
  if (!definitions.empty()) document["$defs"] = std::move(definitions);
  return document;
}

}  // namespace chamber::document
