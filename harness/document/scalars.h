// Shapes of single values. Bounds are inclusive; a message says which bound was passed.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "harness/document/quantity.h"
#include "harness/document/shape.h"

namespace chamber::document {

// A shape of one scalar from a function that reads its text.
template <typename T>
[[nodiscard]] Shape<T> scalar(std::string what, Json schema, std::function<Parsed<T>(const Node&)> parse,
                              typename Shape<T>::Write write) {
  const auto read = [what, parse](const Node& node, Mistakes& mistakes) -> std::optional<T> {
    if (node.kind != Node::Kind::kScalar) {
      add_unexpected(node, what, mistakes);
      return std::nullopt;
    }
    Parsed<T> value = parse(node);
    if (value) return *std::move(value);
    mistakes.add(node.source, value.error());
    return std::nullopt;
  };
  return {what, std::move(schema), read, std::move(write)};
}

template <typename T>
struct Bounds {
  T least;
  T most;
};

// Any text of 1 to `most_bytes` bytes.
[[nodiscard]] Shape<std::string> text(std::size_t most_bytes = 1000);
// Text that YAML alone would take for a number (`1.20`) keeps its spelling: versions.
[[nodiscard]] Shape<std::string> version_text();
// Lower-case letters, digits and `-`, beginning with a letter, at most 63: names of files, nodes, DNS labels.
[[nodiscard]] Shape<std::string> label(std::string what);
// true or false, as YAML 1.2 has them.
[[nodiscard]] Shape<bool> flag();
[[nodiscard]] Shape<std::int64_t> whole(Bounds<std::int64_t> bounds);
[[nodiscard]] Shape<std::uint64_t> seed_number();
[[nodiscard]] Shape<double> number(Bounds<double> bounds);
[[nodiscard]] Shape<Duration> duration(Bounds<Duration> bounds);
// Bounds in operations per second.
[[nodiscard]] Shape<Rate> rate(Bounds<double> per_second);
[[nodiscard]] Shape<Percentage> percentage();
[[nodiscard]] Shape<ByteSize> byte_size(Bounds<ByteSize> bounds);

// A name with what it means, for messages and editors.
struct Named {
  std::string name;
  std::string doc;
};

// One of the given names; anything else is told with the nearest of them. `what`: "a workload".
[[nodiscard]] Shape<std::string> one_of(std::string what, std::vector<Named> names);

// This one text: the key that tells the cases of case_by_value() apart.
[[nodiscard]] Shape<std::string> exactly(std::string name);

// One of the given names, as a value of an enumeration.
template <typename E>
struct Option {
  std::string name;
  E value;
  std::string doc;
};
template <typename E>
[[nodiscard]] Shape<E> choice(std::string what, std::vector<Option<E>> options) {
  std::vector<Named> names;
  for (const Option<E>& option : options) names.push_back({option.name, option.doc});
  const auto there = [options](const std::string& name) {
    for (const Option<E>& option : options) {
      if (option.name == name) return option.value;
    }
    return options.front().value;
  };
  const auto back = [options](const E& value) {
    for (const Option<E>& option : options) {
      if (option.value == value) return option.name;
    }
    return options.front().name;
  };
  return mapped<E, std::string>(one_of(std::move(what), std::move(names)), there, back);
}

// {"oneOf": [{"const": name, "description": doc}, …]}: editors complete these and show what each means.
[[nodiscard]] Json names_schema(const std::vector<Named>& names);

}  // namespace chamber::document
