// Runs a plan on a platform that is up: load beside faults, everything into a history, then the checks.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "fixtures/platform/platform.h"
#include "harness/check/service.h"
#include "harness/check/verdict.h"
#include "harness/load/open_loop.h"
#include "scenarios/language/plan.h"
#include "scenarios/runner/footprint.h"

namespace chamber {

struct FaultOutcome {
  std::string name;      // "kill vault.leader"
  std::string resolved;  // "vault-0"; empty when nobody was
  std::string proof;     // empty: not proven
  Duration time_to_live{};
};

struct WorkloadOutcome {
  std::string name;
  std::uint64_t ok = 0;
  std::uint64_t fail = 0;
  std::uint64_t unknown = 0;
  std::uint64_t dropped = 0;
};

struct RunOutcome {
  Verdict verdict;
  std::vector<FaultOutcome> faults;
  std::vector<WorkloadOutcome> workloads;
  std::vector<Service> services;  // outside of faults
  Duration load_length{};
  double harness_cpu_seconds = 0;    // of this process during the load
  double receivers_cpu_seconds = 0;  // of these: in the network stacks of the cell's nodes (cpu_in_receivers())
  FootprintCourse footprint;         // the same
  Duration latest_wake{};            // the latest that the harness woke during the load: how punctual it could be
  std::vector<std::string> exposed;  // secrets that stood in a command line or an environment, and where
  std::uint64_t secret_looks = 0;    // how often it was looked for them
  std::string incomplete;            // why it ended early; empty when it didn't
};

// One line for people: "fault", "kill vault.leader -> vault-0: proven: …". Called from several threads, one at a time.
using RunProgress = std::function<void(const std::string& what, const std::string& text)>;

// How the load goes, once a second, for people.
struct LiveView {
  struct Workload {
    std::string name;
    load::LoadProgress load;
  };
  Duration at{};                    // since the load began
  Duration of{};                    // how long it is to be
  std::vector<std::string> faults;  // that are on
  std::vector<Workload> workloads;
};

struct RunRequest {
  const language::Plan& plan;
  Platform& platform;
  std::filesystem::path history_file;  // created
  std::stop_token stop;
  RunProgress progress;
  std::function<void(const LiveView&)> live = {};  // from a thread of its own; may be empty
};

// An error means that the harness could not run the scenario; a system that misbehaves is in the verdict.
Result<RunOutcome> run_plan(const RunRequest& request);

}  // namespace chamber
