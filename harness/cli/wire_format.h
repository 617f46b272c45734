// What crosses between the program and its cell as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "harness/base/task_graph.h"
#include "reports/run_record.h"
#include "scenarios/runner/runner.h"

namespace chamber {

// {"total_s": …, "tasks": […]}, as in run.json.
[[nodiscard]] nlohmann::json bring_up_json(const std::vector<TaskTiming>& timings);
[[nodiscard]] RunRecord::BringUp bring_up_of(const std::vector<TaskTiming>& timings);

// {"event": "live", "at_s", "of_s", "faults": […], "workloads": [{"name", "rate", "wanted", "p99_ms", "in_flight",
// "ok", "fail", "unknown", "dropped"}]}
[[nodiscard]] nlohmann::json live_json(const LiveView& view);

// An error of the cell, as an error here.
[[nodiscard]] Error error_from_json(const nlohmann::json& error);

// DESIGN.md, "Verdicts".
[[nodiscard]] int exit_code_of(ErrorKind kind);

}  // namespace chamber
