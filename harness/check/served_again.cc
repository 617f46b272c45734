#include "harness/check/served_again.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/check/windows.h"

namespace chamber {
namespace {

struct Quiet {
  Instant from;
  Instant to;
  bool ends_in_fault;  // or with the load
};

// Stretches after a fault in which none is on, up to the last operation's intended start.
std::vector<Quiet> quiet_periods(const History& history, Instant last) {
  std::vector<Quiet> periods;
  const std::vector<Window> faults = fault_windows(history);
  Instant busy_until;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    busy_until = std::max(busy_until, faults[i].to);
    const bool fault_is_next = i + 1 < faults.size() && faults[i + 1].from <= last;
    const Instant next = fault_is_next ? faults[i + 1].from : last;
    if (next > busy_until) periods.push_back({busy_until, next, fault_is_next});
  }
  return periods;
}

// Whether an outage that reaches into a quiet period began before it or was seen in it: not by an operation alone that
// was on its way when the next fault began.
bool is_of(const Quiet& quiet, const Outage& outage, const History& history, const ServedAgainOptions& options,
           const std::vector<const Operation*>& operations) {
  if (outage.from >= quiet.to || outage.to <= quiet.from) return false;
  if (outage.from < quiet.from || !quiet.ends_in_fault) return true;
  return std::any_of(operations.begin(), operations.end(), [&](const Operation* operation) {
    if (operation->intended < outage.from || operation->intended >= quiet.to) return false;
    const bool seen = operation->end < quiet.to || operation->intended < quiet.to - options.met;
    return seen && failed(history, *operation, options.outage);
  });
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
      if (is_of(quiet, outage, history, options, operations)) back = std::max(back, std::min(outage.to, quiet.to));
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
