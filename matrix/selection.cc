#include "matrix/selection.h"

#include <algorithm>

namespace chamber::matrix {
namespace {

using document::Mistakes;

std::vector<std::string> keys_of(const auto& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

void add_value(Axis& axis, const std::string& value) {
  if (axis.index_of(value) < 0) axis.values.push_back(value);
}

Axis known_values(std::string name, const std::vector<Located<std::string>>& written,
                  const std::vector<std::string>& known, const std::string& what, Mistakes& mistakes) {
  Axis axis{std::move(name), {}};
  for (const Located<std::string>& value : written) {
    if (std::find(known.begin(), known.end(), *value) != known.end()) {
      add_value(axis, *value);
    } else {
      mistakes.add(value.source,
                   fmt::format("{} is no {}{}", document::quote(*value), what, document::did_you_mean(*value, known)));
    }
  }
  return axis;
}

Axis scenario_axis(const Matrix& matrix, const language::Catalogue& catalogue, Mistakes& mistakes) {
  Axis axis{"scenario", {}};
  std::vector<std::string> names;
  for (const auto& entry : catalogue.entries()) names.push_back(fmt::format("{}/{}", entry.family, entry.name));
  for (const Located<std::string>& pattern : matrix.axes.scenario) {
    bool found = false;
    for (const std::string& name : names) {
      if (!fits_pattern(*pattern, name)) continue;
      found = true;
      add_value(axis, name);
    }
    if (found) continue;
    mistakes.add(pattern.source, fmt::format("no scenario is called {}{}", document::quote(*pattern),
                                             document::did_you_mean(*pattern, names)));
  }
  return axis;
}

}  // namespace

int Axis::index_of(std::string_view value) const {
  const auto found = std::find(values.begin(), values.end(), value);
  return found == values.end() ? -1 : static_cast<int>(found - values.begin());
}

std::vector<Axis> resolve_axes(const Matrix& matrix, const PlanSources& sources, Mistakes& mistakes) {
  const std::vector<std::string> phases = {kComplete, "bootstrap", "vault-init", "secrets", "applications"};
  std::vector<Axis> axes;
  axes.push_back(known_values("environment", matrix.axes.environment, keys_of(sources.environments.environments),
                              "environment", mistakes));
  axes.push_back(known_values("configuration", matrix.axes.configuration, keys_of(sources.environments.configurations),
                              "configuration", mistakes));
  axes.push_back(known_values("substrate", matrix.axes.substrate, {"local", "kind"}, "substrate", mistakes));
  for (const auto& [component, versions] : matrix.axes.versions) {
    Axis axis{"version." + component, {}};
    if (sources.vocabulary.component(component) == nullptr) {
      mistakes.add(versions.front().source,
                   fmt::format("there is no component {}, whose versions these are", component));
    }
    for (const Located<std::string>& version : versions) add_value(axis, *version);
    axes.push_back(std::move(axis));
  }
  axes.push_back(known_values("phase", matrix.axes.phase, phases, "phase", mistakes));
  axes.push_back(scenario_axis(matrix, sources.catalogue, mistakes));
  return axes;
}

Pattern resolve(const Selector& selector, const std::vector<Axis>& axes, Mistakes& mistakes) {
  Pattern pattern{std::vector<std::vector<bool>>(axes.size())};
  for (const auto& [name, wanted] : selector.values) {
    const auto axis = std::find_if(axes.begin(), axes.end(), [&](const Axis& one) { return one.name == name; });
    if (axis == axes.end()) {
      mistakes.add(selector.source, fmt::format("this matrix has no axis {}; name it under `axes`", name));
      continue;
    }
    std::vector<bool>& values = pattern.values[static_cast<std::size_t>(axis - axes.begin())];
    values.assign(axis->values.size(), false);
    for (const Located<std::string>& value : wanted) {
      bool found = false;
      for (std::size_t i = 0; i < axis->values.size(); ++i) {
        if (!fits_pattern(*value, axis->values[i])) continue;
        found = true;
        values[i] = true;
      }
      if (found) continue;
      mistakes.add(value.source, fmt::format("the axis {} of this matrix has no value {}{}", name,
                                             document::quote(*value), document::did_you_mean(*value, axis->values)));
    }
  }
  return pattern;
}

bool matches(const Pattern& pattern, const Row& row) {
  for (std::size_t axis = 0; axis < row.size(); ++axis) {
    const std::vector<bool>& values = pattern.values[axis];
    if (!values.empty() && !values[static_cast<std::size_t>(row[axis])]) return false;
  }
  return true;
}

std::vector<Rule> rules_of(const Matrix& matrix, const std::vector<Axis>& axes, Mistakes& mistakes) {
  std::vector<Rule> rules;
  for (const Exclusion& exclusion : matrix.exclude) {
    rules.push_back({resolve(exclusion.cells, axes, mistakes), "excluded: " + exclusion.because});
  }
  for (const Constraint& constraint : matrix.constraints) {
    const Pattern condition = resolve(constraint.condition, axes, mistakes);
    const Pattern consequence = resolve(constraint.consequence, axes, mistakes);
    // "If A then B and C" forbids A without B, and A without C.
    for (std::size_t axis = 0; axis < axes.size(); ++axis) {
      if (consequence.values[axis].empty()) continue;
      Rule rule{condition, "constraint: " + constraint.because};
      std::vector<bool>& values = rule.pattern.values[axis];
      if (values.empty()) values.assign(axes[axis].values.size(), true);
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = values[i] && !consequence.values[axis][i];
      rules.push_back(std::move(rule));
    }
  }
  return rules;
}

}  // namespace chamber::matrix
