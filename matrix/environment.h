// Environments and configurations as stack profiles: matrix/environments.yaml. An environment says how many nodes the
// components have and with which settings; a configuration says which components there are.
//
//   environments:
//     production: {about: …, profile: production, settings: {vault: {seal: transit}}}
//   configurations:
//     minimal: {about: …, components: named}
//
// A scenario keeps the settings that it writes itself; how many nodes a component has, the environment says.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/document/object.h"
#include "harness/document/scalars.h"
#include "scenarios/language/stack.h"

namespace chamber::matrix {

using document::Located;
// component -> setting -> value, as in a scenario's stack.
using Settings = std::map<std::string, std::map<std::string, std::string>>;

struct Environment {
  Located<std::string> about;
  Located<std::string> profile;  // "minimal" or "production": how many nodes each component has
  Settings settings;
};

enum class Components {
  kNamed,  // those that the scenario names, and what they need
  kAll,    // those of the profile
};

struct Configuration {
  Located<std::string> about;
  Located<Components> components;
  Settings settings;
};

struct Environments {
  std::map<std::string, Environment> environments;
  std::map<std::string, Configuration> configurations;
};

[[nodiscard]] document::Shape<Environments> environments_shape();
// `shown` stands for the file in positions.
[[nodiscard]] Result<Environments> read_environments(std::string_view text, std::string_view shown);

// harness/schemas/environments.json as it should be.
[[nodiscard]] std::string environments_schema();

// What `chamber run --set` changes so that a scenario with this stack runs in that environment and configuration:
// "stack.profile=minimal", "stack.vault.nodes=1", …
struct Fitting {
  std::vector<std::string> overrides;
  std::string cannot;  // what the vocabulary doesn't know of the settings; empty when it knows all
};
[[nodiscard]] Fitting fit(const language::StackEntry& written, const Environment& environment,
                          const Configuration& configuration, const language::Vocabulary& vocabulary);

}  // namespace chamber::matrix
