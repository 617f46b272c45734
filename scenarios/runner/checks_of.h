// The checks that a plan asks for, as functions of a history, and those that every run has.
#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "harness/cell/component.h"
#include "harness/check/run_checks.h"
#include "scenarios/language/plan.h"

namespace chamber {

using NamedBudgets = std::map<std::string, Component::NamedBudget>;

// kHarness when the plan names a budget or a check that nothing here knows.
Result<std::vector<Check>> checks_of(const language::Plan& plan, const NamedBudgets& budgets,
                                     const std::stop_token& stop);

// What became of a plan that is broken on purpose.
struct Noticed {
  Judgement judgement = Judgement::kPass;  // inconclusive: of the missed checks each could not tell, and none passed
  std::vector<std::string> missed;         // the checks that must fail and did not
};
[[nodiscard]] Noticed noticed(const language::Plan& plan, const Verdict& verdict);

}  // namespace chamber
