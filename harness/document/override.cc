#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "harness/document/parse.h"

namespace chamber::document {
namespace {

// A step of a path: into a map by key, or into a list by index.
using Step = std::variant<std::string, std::size_t>;

bool name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// key ( "." key | "[" index "]" )*; nullopt when it is not of that form.
std::optional<std::vector<Step>> parse_path(std::string_view path) {
  std::vector<Step> steps;
  std::size_t i = 0;
  while (i < path.size()) {
    if (path[i] == '[' && !steps.empty()) {
      std::size_t index = 0;
      const char* const end = path.data() + path.size();
      const auto [next, error] = std::from_chars(path.data() + i + 1, end, index);
      if (error != std::errc() || next == end || *next != ']') return std::nullopt;
      steps.emplace_back(index);
      i = static_cast<std::size_t>(next - path.data()) + 1;
      continue;
    }
    if (!steps.empty() && path[i++] != '.') return std::nullopt;
    const auto first = path.begin() + static_cast<std::ptrdiff_t>(i);
    const auto last = std::find_if_not(first, path.end(), name_character);
    if (first == last) return std::nullopt;
    steps.emplace_back(std::string(first, last));
    i = static_cast<std::size_t>(last - path.begin());
  }
  if (steps.empty()) return std::nullopt;
  return steps;
}

void place_everywhere(Node& node, const Source& source) {
  node.source = source;
  for (Node& item : node.items) place_everywhere(item, source);
  for (Entry& entry : node.entries) {
    entry.key_source = source;
    place_everywhere(entry.value, source);
  }
}

std::string joined(const std::string& path, const Step& step) {
  if (const auto* key = std::get_if<std::string>(&step)) return path.empty() ? *key : fmt::format("{}.{}", path, *key);
  return fmt::format("{}[{}]", path, std::get<std::size_t>(step));
}

// The node one step further, made when it is a missing key of a map; null after a mistake.
Node* descend(Node& node, const Step& step, const std::string& path, const Source& source, Mistakes& mistakes) {
  if (const auto* index = std::get_if<std::size_t>(&step)) {
    if (node.kind != Node::Kind::kList) {
      mistakes.add(source, fmt::format("{} is {}, not a list; leave [{}] out", path, describe(node), *index));
      return nullptr;
    }
    if (*index >= node.items.size()) {
      mistakes.add(source,
                   fmt::format("{} has {} entries, counted from 0; there is no [{}]", path, node.items.size(), *index));
      return nullptr;
    }
    return &node.items[*index];
  }
  const std::string& key = std::get<std::string>(step);
  if (node.kind == Node::Kind::kList) {
    mistakes.add(source,
                 fmt::format("{} is a list, not a map; name one of its entries, counted from 0, as {}[0]", path, path));
    return nullptr;
  }
  if (node.kind != Node::Kind::kMap) {
    mistakes.add(source, fmt::format("{} is {}, not a map; set it as a whole: --set '{}={{{}: …}}'", path,
                                     describe(node), path, key));
    return nullptr;
  }
  if (Node* const found = node.find(key)) return found;
  node.entries.push_back({key, source, Node::map(source)});
  return &node.entries.back().value;
}

}  // namespace

void apply_override(Node& root, std::string_view assignment, Mistakes& mistakes, const Limits& limits,
                    const std::optional<Source>& place) {
  const std::size_t equals = assignment.find('=');
  const std::string_view path = assignment.substr(0, equals);
  const Source source = place.value_or(Source::setting(path));
  const auto steps = parse_path(path);
  if (!steps || equals == std::string_view::npos || equals + 1 == assignment.size()) {
    mistakes.add(place.value_or(Source::setting(assignment)),
                 "not of the form path=value, such as duration=20s or load[0].rate=300/s");
    return;
  }
  Mistakes of_value;
  std::optional<Node> value = parse(assignment.substr(equals + 1), "value", of_value, limits);
  if (!value || !of_value.none()) {
    mistakes.add(source, of_value.error().message());
    return;
  }
  place_everywhere(*value, source);
  Node* node = &root;
  std::string walked;
  for (const Step& step : *steps) {
    node = descend(*node, step, walked, source, mistakes);
    if (node == nullptr) return;
    walked = joined(walked, step);
  }
  *node = std::move(*value);
}

}  // namespace chamber::document
