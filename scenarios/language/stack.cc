#include "scenarios/language/stack.h"

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

namespace chamber::language {
namespace {

using document::Json;
using document::Mistakes;
using document::Node;
using document::Object;
using document::Shape;
using document::Source;

constexpr std::string_view kMinimal = "minimal";
constexpr std::string_view kDefaultVersion = "default";

Shape<std::string> profile_shape() {
  return document::one_of("a stack profile", {{"minimal", "One node of each component."},
                                              {"production", "Each component as it would run in production."}});
}

// How many nodes a component may have, with the reason where a count can't work.
Shape<std::int64_t> nodes_shape(const ComponentSpec& spec) {
  Json schema = {{"type", "integer"}, {"minimum", 1}, {"maximum", spec.most}};
  Json never = Json::array();
  for (const auto& [count, reason] : spec.impossible) never.push_back(count);
  if (!never.empty()) schema["not"] = {{"enum", never}};
  const Shape<std::int64_t> any = document::whole({INT64_MIN, INT64_MAX});
  const auto read = [any, spec](const Node& node, Mistakes& mistakes) -> std::optional<std::int64_t> {
    const std::optional<std::int64_t> count = any.read(node, mistakes);
    if (!count) return std::nullopt;
    const auto impossible = spec.impossible.find(*count);
    if (impossible != spec.impossible.end()) {
      mistakes.add(node.source, fmt::format("{} can't have {} nodes: {}", spec.name, *count, impossible->second));
    } else if (*count == 0) {
      mistakes.add(node.source, fmt::format("{0} can't have 0 nodes; leave {0} out of the stack", spec.name));
    } else if (*count < 0 || *count > spec.most) {
      mistakes.add(node.source, fmt::format("{} can't have {} nodes; write 1 to {}", spec.name, *count, spec.most));
    } else {
      return count;
    }
    return std::nullopt;
  };
  return {"a number of nodes", schema, read, [](std::int64_t count) { return Json(count); }};
}

Shape<ComponentEntry> component_shape(const ComponentSpec& spec, const Vocabulary& vocabulary) {
  const Shape<std::int64_t> nodes = nodes_shape(spec);
  const Shape<ComponentEntry> brief = document::mapped<ComponentEntry, Located<std::int64_t>>(
      document::located(nodes),
      [](Located<std::int64_t> count) {
        return ComponentEntry{
            .source = {}, .nodes = count, .tolerates = {}, .engine = {}, .version = {}, .settings = {}};
      },
      [](const ComponentEntry& entry) { return entry.nodes.value_or(Located<std::int64_t>{}); });
  Object<ComponentEntry> full(fmt::format("a map of {}'s settings", spec.name), spec.doc);
  full.optional("nodes", &ComponentEntry::nodes, nodes, "How many nodes.")
      .optional("tolerates", &ComponentEntry::tolerates, document::whole({0, spec.most}),
                "How many of them may be hurt at once; chaos keeps within it. By default what the component promises.")
      .optional("engine", &ComponentEntry::engine,
                document::one_of(fmt::format("an engine of {}", spec.name), spec.engines), "What implements it.")
      .optional("version", &ComponentEntry::version, document::version_text(), "Of the server.");
  add_parameters(full, &ComponentEntry::settings, spec.settings, vocabulary);
  const Shape<ComponentEntry> either = document::short_or_full(brief, full.shape());
  Json schema = either.schema();
  schema["description"] = spec.doc;
  const auto read = [either](const Node& node, Mistakes& mistakes) {
    std::optional<ComponentEntry> entry = either.read(node, mistakes);
    if (entry) entry->source = node.source;
    return entry;
  };
  return {either.what(), schema, read, [either](const ComponentEntry& entry) { return either.write(entry); }};
}

Shape<KubernetesEntry> kubernetes_shape() {
  constexpr std::int64_t kMost = 9;
  const Shape<std::int64_t> nodes = document::whole({1, kMost});
  const Shape<KubernetesEntry> brief = document::mapped<KubernetesEntry, Located<std::int64_t>>(
      document::located(nodes), [](Located<std::int64_t> count) { return KubernetesEntry{count}; },
      [](const KubernetesEntry& entry) { return entry.nodes; });
  const Shape<KubernetesEntry> full =
      Object<KubernetesEntry>("a map of Kubernetes' settings",
                              "What pods run on. It matters only where nodes are pods.")
          .required(
              "nodes", &KubernetesEntry::nodes, nodes,
              "How many Kubernetes nodes the pods are spread over. One is the control-plane node itself; more are "
              "workers beside it, and then it has no pods.");
  return document::short_or_full(brief, full);
}

Shape<StackEntry> stack_map_shape(const Vocabulary& vocabulary) {
  Object<StackEntry> object("a map of components", "Components with how many nodes each has, or with their settings.");
  object.optional("profile", &StackEntry::profile, profile_shape(), "What the others change.");
  object.optional("kubernetes", &StackEntry::kubernetes, kubernetes_shape(), "What pods run on.");
  std::vector<std::string> keys = {"profile"};
  for (const ComponentSpec& spec : vocabulary.components) {
    keys.push_back(spec.name);
    const Shape<ComponentEntry> shape = component_shape(spec, vocabulary);
    const auto set = [shape, name = spec.name](StackEntry& stack, const Node& node, Mistakes& mistakes) {
      std::optional<ComponentEntry> entry = shape.read(node, mistakes);
      if (entry) stack.components.insert_or_assign(name, *std::move(entry));
      return entry.has_value();
    };
    const auto get = [shape, name = spec.name](const StackEntry& stack) -> std::optional<Json> {
      const auto found = stack.components.find(name);
      if (found == stack.components.end()) return std::nullopt;
      return shape.write(found->second);
    };
    object.field(spec.name, "", false, shape.schema(), set, get);
  }
  object.at_least_one_of(keys);
  return object;
}

std::int64_t profile_nodes(const ComponentSpec& spec, std::string_view profile) {
  return profile == kMinimal ? spec.minimal : spec.production;
}

std::vector<std::string> needs_of(const ComponentSpec& spec, const StackEntry& entry) {
  std::vector<std::string> needs = spec.needs;
  const auto written = entry.components.find(spec.name);
  for (const ConditionalNeed& need : spec.needs_when) {
    const auto* const setting =
        written == entry.components.end() ? nullptr : written->second.settings.find(need.setting);
    if (setting != nullptr && to_text(setting->value) == need.value) needs.push_back(need.component);
  }
  return needs;
}

// The counts of all components that are brought up, by name.
std::map<std::string, Located<std::int64_t>> resolve_counts(const StackEntry& entry, const Vocabulary& vocabulary) {
  std::map<std::string, Located<std::int64_t>> counts;
  for (const ComponentSpec& spec : vocabulary.components) {
    const auto written = entry.components.find(spec.name);
    if (written != entry.components.end() && written->second.nodes) {
      counts[spec.name] = *written->second.nodes;
    } else if (entry.profile && profile_nodes(spec, **entry.profile) > 0) {
      counts[spec.name] = {profile_nodes(spec, **entry.profile), entry.profile->source};
    } else if (written != entry.components.end()) {
      counts[spec.name] = {1, {}};
    }
  }
  // What they need, and what that needs.
  std::deque<std::string> open;
  for (const auto& [name, count] : counts) open.push_back(name);
  while (!open.empty()) {
    const std::string name = open.front();
    open.pop_front();
    for (const std::string& needed : needs_of(*vocabulary.component(name), entry)) {
      const ComponentSpec* const other = vocabulary.component(needed);
      if (other == nullptr || counts.contains(needed)) continue;
      const std::int64_t wanted = counts[name].value > 1 ? other->production : other->minimal;
      counts[needed] = {std::max<std::int64_t>(wanted, 1), Source::said("needed by " + name)};
      open.push_back(needed);
    }
  }
  return counts;
}

}  // namespace

const Component* Stack::find(std::string_view component) const {
  const auto found = std::find_if(components.begin(), components.end(),
                                  [component](const Component& one) { return one.name == component; });
  return found == components.end() ? nullptr : &*found;
}

std::int64_t Stack::nodes(std::string_view component) const {
  const Component* const found = find(component);
  return found == nullptr ? 0 : *found->nodes;
}

Shape<StackEntry> stack_shape(const Vocabulary& vocabulary) {
  const Shape<StackEntry> brief = document::mapped<StackEntry, Located<std::string>>(
      document::located(profile_shape()),
      [](Located<std::string> profile) { return StackEntry{.source = {}, .profile = profile, .components = {}}; },
      [](const StackEntry& stack) { return stack.profile.value_or(Located<std::string>{}); });
  const Shape<StackEntry> either = document::short_or_full(brief, stack_map_shape(vocabulary));
  const auto read = [either](const Node& node, Mistakes& mistakes) {
    std::optional<StackEntry> stack = either.read(node, mistakes);
    if (stack) stack->source = node.source;
    return stack;
  };
  return {either.what(), either.schema(), read, [either](const StackEntry& stack) { return either.write(stack); }};
}

Stack resolve_stack(const StackEntry& entry, const Vocabulary& vocabulary, Mistakes& mistakes) {
  const auto counts = resolve_counts(entry, vocabulary);
  Stack stack;
  if (entry.kubernetes) stack.kubernetes_nodes = entry.kubernetes->nodes;
  const bool plain = entry.profile && entry.components.empty();
  stack.profile = plain ? *entry.profile : Located<std::string>{"custom", entry.source};
  for (const ComponentSpec& spec : vocabulary.components) {
    const auto count = counts.find(spec.name);
    if (count == counts.end()) continue;
    Component component{.name = spec.name,
                        .nodes = count->second,
                        .tolerates = {spec.tolerates ? spec.tolerates(*count->second) : 0, {}},
                        .engine = {spec.engines.empty() ? spec.name : spec.engines.front().name, {}},
                        .version = {std::string(kDefaultVersion), {}},
                        .settings = defaults_of(spec.settings)};
    const auto written = entry.components.find(spec.name);
    if (written != entry.components.end()) {
      component.tolerates = written->second.tolerates.value_or(component.tolerates);
      component.engine = written->second.engine.value_or(component.engine);
      component.version = written->second.version.value_or(component.version);
      for (const auto& [name, setting] : written->second.settings.all()) component.settings.set(name, setting);
    }
    if (const std::string broken = spec.rule ? spec.rule(component) : ""; !broken.empty()) {
      mistakes.add(written != entry.components.end() ? written->second.source : entry.source, broken);
    }
    stack.components.push_back(std::move(component));
  }
  return stack;
}

void expand_short_forms(Node& stack) {
  const auto wrap = [](Node& node, const char* key) {
    if (node.kind != Node::Kind::kScalar) return;
    Node map = Node::map(node.source);
    map.entries.push_back({key, node.source, std::exchange(node, {})});
    node = std::move(map);
  };
  wrap(stack, "profile");
  for (document::Entry& entry : stack.entries) {
    if (entry.key != "profile") wrap(entry.value, "nodes");
  }
}

}  // namespace chamber::language
