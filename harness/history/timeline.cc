#include "harness/history/timeline.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace chamber {

Result<std::vector<Moment>> timeline(const History& history) {
  const std::vector<Operation>& operations = history.operations;
  std::vector<std::uint32_t> by_process(operations.size());
  std::iota(by_process.begin(), by_process.end(), 0U);
  std::sort(by_process.begin(), by_process.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::tuple(operations[a].process, operations[a].start, operations[a].end, a) <
           std::tuple(operations[b].process, operations[b].start, operations[b].end, b);
  });
  struct Placed {
    Instant order;  // where it stands
    Moment moment;
  };
  std::vector<Placed> placed;
  placed.reserve(operations.size() * 2);
  for (std::size_t i = 0; i < by_process.size(); ++i) {
    const Operation& operation = operations[by_process[i]];
    const bool has_next = i + 1 < by_process.size() && operations[by_process[i + 1]].process == operation.process;
    const Instant next_start = has_next ? operations[by_process[i + 1]].start : kNever;
    placed.push_back({operation.start, {by_process[i], true, operation.start}});
    if (operation.end == kNever) {
      placed.push_back({next_start, {by_process[i], false, std::nullopt}});
      continue;
    }
    if (operation.end < operation.start || next_start < operation.end) {
      return fail(ErrorKind::kInput, "process {} has two operations at once, or one that ends before it starts: {}",
                  operation.process, history.describe(operation));
    }
    placed.push_back({operation.end, {by_process[i], false, operation.end}});
  }
  // Stable: what one process did at the same time stays in its order.
  std::stable_sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) { return a.order < b.order; });
  std::vector<Moment> moments;
  moments.reserve(placed.size());
  for (const Placed& each : placed) moments.push_back(each.moment);
  return moments;
}

}  // namespace chamber
