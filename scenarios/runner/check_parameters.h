// The parameters that several checks of a plan share, as the checks take them.
#pragma once

#include <optional>
#include <string>

#include "harness/check/windows.h"
#include "scenarios/runner/checks_of.h"

namespace chamber {

// `when` and `what`; kHarness for a word that no check knows.
Result<When> when_of(const language::CheckEntry& entry);
Result<Which> which_of(const language::CheckEntry& entry);

struct TimeLimit {
  Duration at_most{};
  std::optional<std::string> source;  // none: the scenario
};

// A duration, or what the named budget is in this cell.
Result<TimeLimit> limit_of(const language::CheckEntry& entry, const char* parameter, const NamedBudgets& budgets);

}  // namespace chamber
