#include "scenarios/runner/fault_schedule.h"

#include "chaos/fault.h"
#include "chaos/target.h"
#include "harness/base/eventually.h"

namespace chamber {
namespace {

// Beyond the fault's own end, so that undoing it in time is what normally ends it.
constexpr Duration kTimeToLiveSlack = std::chrono::seconds(5);
constexpr Duration kRecovery = std::chrono::seconds(60);

Result<LinkFault> link_fault(const language::Parameters& parameters) {
  LinkFault link;
  if (const auto add = CHAMBER_TRY(parameters.maybe<Duration>("add"))) link.delay = *add;
  if (const auto jitter = CHAMBER_TRY(parameters.maybe<Duration>("jitter"))) link.jitter = *jitter;
  if (const auto share = CHAMBER_TRY(parameters.maybe<document::Percentage>("share"))) link.loss = share->fraction();
  return link;
}

}  // namespace

FaultSchedule::FaultSchedule(const RunRequest& request, Recorder& recorder, Instant begin)
    : request_(request), recorder_(recorder), begin_(begin) {
  const auto& faults = request.plan.faults;
  outcomes_.resize(faults.size());
  ends_.resize(faults.size());
  for (std::size_t i = 0; i < faults.size(); ++i) {
    threads_.emplace_back([this, i] { ends_[i] = carry_out(request_.plan.faults[i], i); });
  }
}

Result<std::vector<FaultOutcome>> FaultSchedule::finish() {
  threads_.clear();
  for (const Result<void>& end : ends_) {
    if (!end) return tl::unexpected(end.error());
  }
  return outcomes_;
}

Result<std::vector<std::string>> FaultSchedule::resolve(const std::string& target, Random& random) {
  const TargetContext context{request_.platform.substrate().nodes(),
                              [this](std::string_view role) { return request_.platform.resolve(role); }};
  return resolve_target(target, context, random);
}

Result<void> FaultSchedule::carry_out(const language::FaultEntry& entry, std::size_t index) {
  const std::string name = fmt::format("{} {}", *entry.kind, *entry.target);
  const Duration length = entry.length ? **entry.length : Duration::zero();
  FaultOutcome& outcome = outcomes_[index];
  outcome.name = name;
  outcome.time_to_live = length + kTimeToLiveSlack;
  if (!sleep_until(begin_ + *entry.at, request_.stop)) return {};

  const auto not_done = [&](const std::string& subject, const Error& why) {
    recorder_.event(EventKind::kFaultStart, subject, "");
    recorder_.event(EventKind::kFaultNotProved, subject, why.message());
    recorder_.event(EventKind::kFaultEnd, subject, "");
    const std::lock_guard lock(mutex_);
    request_.progress("fault", fmt::format("{}: not done: {}", subject, why.message()));
  };
  Random random = Random(request_.plan.seed.value).fork(fmt::format("fault {}", index));
  FaultRequest wanted{.kind = *entry.kind, .time_to_live = outcome.time_to_live};
  const auto targets = resolve(*entry.target, random);
  if (!targets) {
    not_done(name, targets.error());
    return {};
  }
  wanted.targets = *targets;
  if (const auto to = CHAMBER_TRY(entry.parameters.maybe<std::string>("to"))) {
    const auto others = resolve(*to, random);
    if (!others) {
      not_done(name, others.error());
      return {};
    }
    wanted.others = *others;
    for (const std::string& target : wanted.targets) std::erase(wanted.others, target);
  }
  if (const auto way = CHAMBER_TRY(entry.parameters.maybe<std::string>("direction"))) wanted.direction = *way;
  wanted.link = CHAMBER_TRY(link_fault(entry.parameters));
  const std::unique_ptr<Fault> fault = CHAMBER_TRY(make_fault(wanted, request_.platform.substrate()));
  outcome.resolved = fmt::format("{}", fmt::join(wanted.targets, ", "));

  const std::string subject = fault->describe();
  const Instant started = now();
  const Result<void> applied = fault->apply();
  if (!applied) {
    not_done(subject, applied.error());
    return {};
  }
  recorder_.event(EventKind::kFaultStart, subject, "", started);
  const auto proof = fault->prove(request_.stop);
  if (proof) outcome.proof = *proof;
  recorder_.event(proof ? EventKind::kFaultProved : EventKind::kFaultNotProved, subject,
                  proof ? *proof : proof.error().message());
  {
    const std::lock_guard lock(mutex_);
    request_.progress("fault",
                      fmt::format("{}: {}", subject, proof ? *proof : "not proven: " + proof.error().message()));
  }
  static_cast<void>(sleep_until(begin_ + entry.end(), request_.stop));  // a stop ends the fault now
  Result<void> undone = undo(entry, *fault, wanted.targets);
  recorder_.event(EventKind::kFaultEnd, subject, undone ? "undone" : undone.error().message());
  return std::move(undone).context("undoing " + subject);
}

Result<void> FaultSchedule::undo(const language::FaultEntry& entry, Fault& fault,
                                 const std::vector<std::string>& nodes) {
  CHAMBER_CHECK(fault.undo());
  const bool restarted = *entry.kind == "kill" || *entry.kind == "restart";
  if (!restarted || request_.stop.stop_requested()) return {};
  for (const std::string& node : nodes) {
    CHAMBER_CHECK(
        request_.platform.recover(node, {request_.stop, Deadline::in(kRecovery)}).context("recovering " + node));
  }
  return {};
}

}  // namespace chamber
