// One plan in a cell of its own, from the first namespace to the reports: what `run`, `chaos` and `replay` share.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/base/fd.h"
#include "harness/check/verdict.h"
#include "harness/cli/commands.h"
#include "harness/cli/progress.h"
#include "scenarios/language/plan.h"

namespace chamber {

struct PlanRun {
  const CommonOptions& common;
  const language::Plan& plan;
  std::string command;        // repeats the run, as it would be typed
  std::filesystem::path out;  // the run's folder; empty: a new one below the runs
  bool capture = false;
  std::string until = {};    // only bring the stack up, to the gate of this phase, and judge that; empty: run it
  std::string on = "local";  // the substrate
};

struct PlanRunEnd {
  int code = 0;  // DESIGN.md's exit code
  Verdict verdict;
  std::filesystem::path folder;
};

// Prints the verdict and where the report is.
Result<PlanRunEnd> run_in_own_cell(const PlanRun& run, Progress& progress);

// The message of cell_host.h that runs it; it goes with plan_file() as its first descriptor.
[[nodiscard]] nlohmann::json run_message(const PlanRun& run, const std::filesystem::path& folder,
                                         const std::string& started);

// The plan as a file in memory: that of a long schedule is larger than a message may be.
[[nodiscard]] Result<Fd> plan_file(const language::Plan& plan);

// Adds the clean-up to the record, writes the reports as they will stay, and says what came out.
Result<PlanRunEnd> conclude_run(const PlanRun& run, const std::filesystem::path& folder, const Result<void>& cleaned,
                                Progress& progress);

// Where the plan asks for it, breaks the clean-up on purpose: what is to be removed is not known any more, and that
// nothing is left can't be noted.
void break_clean_up(const std::filesystem::path& folder, const language::Plan& plan);

// A seed for a run for which nobody said one: small enough to be read aloud.
[[nodiscard]] std::uint64_t draw_seed();

// " --set 'load[0].rate=1/s'" for each.
[[nodiscard]] std::string set_arguments(const std::vector<std::string>& overrides);

}  // namespace chamber
