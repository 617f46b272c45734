// From a history file of many operations to the page: time and the page's size.
#include <benchmark/benchmark.h>

#include "harness/history/test_files.h"
#include "reports/render.h"
#include "reports/test_runs.h"

namespace chamber {
namespace {

// Spread over an hour, two workloads, now and then a failure.
Result<void> save_large(const std::filesystem::path& path, std::int64_t count) {
  History history;
  history.origin = test_instant(Duration::zero());
  history.origin_wall = "2026-11-21T12:00:00.000Z";
  history.names = {"", "vault.register", "identity.token", "refused"};
  history.operations.reserve(static_cast<std::size_t>(count));
  Random random(1);
  const Duration apart = std::chrono::hours(1) / count;
  for (std::int64_t i = 0; i < count; ++i) {
    Operation operation;
    operation.intended = operation.start = test_instant(apart * i);
    operation.end = operation.start + Duration(1'000'000 + random.below(9'000'000));
    operation.workload = static_cast<std::uint16_t>(1 + random.below(2));
    operation.process = static_cast<std::uint32_t>(i % 1000);
    operation.key = random.below(1000);
    operation.value = i;
    operation.function = Function::kWrite;
    operation.outcome = random.chance(0.01) ? Outcome::kFail : Outcome::kOk;
    if (operation.outcome == Outcome::kFail) operation.error = 3;
    history.operations.push_back(operation);
  }
  history.complete_until = test_instant(std::chrono::hours(1));
  return save_history(history, path);
}

void BM_PageOfALargeRun(benchmark::State& state) {
  const TestFolder folder;
  const std::filesystem::path history = folder / kHistoryFile;
  if (const Result<void> saved = save_large(history, state.range(0)); !saved.ok()) {
    state.SkipWithError(saved.error().message().c_str());
    return;
  }
  Report report = test_report();
  std::size_t page_bytes = 0;
  for (auto _ : state) {
    Result<Timeline> timeline = load_timeline(history);
    if (!timeline.ok()) {
      state.SkipWithError(timeline.error().message().c_str());
      return;
    }
    report.timeline = std::move(*timeline);
    page_bytes = render_html(report).size();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["page_bytes"] = static_cast<double>(page_bytes);
}
BENCHMARK(BM_PageOfALargeRun)->Arg(100'000)->Arg(10'000'000)->Unit(benchmark::kMillisecond)->Iterations(1);

void BM_CollectTimeline(benchmark::State& state) {
  const History history = test_history();
  for (auto _ : state) {
    TimelineBuilder builder;
    for (const Operation& operation : history.operations) builder.add(operation);
    benchmark::DoNotOptimize(builder.finish(history));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(history.operations.size()));
}
BENCHMARK(BM_CollectTimeline)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace chamber
