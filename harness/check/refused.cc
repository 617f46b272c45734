#include "harness/check/refused.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "harness/check/windows.h"

namespace chamber {
namespace {

constexpr std::size_t kShown = 5;

// From each proof of a fault to the beginning of its undoing.
std::vector<Window> proven_windows(const History& history) {
  std::vector<Window> windows;
  for (const Event& proved : history.events) {
    if (proved.kind != EventKind::kFaultProved) continue;
    const auto over = std::find_if(history.events.begin(), history.events.end(), [&proved](const Event& event) {
      return event.kind == EventKind::kFaultUndo && event.subject == proved.subject && event.at >= proved.at;
    });
    if (over != history.events.end()) windows.push_back({proved.at, over->at, proved.subject});
  }
  return windows;
}

}  // namespace

CheckResult check_refused(const History& history, const RefusedOptions& options) {
  CheckResult result;
  result.check = fmt::format("refused {}", options.workload);
  if (options.what != Which::kAll) result.check += fmt::format(" {}", to_string(options.what));
  const std::vector<Window> windows = proven_windows(history);
  std::uint64_t let_through = 0;
  for (const Operation* const operation : operations_of(history, options.workload)) {
    if (!is(*operation, options.what)) continue;
    const bool within = std::any_of(windows.begin(), windows.end(), [&](const Window& window) {
      return operation->start >= window.from + options.after && operation->end <= window.to;
    });
    if (!within) continue;
    ++result.operations;
    if (!served(history, *operation)) continue;
    if (++let_through <= kShown) result.evidence.push_back(history.describe(*operation));
  }
  if (result.operations < options.least_operations) {
    result.summary = fmt::format("{} operations were tried while a fault was on, {} are needed", result.operations,
                                 options.least_operations);
    return result;
  }
  result.judgement = let_through == 0 ? Judgement::kPass : Judgement::kFail;
  result.summary = let_through == 0 ? fmt::format("each of {} operations was refused", result.operations)
                                    : fmt::format("{} of {} operations were served", let_through, result.operations);
  if (options.after > Duration::zero()) {
    result.summary += fmt::format(", from {} after the fault on{}", human(options.after),
                                  options.source ? fmt::format(" ({})", *options.source) : "");
  }
  return result;
}

}  // namespace chamber
