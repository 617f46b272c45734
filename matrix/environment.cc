#include "matrix/environment.h"

#include <algorithm>

#include "harness/document/parse.h"

namespace chamber::matrix {
namespace {

using document::Shape;
using language::ComponentSpec;
using language::ParameterSpec;
using language::Vocabulary;

constexpr std::string_view kMinimal = "minimal";

Shape<Settings> settings_shape() {
  const auto one = document::map_of(document::text(100), document::text(200), "a map of settings");
  return document::map_of(document::text(100), one, "a map of components with settings");
}

std::int64_t nodes_in(const ComponentSpec& spec, std::string_view profile) {
  return profile == kMinimal ? spec.minimal : spec.production;
}

// Why a component can't have this setting; empty when it can. The value itself is looked at when the scenario is read.
std::string unknown(const std::string& component, const std::string& setting, const std::string& value,
                    const Vocabulary& vocabulary) {
  const ComponentSpec* const spec = vocabulary.component(component);
  if (spec == nullptr) return fmt::format("this chamber has no component {}", component);
  if (setting == "engine" || setting == "version") return {};
  const auto found = std::find_if(spec->settings.begin(), spec->settings.end(),
                                  [&](const ParameterSpec& one) { return one.name == setting; });
  if (found == spec->settings.end()) return fmt::format("this chamber has no setting {}.{}", component, setting);
  const auto& choices = found->choices;
  const bool known = choices.empty() || std::any_of(choices.begin(), choices.end(), [&](const document::Named& choice) {
                       return choice.name == value;
                     });
  return known ? "" : fmt::format("this chamber has no {}.{}={}", component, setting, value);
}

// The components that the cell will have, of those that the settings speak of.
std::vector<std::string> components_of(const language::StackEntry& written, bool all, std::string_view profile,
                                       const Vocabulary& vocabulary) {
  std::vector<std::string> names;
  for (const ComponentSpec& spec : vocabulary.components) {
    const bool named = written.components.contains(spec.name);
    if (named || ((all || written.profile) && nodes_in(spec, profile) > 0)) names.push_back(spec.name);
  }
  return names;
}

void set_nodes(const language::StackEntry& written, std::string_view profile, const Vocabulary& vocabulary,
               Fitting& fitting) {
  for (const auto& [name, entry] : written.components) {
    const ComponentSpec* const spec = vocabulary.component(name);
    const std::int64_t nodes = spec == nullptr ? 0 : nodes_in(*spec, profile);
    // A component that the profile is without has as many as the scenario gives it.
    if (nodes > 0) fitting.overrides.push_back(fmt::format("stack.{}.nodes={}", name, nodes));
  }
}

void set_settings(const Settings& settings, const language::StackEntry& written,
                  const std::vector<std::string>& components, const Vocabulary& vocabulary, Fitting& fitting) {
  for (const auto& [component, values] : settings) {
    const bool there = std::find(components.begin(), components.end(), component) != components.end();
    if (!there && vocabulary.component(component) != nullptr) continue;
    const auto entry = written.components.find(component);
    for (const auto& [setting, value] : values) {
      if (entry != written.components.end() && entry->second.settings.find(setting) != nullptr) continue;
      if (std::string why = unknown(component, setting, value, vocabulary); !why.empty()) {
        fitting.cannot = std::move(why);
        continue;
      }
      fitting.overrides.push_back(fmt::format("stack.{}.{}={}", component, setting, value));
    }
  }
}

}  // namespace

Shape<Environments> environments_shape() {
  const Shape<std::string> profile = document::one_of(
      "a stack profile", {{"minimal", "One node of each."}, {"production", "As many as in production."}});
  const Shape<Environment> environment =
      document::Object<Environment>("an environment")
          .required("about", &Environment::about, document::text(), "What it stands for.")
          .required("profile", &Environment::profile, profile, "How many nodes each component has.")
          .optional("settings", &Environment::settings, settings_shape(), "Settings of components.");
  const Shape<Components> components = document::choice<Components>(
      "which components", {{"named", Components::kNamed, "Those that the scenario names, and what they need."},
                           {"all", Components::kAll, "All of the profile."}});
  const Shape<Configuration> configuration =
      document::Object<Configuration>("a configuration")
          .required("about", &Configuration::about, document::text(), "What it stands for.")
          .required("components", &Configuration::components, components, "Which components there are.")
          .optional("settings", &Configuration::settings, settings_shape(), "Settings of components.");
  const Shape<std::string> name = document::label("a name");
  return document::Object<Environments>("a file of environments")
      .required("environments", &Environments::environments,
                document::map_of(name, environment, "a map of environments"), "Node counts and settings.")
      .required("configurations", &Environments::configurations,
                document::map_of(name, configuration, "a map of configurations"), "Which components there are.");
}

Result<Environments> read_environments(std::string_view text, std::string_view shown) {
  document::Mistakes mistakes;
  const std::optional<document::Node> root = document::parse(text, shown, mistakes);
  std::optional<Environments> environments;
  if (root) environments = environments_shape().read(*root, mistakes);
  CHAMBER_CHECK(mistakes.result());
  return *std::move(environments);
}

std::string environments_schema() {
  return document::json_schema(environments_shape(),
                               {"environments.json", "Environments and configurations of chamber"})
             .dump(2) +
         "\n";
}

Fitting fit(const language::StackEntry& written, const Environment& environment, const Configuration& configuration,
            const Vocabulary& vocabulary) {
  Fitting fitting;
  const std::string& profile = *environment.profile;
  const bool all = *configuration.components == Components::kAll;
  if (all || written.profile) fitting.overrides.push_back("stack.profile=" + profile);
  set_nodes(written, profile, vocabulary, fitting);
  const std::vector<std::string> components = components_of(written, all, profile, vocabulary);
  set_settings(environment.settings, written, components, vocabulary, fitting);
  set_settings(configuration.settings, written, components, vocabulary, fitting);
  return fitting;
}

}  // namespace chamber::matrix
