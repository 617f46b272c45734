#include "scenarios/runner/checks_of.h"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <utility>

#include "fixtures/postgres/bank_workload.h"
#include "harness/check/audit_complete.h"
#include "harness/check/availability.h"
#include "harness/check/bank.h"
#include "harness/check/handed_out.h"
#include "harness/check/latency.h"
#include "harness/check/linearizable.h"
#include "harness/check/monotonic_reads.h"
#include "harness/check/no_lost_acks.h"
#include "harness/check/outage.h"
#include "harness/check/run_facts.h"
#include "harness/check/served_again.h"
#include "harness/check/service.h"
#include "harness/check/set_full.h"
#include "harness/check/staleness.h"
#include "harness/check/transactions.h"
#include "scenarios/runner/broken_parts.h"
#include "scenarios/runner/check_parameters.h"
#include "scenarios/runner/degradation_check.h"

namespace chamber {
namespace {

// Of the operations that the schedule has, this share must have been acknowledged for a run to tell anything.
constexpr double kEnoughShare = 0.25;

Result<Check> outage_of(const language::CheckEntry& entry, const NamedBudgets& budgets) {
  const std::string workload = *entry.subject;
  const TimeLimit limit = CHAMBER_TRY(limit_of(entry, "at_most", budgets));
  OutageOptions options{.workload = workload};
  options.at_most = limit.at_most;
  if (limit.source) options.source = *limit.source;
  return Check{"outage " + workload, [options](const History& history) { return check_outage(history, options); },
               true};
}

Result<Check> served_again_of(const language::CheckEntry& entry, const NamedBudgets& budgets) {
  const std::string workload = *entry.subject;
  const TimeLimit limit = CHAMBER_TRY(limit_of(entry, "within", budgets));
  ServedAgainOptions options{.outage = {.workload = workload}, .within = limit.at_most};
  if (limit.source) options.source = *limit.source;
  options.one_key_within = CHAMBER_TRY(entry.parameters.maybe<Duration>("one_key_within"));
  return Check{"served_again " + workload,
               [options](const History& history) { return check_served_again(history, options); }, true};
}

Result<std::vector<Check>> latencies_of(const language::CheckEntry& entry) {
  constexpr std::array<std::pair<const char*, double>, 4> kQuantiles{
      {{"p50", 0.5}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1.0}}};
  const std::string workload = *entry.subject;
  std::vector<Check> checks;
  for (const auto& [name, quantile] : kQuantiles) {
    const auto at_most = CHAMBER_TRY(entry.parameters.maybe<Duration>(name));
    if (!at_most) continue;
    const LatencyOptions options{.workload = workload,
                                 .quantile = quantile,
                                 .at_most = *at_most,
                                 .when = CHAMBER_TRY(when_of(entry)),
                                 .which = CHAMBER_TRY(which_of(entry)),
                                 .margin = kRecoveryMargin};
    checks.push_back({fmt::format("latency {} {}", workload, name),
                      [options](const History& history) { return check_latency(history, options); }, true});
  }
  return checks;
}

// The load entry that a check is about.
Result<const language::LoadEntry*> load_of(const language::Plan& plan, const std::string& subject) {
  for (const language::LoadEntry& entry : plan.load) {
    if (*entry.name() == subject) return &entry;
  }
  return fail(ErrorKind::kHarness, "there is no load '{}'", subject);
}

Result<Check> isolation_of(const language::CheckEntry& entry, const language::Plan& plan, const Limits& limits) {
  const std::string text = CHAMBER_TRY(entry.parameters.get<std::string>("level"));
  const auto level = isolation_from(text);
  if (!level) return fail(ErrorKind::kHarness, "no check knows the level {}", text);
  const language::LoadEntry* load = CHAMBER_TRY(load_of(plan, *entry.subject));
  const auto check = *load->workload == "postgres.rw_register" ? check_rw_register : check_list_append;
  const TransactionOptions options{.workload = *entry.subject, .level = *level, .limits = limits};
  return Check{fmt::format("isolation {} {}", *entry.subject, text),
               [=](const History& history) { return check(history, options); }};
}

// The checks of what reads show. None for another kind.
Result<std::optional<Check>> reads_check_of(const language::CheckEntry& entry, const language::Plan& plan,
                                            const NamedBudgets& budgets) {
  const std::string subject = *entry.subject;
  const std::string name = fmt::format("{} {}", entry.kind, subject);
  if (entry.kind == "bank") {
    const language::LoadEntry* load = CHAMBER_TRY(load_of(plan, subject));
    const auto accounts = CHAMBER_TRY(load->parameters.get<std::int64_t>("accounts"));
    const BankOptions options{.workload = subject, .total = accounts * kBankBalance};
    return Check{name, [=](const History& history) { return check_bank(history, options); }};
  }
  if (entry.kind == "set_full") {
    const SetFullOptions options{.workload = subject,
                                 .visible_within = CHAMBER_TRY(entry.parameters.maybe<Duration>("visible_within"))};
    return Check{name, [=](const History& history) { return check_set_full(history, options); }};
  }
  if (entry.kind == "monotonic_reads") {
    const MonotonicReadsOptions options{.workload = subject};
    return Check{name, [=](const History& history) { return check_monotonic_reads(history, options); }};
  }
  if (entry.kind == "staleness") {
    StalenessOptions options{.workload = subject};
    if (entry.parameters.find("at_most") != nullptr) {
      const TimeLimit limit = CHAMBER_TRY(limit_of(entry, "at_most", budgets));
      options.at_most = limit.at_most;
      if (limit.source) options.source = *limit.source;
    }
    return Check{name, [=](const History& history) { return check_staleness(history, options); }};
  }
  return std::nullopt;
}

Result<std::vector<Check>> translate(const language::CheckEntry& entry, const language::Plan& plan,
                                     const NamedBudgets& budgets, const std::stop_token& stop) {
  const std::string subject = *entry.subject;
  const std::string name = fmt::format("{} {}", entry.kind, subject);
  if (entry.kind == "linearizable") {
    const LinearizableOptions options{.workload = subject, .limits = {.time = *plan.timeouts.check, .stop = stop}};
    return std::vector<Check>{{name, [options](const History& h) { return check_linearizable(h, options); }}};
  }
  if (entry.kind == "no_lost_acks") {
    const NoLostAcksOptions options{.workload = subject};
    return std::vector<Check>{{name, [options](const History& h) { return check_no_lost_acks(h, options); }}};
  }
  if (entry.kind == "isolation") {
    const Limits limits{.time = *plan.timeouts.check, .stop = stop};
    return std::vector<Check>{CHAMBER_TRY(isolation_of(entry, plan, limits))};
  }
  if (const auto check = CHAMBER_TRY(reads_check_of(entry, plan, budgets))) return std::vector<Check>{*check};
  if (entry.kind == "credentials_live" || entry.kind == "tokens_valid") {
    const HandedOutOptions options{.check = entry.kind,
                                   .workload = subject,
                                   .what = entry.kind == "tokens_valid" ? "token" : "credential",
                                   .bound = CHAMBER_TRY(entry.parameters.get<Duration>("within"))};
    return std::vector<Check>{{name, [options](const History& h) { return check_handed_out(h, options); }}};
  }
  if (entry.kind == "audit_complete") {
    const AuditCompleteOptions options{.workload = subject};
    return std::vector<Check>{{name, [options](const History& h) { return check_audit_complete(h, options); }}};
  }
  if (entry.kind == "outage") return std::vector<Check>{CHAMBER_TRY(outage_of(entry, budgets))};
  if (entry.kind == "served_again") return std::vector<Check>{CHAMBER_TRY(served_again_of(entry, budgets))};
  if (entry.kind == "latency") return latencies_of(entry);
  if (entry.kind == "availability") {
    const AvailabilityOptions options{
        .workload = subject,
        .at_least = CHAMBER_TRY(entry.parameters.get<document::Percentage>("at_least")).fraction(),
        .when = CHAMBER_TRY(when_of(entry)),
        .which = CHAMBER_TRY(which_of(entry)),
        .margin = kRecoveryMargin};
    // Most of what is refused on a starved machine is a time-out.
    return std::vector<Check>{{name, [options](const History& h) { return check_availability(h, options); }, true}};
  }
  if (entry.kind == "roles_kept") {
    return std::vector<Check>{{name, [subject](const History& h) { return check_roles_kept(h, subject); }}};
  }
  if (entry.kind == "roles_changed") {
    return std::vector<Check>{{name, [subject](const History& h) { return check_roles_changed(h, subject); }}};
  }
  if (entry.kind == "upheld") {
    return std::vector<Check>{{name, [subject](const History& h) { return check_upheld(h, subject); }}};
  }
  if (auto degradation = CHAMBER_TRY(degradation_check(entry, plan, budgets))) {
    return std::vector<Check>{*std::move(degradation)};
  }
  return fail(ErrorKind::kHarness, "there is no check '{}'", entry.kind);
}

}  // namespace

Result<std::vector<Check>> checks_of(const language::Plan& plan, const NamedBudgets& budgets,
                                     const std::stop_token& stop) {
  std::vector<Check> checks;
  for (const language::CheckEntry& entry : plan.checks) {
    std::vector<Check> some = CHAMBER_TRY(translate(entry, plan, budgets, stop));
    std::move(some.begin(), some.end(), std::back_inserter(checks));
  }
  if (breaks_harness(plan, "check_throws") && !checks.empty()) {
    checks.front().run = [](const History&) -> CheckResult { throw std::runtime_error("broken on purpose"); };
  }
  if (!plan.faults.empty()) {
    checks.push_back({"faults proved", check_faults_proved});
    checks.push_back({"nodes recovered", check_nodes_recovered});
  }
  for (const language::LoadEntry& entry : plan.load) {
    const double expected = entry.rate->per_second() * seconds(*plan.duration);
    const auto least = static_cast<std::uint64_t>(expected * kEnoughShare);
    checks.push_back({"enough operations " + *entry.name(), [workload = *entry.name(), least](const History& history) {
                        return check_enough_operations(history, workload, least);
                      }});
  }
  return checks;
}

Noticed noticed(const language::Plan& plan, const Verdict& verdict) {
  Noticed noticed;
  if (!plan.fails_when) return noticed;
  for (const std::string& name : *plan.fails_when->checks) {
    // A kind stands for each of its checks; a latency check has its percentile behind the subject.
    const auto any = [&](Judgement judgement) {
      return std::ranges::any_of(verdict.results, [&](const CheckResult& result) {
        return result.judgement == judgement && (result.check == name || result.check.starts_with(name + " "));
      });
    };
    if (any(Judgement::kFail)) continue;
    noticed.missed.push_back(name);
    if (noticed.judgement == Judgement::kFail) continue;
    noticed.judgement = any(Judgement::kInconclusive) ? Judgement::kInconclusive : Judgement::kFail;
  }
  return noticed;
}

}  // namespace chamber
