#include "scenarios/runner/degradation_check.h"

#include <sstream>

#include "harness/check/capacity.h"
#include "harness/check/errors.h"
#include "harness/check/recovery.h"
#include "harness/check/refused.h"
#include "harness/load/schedule.h"
#include "scenarios/runner/check_parameters.h"
#include "scenarios/runner/load_steps.h"

namespace chamber {
namespace {

// "a, b" as they stand in errors of operations.
Result<std::vector<std::string>> names_in(const language::CheckEntry& entry, const char* parameter) {
  std::vector<std::string> names;
  std::istringstream stream(CHAMBER_TRY(entry.parameters.maybe<std::string>(parameter)).value_or(""));
  for (std::string name; std::getline(stream, name, ',');) {
    name.erase(0, name.find_first_not_of(' '));
    name.erase(name.find_last_not_of(' ') + 1);
    names.push_back(name);
  }
  return names;
}

Result<Check> refused_of(const language::CheckEntry& entry, const NamedBudgets& budgets) {
  const TimeLimit after = CHAMBER_TRY(limit_of(entry, "after", budgets));
  RefusedOptions options{
      .workload = *entry.subject, .what = CHAMBER_TRY(which_of(entry)), .after = after.at_most, .source = after.source};
  return Check{fmt::format("refused {}", *entry.subject),
               [options](const History& history) { return check_refused(history, options); }};
}

Result<Check> errors_of(const language::CheckEntry& entry) {
  const ErrorsOptions options{.workload = *entry.subject,
                              .when = CHAMBER_TRY(when_of(entry)),
                              .which = CHAMBER_TRY(which_of(entry)),
                              .margin = kRecoveryMargin,
                              .only = CHAMBER_TRY(names_in(entry, "only")),
                              .never = CHAMBER_TRY(names_in(entry, "never"))};
  // That no answer comes in time is what a starved machine does to clients. Any other way to fail is the system's own.
  return Check{.name = fmt::format("errors {}", *entry.subject),
               .run = [options](const History& history) { return check_errors(history, options); },
               .judges_time = !is_allowed(options, kTimedOut),
               .error_of_time = std::string(kTimedOut)};
}

Result<Check> recovery_of(const language::CheckEntry& entry, const NamedBudgets& budgets) {
  const TimeLimit limit = CHAMBER_TRY(limit_of(entry, "at_most", budgets));
  RecoveryOptions options{.workload = *entry.subject,
                          .slower_than = CHAMBER_TRY(entry.parameters.get<Duration>("slower_than")),
                          .share = CHAMBER_TRY(entry.parameters.get<document::Percentage>("share")).fraction(),
                          .at_most = limit.at_most};
  if (limit.source) options.source = *limit.source;
  return Check{fmt::format("recovery {}", *entry.subject),
               [options](const History& history) { return check_recovery(history, options); }, true};
}

Result<Check> capacity_of(const language::CheckEntry& entry, const language::Plan& plan) {
  CapacityOptions options{.workload = *entry.subject,
                          .within = CHAMBER_TRY(entry.parameters.get<Duration>("p99")),
                          .at_least = CHAMBER_TRY(entry.parameters.get<document::Rate>("at_least")).per_second()};
  for (const language::LoadEntry& load : plan.load) {
    if (*load.name() != options.workload) continue;
    for (const load::RateStep& step : load_steps(load, *plan.duration)) {
      options.steps.push_back({step.per_second, step.length});
    }
  }
  return Check{fmt::format("capacity {}", options.workload),
               [options](const History& history) { return check_capacity(history, options); }};
}

}  // namespace

Result<std::optional<Check>> degradation_check(const language::CheckEntry& entry, const language::Plan& plan,
                                               const NamedBudgets& budgets) {
  if (entry.kind == "refused") return CHAMBER_TRY(refused_of(entry, budgets));
  if (entry.kind == "errors") return CHAMBER_TRY(errors_of(entry));
  if (entry.kind == "recovery") return CHAMBER_TRY(recovery_of(entry, budgets));
  if (entry.kind == "capacity") return CHAMBER_TRY(capacity_of(entry, plan));
  return std::nullopt;
}

}  // namespace chamber
