#include "harness/cli/wire_format.h"

#include <algorithm>
#include <array>

namespace chamber {

RunRecord::BringUp bring_up_of(const std::vector<TaskTiming>& timings) {
  RunRecord::BringUp record;
  if (timings.empty()) return record;
  const Instant zero = timings.front().start;
  for (const TaskTiming& timing : timings) {
    record.total_s = std::max(record.total_s, seconds(timing.end - zero));
    record.tasks.push_back({timing.name, timing.phase, seconds(timing.start - zero), seconds(timing.end - zero),
                            timing.after, timing.critical});
  }
  return record;
}

nlohmann::json bring_up_json(const std::vector<TaskTiming>& timings) {
  const RunRecord::BringUp record = bring_up_of(timings);
  nlohmann::json tasks = nlohmann::json::array();
  for (const auto& task : record.tasks) {
    tasks.push_back(
        {{"name", task.name}, {"start_s", task.start_s}, {"end_s", task.end_s}, {"critical", task.critical}});
  }
  return {{"total_s", record.total_s}, {"tasks", tasks}};
}

nlohmann::json live_json(const LiveView& view) {
  nlohmann::json workloads = nlohmann::json::array();
  for (const LiveView::Workload& workload : view.workloads) {
    const load::LoadProgress& load = workload.load;
    workloads.push_back({{"name", workload.name},
                         {"rate", load.rate},
                         {"wanted", load.rate_wanted},
                         {"p99_ms", seconds(load.p99) * 1e3},
                         {"in_flight", load.in_flight},
                         {"ok", load.counts.ok},
                         {"fail", load.counts.fail},
                         {"unknown", load.counts.unknown},
                         {"dropped", load.counts.dropped}});
  }
  return {{"event", "live"},
          {"at_s", seconds(view.at)},
          {"of_s", seconds(view.of)},
          {"faults", view.faults},
          {"workloads", workloads}};
}

Error error_from_json(const nlohmann::json& error) {
  constexpr std::array kKinds{ErrorKind::kInput,       ErrorKind::kHarness, ErrorKind::kSystem,
                              ErrorKind::kUnavailable, ErrorKind::kTimeout, ErrorKind::kInterrupted};
  const std::string name = error.value("kind", "");
  const auto* const kind =
      std::find_if(kKinds.begin(), kKinds.end(), [&](ErrorKind k) { return to_string(k) == name; });
  return {kind == kKinds.end() ? ErrorKind::kHarness : *kind, error.value("text", "the cell gave no reason")};
}

int exit_code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInput:
      return 2;
    case ErrorKind::kInterrupted:
      return 130;
    case ErrorKind::kHarness:
    case ErrorKind::kSystem:
    case ErrorKind::kUnavailable:
    case ErrorKind::kTimeout:
      return 3;
  }
  return 3;
}

}  // namespace chamber
