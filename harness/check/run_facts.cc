#include "harness/check/run_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "harness/check/windows.h"

namespace chamber {
namespace {

// Who holds a role at a moment, "" for nobody.
std::string_view holder(const History& history, std::string_view role, Instant at) {
  std::string_view holder;
  for (const Event& event : history.events) {
    if (event.kind == EventKind::kRoleChange && event.subject == role && event.at <= at) holder = event.detail;
  }
  return holder;
}

// The first after a moment to be seen with a role who is not `other_than`; null when nobody was.
const Event* next_holder(const History& history, std::string_view role, Instant at, std::string_view other_than) {
  const auto seen = std::find_if(history.events.begin(), history.events.end(), [&](const Event& event) {
    return event.kind == EventKind::kRoleChange && event.subject == role && event.at > at && !event.detail.empty() &&
           event.detail != other_than;
  });
  return seen == history.events.end() ? nullptr : &*seen;
}

}  // namespace

CheckResult check_faults_proved(const History& history) {
  CheckResult result;
  result.check = "faults proved";
  const std::vector<Window> faults = fault_windows(history);
  std::size_t proved = 0;
  for (const Window& fault : faults) {
    const auto measurement = std::find_if(history.events.begin(), history.events.end(), [&](const Event& event) {
      const bool measured = event.kind == EventKind::kFaultProved || event.kind == EventKind::kFaultNotProved;
      return measured && event.subject == fault.what && event.at >= fault.from && event.at <= fault.to;
    });
    if (measurement == history.events.end()) {
      result.evidence.push_back(fmt::format("{} at {}: was not measured", fault.what, history.when(fault.from)));
      continue;
    }
    const bool bit = measurement->kind == EventKind::kFaultProved;
    proved += bit ? 1 : 0;
    result.evidence.push_back(fmt::format("{} at {}: {} at {}: {}", fault.what, history.when(fault.from),
                                          bit ? "proven" : "not proven", history.when(measurement->at),
                                          measurement->detail));
  }
  if (faults.empty()) {
    result.summary = "no fault started";
  } else {
    result.summary = fmt::format("{} of {} faults are proven", proved, faults.size());
    if (proved == faults.size()) result.judgement = Judgement::kPass;
  }
  return result;
}

CheckResult check_nodes_recovered(const History& history) {
  CheckResult result;
  result.check = "nodes recovered";
  std::size_t ended = 0;
  for (const Event& event : history.events) {
    if (event.kind != EventKind::kFaultEnd) continue;
    ++ended;
    if (!event.detail.starts_with(kNotRecovered)) continue;
    result.evidence.push_back(fmt::format("{} at {}: {}", event.subject, history.when(event.at), event.detail));
  }
  const bool all = result.evidence.empty();
  result.judgement = all ? Judgement::kPass : Judgement::kFail;
  result.summary =
      all ? fmt::format("after each of {} faults", ended)
          : fmt::format("after {} of {} faults a node did not do its work again", result.evidence.size(), ended);
  return result;
}

CheckResult check_roles_changed(const History& history, const std::string& role) {
  CheckResult result;
  result.check = fmt::format("roles_changed {}", role);
  const std::vector<Window> faults = fault_windows(history);
  if (faults.empty()) {
    result.summary = "no fault started";
    return result;
  }
  for (const Window& fault : faults) {
    std::string_view before = holder(history, role, fault.from);
    // One that is seen with it after the fault began and then loses it to another has lost it since.
    if (before.empty()) {
      const Event* const first = next_holder(history, role, fault.from, "");
      if (first != nullptr) before = first->detail;
    }
    const Event* const change = next_holder(history, role, fault.from, before);
    if (before.empty()) {
      result.evidence.push_back(
          fmt::format("{} at {}: nobody was seen as {}", fault.what, history.when(fault.from), role));
    } else if (change == nullptr) {
      result.evidence.push_back(
          fmt::format("{} at {}: {} stayed {}", fault.what, history.when(fault.from), before, role));
    } else {
      result.judgement = Judgement::kPass;
      result.evidence.push_back(fmt::format("{} at {}: {} was {}, then {} from {}", fault.what,
                                            history.when(fault.from), before, role, change->detail,
                                            history.when(change->at)));
    }
  }
  result.summary = result.judgement == Judgement::kPass ? fmt::format("{} moved", role)
                                                        : fmt::format("{} was not seen to move", role);
  return result;
}

CheckResult check_upheld(const History& history, const std::string& kind) {
  CheckResult result;
  result.check = fmt::format("upheld {}", kind);
  std::size_t broken = 0;
  for (const Event& event : history.events) {
    if (event.subject != kind || (event.kind != EventKind::kHeld && event.kind != EventKind::kBroken)) continue;
    const bool held = event.kind == EventKind::kHeld;
    ++result.operations;
    broken += held ? 0 : 1;
    result.evidence.push_back(
        fmt::format("{} at {}: {}", held ? "held" : "broken", history.when(event.at), event.detail));
  }
  if (result.operations == 0) {
    result.summary = "nothing was looked at";
    return result;
  }
  result.judgement = broken == 0 ? Judgement::kPass : Judgement::kFail;
  result.summary = broken == 0 ? fmt::format("each of {} promises was held", result.operations)
                               : fmt::format("{} of {} promises were broken", broken, result.operations);
  return result;
}

CheckResult check_roles_kept(const History& history, const std::string& role) {
  CheckResult result;
  result.check = fmt::format("roles_kept {}", role);
  const std::vector<Window> faults = fault_windows(history);
  if (faults.empty()) {
    result.summary = "no fault started";
    return result;
  }
  const std::string_view before = holder(history, role, faults.front().from);
  if (before.empty()) {
    result.summary = fmt::format("nobody was seen as {} before the first fault", role);
    return result;
  }
  result.judgement = Judgement::kPass;
  result.summary = fmt::format("{} stayed {}", before, role);
  for (const Event& event : history.events) {
    const bool moved = event.kind == EventKind::kRoleChange && event.subject == role &&
                       event.at > faults.front().from && !event.detail.empty() && event.detail != before;
    if (!moved) continue;
    result.judgement = Judgement::kFail;
    result.summary = fmt::format("{} did not stay with {}", role, before);
    result.evidence.push_back(fmt::format("{} had it from {}", event.detail, history.when(event.at)));
  }
  return result;
}

CheckResult check_enough_operations(const History& history, const std::string& workload, std::uint64_t least) {
  CheckResult result;
  result.check = fmt::format("enough_operations {}", workload);
  for (const Operation* operation : operations_of(history, workload)) {
    if (operation->outcome == Outcome::kOk) ++result.operations;
  }
  result.budget =
      Budget{result.check, static_cast<double>(least), static_cast<double>(result.operations), "operations", "scenario",
             false};
  result.summary = fmt::format("{} operations were ok, {} are needed", result.operations, least);
  if (result.operations >= std::max<std::uint64_t>(1, least)) result.judgement = Judgement::kPass;
  return result;
}

CheckResult check_clock_steady(const History& history) {
  CheckResult result;
  result.check = "clock steady";
  for (const Event& event : history.events) {
    if (event.kind != EventKind::kNote || event.subject != kClockNote) continue;
    result.evidence.push_back(fmt::format("{}: {}", history.when(event.at), event.detail));
  }
  if (result.evidence.empty()) {
    result.judgement = Judgement::kPass;
    result.summary = "the harness's clock was not seen to jump";
  } else {
    result.summary = "the harness's clock jumped: no time in the history can be believed";
  }
  return result;
}

CheckResult check_history_complete(const History& history) {
  CheckResult result;
  result.check = "history complete";
  result.operations = history.operations.size();
  if (history.complete) {
    result.judgement = Judgement::kPass;
    result.summary = fmt::format("{} operations, {} events", history.operations.size(), history.events.size());
  } else {
    result.summary = fmt::format("the history is whole up to {} only: {}", history.when(history.complete_until),
                                 history.incomplete_reason);
  }
  return result;
}

}  // namespace chamber
