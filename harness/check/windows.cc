#include "harness/check/windows.h"

#include <algorithm>
#include <array>

namespace chamber {
namespace {

constexpr std::array<std::string_view, 3> kWhenNames = {"always", "no_fault", "during_fault"};

}  // namespace

std::string_view to_string(When when) {
  return kWhenNames.at(static_cast<std::size_t>(when));
}

std::string_view to_string(Which which) {
  constexpr std::array<std::string_view, 3> kNames = {"operations", "reads", "writes"};
  return kNames.at(static_cast<std::size_t>(which));
}

bool is(const Operation& operation, Which which) {
  const bool read = operation.function == Function::kRead || operation.function == Function::kUse;
  return which == Which::kAll || read == (which == Which::kReads);
}

std::optional<Instant> load_start(const History& history, std::string_view workload) {
  for (const Event& event : history.events) {
    if (event.kind == EventKind::kLoadStart && event.subject == workload) return event.at;
  }
  return std::nullopt;
}

std::vector<Window> fault_windows(const History& history) {
  std::vector<Window> windows;
  for (const Event& event : history.events) {
    if (event.kind == EventKind::kFaultStart) windows.push_back({event.at, kNever, event.subject});
    if (event.kind != EventKind::kFaultEnd) continue;
    const auto open = std::find_if(windows.begin(), windows.end(), [&](const Window& window) {
      return window.to == kNever && window.what == event.subject;
    });
    if (open != windows.end()) open->to = event.at;
  }
  for (Window& window : windows) {
    if (window.to == kNever) window.to = std::max(window.from, history.complete_until);
  }
  return windows;
}

std::vector<const Operation*> operations_of(const History& history, std::string_view workload, When when,
                                            Duration margin) {
  const auto number = history.find_name(workload);
  std::vector<Window> windows;
  if (when != When::kAlways) windows = fault_windows(history);
  for (Window& window : windows) window.to += margin;
  std::vector<const Operation*> operations;
  for (const Operation& operation : history.operations) {
    if (!workload.empty() && operation.workload != number) continue;
    if (when != When::kAlways) {
      const bool fault = std::any_of(windows.begin(), windows.end(), [&](const Window& window) {
        return window.overlaps(operation.intended, operation.end);
      });
      if (fault != (when == When::kDuringFault)) continue;
    }
    operations.push_back(&operation);
  }
  return operations;
}

bool served(const History& history, const Operation& operation) {
  return is_served(operation.outcome, history.name(operation.error));
}

}  // namespace chamber
