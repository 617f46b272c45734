#include "harness/check/run_checks.h"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "harness/check/run_facts.h"

namespace chamber {
namespace {

CheckResult run_one(const History& history, const Check& check) {
  const Instant started = now();
  CheckResult result;
  try {
    result = check.run(history);
  } catch (const std::exception& error) {
    result = {};
    result.summary = fmt::format("the check itself failed: {}", error.what());
  } catch (...) {
    result = {};
    result.summary = "the check itself failed with something that is no exception";
  }
  result.check = check.name;
  result.took = now() - started;
  return result;
}

// Whatever was found was found by times that are wrong.
void doubt(CheckResult& result) {
  if (result.judgement != Judgement::kFail) return;
  result.judgement = Judgement::kInconclusive;
  result.summary = fmt::format("would fail, but the harness's clock jumped: {}", result.summary);
}

}  // namespace

Verdict run_checks(const History& history, std::span<const Check> checks) {
  if (checks.empty()) return Verdict::of({});
  std::vector<CheckResult> results;
  results.push_back(run_one(history, {"history complete", check_history_complete}));
  const CheckResult clock = run_one(history, {"clock steady", check_clock_steady});
  const bool steady = clock.judgement == Judgement::kPass;
  // Said only when there is something to say: a history of another tool has no such notes.
  if (!steady) results.push_back(clock);
  for (const Check& check : checks) {
    results.push_back(run_one(history, check));
    if (!steady) doubt(results.back());
  }
  return Verdict::of(std::move(results));
}

}  // namespace chamber
