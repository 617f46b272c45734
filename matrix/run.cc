#include "matrix/run.h"

#include <fcntl.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <memory>

#include "harness/base/clock.h"
#include "harness/base/eventually.h"
#include "harness/base/log.h"
#include "harness/process/process.h"
#include "harness/process/run_folder.h"
#include "matrix/journal.h"
#include "matrix/outcome.h"
#include "matrix/scheduler.h"

namespace chamber::matrix {
namespace {

namespace fs = std::filesystem;

constexpr Duration kLook = std::chrono::milliseconds(500);
constexpr Duration kTurn = std::chrono::milliseconds(20);  // the most that an end goes unnoticed
constexpr Duration kTidyEnd = std::chrono::seconds(60);    // after SIGINT, until SIGKILL
constexpr Duration kLeftAlone = std::chrono::minutes(2);   // until a cell whose runner was killed has gone

// A child with what was seen of it.
struct Child {
  Job job;
  int attempt = 1;
  std::string started;
  Instant begin;
  fs::path folder;
  fs::path log;
  Process process;
  Footprint most;
  std::optional<Deadline> kill_at;  // it was asked to end
  bool over_limit = false;
};

class Runner {
 public:
  Runner(const Plan& plan, const RunOptions& options, Watcher& watcher)
      : plan_(plan), options_(options), watcher_(watcher), scheduler_(options.machine, options.jobs) {}

  Result<RunOutcome> run() {
    const JournalHead head{plan_.matrix, plan_.digest(), options_.shard, options_.of};
    journal_ = std::make_unique<Journal>(CHAMBER_TRY(Journal::open(options_.folder, head, options_.resume)));
    mine_ = shard_cells(plan_, options_.shard, options_.of);
    begin_ = now();
    started_ = wall_time_utc();
    for (const std::size_t cell : mine_) CHAMBER_CHECK(enlist(cell));
    look();
    while (scheduler_.running() > 0 || more_to_start()) {
      CHAMBER_CHECK(start_what_fits());
      wait_for_something();
      CHAMBER_CHECK(collect());
      end_what_must();
    }
    return conclude();
  }

 private:
  [[nodiscard]] const Cell& cell_of(const Child& child) const { return plan_.cells[child.job.cell]; }

  [[nodiscard]] bool more_to_start() const { return !stopping_ && !scheduler_.waiting().empty(); }

  // What an earlier run knows of a cell; what is left of it is removed, and it is queued unless it is done.
  Result<void> enlist(std::size_t index) {
    const Cell& cell = plan_.cells[index];
    State& state = states_[index];
    if (const auto known = journal_->cells().find(cell.id); known != journal_->cells().end()) {
      state.attempts = known->second.attempts;
      state.begun = known->second.begun;
      state.interrupted = known->second.cut_short;
      if (known->second.cut_short > 0) CHAMBER_CHECK(clean_up_after(cell));
    }
    std::optional<std::string> why = cell.cannot;
    if (!why && options_.cannot) why = options_.cannot(cell);
    if (why) {
      state.why_not = *why;
      ++done_;
      ++failed_;
      return {};
    }
    if (is_done(state)) {
      count(state);
      return {};
    }
    scheduler_.add({index, cell.priority, options_.costs.of(cell)});
    return {};
  }

  struct State {
    std::vector<Attempt> attempts;
    int begun = 0;
    int interrupted = 0;
    std::string why_not;
  };

  [[nodiscard]] bool is_done(const State& state) const {
    if (state.attempts.empty()) return false;
    return state.attempts.back().status == Status::kPassed ||
           static_cast<std::int64_t>(state.attempts.size()) > plan_.retries;
  }

  void count(const State& state) {
    ++done_;
    failed_ += state.attempts.back().status == Status::kPassed ? 0 : 1;
  }

  // Its processes died with the runner, by the kernel; what is left are files that the ledgers of its runs name.
  Result<void> clean_up_after(const Cell& cell) const {
    const fs::path folder = folder_of(cell);
    if (!fs::exists(folder)) return {};
    const Wait wait{.what = "the cell " + cell.id + " to have ended", .deadline = Deadline::in(kLeftAlone)};
    const Result<void> gone = eventually(wait, [&]() -> Result<void> {
      for (const RunEntry& entry : CHAMBER_TRY(list_runs(folder))) {
        if (entry.state == RunState::kLive) {
          return fail(ErrorKind::kUnavailable, "{} is in use", entry.path.string());
        }
      }
      return {};
    });
    CHAMBER_CHECK(gone);
    CHAMBER_TRY(reap(folder));
    return {};
  }

  [[nodiscard]] fs::path folder_of(const Cell& cell) const { return options_.folder / "cells" / cell.id; }

  Result<void> start_what_fits() {
    while (more_to_start()) {
      const std::optional<Job> job = scheduler_.next();
      if (!job) return {};
      CHAMBER_CHECK(start(*job));
    }
    return {};
  }

  Result<void> start(const Job& job) {
    const Cell& cell = plan_.cells[job.cell];
    State& state = states_[job.cell];
    const int attempt = ++state.begun;
    const fs::path parent = folder_of(cell);
    std::error_code problem;
    fs::create_directories(parent, problem);
    if (problem) return fail(ErrorKind::kHarness, "making {}: {}", parent.string(), problem.message());
    const fs::path folder = parent / std::to_string(attempt);
    const fs::path log = parent / fmt::format("{}.log", attempt);
    const Fd output(open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (!output.valid()) return fail_errno(errno, "making {}", log.string());
    SpawnOptions spawn;
    spawn.arguments = options_.runner;
    spawn.environment = options_.environment;
    spawn.arguments.insert(spawn.arguments.end(), cell.arguments.begin(), cell.arguments.end());
    spawn.arguments.insert(spawn.arguments.end(), {"--out", folder.string()});
    spawn.working_directory = fs::current_path();
    spawn.standard_output = spawn.standard_error = output.get();
    spawn.die_with_parent = true;
    CHAMBER_CHECK(journal_->begin(cell.id, attempt));
    Process process = CHAMBER_TRY(Process::spawn(spawn));
    children_.push_back({job, attempt, wall_time_utc(), now(), folder, log, std::move(process), {}, {}, false});
    most_ = std::max(most_, scheduler_.running());
    watcher_.began(cell, attempt);
    look();
    return {};
  }

  // Until the oldest child ends, or it is time to see whether another has; and now and then to look at all of them.
  void wait_for_something() {
    if (children_.empty()) return;
    // That it still runs is no error here.
    static_cast<void>(children_.front().process.wait(Deadline::in(kTurn)));
    if (now() < last_look_ + kLook) return;
    for (Child& child : children_) {
      const Footprint seen = footprint_of(child.process.pid());
      child.most = {std::max(child.most.memory_mib, seen.memory_mib), std::max(child.most.cpu_s, seen.cpu_s)};
    }
    look();
  }

  Result<void> collect() {
    for (auto child = children_.begin(); child != children_.end();) {
      const std::optional<ExitStatus> exit = child->process.exit_status();
      if (!exit) {
        ++child;
        continue;
      }
      const Child gone = std::move(*child);
      child = children_.erase(child);
      scheduler_.done(gone.job);
      CHAMBER_CHECK(conclude_attempt(gone, *exit));
      look();
    }
    return {};
  }

  Result<void> conclude_attempt(const Child& child, const ExitStatus& exit) {
    const Cell& cell = cell_of(child);
    State& state = states_[child.job.cell];
    // Ended because the user wanted it: nothing was found out about the cell.
    if (interrupted_ && child.kill_at && !child.over_limit) {
      ++state.interrupted;
      return clean_up_after(cell);
    }
    Attempt attempt =
        attempt_of({child.folder, child.log, exit, child.over_limit ? std::optional(cell.limit_s) : std::nullopt});
    attempt.number = child.attempt;
    attempt.started = child.started;
    attempt.seconds = seconds(now() - child.begin);
    attempt.memory_mib = child.most.memory_mib;
    attempt.cpu_s = child.most.cpu_s;
    attempt.folder = fs::relative(child.folder, options_.folder).string();
    if (exit.signal != 0 || child.over_limit) CHAMBER_CHECK(clean_up_after(cell));
    CHAMBER_CHECK(journal_->end(cell.id, attempt));
    note_cost(cell, attempt);
    state.attempts.push_back(std::move(attempt));
    if (is_done(state)) {
      count(state);
      watcher_.ended(result(child.job.cell));
      if (options_.stop_at_first_failure && state.attempts.back().status != Status::kPassed) {
        stopping_ = true;
        stopped_by_ = cell.id;
      }
    } else {
      watcher_.retried(cell, state.attempts.back());
      scheduler_.add({child.job.cell, child.job.priority, options_.costs.of(cell)});
    }
    return {};
  }

  void note_cost(const Cell& cell, const Attempt& attempt) const {
    if (attempt.status == Status::kError) return;  // it says nothing about a whole run
    const double memory = attempt.memory_mib > 0 ? attempt.memory_mib : cell.estimate.memory_mib;
    const double cores =
        attempt.cpu_s > 0 && attempt.seconds > 0 ? attempt.cpu_s / attempt.seconds : cell.estimate.cores;
    options_.costs.note(cell, {attempt.seconds, memory, cores});
  }

  // Over its limit, or the user wants to stop: SIGINT first, which lets it clean up.
  void end_what_must() {
    if (!interrupted_ && options_.interrupted()) interrupted_ = stopping_ = true;
    for (Child& child : children_) {
      const bool late = seconds(now() - child.begin) > cell_of(child).limit_s;
      if (!child.kill_at && (late || interrupted_)) {
        child.over_limit = late;
        child.kill_at = Deadline::in(kTidyEnd);
        log_failure(child.process.signal(SIGINT));
      } else if (child.kill_at && child.kill_at->expired()) {
        log_failure(child.process.signal(SIGKILL));
      }
    }
  }

  static void log_failure(const Result<void>& outcome) {
    if (!outcome) log::warn("{}", outcome.error().message());
  }

  void look() {
    last_look_ = now();
    Progress progress{.done = done_, .total = mine_.size(), .failed = failed_};
    double longest = 0;
    for (const Child& child : children_) {
      const double so_far = seconds(now() - child.begin);
      progress.running.push_back({cell_of(child).id, child.attempt, so_far});
      longest = std::max(longest, child.job.cost.seconds - so_far);
    }
    progress.remaining_s = std::max(0.0, longest) + scheduler_.waiting_s();
    watcher_.look(progress);
  }

  [[nodiscard]] CellResult result(std::size_t index) const {
    const State& state = states_.at(index);
    CellResult result = result_of(plan_.cells[index], state.attempts);
    result.interrupted = state.interrupted;
    if (!state.why_not.empty()) {
      result.why = state.why_not;
      result.status = Status::kNotRun;
    } else if (state.attempts.empty()) {
      result.why = interrupted_ ? "interrupted" : fmt::format("stopped after the first failure: {}", stopped_by_);
    }
    return result;
  }

  RunOutcome conclude() const {
    RunOutcome outcome{.interrupted = interrupted_};
    MatrixResult& all = outcome.result;
    all = {.matrix = plan_.matrix, .about = plan_.about, .digest = plan_.digest(), .axes = plan_.axes};
    all.shard = options_.shard;
    all.of = options_.of;
    all.started = started_;
    all.wall_s = seconds(now() - begin_);
    all.jobs = most_;
    all.host = {options_.machine.cpus, options_.machine.memory_mib};
    for (const std::size_t cell : mine_) all.cells.push_back(result(cell));
    all.left_out = plan_.left_out;
    all.pairs = plan_.pairs;
    return outcome;
  }

  const Plan& plan_;
  const RunOptions& options_;
  Watcher& watcher_;
  Scheduler scheduler_;
  std::unique_ptr<Journal> journal_;
  std::vector<std::size_t> mine_;
  std::map<std::size_t, State> states_;
  std::vector<Child> children_;
  Instant begin_{};
  Instant last_look_{};
  std::string started_;
  std::size_t done_ = 0;
  std::size_t failed_ = 0;
  int most_ = 0;
  bool stopping_ = false;
  bool interrupted_ = false;
  std::string stopped_by_;
};

}  // namespace

Result<RunOutcome> run(const Plan& plan, const RunOptions& options, Watcher& watcher) {
  return Runner(plan, options, watcher).run();
}

}  // namespace chamber::matrix
