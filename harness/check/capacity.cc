#include "harness/check/capacity.h"

#include <fmt/format.h>

#include "harness/check/latency.h"
#include "harness/check/windows.h"

namespace chamber {
namespace {

constexpr int kPartsOfStep = 5;  // the first is left out

struct Carried {
  std::uint64_t served = 0;
  std::vector<Duration> latencies;
};

}  // namespace

CheckResult check_capacity(const History& history, const CapacityOptions& options) {
  CheckResult result;
  result.check = fmt::format("capacity {}", options.workload);
  const auto start = load_start(history, options.workload);
  if (!start || options.steps.empty()) {
    result.summary = options.steps.empty() ? "the load has no steps" : "the load's start is not in the history";
    return result;
  }
  const std::vector<const Operation*> operations = operations_of(history, options.workload);
  double highest = 0;
  bool carried_all = true;
  Instant from = *start;
  for (const CapacityStep& step : options.steps) {
    const Duration skipped = step.length / kPartsOfStep;
    const Instant to = from + step.length;
    Carried carried;
    for (const Operation* operation : operations) {
      if (operation->final || operation->intended < from + skipped || operation->intended >= to) continue;
      ++result.operations;
      if (!served(history, *operation)) continue;
      ++carried.served;
      carried.latencies.push_back(latency(*operation));
    }
    // What could not even be started is not in the history, but it is in the schedule.
    const double scheduled = step.per_second * seconds(step.length - skipped);
    const Duration observed = exact_quantile(carried.latencies, options.quantile);
    const bool enough = static_cast<double>(carried.served) >= options.share_served * scheduled - 1;
    const bool carries = enough && !carried.latencies.empty() && observed <= options.within;
    carried_all = carried_all && carries;
    if (carried_all) highest = step.per_second;
    result.evidence.push_back(fmt::format("{:.0f}/s: {} of {:.0f} served, p{:g} {}{}", step.per_second, carried.served,
                                          scheduled, options.quantile * 100, human(observed),
                                          carries ? "" : ": not carried"));
    from = to;
  }
  if (result.operations == 0) {
    result.summary = "no operation was tried";
    return result;
  }
  result.budget = Budget{result.check, options.at_least, highest, "/s", options.source, false};
  result.judgement = highest >= options.at_least ? Judgement::kPass : Judgement::kFail;
  result.summary = fmt::format("{:.0f}/s are carried with p{:g} within {}{}; {:.0f}/s are asked for", highest,
                               options.quantile * 100, human(options.within),
                               carried_all ? ", and more was not tried" : "", options.at_least);
  return result;
}

}  // namespace chamber
