#include "scenarios/runner/runner.h"

#include <sys/resource.h>

#include <atomic>
#include <optional>
#include <thread>

#include "fixtures/broken/breakages.h"
#include "fixtures/platform/acts.h"
#include "fixtures/platform/workloads.h"
#include "harness/base/eventually.h"
#include "harness/history/reader.h"
#include "harness/history/recorder.h"
#include "harness/load/open_loop.h"
#include "harness/load/session.h"
#include "harness/load/starvation_watch.h"
#include "harness/net/wire/switch.h"
#include "scenarios/language/cell_stack.h"
#include "scenarios/runner/broken_parts.h"
#include "scenarios/runner/checks_of.h"
#include "scenarios/runner/clock_watch.h"
#include "scenarios/runner/fault_schedule.h"
#include "scenarios/runner/load_steps.h"
#include "scenarios/runner/role_watch.h"
#include "scenarios/runner/secret_watch.h"

namespace chamber {
namespace {

constexpr Duration kPrepare = std::chrono::seconds(30);
constexpr Duration kFinish = std::chrono::seconds(60);
constexpr Duration kClockJump = std::chrono::seconds(5);
// Longer than any failover takes.
constexpr Duration kLongestTail = std::chrono::seconds(15);
constexpr Duration kLiveEvery = std::chrono::seconds(1);

double process_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

// A load entry with the workload behind it.
struct Part {
  const language::LoadEntry* entry = nullptr;
  std::unique_ptr<load::Workload> workload;
  std::unique_ptr<load::OpenLoop> loop;
  Result<load::LoadSummary> summary = fail(ErrorKind::kHarness, "not run");
};

Result<Part> make_part(const language::LoadEntry& entry, const BrokenParts& broken, Platform& platform) {
  WorkloadRequest request{.kind = *entry.workload, .name = *entry.name()};
  request.broken = broken;
  if (const auto keys = CHAMBER_TRY(entry.parameters.maybe<std::int64_t>("keys"))) {
    request.keys = static_cast<std::uint64_t>(*keys);
  }
  if (const auto reads = CHAMBER_TRY(entry.parameters.maybe<document::Percentage>("reads"))) {
    request.read_share = reads->fraction();
  }
  if (const auto size = CHAMBER_TRY(entry.parameters.maybe<document::ByteSize>("size"))) {
    request.object_bytes = static_cast<std::uint64_t>(size->bytes);
  }
  if (const auto accounts = CHAMBER_TRY(entry.parameters.maybe<std::int64_t>("accounts"))) {
    request.keys = static_cast<std::uint64_t>(*accounts);
  }
  if (const auto isolation = CHAMBER_TRY(entry.parameters.maybe<std::string>("isolation"))) {
    request.isolation = *isolation;
  }
  if (const auto from = CHAMBER_TRY(entry.parameters.maybe<std::string>("read_from"))) {
    request.any_node = *from == "any_node";
  }
  request.remembers = CHAMBER_TRY(entry.parameters.maybe<bool>("remembers")).value_or(false);
  request.retry_every = CHAMBER_TRY(entry.parameters.maybe<Duration>("retry_every"));
  if (const auto grant = CHAMBER_TRY(entry.parameters.maybe<std::string>("grant"))) request.grant = *grant;
  Part part;
  part.entry = &entry;
  part.workload = CHAMBER_TRY(make_workload(request, platform));
  return part;
}

// Does the same for every part at once; the first error counts.
Result<void> side_by_side(std::vector<Part>& parts, const std::function<Result<void>(Part&)>& work) {
  std::vector<Result<void>> outcomes(parts.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      threads.emplace_back([&, i] { outcomes[i] = work(parts[i]); });
    }
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!outcomes[i]) return std::move(outcomes[i]).context(*parts[i].entry->name());
  }
  return {};
}

// Whether the scenario hurts the component that has the role, or judges the role.
bool is_at_stake(const std::string& role, const language::Plan& plan) {
  const std::string component = role.substr(0, role.find('.'));
  return std::ranges::any_of(plan.faults,
                             [&](const auto& fault) { return fault.name().find(component) != std::string::npos; }) ||
         std::ranges::any_of(plan.checks, [&](const auto& check) { return *check.subject == role; });
}

// The roles of this cell that one node has at a time. A look asks each node, and each of Patroni's answers is a
// connection of its own: where nothing is expected to change, seldom is enough.
std::vector<WatchedRole> watched_roles(Platform& platform, const language::Plan& plan) {
  constexpr Duration kOften = std::chrono::milliseconds(250);
  constexpr Duration kSeldom = std::chrono::seconds(1);
  std::vector<WatchedRole> roles;
  for (const language::TargetSpec& target : language::standard_vocabulary().targets) {
    if (!target.is_role || !platform.resolve(target.name)) continue;
    roles.push_back({target.name, is_at_stake(target.name, plan) ? kOften : kSeldom});
  }
  return roles;
}

bool outages_are_judged(const std::string& workload, const language::Plan& plan) {
  return std::ranges::any_of(plan.checks, [&](const auto& check) {
    return (check.kind == "outage" || check.kind == "served_again") && *check.subject == workload;
  });
}

load::LoadOptions options_of(const language::LoadEntry& entry, const language::Plan& plan) {
  load::LoadOptions options;
  options.steps = load_steps(entry, *plan.duration);
  if (outages_are_judged(*entry.name(), plan)) options.tail_most = kLongestTail;
  options.seed = Random(*plan.seed).fork(*entry.name()).next();
  options.operation_timeout = *entry.timeout;
  options.workers_most = static_cast<std::uint32_t>(*entry.clients);
  return options;
}

WorkloadOutcome outcome_of(const Part& part) {
  const load::LoadCounts& counts = part.summary->counts;
  return {*part.entry->name(), counts.ok, counts.fail, counts.unknown, counts.dropped};
}

class Run {
 public:
  explicit Run(const RunRequest& request) : request_(request), plan_(request.plan) {}

  Result<RunOutcome> run() {
    broken_ = CHAMBER_TRY(broken_parts(plan_));
    CHAMBER_CHECK(check_configuration());
    for (const language::LoadEntry& entry : plan_.load) {
      parts_.push_back(CHAMBER_TRY(make_part(entry, broken_, request_.platform)));
    }
    request_.progress("prepare", fmt::format("{} workloads", parts_.size()));
    CHAMBER_CHECK(side_by_side(parts_, [this](Part& part) {
      return part.workload->prepare(request_.stop, Deadline::in(kPrepare)).context("preparing");
    }));
    // What the bring-up wrote has been on the disks for long where the system is in use.
    CHAMBER_CHECK(request_.platform.substrate().settle_disks());
    recorder_ = CHAMBER_TRY(Recorder::create(request_.history_file));
    CHAMBER_CHECK(hurt_under_load());
    CHAMBER_CHECK(recorder_->close());
    if (request_.stop.stop_requested()) outcome_.incomplete = "interrupted";
    CHAMBER_CHECK(judge());
    return std::move(outcome_);
  }

 private:
  // A server that is configured to be broken is made so: a run in a cell that lives can't ask for it.
  Result<void> check_configuration() const {
    for (const auto& [component, how] : broken_) {
      const Breakage* const breakage = find_breakage(component, how);
      if (breakage == nullptr) return fail(ErrorKind::kInput, "{} can't be broken by '{}'", component, how);
      if (breakage->by != BrokenBy::kConfiguration) continue;
      if (request_.platform.stack().is_broken(component, how)) continue;
      return fail(ErrorKind::kInput, "{} is broken by '{}' when its cell is made, and this cell was made without",
                  component, how);
    }
    // The same is true of disks.
    for (const std::string& component : language::losing_power(plan_)) {
      if (request_.platform.stack().loses_power.contains(component)) continue;
      return fail(ErrorKind::kHarness,
                  "not run: this cell's {} was made without disks that can lose power; `chamber up` with this scenario "
                  "makes one that has them",
                  component);
    }
    return {};
  }

  Result<void> hurt_under_load() {
    const ClockWatch clock(*recorder_);
    SecretWatch secrets([&substrate = request_.platform.substrate()] { return substrate.processes(); });
    RoleWatch roles(request_.platform, *recorder_, watched_roles(request_.platform, plan_));
    for (Part& part : parts_) {
      part.loop =
          std::make_unique<load::OpenLoop>(*part.workload, options_of(*part.entry, plan_), recorder_.get(), numbers_);
    }
    request_.progress("load", fmt::format("{} for {}", plan_.name.value, human(*plan_.duration)));
    const double cpu_before = process_cpu_seconds();
    const Duration in_receivers_before = cpu_in_receivers();
    FootprintWatch footprint;
    // Elsewhere the servers are no processes that this one sees.
    load::StarvationWatch starvation(*recorder_, {.servers_are_ours = request_.platform.substrate().name() == "local"});
    const Instant begin = now();
    FaultSchedule faults(request_, *recorder_, begin);
    Acts acts(request_.platform, broken_, begin + *plan_.duration / 3);
    const std::jthread jump = jump_clock_amid(begin + *plan_.duration / 3);
    std::jthread live([&](const std::stop_token& stop) { show(faults, begin, stop); });
    const Result<void> loaded = side_by_side(parts_, [this](Part& part) -> Result<void> {
      part.summary = part.loop->run(request_.stop);
      if (!part.summary) return tl::unexpected(part.summary.error());
      return {};
    });
    outcome_.load_length = now() - begin;
    outcome_.harness_cpu_seconds = process_cpu_seconds() - cpu_before;
    outcome_.receivers_cpu_seconds = seconds(cpu_in_receivers() - in_receivers_before);
    auto fault_outcomes = faults.finish();
    CHAMBER_CHECK(acts.finish());
    live.request_stop();
    live.join();
    outcome_.latest_wake = starvation.stop();
    outcome_.footprint = footprint.stop();
    outcome_.exposed = secrets.finish();
    outcome_.secret_looks = secrets.looks();
    CHAMBER_CHECK(loaded);
    outcome_.faults = CHAMBER_TRY(std::move(fault_outcomes));
    for (const Part& part : parts_) outcome_.workloads.push_back(outcome_of(part));
    if (!sleep_until(now() + *plan_.settle, request_.stop)) return {};
    request_.progress("final", "reading what is left");
    return side_by_side(parts_, [this](Part& part) -> Result<void> {
      load::Session session(recorder_.get(), part.workload->name(), numbers_);
      const auto finished = part.workload->finish(session, request_.stop, Deadline::in(kFinish));
      // Without its last look the checks have no end to judge by, and say so themselves.
      if (!finished) recorder_->event(EventKind::kNote, part.workload->name(), finished.error().message());
      return {};
    });
  }

  void show(const FaultSchedule& faults, Instant begin, const std::stop_token& stop) {
    if (!request_.live) return;
    while (sleep_until(now() + kLiveEvery, stop)) {
      LiveView view{.at = now() - begin, .of = *plan_.duration, .faults = faults.under_way(), .workloads = {}};
      for (const Part& part : parts_) view.workloads.push_back({*part.entry->name(), part.loop->progress()});
      request_.live(view);
    }
  }

  Result<void> judge() {
    request_.progress("check", fmt::format("{} checks", plan_.checks.size()));
    const History history = CHAMBER_TRY(load_history(request_.history_file));
    const auto budgets = CHAMBER_TRY(request_.platform.budgets());
    const std::vector<Check> checks = CHAMBER_TRY(checks_of(plan_, budgets, request_.stop));
    outcome_.verdict = run_checks(history, checks);
    outcome_.services = service_outside_faults(history);
    return {};
  }

  std::jthread jump_clock_amid(Instant at) const {
    if (!breaks_harness(plan_, "clock_jumps")) return {};
    return std::jthread([at](const std::stop_token& stop) {
      if (sleep_until(at, stop)) jump_clock(kClockJump);
    });
  }

  const RunRequest& request_;
  const language::Plan& plan_;
  BrokenParts broken_;
  std::vector<Part> parts_;
  load::ProcessNumbers numbers_;
  std::unique_ptr<Recorder> recorder_;
  RunOutcome outcome_;
};

}  // namespace

Result<RunOutcome> run_plan(const RunRequest& request) {
  return Run(request).run();
}

}  // namespace chamber
