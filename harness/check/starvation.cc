#include "harness/check/starvation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace chamber {
namespace {

// What waited while the machine was starved is worked off for a moment after it.
constexpr Duration kAftermath = std::chrono::milliseconds(500);
constexpr std::size_t kMostText = 200;

// Moments of a clock that stands still in some windows.
class StandingClock {
 public:
  explicit StandingClock(const std::vector<Window>& still) : still_(still) {
    Duration sum{};
    for (const Window& window : still) {
      before_.push_back(sum);
      sum += window.to - window.from;
    }
  }

  [[nodiscard]] Instant operator()(Instant at) const {
    if (at == kNever) return at;
    const auto next =
        std::upper_bound(still_.begin(), still_.end(), at, [](Instant t, const Window& w) { return t < w.from; });
    if (next == still_.begin()) return at;
    const auto i = static_cast<std::size_t>(next - still_.begin()) - 1;
    return at - before_[i] - (std::min(at, still_[i].to) - still_[i].from);
  }

 private:
  const std::vector<Window>& still_;
  std::vector<Duration> before_;  // the still time before each window
};

// A hiccup does not explain that an answer stayed out for seconds: a share of its time must have been starved.
bool explains(const std::vector<Window>& windows, Instant start, Instant end) {
  constexpr Duration::rep kShare = 4;  // one in so many
  Duration starved{};
  Instant counted = start;
  for (const Window& window : windows) {
    const Instant from = std::max(window.from, counted);
    const Instant to = std::min(window.to + kAftermath, end);
    if (to < from) continue;
    if (end == start) return true;
    starved += to - from;
    counted = to;
  }
  return starved > Duration{} && starved >= (end - start) / kShare;
}

}  // namespace

std::vector<Window> starved_windows(const History& history) {
  std::vector<Window> windows;
  for (const Event& event : history.events) {
    if (event.kind != EventKind::kNote || !event.subject.starts_with(kStarved)) continue;
    if (event.detail == kStarvedBegins) {
      windows.push_back({event.at, kNever, event.subject});
      continue;
    }
    const auto open = std::find_if(windows.rbegin(), windows.rend(), [&](const Window& window) {
      return window.to == kNever && window.what == event.subject;
    });
    if (open == windows.rend()) continue;
    open->to = event.at;
    open->what = fmt::format("{}: {}", event.subject.substr(kStarved.size()), event.detail);
  }
  std::vector<Window> merged;
  for (Window& window : windows) {
    if (window.to == kNever) window.to = std::max(window.from, history.complete_until);
    if (merged.empty() || window.from > merged.back().to) {
      merged.push_back(std::move(window));
      continue;
    }
    merged.back().to = std::max(merged.back().to, window.to);
    // What was measured changes little from second to second.
    if (merged.back().what.size() < kMostText) merged.back().what += "; " + window.what;
  }
  return merged;
}

History without_starved_time(const History& history, const std::vector<Window>& starved, std::string_view error) {
  const StandingClock clock(starved);
  History calm = history;
  std::erase_if(calm.operations, [&](const Operation& operation) {
    if (served(history, operation) || !(error.empty() || history.name(operation.error) == error)) return false;
    return explains(starved, operation.intended, std::min(operation.end, history.complete_until));
  });
  for (Operation& operation : calm.operations) {
    operation.intended = clock(operation.intended);
    operation.start = clock(operation.start);
    operation.end = clock(operation.end);
  }
  for (Event& event : calm.events) event.at = clock(event.at);
  calm.complete_until = clock(calm.complete_until);
  return calm;
}

CheckResult starvation_facts(const History& history, const std::vector<Window>& starved) {
  constexpr std::size_t kMostLines = 10;
  CheckResult result;
  result.check = "harness in time";
  result.judgement = Judgement::kPass;
  if (starved.empty()) {
    result.summary = "the machine gave the run its time";
    return result;
  }
  Duration sum{};
  std::vector<const Window*> longest;
  for (const Window& window : starved) {
    sum += window.to - window.from;
    longest.push_back(&window);
  }
  std::stable_sort(longest.begin(), longest.end(),
                   [](const Window* a, const Window* b) { return a->to - a->from > b->to - b->from; });
  result.summary =
      fmt::format("starved of CPU for {} of {}, the longest stretch {}", human(sum),
                  human(history.complete_until - history.origin), human(longest.front()->to - longest.front()->from));
  for (const Window* window : longest) {
    if (result.evidence.size() == kMostLines) {
      result.evidence.push_back(fmt::format("… {} stretches in all", starved.size()));
      break;
    }
    result.evidence.push_back(
        fmt::format("{} at {}: {}", human(window->to - window->from), history.when(window->from), window->what));
  }
  return result;
}

}  // namespace chamber
