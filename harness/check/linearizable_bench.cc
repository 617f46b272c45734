// Linearizability of registers, 10² to 10⁶ operations, 1 to 100 clients, with and without violations and unknowns; one
// thread, processor time. With CHAMBER_PORCUPINE set to the program built from peer/ (go build), the same histories are
// judged by Porcupine in the same run: ci/bench-judge does that and prints both side by side.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "harness/check/bench_memory.h"
#include "harness/check/linearizable.h"
#include "harness/check/test_histories.h"

namespace chamber {
namespace {

struct Case {
  const char* name;
  RegisterRun run;
  bool peer = true;  // whether Porcupine can judge it in a machine's memory
};

const std::vector<Case>& cases() {
  static const std::vector<Case> kCases = {
      {"1e2/clients:5", {.operations = 100, .clients = 5}},
      {"1e2/clients:100", {.operations = 100, .clients = 100}},
      {"1e3/clients:1", {.operations = 1000, .clients = 1}},
      {"1e3/clients:10", {.operations = 1000, .clients = 10, .unknown = 0}},
      {"1e3/clients:10/unknown", {.operations = 1000, .clients = 10, .unknown = 0.01}},
      {"1e3/clients:5/values:5", {.operations = 1000, .clients = 5, .values = 5, .unknown = 0}},
      {"1e3/clients:10/violation", {.operations = 1000, .clients = 10, .unknown = 0, .lie = 0.005}},
      {"1e4/clients:1", {.operations = 10'000, .clients = 1}},
      {"1e4/clients:10", {.operations = 10'000, .clients = 10, .unknown = 0}},
      {"1e4/clients:20/keys:20/unknown", {.operations = 10'000, .clients = 20, .keys = 20, .unknown = 0.02}},
      {"1e4/clients:50/keys:20/violation",
       {.operations = 10'000, .clients = 50, .keys = 20, .unknown = 0, .lie = 0.001}},
      {"1e5/clients:20/keys:100", {.operations = 100'000, .clients = 20, .keys = 100, .unknown = 0.001}},
      {"1e5/clients:100/keys:100", {.operations = 100'000, .clients = 100, .keys = 100, .unknown = 0}},
      {"1e5/clients:100/keys:100/violation",
       {.operations = 100'000, .clients = 100, .keys = 100, .unknown = 0, .lie = 0.0001}},
      {"1e5/clients:100/keys:100/unknown", {.operations = 100'000, .clients = 100, .keys = 100, .unknown = 0.01}},
      {"1e6/clients:100/keys:1000", {.operations = 1'000'000, .clients = 100, .keys = 1000, .unknown = 0.001}},
      {"1e6/clients:100/keys:1000/violation",
       {.operations = 1'000'000, .clients = 100, .keys = 1000, .unknown = 0.001, .lie = 0.00001}},
      // Porcupine would keep a set of a million bits for each of a million steps: it took 19 GB and gave up.
      {.name = "1e6/clients:10/keys:1",
       .run = {.operations = 1'000'000, .clients = 10, .unknown = 0.001},
       .peer = false},
  };
  return kCases;
}

// One history at a time: the largest takes 88 MB.
const History& history_of(std::size_t index) {
  static std::pair<std::size_t, History> last = {SIZE_MAX, {}};
  if (last.first != index) {
    last = {SIZE_MAX, {}};
    Random random(2026);
    last = {index, register_history(random, cases()[index].run)};
  }
  return last.second;
}

void BM_Chamber(benchmark::State& state) {
  const History& history = history_of(static_cast<std::size_t>(state.range(0)));
  const LinearizableOptions options{.workload = "register", .limits = {.threads = 1}};
  reset_memory_peak();
  const std::int64_t before = memory_peak();
  CheckResult result = check_linearizable(history, options);
  state.counters["peak_mb"] = static_cast<double>(memory_peak() - before) / kMegabyte;
  for (auto _ : state) benchmark::DoNotOptimize(result = check_linearizable(history, options));
  state.SetLabel(
      fmt::format("{} {}", cases()[static_cast<std::size_t>(state.range(0))].name, to_string(result.judgement)));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(history.operations.size()));
}

void write_for_peer(const History& history, const std::filesystem::path& path) {
  const auto number = [](std::optional<std::int64_t> value) { return value ? fmt::to_string(*value) : "-"; };
  std::ofstream file(path);
  for (const Operation& operation : history.operations) {
    const bool ok = operation.outcome == Outcome::kOk;
    const bool read = operation.function == Function::kRead;
    if (operation.outcome == Outcome::kFail || (read && !ok)) continue;
    file << fmt::format("{} {} {} {} {} {} {}\n", operation.process,
                        read                                   ? 'r'
                        : operation.function == Function::kCas ? 'c'
                                                               : 'w',
                        number(operation.value), number(operation.expected), operation.start.time_since_epoch().count(),
                        ok ? fmt::to_string(operation.end.time_since_epoch().count()) : "-", operation.key);
  }
}

void BM_Porcupine(benchmark::State& state) {
  const char* peer = std::getenv("CHAMBER_PORCUPINE");
  if (peer == nullptr) {
    state.SkipWithError("CHAMBER_PORCUPINE is not set");
    return;
  }
  const auto index = static_cast<std::size_t>(state.range(0));
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / fmt::format("chamber-linearizable-bench-{}", getpid());
  write_for_peer(history_of(index), file);
  std::string verdict;
  double peak = 0;
  for (auto _ : state) {
    FILE* out = popen(fmt::format("{} 60 {}", peer, file.string()).c_str(), "r");
    char word[16] = "";
    long long took_ns = 0;
    long long bytes = 0;
    const bool read = out != nullptr && std::fscanf(out, "%15s %lld %lld", word, &took_ns, &bytes) == 3;
    if (out != nullptr) pclose(out);
    if (!read) {
      state.SkipWithError("the peer failed");
      break;
    }
    state.SetIterationTime(static_cast<double>(took_ns) / 1e9);
    verdict = word;
    peak = static_cast<double>(bytes);
  }
  std::filesystem::remove(file);
  state.counters["peak_mb"] = peak / kMegabyte;
  state.SetLabel(fmt::format("{} {}", cases()[index].name, verdict));
}

void all_cases(benchmark::internal::Benchmark* bench) {
  for (std::size_t i = 0; i < cases().size(); ++i) bench->Arg(static_cast<std::int64_t>(i));
}

void peer_cases(benchmark::internal::Benchmark* bench) {
  for (std::size_t i = 0; i < cases().size(); ++i) {
    if (cases()[i].peer) bench->Arg(static_cast<std::int64_t>(i));
  }
}

BENCHMARK(BM_Chamber)->Apply(all_cases)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Porcupine)->Apply(peer_cases)->Unit(benchmark::kMillisecond)->UseManualTime()->Iterations(1);

}  // namespace
}  // namespace chamber
