// The checks of how a system degrades, from a plan: refused, errors, recovery, capacity.
#pragma once

#include <optional>

#include "scenarios/runner/checks_of.h"

namespace chamber {

// None for a check of another kind.
Result<std::optional<Check>> degradation_check(const language::CheckEntry& entry, const language::Plan& plan,
                                               const NamedBudgets& budgets);

}  // namespace chamber
