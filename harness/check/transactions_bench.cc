// List-append and rw-register histories of 10³ to 10⁶ transactions: how time and memory grow. One thread.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "harness/check/bench_memory.h"
#include "harness/check/test_histories.h"
#include "harness/check/transactions.h"
#include "harness/history/transaction.h"

namespace chamber {
namespace {

struct TransactionRun {
  const char* name = "";
  std::uint64_t transactions = 1000;
  std::uint32_t clients = 20;
  bool lists = true;
  double unknown = 0;
  double stale = 0;  // chance that a transaction reads an old state
};

constexpr std::uint64_t kKeysInUse = 100;
constexpr std::size_t kWritesOfAKey = 64;

struct Planned {
  std::int64_t moment = 0;
  Operation operation;
};

// Clients that overlap; each transaction takes effect at one moment between its start and its end.
std::vector<Planned> plan(Random& random, const TransactionRun& run) {
  std::vector<std::int64_t> free(run.clients);
  std::vector<std::uint32_t> process(run.clients);
  std::uint32_t processes = 0;
  for (std::uint32_t& number : process) number = processes++;
  std::vector<Planned> planned(run.transactions);
  for (Planned& next : planned) {
    const auto client = static_cast<std::size_t>(random.below(run.clients));
    const std::int64_t start = free[client] + static_cast<std::int64_t>(random.below(1000));
    free[client] = start + 1 + static_cast<std::int64_t>(random.below(1000));
    next.moment = start + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(free[client] - start)));
    next.operation.function = Function::kTxn;
    next.operation.process = process[client];
    next.operation.start = next.operation.intended = Instant(Duration(start));
    next.operation.end = Instant(Duration(free[client]));
    next.operation.outcome = random.chance(run.unknown) ? Outcome::kUnknown : Outcome::kOk;
    if (next.operation.outcome == Outcome::kUnknown) process[client] = processes++;
  }
  std::stable_sort(planned.begin(), planned.end(),
                   [](const Planned& a, const Planned& b) { return a.moment < b.moment; });
  return planned;
}

History history_of(const TransactionRun& run) {
  Random random(2026);
  History history;
  struct Key {
    std::uint64_t number = 0;
    std::vector<std::int64_t> list;
  };
  std::vector<Key> keys(kKeysInUse);
  std::uint64_t made = 0;
  for (Key& key : keys) key.number = made++;
  std::int64_t value = 0;
  std::vector<std::int64_t> words;
  for (Planned& next : plan(random, run)) {
    words.clear();
    const bool ok = next.operation.outcome == Outcome::kOk;
    const bool stale = random.chance(run.stale);
    for (std::uint64_t steps = 1 + random.below(4); steps > 0; --steps) {
      Key& key = keys[random.below(kKeysInUse)];
      if (random.chance(0.5)) {
        std::span<const std::int64_t> seen = key.list;
        if (stale && !seen.empty()) seen = seen.first(seen.size() - 1);
        if (!run.lists && seen.size() > 1) seen = seen.last(1);
        append_micro_op(words, run.lists ? MicroOp::Kind::kReadList : MicroOp::Kind::kRead, key.number,
                        ok ? std::optional(seen) : std::nullopt);
        continue;
      }
      if (key.list.size() == kWritesOfAKey) key = {made++, {}};
      key.list.push_back(value++);
      append_micro_op(words, run.lists ? MicroOp::Kind::kAppend : MicroOp::Kind::kWrite, key.number,
                      std::span(key.list).last(1));
    }
    history.set_payload(next.operation, words);
    history.operations.push_back(next.operation);
  }
  history.sort();
  return history;
}

const std::vector<TransactionRun>& runs() {
  static const std::vector<TransactionRun> kRuns = {
      {.name = "list-append/1e3", .transactions = 1000},
      {.name = "list-append/1e4", .transactions = 10'000},
      {.name = "list-append/1e5", .transactions = 100'000},
      {.name = "list-append/1e6", .transactions = 1'000'000},
      {.name = "list-append/1e6/clients:100/unknown", .transactions = 1'000'000, .clients = 100, .unknown = 0.01},
      {.name = "list-append/1e6/violations", .transactions = 1'000'000, .stale = 0.0001},
      {.name = "rw-register/1e6", .transactions = 1'000'000, .lists = false},
      {.name = "rw-register/1e6/violations", .transactions = 1'000'000, .lists = false, .stale = 0.0001},
  };
  return kRuns;
}

void BM_Transactions(benchmark::State& state) {
  const TransactionRun& run = runs()[static_cast<std::size_t>(state.range(0))];
  const History history = history_of(run);
  const auto check = run.lists ? check_list_append : check_rw_register;
  TransactionOptions options{.level = Isolation::kStrictSerializable};
  options.limits.memory_bytes = std::size_t{4} << 30;
  CheckResult result;
  std::int64_t peak = 0;
  for (auto _ : state) {
    state.PauseTiming();
    reset_memory_peak();
    const std::int64_t before = memory_peak();
    state.ResumeTiming();
    result = check(history, options);
    state.PauseTiming();
    peak = std::max(peak, memory_peak() - before);
    state.ResumeTiming();
  }
  state.counters["peak_mb"] = static_cast<double>(peak) / kMegabyte;
  state.counters["us_each"] =
      benchmark::Counter(static_cast<double>(run.transactions) / 1e6,
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.SetLabel(fmt::format("{} {}", run.name, to_string(result.judgement)));
}

void all_runs(benchmark::internal::Benchmark* bench) {
  for (std::size_t i = 0; i < runs().size(); ++i) bench->Arg(static_cast<std::int64_t>(i));
}
BENCHMARK(BM_Transactions)->Apply(all_runs)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace chamber
