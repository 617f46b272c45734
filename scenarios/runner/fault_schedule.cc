#include "scenarios/runner/fault_schedule.h"

#include <algorithm>
#include <map>

#include "chaos/fault.h"
#include "chaos/target.h"
#include "harness/base/eventually.h"
#include "harness/base/side_by_side.h"
#include "harness/check/run_facts.h"
#include "scenarios/runner/broken_parts.h"

namespace chamber {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Beyond the fault's own end, so that undoing it in time is what normally ends it.
constexpr Duration kTimeToLiveSlack = seconds(5);
constexpr Duration kRecovery = seconds(60);
// A fault that had to wait until others are whole again lasts at least so long, or is skipped.
constexpr Duration kLeastHarm = seconds(1);
// So long one that is done in a moment may be late.
constexpr Duration kPatience = seconds(15);
constexpr Duration kLook = milliseconds(200);

Result<LinkRule> link_fault(const language::Parameters& parameters) {
  LinkRule link;
  if (const auto add = CHAMBER_TRY(parameters.maybe<Duration>("add"))) link.delay = *add;
  if (const auto jitter = CHAMBER_TRY(parameters.maybe<Duration>("jitter"))) link.jitter = *jitter;
  if (const auto share = CHAMBER_TRY(parameters.maybe<document::Percentage>("share"))) link.loss = share->fraction();
  if (const auto per_second = CHAMBER_TRY(parameters.maybe<document::ByteSize>("per_second"))) {
    link.rate_bits_per_second = static_cast<std::uint64_t>(per_second->bytes) * 8;
  }
  return link;
}

HurtNodes hurt_nodes(const RunRequest& request) {
  std::map<std::string, std::int64_t> tolerates;
  for (const language::Component& component : request.plan.stack.components) {
    tolerates[component.name] = *component.tolerates;
  }
  std::map<std::string, std::string> component_of;
  for (const NodeSpec& node : request.platform.substrate().nodes()) component_of[node.name] = node.component;
  return {std::move(tolerates), std::move(component_of)};
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
    : request_(request), recorder_(recorder), begin_(begin), hurt_(hurt_nodes(request)) {
  outcomes_.resize(request.plan.faults.size());
  ends_.resize(request.plan.faults.size());
  starter_ = std::jthread([this] { start_each(); });
}

// A thread for each fault from its time on, so that a long schedule takes no more than what is on at once.
void FaultSchedule::start_each() {
  const auto& faults = request_.plan.faults;
  std::vector<std::size_t> order(faults.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return *faults[a].at < *faults[b].at; });
  for (const std::size_t index : order) {
    if (!sleep_until(begin_ + *faults[index].at, request_.stop)) return;
    running_.remove_if([](const Running& running) { return running.ended.load(); });
    Running& running = running_.emplace_back();
    running.thread = std::jthread([this, index, &running] {
      ends_[index] = carry_out(request_.plan.faults[index], index);
      running.ended = true;
    });
  }
}

Result<std::vector<FaultOutcome>> FaultSchedule::finish() {
  starter_.join();
  running_.clear();
  for (const Result<void>& end : ends_) {
    if (!end) return tl::unexpected(end.error());
  }
  // What was skipped, or had not begun when the run was stopped, is no fault of this run.
  std::erase_if(outcomes_, [](const FaultOutcome& outcome) { return outcome.name.empty(); });
  return outcomes_;
}

std::vector<std::string> FaultSchedule::under_way() const {
  const std::lock_guard lock(mutex_);
  return under_way_;
}

Result<std::vector<std::string>> FaultSchedule::resolve(const std::string& target, Random& random) {
  const TargetContext context{request_.platform.substrate().nodes(),
                              [this](std::string_view role) { return request_.platform.resolve(role); }};
  return resolve_target(target, context, random);
}

Result<FaultSchedule::Chosen> FaultSchedule::resolve(const language::FaultEntry& entry, std::size_t index) {
  Chosen chosen{.nodes = {}, .random = Random(request_.plan.seed.value).fork(fmt::format("fault {}", index))};
  if (entry.target) chosen.nodes = CHAMBER_TRY(resolve(**entry.target, chosen.random));
  return chosen;
}

std::optional<FaultSchedule::Chosen> FaultSchedule::choose(const language::FaultEntry& entry, std::size_t index) {
  const Instant latest = begin_ + (entry.length ? entry.end() - kLeastHarm : *entry.at + kPatience);
  while (true) {
    auto chosen = resolve(entry, index);
    if (!*request_.plan.within_tolerance) {
      if (chosen) return *std::move(chosen);
      outcomes_[index].name = entry.name();
      not_done(entry.name(), chosen.error());
      return std::nullopt;
    }
    const std::string why = chosen ? hurt_.enter(chosen->nodes) : chosen.error().message();
    if (why.empty()) return *std::move(chosen);
    if (now() < latest && sleep_until(now() + kLook, request_.stop)) continue;
    recorder_.event(EventKind::kNote, "skipped " + entry.name(), why);
    tell(fmt::format("skipped {}: {}", entry.name(), why));
    return std::nullopt;
  }
}

void FaultSchedule::tell(const std::string& text) {
  const std::lock_guard lock(mutex_);
  request_.progress("fault", text);
}

void FaultSchedule::not_done(const std::string& subject, const Error& why) {
  recorder_.event(EventKind::kFaultStart, subject, "");
  recorder_.event(EventKind::kFaultNotProved, subject, why.message());
  recorder_.event(EventKind::kFaultEnd, subject, "");
  tell(fmt::format("{}: not done: {}", subject, why.message()));
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
  if (const auto keeps = CHAMBER_TRY(entry.parameters.maybe<document::Percentage>("keeps"))) {
    wanted.survival = {.share = keeps->fraction(), .seed = random.next()};
  }
  wanted.program = CHAMBER_TRY(entry.parameters.maybe<std::string>("program")).value_or("");
  return make_fault(wanted, request_.platform.substrate());
}

Result<void> FaultSchedule::carry_out(const language::FaultEntry& entry, std::size_t index) {
  std::optional<Chosen> chosen = choose(entry, index);
  if (!chosen) return {};
  FaultOutcome& outcome = outcomes_[index];
  outcome.name = entry.name();
  outcome.time_to_live = entry.end() - *entry.at + kTimeToLiveSlack;
  auto made = make(entry, chosen->nodes, chosen->random);
  if (!made) {
    hurt_.leave(chosen->nodes);
    // Nobody has the role now, or the like: it isn't done, and the run is told so. Anything else is the harness's.
    if (made.error().kind() == ErrorKind::kHarness) return tl::unexpected(made.error());
    not_done(entry.name(), made.error());
    return {};
  }
  if (breaks_harness(request_.plan, "faults_do_nothing")) made = std::make_unique<Harmless>(std::move(*made));
  outcome.resolved = fmt::format("{}", fmt::join(chosen->nodes, ", "));
  return hurt(entry, **made, chosen->nodes, outcome);
}

Result<void> FaultSchedule::hurt(const language::FaultEntry& entry, Fault& fault, const std::vector<std::string>& nodes,
                                 FaultOutcome& outcome) {
  const std::string subject = fault.describe();
  const Instant started = now();
  const Result<void> applied = fault.apply();
  if (!applied) {
    not_done(subject, applied.error());
    hurt_.leave(nodes);
    return {};
  }
  recorder_.event(EventKind::kFaultStart, subject, "", started);
  {
    const std::lock_guard lock(mutex_);
    under_way_.push_back(subject);
  }
  const auto proof = fault.prove(request_.stop);
  if (proof) outcome.proof = *proof;
  recorder_.event(proof ? EventKind::kFaultProved : EventKind::kFaultNotProved, subject,
                  proof ? *proof : proof.error().message());
  tell(fmt::format("{}: {}", subject, proof ? *proof : "not proven: " + proof.error().message()));
  static_cast<void>(sleep_until(begin_ + entry.end(), request_.stop));  // a stop ends the fault now
  recorder_.event(EventKind::kFaultUndo, subject, "");
  Result<std::string> undone = undo(fault);
  recorder_.event(EventKind::kFaultEnd, subject, undone ? *undone : undone.error().message());
  {
    const std::lock_guard lock(mutex_);
    under_way_.erase(std::find(under_way_.begin(), under_way_.end(), subject));
  }
  found(entry, subject, fault);
  if (!undone) return tl::unexpected(undone.error().context("undoing " + subject));
  if (*undone != kUndone) {
    // What doesn't do its work again stays hurt: nothing else of its component may be hurt beside it.
    tell(fmt::format("{}: {}", subject, *undone));
    return {};
  }
  hurt_.leave(nodes);
  return {};
}

void FaultSchedule::found(const language::FaultEntry& entry, const std::string& subject, const Fault& fault) {
  for (const Finding& finding : fault.findings()) {
    recorder_.event(finding.held ? EventKind::kHeld : EventKind::kBroken, *entry.kind,
                    fmt::format("{}: {}", finding.promise, finding.seen));
    tell(fmt::format("{}: {}: {}: {}", subject, finding.held ? "held" : "BROKEN", finding.promise, finding.seen));
  }
}

Result<std::string> FaultSchedule::undo(Fault& fault) {
  CHAMBER_CHECK(fault.undo());
  const std::vector<std::string> nodes = fault.restarted();
  // All at once: one whose quorum is down with it can't do its work before the others do.
  std::vector<std::string> problems(nodes.size());
  std::vector<std::function<Result<void>()>> work;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    work.emplace_back([&, i]() -> Result<void> {
      if (request_.stop.stop_requested()) return {};
      const auto recovered = request_.platform.recover(nodes[i], {request_.stop, Deadline::in(kRecovery)});
      if (!recovered && !request_.stop.stop_requested()) problems[i] = recovered.error().message();
      return {};
    });
  }
  CHAMBER_CHECK(side_by_side(work));
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    // A node that was started again and doesn't come back is for the checks to judge, not the end of the run.
    if (!problems[i].empty()) return fmt::format("{}{}: {}", kNotRecovered, nodes[i], problems[i]);
  }
  return std::string(kUndone);
}

}  // namespace chamber
