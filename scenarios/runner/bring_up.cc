#include "scenarios/runner/bring_up.h"

#include <algorithm>

#include "harness/check/run_facts.h"
#include "harness/history/reader.h"
#include "harness/history/recorder.h"

namespace chamber {
namespace {

constexpr std::string_view kGate = "gate: ";

// What the phase did, the longest first: what to make faster.
std::vector<std::string> tasks_of(const std::string& phase, const std::vector<TaskTiming>& timings) {
  std::vector<const TaskTiming*> tasks;
  for (const TaskTiming& timing : timings) {
    if (timing.phase == phase && !timing.name.starts_with(kGate)) tasks.push_back(&timing);
  }
  std::stable_sort(tasks.begin(), tasks.end(),
                   [](const TaskTiming* a, const TaskTiming* b) { return a->end - a->start > b->end - b->start; });
  std::vector<std::string> lines;
  for (const TaskTiming* task : tasks)
    lines.push_back(fmt::format("{}: {}", task->name, human(task->end - task->start)));
  return lines;
}

}  // namespace

Result<RunOutcome> judge_bring_up(const RunRequest& request) {
  const auto recorder = CHAMBER_TRY(Recorder::create(request.history_file));
  const std::vector<TaskTiming>& timings = request.platform.timings();
  Instant begin = Instant::max();
  for (const TaskTiming& timing : timings) begin = std::min(begin, timing.start);
  std::vector<CheckResult> results;
  for (const TaskTiming& timing : timings) {
    if (!timing.name.starts_with(kGate)) continue;
    const std::string phase = timing.name.substr(kGate.size());
    recorder->event(EventKind::kPhase, phase, "done", timing.end);
    CheckResult result;
    result.check = "phase " + phase;
    result.judgement = Judgement::kPass;
    result.summary = fmt::format("its gate was proven {} after the start", human(timing.end - begin));
    result.evidence = tasks_of(timing.phase, timings);
    results.push_back(std::move(result));
  }
  CHAMBER_CHECK(recorder->close());
  RunOutcome outcome;
  results.push_back(check_history_complete(CHAMBER_TRY(load_history(request.history_file))));
  // That the history is whole proves nothing about a phase.
  outcome.verdict = results.size() > 1 ? Verdict::of(std::move(results)) : Verdict::of({});
  return outcome;
}

}  // namespace chamber
