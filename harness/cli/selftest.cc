#include "harness/cli/selftest.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "harness/base/fd.h"
#include "harness/cell/component.h"
#include "harness/cli/cell_client.h"
#include "harness/cli/cells.h"
#include "harness/process/process.h"
#include "reports/report.h"
#include "scenarios/language/cell_stack.h"
#include "scenarios/language/plan.h"

namespace chamber {
namespace {

namespace fs = std::filesystem;

constexpr Duration kOneCommand = std::chrono::minutes(4);
constexpr Duration kLook = std::chrono::milliseconds(200);

std::map<std::string, std::string> own_environment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos) variables[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return variables;
}

std::string last_line(const fs::path& file) {
  std::ifstream lines(file);
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

// A scenario with what shares its cell, or one broken system with a cell of its own.
struct Job {
  std::string scenario;
  fs::path file;
  int twins = 0;
  std::vector<const BrokenSystem*> systems;
  bool own_cells = false;
};

std::vector<Job> jobs_of(const std::vector<BrokenSystem>& systems, int healthy) {
  std::vector<Job> jobs;
  for (const BrokenSystem& system : systems) {
    const auto same = std::find_if(jobs.begin(), jobs.end(),
                                   [&](const Job& job) { return job.scenario == system.scenario && !job.own_cells; });
    Job& shared =
        same != jobs.end() ? *same : jobs.emplace_back(Job{system.scenario, scenario_file(system), healthy, {}, false});
    if (system.shares_cell()) shared.systems.push_back(&system);
  }
  for (const BrokenSystem& system : systems) {
    if (!system.shares_cell()) jobs.push_back({system.scenario, scenario_file(system), 0, {&system}, true});
  }
  return jobs;
}

class Selftest {
 public:
  Selftest(const std::vector<BrokenSystem>& systems, const SelftestOptions& options)
      : options_(options), jobs_(jobs_of(systems, options.healthy)), environment_(own_environment()) {}

  std::vector<SelftestRow> run() {
    std::vector<std::vector<SelftestRow>> rows(jobs_.size());
    {
      std::vector<std::jthread> workers;
      for (int i = 0; i < options_.jobs; ++i) {
        workers.emplace_back([&] {
          for (std::size_t job = next_++; job < jobs_.size(); job = next_++) rows[job] = carry_out(jobs_[job]);
        });
      }
    }
    std::vector<SelftestRow> all;
    for (std::vector<SelftestRow>& some : rows) std::move(some.begin(), some.end(), std::back_inserter(all));
    std::stable_partition(all.begin(), all.end(), [](const SelftestRow& row) { return row.twin; });
    return all;
  }

 private:
  std::vector<SelftestRow> carry_out(const Job& job) {
    std::vector<SelftestRow> rows;
    if (job.own_cells) {
      rows.push_back(broken(*job.systems.front(), ""));
      return rows;
    }
    const Result<std::unique_ptr<OwnedCell>> owned = up(job);
    const Result<std::string> cell = owned.map([](const auto& made) { return made->folder().id(); });
    for (int i = 0; i < job.twins; ++i) rows.push_back(twin(job, i, cell));
    for (const BrokenSystem* const system : job.systems) {
      rows.push_back(cell ? broken(*system, *cell) : not_run(row_of(*system), cell.error().message()));
    }
    if (!owned) return rows;
    if (const Result<void> ended = (*owned)->close(); !ended) {
      rows.push_back(not_run({.name = job.scenario, .twin = true, .scenario = job.scenario}, ended.error().message()));
    }
    return rows;
  }

  // A new cell of the job's stack, which ends with this process however that ends.
  [[nodiscard]] Result<std::unique_ptr<OwnedCell>> up(const Job& job) const {
    const auto plan = CHAMBER_TRY(language::make_plan({.file = job.file}, language::standard_vocabulary()));
    const Stack stack = CHAMBER_TRY(language::cell_stack(plan));
    CHAMBER_CHECK(require_servers(stack, options_.servers));
    auto cell = CHAMBER_TRY(start_local_cell({.folder = new_run_path(options_.folder / "cells", job.scenario),
                                              .keep_visible = CHAMBER_TRY(visible_paths(options_.servers))}));
    CHAMBER_TRY(cell->open(stack, options_.servers));
    const auto limit = std::chrono::duration_cast<std::chrono::seconds>(*plan.timeouts.start);
    CHAMBER_TRY(
        cell->connection().command({{"do", "up"}, {"until", kPhaseApplications}, {"timeout_s", limit.count()}}));
    return cell;
  }

  SelftestRow twin(const Job& job, int number, const Result<std::string>& cell) {
    SelftestRow row{.name = job.scenario, .twin = true, .scenario = job.scenario};
    if (!cell) return not_run(std::move(row), cell.error().message());
    row.folder = options_.folder / fmt::format("healthy-{}-{}", job.scenario, number + 1);
    const Instant started = now();
    const Result<void> ran = command({"run", job.file.string(), "--in", *cell, "--out", row.folder.string()},
                                     row.folder.filename(), {0, 1, 4});
    row.took = now() - started;
    if (!ran) return not_run(std::move(row), ran.error().message());
    return told(std::move(row), judge_twin(row.folder));
  }

  static SelftestRow row_of(const BrokenSystem& system) {
    return {.name = system.name, .scenario = system.scenario, .caught_by = system.caught_by};
  }

  // In this cell; with none in one of its own.
  SelftestRow broken(const BrokenSystem& system, const std::string& cell) {
    SelftestRow row = row_of(system);
    row.folder = options_.folder / system.name;
    std::vector<std::string> arguments{"run", scenario_file(system).string(), "--out", row.folder.string()};
    if (!cell.empty()) arguments.insert(arguments.end(), {"--in", cell});
    for (const std::string& assignment : system.broken) arguments.insert(arguments.end(), {"--set", assignment});
    const Instant started = now();
    const Result<void> ran = command(arguments, system.name, {0, 1, 4});
    row.took = now() - started;
    if (!ran) return not_run(std::move(row), ran.error().message());
    return told(std::move(row), judge_broken(system, row.folder));
  }

  SelftestRow told(SelftestRow row, Seen seen) {
    row.outcome = seen.outcome;
    row.said = std::move(seen.said);
    tell(row);
    return row;
  }
  SelftestRow not_run(SelftestRow row, std::string why) {
    row.outcome = SelftestOutcome::kNotRun;
    row.said = std::move(why);
    tell(row);
    return row;
  }
  void tell(const SelftestRow& row) {
    const std::lock_guard lock(mutex_);
    options_.progress(
        fmt::format("{}{}: {}: {}", row.twin ? "healthy " : "", row.name, to_string(row.outcome), row.said));
  }

  // This program with these arguments; what it says goes to <log>.out and <log>.err. Exit codes that are none of
  // `good` (0 when empty) are errors.
  Result<void> command(std::vector<std::string> arguments, const std::string& log, std::set<int> good) {
    if (interrupted()) return fail(ErrorKind::kInterrupted, "interrupted");
    const fs::path out = options_.folder / (log + ".out");
    const fs::path err = options_.folder / (log + ".err");
    const Fd out_file(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    const Fd err_file(open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!out_file.valid() || !err_file.valid()) return fail_errno(errno, "making {}", out.string());
    SpawnOptions spawn;
    spawn.arguments = {fs::read_symlink("/proc/self/exe"), "--runs", (options_.folder / "cells").string()};
    spawn.environment = environment_;
    spawn.working_directory = fs::current_path();
    spawn.standard_output = out_file.get();
    spawn.standard_error = err_file.get();
    for (const auto& [name, path] : options_.servers) {
      spawn.arguments.insert(spawn.arguments.end(), {"--server", fmt::format("{}={}", name, path.string())});
    }
    spawn.arguments.insert(spawn.arguments.end(), arguments.begin(), arguments.end());
    const ExitStatus status = CHAMBER_TRY(end_of(CHAMBER_TRY(Process::spawn(spawn))));
    if (good.empty()) good = {0};
    if (status.signal == 0 && good.contains(status.code)) return {};
    return fail(ErrorKind::kHarness, "chamber {} ended with {}: {}", arguments.front(), to_string(status),
                last_line(err));
  }

  // Passes the user's interrupt on; the program then ends in its own way.
  static Result<ExitStatus> end_of(const Process& process) {
    const Deadline deadline = Deadline::in(kOneCommand);
    bool told = false;
    while (!deadline.expired()) {
      auto status = process.wait(Deadline::in(kLook));
      if (status || status.error().kind() != ErrorKind::kTimeout) return status;
      if (interrupted() && !std::exchange(told, true)) CHAMBER_CHECK(process.signal(SIGINT));
    }
    CHAMBER_CHECK(process.signal(SIGKILL));
    CHAMBER_TRY(process.wait(Deadline::in(kOneCommand)));
    return fail(ErrorKind::kTimeout, "it did not end within {}", human(kOneCommand));
  }

  const SelftestOptions& options_;
  const std::vector<Job> jobs_;
  const std::map<std::string, std::string> environment_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
};

std::string said_by(const CheckResult& result) {
  return fmt::format("{} {}: {}", result.check, to_string(result.judgement), result.summary);
}

}  // namespace

std::string_view to_string(SelftestOutcome outcome) {
  constexpr std::array<std::string_view, 6> kNames{"caught", "MISSED", "unseen", "no alarm", "ALARM", "NOT RUN"};
  return kNames.at(static_cast<std::size_t>(outcome));
}

std::vector<SelftestRow> run_selftest(const std::vector<BrokenSystem>& systems, const SelftestOptions& options) {
  return Selftest(systems, options).run();
}

Seen judge_broken(const BrokenSystem& system, const fs::path& run_folder) {
  const auto report = load_report(run_folder);
  if (!report) return {SelftestOutcome::kNotRun, report.error().message()};
  const Judgement overall = conclude(*report).judgement;
  if (system.as == "unseen") {
    if (overall == Judgement::kPass) return {SelftestOutcome::kUnseen, system.why};
    return {SelftestOutcome::kCaught, "seen, though the catalogue says that it can't be"};
  }
  const bool right_overall = to_string(overall) == system.as;
  if (system.caught_by == kCleanUp) {
    const auto& cleanup = report->record.cleanup;
    const bool seen = cleanup && !cleanup->ok && right_overall;
    return {seen ? SelftestOutcome::kCaught : SelftestOutcome::kMissed,
            seen && !cleanup->left.empty() ? cleanup->left.front() : "the clean-up"};
  }
  for (const CheckResult& result : report->verdict.results) {
    if (!result.check.starts_with(system.caught_by)) continue;
    const bool seen = to_string(result.judgement) == system.as && right_overall;
    return {seen ? SelftestOutcome::kCaught : SelftestOutcome::kMissed, said_by(result)};
  }
  return {SelftestOutcome::kMissed, fmt::format("the run has no check {}", system.caught_by)};
}

Seen judge_twin(const fs::path& run_folder) {
  const auto report = load_report(run_folder);
  if (!report) return {SelftestOutcome::kNotRun, report.error().message()};
  const Conclusion conclusion = conclude(*report);
  if (conclusion.judgement == Judgement::kPass) return {SelftestOutcome::kNoAlarm, checks_text(report->verdict)};
  for (const CheckResult& result : report->verdict.results) {
    if (result.judgement != Judgement::kPass) return {SelftestOutcome::kAlarm, said_by(result)};
  }
  return {SelftestOutcome::kAlarm, conclusion.reasons.empty() ? "" : conclusion.reasons.front()};
}

}  // namespace chamber
