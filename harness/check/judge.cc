#include "harness/check/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/check/bank.h"
#include "harness/check/linearizable.h"
#include "harness/check/monotonic_reads.h"
#include "harness/check/no_lost_acks.h"
#include "harness/check/set_full.h"
#include "harness/check/staleness.h"
#include "harness/check/transactions.h"

namespace chamber {
namespace {

constexpr std::array<JudgeModel, 11> kModels = {{
    {"register", "linearizable: read, write, cas, delete of one value a key"},
    {"kv", "linearizable: read, write, append of a text a key"},
    {"set", "linearizable: add, remove, read of a set a key"},
    {"queue", "linearizable: enqueue, dequeue of a first-in-first-out queue a key"},
    {"list-append", "transactions of appends and reads of lists, at --level"},
    {"rw-register", "transactions of writes and reads of values, at --level"},
    {"bank", "transfers and reads of all balances: the total never changes"},
    {"set-full", "every element that was added, through all reads: lost, stale, recovered, time to be visible"},
    {"monotonic-reads", "what a client has seen it never sees undone"},
    {"staleness", "how old what was read is"},
    {"no-lost-acks", "what was acknowledged is in the final reads, once"},
}};

std::string names() {
  std::string text;
  for (const JudgeModel& model : kModels) text += fmt::format("{}{}", text.empty() ? "" : ", ", model.name);
  return text;
}

}  // namespace

std::span<const JudgeModel> judge_models() {
  return kModels;
}

Result<Check> judge_of(const JudgeOptions& options) {
  const std::string& name = options.model;
  const std::string title = options.workload.empty() ? name : fmt::format("{} {}", name, options.workload);
  if (const auto model = model_from(name)) {
    return Check{title, [=](const History& history) {
                   return check_linearizable(history,
                                             {.workload = options.workload, .model = *model, .limits = options.limits});
                 }};
  }
  if (name == "list-append" || name == "rw-register") {
    const auto level = isolation_from(options.level);
    if (!level) {
      return fail(ErrorKind::kInput, "there is no isolation level '{}'; right would be one of {}", options.level,
                  isolation_names());
    }
    const TransactionOptions asked{.workload = options.workload, .level = *level, .limits = options.limits};
    const auto check = name == "list-append" ? check_list_append : check_rw_register;
    return Check{fmt::format("{} at {}", title, to_string(*level)),
                 [=](const History& history) { return check(history, asked); }};
  }
  const std::string& workload = options.workload;
  const auto total = options.total;
  if (name == "bank") {
    return Check{title, [=](const History& h) { return check_bank(h, {.workload = workload, .total = total}); }};
  }
  if (name == "set-full") {
    return Check{title, [=](const History& h) { return check_set_full(h, {.workload = workload}); }};
  }
  if (name == "monotonic-reads") {
    return Check{title, [=](const History& h) { return check_monotonic_reads(h, {.workload = workload}); }};
  }
  if (name == "staleness") {
    return Check{title, [=](const History& h) { return check_staleness(h, {.workload = workload}); }};
  }
  if (name == "no-lost-acks") {
    return Check{title, [=](const History& h) { return check_no_lost_acks(h, {.workload = workload}); }};
  }
  return fail(ErrorKind::kInput, "there is no model '{}'; right would be one of {}", name, names());
}

}  // namespace chamber
