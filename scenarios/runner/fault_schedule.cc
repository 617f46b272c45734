#include "scenarios/runner/fault_schedule.h"

#include <algorithm>

#include "chaos/fault.h"
#include "chaos/target.h"
#include "harness/base/eventually.h"
#include "scenarios/runner/broken_parts.h"

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
  if (const auto per_second = CHAMBER_TRY(parameters.maybe<document::ByteSize>("per_second"))) {
    link.rate_bits_per_second = static_cast<std::uint64_t>(per_second->bytes) * 8;
  }
  return link;
}

// The language's values without the language.
struct ToActionValue {
  ActionValue operator()(bool value) const { return value; }
  ActionValue operator()(std::int64_t value) const { return value; }
  ActionValue operator()(double value) const { return value; }
  ActionValue operator()(Duration value) const { return value; }
  ActionValue operator()(const document::Rate& value) const { return value.per_second(); }
  ActionValue operator()(const document::Percentage& value) const { return value.fraction(); }
  ActionValue operator()(const document::ByteSize& value) const { return static_cast<std::int64_t>(value.bytes); }
  ActionValue operator()(const std::string& value) const { return value; }
  ActionValue operator()(const language::Budget& value) const { return value.fixed; }
};

bool is_kind_of_fault(const std::string& kind) {
  const auto& kinds = fault_kinds();
  return std::any_of(kinds.begin(), kinds.end(), [&kind](const FaultKind& known) { return known.name == kind; });
}

// Claims to hurt and doesn't: its proof must fail.
class Harmless final : public Fault {
 public:
  explicit Harmless(std::unique_ptr<Fault> claimed) : claimed_(std::move(claimed)) {}
  [[nodiscard]] std::string describe() const override { return claimed_->describe(); }
  Result<void> apply() override { return {}; }
  Result<std::string> prove(const std::stop_token& stop) override { return claimed_->prove(stop); }
  Result<void> undo() override { return {}; }

 private:
  std::unique_ptr<Fault> claimed_;
};

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

void FaultSchedule::tell(const std::string& text) {
  const std::lock_guard lock(mutex_);
  request_.progress("fault", text);
}

Result<std::unique_ptr<Fault>> FaultSchedule::make(const language::FaultEntry& entry,
                                                   const std::vector<std::string>& nodes, Random& random) {
  const Duration length = entry.length ? **entry.length : Duration::zero();
  if (!is_kind_of_fault(*entry.kind)) {
    ActionRequest action{.name = *entry.kind, .targets = nodes, .length = length, .stop = request_.stop};
    action.seed = random.next();
    for (const auto& [name, value] : entry.parameters.all()) action.values[name] = std::visit(ToActionValue{}, *value);
    return request_.platform.make_action(action);
  }
  FaultRequest wanted{.kind = *entry.kind, .targets = nodes, .time_to_live = length + kTimeToLiveSlack};
  if (const auto to = CHAMBER_TRY(entry.parameters.maybe<std::string>("to"))) {
    wanted.others = CHAMBER_TRY(resolve(*to, random));
    for (const std::string& target : wanted.targets) std::erase(wanted.others, target);
  }
  if (const auto way = CHAMBER_TRY(entry.parameters.maybe<std::string>("direction"))) wanted.direction = *way;
  wanted.link = CHAMBER_TRY(link_fault(entry.parameters));
  wanted.program = CHAMBER_TRY(entry.parameters.maybe<std::string>("program")).value_or("");
  return make_fault(wanted, request_.platform.substrate());
}

Result<void> FaultSchedule::carry_out(const language::FaultEntry& entry, std::size_t index) {
  FaultOutcome& outcome = outcomes_[index];
  outcome.name = entry.name();
  outcome.time_to_live = entry.end() - *entry.at + kTimeToLiveSlack;
  if (!sleep_until(begin_ + *entry.at, request_.stop)) return {};

  const auto not_done = [&](const std::string& subject, const Error& why) {
    recorder_.event(EventKind::kFaultStart, subject, "");
    recorder_.event(EventKind::kFaultNotProved, subject, why.message());
    recorder_.event(EventKind::kFaultEnd, subject, "");
    tell(fmt::format("{}: not done: {}", subject, why.message()));
  };
  Random random = Random(request_.plan.seed.value).fork(fmt::format("fault {}", index));
  std::vector<std::string> nodes;
  if (entry.target) {
    auto targets = resolve(**entry.target, random);
    if (!targets) {
      not_done(entry.name(), targets.error());
      return {};
    }
    nodes = *std::move(targets);
  }
  auto made = make(entry, nodes, random);
  if (!made) {
    // Nobody has the role now, or the like: it isn't done, and the run is told so. Anything else is the harness's.
    if (made.error().kind() == ErrorKind::kHarness) return tl::unexpected(made.error());
    not_done(entry.name(), made.error());
    return {};
  }
  if (breaks_harness(request_.plan, "faults_do_nothing")) made = std::make_unique<Harmless>(std::move(*made));
  Fault& fault = **made;
  outcome.resolved = fmt::format("{}", fmt::join(nodes, ", "));

  const std::string subject = fault.describe();
  const Instant started = now();
  const Result<void> applied = fault.apply();
  if (!applied) {
    not_done(subject, applied.error());
    return {};
  }
  recorder_.event(EventKind::kFaultStart, subject, "", started);
  const auto proof = fault.prove(request_.stop);
  if (proof) outcome.proof = *proof;
  recorder_.event(proof ? EventKind::kFaultProved : EventKind::kFaultNotProved, subject,
                  proof ? *proof : proof.error().message());
  tell(fmt::format("{}: {}", subject, proof ? *proof : "not proven: " + proof.error().message()));
  static_cast<void>(sleep_until(begin_ + entry.end(), request_.stop));  // a stop ends the fault now
  recorder_.event(EventKind::kFaultUndo, subject, "");
  Result<void> undone = undo(entry, fault, nodes);
  recorder_.event(EventKind::kFaultEnd, subject, undone ? "undone" : undone.error().message());
  for (const Finding& finding : fault.findings()) {
    recorder_.event(finding.held ? EventKind::kHeld : EventKind::kBroken, *entry.kind,
                    fmt::format("{}: {}", finding.promise, finding.seen));
    tell(fmt::format("{}: {}: {}: {}", subject, finding.held ? "held" : "BROKEN", finding.promise, finding.seen));
  }
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
