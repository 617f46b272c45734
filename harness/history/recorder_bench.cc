// Throughput from 1 and 8 threads, and bytes an operation on disk, for operations as a real run has them: register
// operations of some hundred clients on a thousand keys with values that grow.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "harness/base/random.h"
#include "harness/history/reader.h"
#include "harness/history/recorder.h"

namespace chamber {
namespace {

std::filesystem::path bench_file() {
  return std::filesystem::temp_directory_path() / ("chamber-recorder-bench-" + std::to_string(getpid()));
}

// Resident now, in MiB.
double resident_mb() {
  std::size_t pages_all = 0;
  std::size_t pages_resident = 0;
  std::ifstream("/proc/self/statm") >> pages_all >> pages_resident;
  return static_cast<double>(pages_resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1024 * 1024);
}

std::unique_ptr<Recorder> shared_recorder;

void open_recorder(const benchmark::State&) {
  std::filesystem::remove(bench_file());
  shared_recorder = Recorder::create(bench_file()).value();
}

void close_recorder(const benchmark::State&) {
  shared_recorder.reset();
  std::filesystem::remove(bench_file());
}

void BM_Record(benchmark::State& state) {
  Random random(static_cast<std::uint64_t>(state.thread_index()));
  Recorder& recorder = *shared_recorder;
  const std::uint16_t workload = recorder.name("vault.register");
  const std::uint16_t node = recorder.name("vault-0");
  std::int64_t value = 0;
  // Buffers are as large as they get after so many; what comes on top would grow with the run.
  constexpr std::int64_t kWarm = 100'000;
  double warm_mb = 0;
  for (auto _ : state) {
    if (value == kWarm && state.thread_index() == 0) warm_mb = resident_mb();
    const std::uint64_t draw = random.next();
    ++value;
    const auto ticket = recorder.begin({.workload = workload,
                                        .function = (draw & 1) != 0 ? Function::kRead : Function::kCas,
                                        .process = static_cast<std::uint32_t>(state.thread_index() * 64) +
                                                   static_cast<std::uint32_t>((draw >> 8) % 64),
                                        .key = (draw >> 16) % 1000,
                                        .value = value,
                                        .expected = (draw & 1) != 0 ? std::nullopt : std::optional(value - 1)});
    recorder.end(ticket, {.outcome = Outcome::kOk, .node = node});
  }
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    state.counters["peak_rss_mb"] = static_cast<double>(usage.ru_maxrss) / 1024;
    if (warm_mb > 0) state.counters["grew_mb"] = resident_mb() - warm_mb;
  }
}
BENCHMARK(BM_Record)->Setup(open_recorder)->Teardown(close_recorder)->Threads(1)->Threads(8)->UseRealTime();

// Operations that take about a millisecond each and begin late by some tens of microseconds: what real files hold.
void BM_BytesAndLoad(benchmark::State& state) {
  constexpr int kOperations = 1'000'000;
  Random random(1);
  History history;
  const std::uint16_t workload = history.intern("vault.register");
  const std::uint16_t node = history.intern("vault-0");
  for (int i = 0; i < kOperations; ++i) {
    Operation operation;
    operation.intended = Instant(std::chrono::microseconds(50) * i);
    operation.start = operation.intended + Duration(random.below(80'000));
    operation.end = operation.start + Duration(400'000 + random.below(3'000'000));
    operation.process = static_cast<std::uint32_t>(random.below(256));
    operation.function = random.chance(0.5) ? Function::kRead : Function::kCas;
    operation.outcome = Outcome::kOk;
    operation.key = random.below(1000);
    operation.value = i;
    if (operation.function == Function::kCas) operation.expected = i - static_cast<std::int64_t>(random.below(5000));
    operation.workload = workload;
    operation.node = node;
    history.operations.push_back(operation);
  }
  std::filesystem::remove(bench_file());
  if (!save_history(history, bench_file())) state.SkipWithError("cannot save");
  for (auto _ : state) benchmark::DoNotOptimize(load_history(bench_file()));
  state.SetItemsProcessed(state.iterations() * kOperations);
  state.counters["bytes_per_op"] = static_cast<double>(std::filesystem::file_size(bench_file())) / kOperations;
  std::filesystem::remove(bench_file());
}
BENCHMARK(BM_BytesAndLoad)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace chamber
