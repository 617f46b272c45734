#include "harness/check/availability.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace chamber {

CheckResult check_availability(const History& history, const AvailabilityOptions& options) {
  constexpr double kPercent = 100;
  CheckResult result;
  result.check = fmt::format("availability {} {}", options.workload, to_string(options.when));
  if (options.which != Which::kAll) result.check += fmt::format(" {}", to_string(options.which));
  std::uint64_t good = 0;
  std::map<std::tuple<Outcome, std::uint16_t, std::uint16_t>, std::uint64_t> failures;
  for (const Operation* operation : operations_of(history, options.workload, options.when, options.margin)) {
    if (!is(*operation, options.which)) continue;
    ++result.operations;
    if (served(history, *operation)) {
      ++good;
    } else {
      ++failures[{operation->outcome, operation->error, operation->node}];
    }
  }
  if (result.operations < std::max<std::uint64_t>(1, options.least_operations)) {
    result.summary = fmt::format("{} operations in those windows are too few to judge", result.operations);
    return result;
  }
  const double share = static_cast<double>(good) / static_cast<double>(result.operations);
  result.budget = Budget{result.check, options.at_least * kPercent, share * kPercent, "%", options.source, false};
  result.judgement = share >= options.at_least ? Judgement::kPass : Judgement::kFail;
  result.summary = fmt::format("{} of {} {} were served: {:.3f} %, {:.3f} % are asked for", good, result.operations,
                               to_string(options.which), share * kPercent, options.at_least * kPercent);
  // The error budget: how many may fail, and what of it is spent.
  const double allowed = (1 - options.at_least) * static_cast<double>(result.operations);
  const auto failed = static_cast<double>(result.operations - good);
  if (allowed >= 1)
    result.summary += fmt::format("; {:.0f} % of the error budget is spent", failed / allowed * kPercent);
  for (const auto& [kind, count] : failures) {
    const auto& [outcome, error, node] = kind;
    result.evidence.push_back(fmt::format("{} {}: {}{}", count, to_string(outcome),
                                          error == 0 ? std::string_view("no class of error") : history.name(error),
                                          node == 0 ? "" : fmt::format(", from {}", history.name(node))));
  }
  return result;
}

}  // namespace chamber
