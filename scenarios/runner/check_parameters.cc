#include "scenarios/runner/check_parameters.h"

namespace chamber {

Result<When> when_of(const language::CheckEntry& entry) {
  const auto text = CHAMBER_TRY(entry.parameters.maybe<std::string>("when"));
  if (!text || *text == "always") return When::kAlways;
  if (*text == "no_fault") return When::kNoFault;
  if (*text == "fault") return When::kDuringFault;
  return fail(ErrorKind::kHarness, "no check knows when: {}", *text);
}

Result<Which> which_of(const language::CheckEntry& entry) {
  const auto text = CHAMBER_TRY(entry.parameters.maybe<std::string>("what"));
  if (!text || *text == "all") return Which::kAll;
  if (*text == "reads") return Which::kReads;
  if (*text == "writes") return Which::kWrites;
  return fail(ErrorKind::kHarness, "no check knows what: {}", *text);
}

Result<TimeLimit> limit_of(const language::CheckEntry& entry, const char* parameter, const NamedBudgets& budgets) {
  const auto budget = CHAMBER_TRY(entry.parameters.get<language::Budget>(parameter));
  if (budget.name.empty()) return TimeLimit{budget.fixed, {}};
  const auto found = budgets.find(budget.name);
  if (found == budgets.end()) return fail(ErrorKind::kHarness, "this cell has no budget '{}'", budget.name);
  return TimeLimit{std::chrono::duration_cast<Duration>(std::chrono::duration<double>(found->second.value)),
                   fmt::format("{}: {}", budget.name, found->second.source)};
}

}  // namespace chamber
