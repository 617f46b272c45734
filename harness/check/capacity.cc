#include "harness/check/capacity.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "harness/check/latency.h"
#include "harness/check/starvation.h"
#include "harness/check/windows.h"

namespace chamber {
namespace {

constexpr int kPartsOfStep = 5;   // the first is left out
constexpr int kStarvedParts = 4;  // a step that was starved for one of them says nothing of the system

struct Carried {
  std::uint64_t served = 0;
  std::vector<Duration> latencies;
};

Duration starved_in(const std::vector<Window>& starved, Instant from, Instant to) {
  Duration sum{};
  for (const Window& window : starved) {
    sum += std::max(Duration{}, std::min(window.to, to) - std::max(window.from, from));
  }
  return sum;
}

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
  const std::vector<Window> starved = starved_windows(history);
  double highest = 0;
  bool carried_all = true;
  bool knee_is_known = true;
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
    const Duration without_cpu = starved_in(starved, from, to);
    if (carried_all && !carries) knee_is_known = without_cpu < step.length / kStarvedParts;
    carried_all = carried_all && carries;
    if (carried_all) highest = step.per_second;
    result.evidence.push_back(fmt::format(
        "{:.0f}/s: {} of {:.0f} served, p{:g} {}{}{}", step.per_second, carried.served, scheduled,
        options.quantile * 100, human(observed), carries ? "" : ": not carried",
        without_cpu > Duration{} ? fmt::format("; the machine was starved of CPU for {}", human(without_cpu)) : ""));
    from = to;
  }
  if (result.operations == 0) {
    result.summary = "no operation was tried";
    return result;
  }
  result.budget = Budget{result.check, options.at_least, highest, "/s", options.source, false};
  result.judgement = highest >= options.at_least ? Judgement::kPass
                     : knee_is_known             ? Judgement::kFail
                                                 : Judgement::kInconclusive;
  result.summary = fmt::format("{:.0f}/s are carried with p{:g} within {}{}; {:.0f}/s are asked for", highest,
                               options.quantile * 100, human(options.within),
                               carried_all ? ", and more was not tried" : "", options.at_least);
  if (result.judgement == Judgement::kInconclusive) {
    result.summary += "; but what was not carried can be the machine, which was starved of CPU";
  }
  return result;
}

}  // namespace chamber
