// A matrix's names resolved to numbers: its axes with their values, and selectors as sets of values. Internal to this
// folder.
#pragma once

#include <string>
#include <vector>

#include "harness/document/mistakes.h"
#include "matrix/cover.h"
#include "matrix/plan.h"

namespace chamber::matrix {

struct Axis {
  std::string name;  // "environment", "version.vault", …
  std::vector<std::string> values;

  [[nodiscard]] int index_of(std::string_view value) const;  // -1: it has no such value
};

// In the order in which ids and reports name them; the scenario comes last.
[[nodiscard]] std::vector<Axis> resolve_axes(const Matrix& matrix, const PlanSources& sources,
                                             document::Mistakes& mistakes);

// The cells that a selector means. A mistake when it names an axis that this matrix lacks, or when nothing fits a
// value.
[[nodiscard]] Pattern resolve(const Selector& selector, const std::vector<Axis>& axes, document::Mistakes& mistakes);

[[nodiscard]] bool matches(const Pattern& pattern, const Row& row);

// What must not come together, and what people are told about it.
struct Rule {
  Pattern pattern;
  std::string because;
};
[[nodiscard]] std::vector<Rule> rules_of(const Matrix& matrix, const std::vector<Axis>& axes,
                                         document::Mistakes& mistakes);

}  // namespace chamber::matrix
