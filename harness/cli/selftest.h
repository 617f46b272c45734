// Runs broken systems and their healthy twins as a user would, with the program itself, and says which were caught.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/base/clock.h"
#include "harness/cli/selftest_catalogue.h"

namespace chamber {

struct SelftestOptions {
  std::filesystem::path folder;                                // everything is kept below it; made
  std::map<std::string, std::filesystem::path> servers;        // as given by --server
  int healthy = 1;                                             // runs of each twin
  int jobs = 2;                                                // cells side by side
  std::function<void(const std::string& line)> progress = {};  // called by one thread at a time
};

enum class SelftestOutcome {
  kCaught,
  kMissed,   // the check said something else
  kUnseen,   // as the catalogue expects: nothing here can see it
  kNoAlarm,  // a twin passed
  kAlarm,    // a twin did not
  kNotRun,   // the harness could not
};
[[nodiscard]] std::string_view to_string(SelftestOutcome outcome);

struct SelftestRow {
  std::string name;            // of the broken system; of the scenario for a twin
  bool twin = false;           //
  std::string scenario = {};   //
  std::string caught_by = {};  // what must catch it; empty for a twin
  SelftestOutcome outcome = SelftestOutcome::kNotRun;
  std::string said = {};  // what the check said, what raised the alarm, or why it was not run
  Duration took{};        // of the run, without the cell's bring-up where it was there already
  std::filesystem::path folder = {};
};

// Every system, and each twin of theirs `healthy` times, twins first. Interrupting ends it early: what is left is
// kNotRun.
[[nodiscard]] std::vector<SelftestRow> run_selftest(const std::vector<BrokenSystem>& systems,
                                                    const SelftestOptions& options);

// Pure: what became of a broken system, from the verdict.json and run.json of its run.
struct Seen {
  SelftestOutcome outcome;
  std::string said;
};
[[nodiscard]] Seen judge_broken(const BrokenSystem& system, const std::filesystem::path& run_folder);
[[nodiscard]] Seen judge_twin(const std::filesystem::path& run_folder);

}  // namespace chamber
