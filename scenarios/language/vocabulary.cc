#include "scenarios/language/vocabulary.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <limits>

#include "fixtures/broken/breakages.h"

namespace chamber::language {
namespace {

using document::Bounds;
using document::Json;
using document::Mistakes;
using document::Named;
using document::Node;
using document::Shape;

constexpr Duration kLongest = std::chrono::hours(24);

template <typename Spec>
const Spec* named(const std::vector<Spec>& specs, std::string_view name) {
  const auto found = std::find_if(specs.begin(), specs.end(), [name](const Spec& spec) { return spec.name == name; });
  return found == specs.end() ? nullptr : &*found;
}

template <typename T>
Shape<ParameterValue> as_value(const Shape<T>& shape) {
  return document::mapped<ParameterValue, T>(
      shape, [](T value) { return ParameterValue(std::move(value)); },
      [](const ParameterValue& value) { return std::get<T>(value); });
}

template <typename Spec>
std::vector<Named> names_of(const std::vector<Spec>& specs) {
  std::vector<Named> names;
  for (const Spec& spec : specs) names.push_back({spec.name, spec.doc});
  return names;
}

// A duration, or the name of a budget.
Shape<Budget> budget_shape(const ParameterSpec& spec, const Vocabulary& vocabulary) {
  const Bounds<std::int64_t> bounds = spec.bounds.value_or(Bounds<std::int64_t>{0, kLongest.count()});
  const Shape<Duration> fixed = document::duration({Duration(bounds.least), Duration(bounds.most)});
  const Shape<std::string> name =
      document::define("budget", document::one_of("a budget", names_of(vocabulary.budgets)));
  const auto read = [fixed, name](const Node& node, Mistakes& mistakes) -> std::optional<Budget> {
    // Durations begin with a digit, names with a letter.
    const bool is_name = node.kind == Node::Kind::kScalar && !node.text.empty() &&
                         std::isalpha(static_cast<unsigned char>(node.text.front())) != 0;
    if (is_name) {
      const std::optional<std::string> found = name.read(node, mistakes);
      return found ? std::optional(Budget{{}, *found}) : std::nullopt;
    }
    if (node.kind != Node::Kind::kScalar) {
      add_unexpected(node, "a duration or the name of a budget", mistakes);
      return std::nullopt;
    }
    const std::optional<Duration> found = fixed.read(node, mistakes);
    return found ? std::optional(Budget{*found, ""}) : std::nullopt;
  };
  const auto write = [](const Budget& budget) { return Json(to_text(ParameterValue(budget))); };
  return {"a duration or a budget", Json{{"anyOf", {name.schema(), fixed.schema()}}}, read, write};
}

// The component that a node's name ("vault-0") speaks of; empty when the text is no such name.
std::string_view component_of_node(std::string_view node) {
  const std::size_t dash = node.rfind('-');
  if (dash == std::string_view::npos || !document::parse_unsigned(node.substr(dash + 1))) return {};
  return node.substr(0, dash);
}

}  // namespace

const ComponentSpec* Vocabulary::component(std::string_view name) const {
  return named(components, name);
}
const TargetSpec* Vocabulary::target(std::string_view name) const {
  return named(targets, name);
}
const WorkloadSpec* Vocabulary::workload(std::string_view name) const {
  return named(workloads, name);
}
const FaultSpec* Vocabulary::fault(std::string_view name) const {
  return named(faults, name);
}
const CheckSpec* Vocabulary::check(std::string_view name) const {
  return named(checks, name);
}
const BudgetSpec* Vocabulary::budget(std::string_view name) const {
  return named(budgets, name);
}

Shape<std::string> target_shape(const Vocabulary& vocabulary) {
  const Shape<std::string> by_name = document::one_of("a target", names_of(vocabulary.targets));
  std::vector<std::string> components;
  for (const ComponentSpec& spec : vocabulary.components) components.push_back(spec.name);
  const std::string node_pattern = fmt::format("^({})-[0-9]$", fmt::join(components, "|"));
  const Json schema = {{"anyOf", {by_name.schema(), {{"type", "string"}, {"pattern", node_pattern}}}}};
  const auto read = [by_name, components](const Node& node, Mistakes& mistakes) -> std::optional<std::string> {
    const bool is_node =
        node.kind == Node::Kind::kScalar &&
        std::find(components.begin(), components.end(), component_of_node(node.text)) != components.end();
    return is_node ? std::optional(node.text) : by_name.read(node, mistakes);
  };
  return document::define<std::string>("target",
                                       {"a target", schema, read, [](const std::string& name) { return Json(name); }});
}

std::vector<document::Named> breakage_choices(std::string_view component) {
  std::vector<Named> choices = {{std::string(kNotBroken), "It is the real thing."}};
  for (const Breakage& breakage : breakages()) {
    if (breakage.component == component) choices.push_back({breakage.name, breakage.doc});
  }
  return choices;
}

std::optional<TargetPlace> place_of(const Vocabulary& vocabulary, const std::string& target) {
  if (const TargetSpec* const spec = vocabulary.target(target)) return TargetPlace{spec->component, spec->least_nodes};
  const ComponentSpec* const component = vocabulary.component(component_of_node(target));
  if (component == nullptr) return std::nullopt;
  const std::uint64_t index = *document::parse_unsigned(target.substr(target.rfind('-') + 1));
  // More nodes than there can be for any index that is too large.
  const std::uint64_t most = static_cast<std::uint64_t>(component->most);
  return TargetPlace{component->name, static_cast<std::int64_t>(std::min(index, most)) + 1};
}

Parameters defaults_of(const std::vector<ParameterSpec>& specs) {
  Parameters parameters;
  for (const ParameterSpec& spec : specs) {
    if (spec.fallback) parameters.set(spec.name, {*spec.fallback, {}});
  }
  return parameters;
}

Shape<ParameterValue> parameter_shape(const ParameterSpec& spec, const Vocabulary& vocabulary) {
  constexpr double kMostNumber = 1e15;
  const Bounds<std::int64_t> bounds =
      spec.bounds.value_or(Bounds<std::int64_t>{0, std::numeric_limits<std::int64_t>::max()});
  const Duration longest = spec.bounds ? Duration(bounds.most) : kLongest;
  switch (spec.type) {
    case ParameterType::kFlag:
      return as_value(document::flag());
    case ParameterType::kWhole:
      return as_value(document::whole(bounds));
    case ParameterType::kNumber:
      return as_value(document::number({-kMostNumber, kMostNumber}));
    case ParameterType::kDuration:
      return as_value(document::duration({Duration(bounds.least), longest}));
    case ParameterType::kRate:
      return as_value(document::rate(kRateBounds));
    case ParameterType::kPercentage:
      return as_value(document::percentage());
    case ParameterType::kByteSize:
      return as_value(document::byte_size({{bounds.least}, {bounds.most}}));
    case ParameterType::kText:
      return as_value(document::text());
    case ParameterType::kChoice:
      return as_value(document::one_of(fmt::format("a choice for {}", spec.name), spec.choices));
    case ParameterType::kTarget:
      return as_value(target_shape(vocabulary));
    case ParameterType::kBudget:
      break;
  }
  return as_value(budget_shape(spec, vocabulary));
}

}  // namespace chamber::language
