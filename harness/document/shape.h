// A Shape says once what a value looks like; it reads the value from a Node, writes it back, and gives its JSON Schema.
//
//   struct Entry { Located<std::string> workload; Located<Rate> rate; Located<std::int64_t> clients{64}; };
//   const Shape<Entry> entry = Object<Entry>("a load entry")
//       .required("workload", &Entry::workload, text(), "What the clients do.")
//       .required("rate", &Entry::rate, rate({1, 100'000}), "How many operations are started.")
//       .optional("clients", &Entry::clients, whole(1, 4096), "The most operations in flight.");
//   std::optional<Entry> value = entry.read(node, mistakes);   // nullopt: at least one mistake was added
//   Json json = entry.write(*value);                           // reads back to the same value
//   Json schema = json_schema(entry, {...});                   // draft 2020-12
//
// A Shape is a value that can be copied and used from several threads at once.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/document/mistakes.h"
#include "harness/document/node.h"

namespace chamber::document {

// Keys in the order in which they were put: schemas and plans are read by people.
using Json = nlohmann::ordered_json;

template <typename T>
class Shape {
 public:
  // The value, or nullopt after adding at least one mistake.
  using Read = std::function<std::optional<T>(const Node&, Mistakes&)>;
  using Write = std::function<Json(const T&)>;

  // `what` with its article, for messages: "a duration".
  Shape(std::string what, Json schema, Read read, Write write)
      : parts_(std::make_shared<const Parts>(
            Parts{std::move(what), std::move(schema), std::move(read), std::move(write)})) {}

  [[nodiscard]] const std::string& what() const { return parts_->what; }
  [[nodiscard]] const Json& schema() const { return parts_->schema; }
  [[nodiscard]] std::optional<T> read(const Node& node, Mistakes& mistakes) const {
    return parts_->read(node, mistakes);
  }
  [[nodiscard]] Json write(const T& value) const { return parts_->write(value); }

 private:
  struct Parts {
    std::string what;
    Json schema;
    Read read;
    Write write;
  };
  std::shared_ptr<const Parts> parts_;
};

// "expected a duration, found a list", at the node.
void add_unexpected(const Node& node, std::string_view expected, Mistakes& mistakes);

// A list of at least `least` and at most `most` items; `what`: "a list of faults".
template <typename T>
[[nodiscard]] Shape<std::vector<T>> list_of(Shape<T> item, std::string what, std::size_t least = 0,
                                            std::size_t most = 1000) {
  Json schema = {{"type", "array"}, {"items", item.schema()}, {"maxItems", most}};
  if (least > 0) schema["minItems"] = least;
  const auto read = [item, what, least, most](const Node& node, Mistakes& mistakes) -> std::optional<std::vector<T>> {
    if (node.kind != Node::Kind::kList) {
      add_unexpected(node, what, mistakes);
      return std::nullopt;
    }
    const std::size_t count = node.items.size();
    if (count < least || count > most) {
      mistakes.add(node.source, fmt::format("{} entries; write {} {}", count, count < least ? "at least" : "at most",
                                            count < least ? least : most));
      return std::nullopt;
    }
    std::vector<T> values;
    for (const Node& child : node.items) {
      if (std::optional<T> value = item.read(child, mistakes)) values.push_back(*std::move(value));
    }
    if (values.size() != count) return std::nullopt;
    return values;
  };
  const auto write = [item](const std::vector<T>& values) {
    Json list = Json::array();
    for (const T& value : values) list.push_back(item.write(value));
    return list;
  };
  return {what, std::move(schema), read, write};
}

// A map from names of the author's own choosing, each of which must fit `key`.
template <typename T>
[[nodiscard]] Shape<std::map<std::string, T>> map_of(Shape<std::string> key, Shape<T> item, std::string what) {
  const Json schema = {{"type", "object"}, {"propertyNames", key.schema()}, {"additionalProperties", item.schema()}};
  const auto read = [key, item, what](const Node& node, Mistakes& mistakes) -> std::optional<std::map<std::string, T>> {
    if (node.kind != Node::Kind::kMap) {
      add_unexpected(node, what, mistakes);
      return std::nullopt;
    }
    std::map<std::string, T> values;
    for (const Entry& entry : node.entries) {
      const auto name = key.read(Node::scalar(entry.key, entry.key_source), mistakes);
      std::optional<T> value = item.read(entry.value, mistakes);
      if (name && value) values.emplace(*name, *std::move(value));
    }
    if (values.size() != node.entries.size()) return std::nullopt;
    return values;
  };
  const auto write = [item](const std::map<std::string, T>& values) {
    Json map = Json::object();
    for (const auto& [name, value] : values) map[name] = item.write(value);
    return map;
  };
  return {what, schema, read, write};
}

// The value together with its place.
template <typename T>
[[nodiscard]] Shape<Located<T>> located(Shape<T> shape) {
  const auto read = [shape](const Node& node, Mistakes& mistakes) -> std::optional<Located<T>> {
    std::optional<T> value = shape.read(node, mistakes);
    if (!value) return std::nullopt;
    return Located<T>{*std::move(value), node.source};
  };
  return {shape.what(), shape.schema(), read, [shape](const Located<T>& value) { return shape.write(*value); }};
}

// A short form beside the full one: `vault: 3` beside `vault: {nodes: 3}`. A scalar is read as the short form, anything
// else as the full one, which is also the one that is written.
template <typename T>
[[nodiscard]] Shape<T> short_or_full(Shape<T> brief, Shape<T> full) {
  const std::string what = fmt::format("{} or {}", brief.what(), full.what());
  const auto read = [brief, full, what](const Node& node, Mistakes& mistakes) -> std::optional<T> {
    if (node.kind == Node::Kind::kScalar) return brief.read(node, mistakes);
    if (node.kind == Node::Kind::kMap) return full.read(node, mistakes);
    add_unexpected(node, what, mistakes);
    return std::nullopt;
  };
  return {what, Json{{"anyOf", {brief.schema(), full.schema()}}}, read,
          [full](const T& value) { return full.write(value); }};
}

// Another type in place of T, where nothing can go wrong in between.
template <typename To, typename T>
[[nodiscard]] Shape<To> mapped(Shape<T> shape, std::function<To(T)> there, std::function<T(const To&)> back) {
  const auto read = [shape, there](const Node& node, Mistakes& mistakes) -> std::optional<To> {
    std::optional<T> value = shape.read(node, mistakes);
    if (!value) return std::nullopt;
    return there(*std::move(value));
  };
  return {shape.what(), shape.schema(), read, [shape, back](const To& value) { return shape.write(back(value)); }};
}

// The same shape with a schema that json_schema() puts among "$defs" once, however often it is used.
template <typename T>
[[nodiscard]] Shape<T> define(std::string name, Shape<T> shape) {
  Json schema = {{"$def", std::move(name)}};
  schema.update(shape.schema());
  return {shape.what(), std::move(schema),
          [shape](const Node& node, Mistakes& mistakes) { return shape.read(node, mistakes); },
          [shape](const T& value) { return shape.write(value); }};
}

struct SchemaHead {
  std::string id;     // "$id", an address or a file name
  std::string title;  // one line
};

// The whole schema document (JSON Schema draft 2020-12) around the schema of a shape.
[[nodiscard]] Json schema_document(Json schema, const SchemaHead& head);

template <typename T>
[[nodiscard]] Json json_schema(const Shape<T>& shape, const SchemaHead& head) {
  return schema_document(shape.schema(), head);
}

}  // namespace chamber::document
