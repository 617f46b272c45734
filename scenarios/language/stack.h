// The stack of a scenario, as written and resolved.
//
//   stack: production
//   stack: {vault: 3, postgres: {nodes: 3, replication: asynchronous}}
//   stack: {profile: production, postgres: {replication: asynchronous}}
//   stack: {profile: production, kubernetes: {nodes: 3}}
//
// A stack that leaves a component out brings up what is named and what that needs (ComponentSpec::needs). How many
// nodes such a needed component has: as in `production` when the one that needs it has more than one node, else one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/language/vocabulary.h"

namespace chamber::language {

// A component as it was written: only what was.
struct ComponentEntry {
  document::Source source;
  std::optional<Located<std::int64_t>> nodes;
  std::optional<Located<std::int64_t>> tolerates;
  std::optional<Located<std::string>> engine;
  std::optional<Located<std::string>> version;
  Parameters settings;
};

// What the nodes are spread over where they are pods.
struct KubernetesEntry {
  Located<std::int64_t> nodes;
};

struct StackEntry {
  document::Source source;
  std::optional<Located<std::string>> profile;  // "minimal" or "production"
  std::optional<KubernetesEntry> kubernetes = {};
  std::map<std::string, ComponentEntry> components;
};

// A component with everything that wasn't written filled in.
struct Component {
  std::string name;
  Located<std::int64_t> nodes;
  Located<std::int64_t> tolerates;  // so many of its nodes may be hurt at once, and every promise is kept
  Located<std::string> engine;
  Located<std::string> version;  // "default": any that fixtures/servers.yaml allows
  Parameters settings;
};

struct Stack {
  Located<std::string> profile;       // "minimal", "production" or "custom"
  std::vector<Component> components;  // in the order of the vocabulary
  Located<std::int64_t> kubernetes_nodes = {1, {}};

  // Null when the stack is without it.
  [[nodiscard]] const Component* find(std::string_view component) const;
  // 0 when the stack is without it.
  [[nodiscard]] std::int64_t nodes(std::string_view component) const;
};

[[nodiscard]] document::Shape<StackEntry> stack_shape(const Vocabulary& vocabulary);

// Fills in counts, needed components, engines, settings; adds a mistake where a component's rule is broken.
[[nodiscard]] Stack resolve_stack(const StackEntry& entry, const Vocabulary& vocabulary, document::Mistakes& mistakes);

// Rewrites the short forms of a stack ("production", "vault: 3") as the full ones, so that an override can set one
// setting of a component: --set stack.vault.performance_multiplier=5.
void expand_short_forms(document::Node& stack);

}  // namespace chamber::language
