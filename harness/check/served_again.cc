#include "harness/check/served_again.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/check/windows.h"

namespace chamber {
namespace {

struct Quiet {
  Instant from;
  Instant to;
};

// Stretches after a fault in which none is on, up to the last operation's intended start.
std::vector<Quiet> quiet_periods(const History& history, Instant last) {
  std::vector<Quiet> periods;
  const std::vector<Window> faults = fault_windows(history);
  Instant busy_until;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    busy_until = std::max(busy_until, faults[i].to);
    const Instant next = i + 1 < faults.size() ? std::min(faults[i + 1].from, last) : last;
    if (next > busy_until) periods.push_back({busy_until, next});
  }
  return periods;
}

}  // namespace

CheckResult check_served_again(const History& history, const ServedAgainOptions& options) {
  CheckResult result;
  result.check = fmt::format("served_again {}", options.outage.workload);
  const std::vector<const Operation*> operations = operations_of(history, options.outage.workload);
  Instant last;
  for (const Operation* operation : operations) {
    // Reads after the load are no longer service.
    if (!operation->final) last = std::max(last, operation->intended);
  }
  const std::vector<Outage> outages = find_outages(history, options.outage);
  Duration worst{};
  std::uint64_t judged = 0;
  std::uint64_t late = 0;
  for (const Quiet& quiet : quiet_periods(history, last)) {
    if (quiet.to - quiet.from <= options.within) continue;
    const auto in_it = std::count_if(operations.begin(), operations.end(), [&](const Operation* operation) {
      return operation->intended >= quiet.from && operation->intended < quiet.to;
    });
    if (in_it == 0) continue;
    ++judged;
    result.operations += static_cast<std::uint64_t>(in_it);
    Instant back = quiet.from;
    for (const Outage& outage : outages) {
      if (outage.from < quiet.to && outage.to > quiet.from) back = std::max(back, std::min(outage.to, quiet.to));
    }
    worst = std::max(worst, back - quiet.from);
    const bool kept = back - quiet.from <= options.within;
    late += kept ? 0 : 1;
    result.evidence.push_back(fmt::format("quiet from {} to {}: {}{}", history.when(quiet.from), history.when(quiet.to),
                                          back == quiet.from ? "served throughout"
                                          : back == quiet.to ? std::string("not served to its end")
                                                             : fmt::format("served after {}", human(back - quiet.from)),
                                          kept ? "" : ", too late"));
  }
  if (judged == 0) {
    result.summary = fmt::format("no quiet period of more than {} with operations in it", human(options.within));
    return result;
  }
  result.budget = Budget{result.check, seconds(options.within), seconds(worst), "s", options.source, true};
  result.judgement = late == 0 ? Judgement::kPass : Judgement::kFail;
  result.summary =
      late == 0
          ? fmt::format("served again in each of {} quiet periods, after {} at most", judged, human(worst))
          : fmt::format("in {} of {} quiet periods not served again within {}", late, judged, human(options.within));
  return result;
}

}  // namespace chamber
