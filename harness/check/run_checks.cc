#include "harness/check/run_checks.h"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "harness/check/run_facts.h"
#include "harness/check/starvation.h"

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

// Tries what failed again without the time in which the machine was starved.
class Excuses {
 public:
  explicit Excuses(const History& history) : history_(history), starved_(starved_windows(history)) {}

  void consider(const Check& check, CheckResult& result) {
    if (starved_.empty() || !check.judges_time || result.judgement != Judgement::kFail) return;
    const CheckResult calm = run_one(without_starved_time(history_, starved_, check.error_of_time), check);
    if (calm.judgement == Judgement::kFail) {
      result.evidence.push_back("without the time in which the machine was starved of CPU it fails too: " +
                                calm.summary);
      return;
    }
    result.judgement = Judgement::kInconclusive;
    result.evidence.push_back(
        fmt::format("without the time in which the machine was starved of CPU: {}", calm.summary));
    result.summary += "; but that can be the machine, which was starved of CPU";
    excused_.push_back(result.check);
  }

  [[nodiscard]] CheckResult facts() const {
    CheckResult result = starvation_facts(history_, starved_);
    if (excused_.empty()) return result;
    result.judgement = Judgement::kInconclusive;
    result.summary +=
        fmt::format("; {} check{} can't be told from that", excused_.size(), excused_.size() == 1 ? "" : "s");
    for (const std::string& check : excused_) result.evidence.push_back("not judged because of it: " + check);
    return result;
  }

 private:
  const History& history_;
  const std::vector<Window> starved_;
  std::vector<std::string> excused_;
};

}  // namespace

Verdict run_checks(const History& history, std::span<const Check> checks) {
  if (checks.empty()) return Verdict::of({});
  std::vector<CheckResult> results;
  results.push_back(run_one(history, {"history complete", check_history_complete}));
  const CheckResult clock = run_one(history, {"clock steady", check_clock_steady});
  const bool steady = clock.judgement == Judgement::kPass;
  // Said only when there is something to say: a history of another tool has no such notes.
  if (!steady) results.push_back(clock);
  Excuses excuses(history);
  for (const Check& check : checks) {
    results.push_back(run_one(history, check));
    excuses.consider(check, results.back());
    if (!steady) doubt(results.back());
  }
  results.insert(results.begin() + 1, excuses.facts());
  return Verdict::of(std::move(results));
}

}  // namespace chamber
