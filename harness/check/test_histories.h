// Histories for the tests and benchmarks of checkers, drawn from a seed.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "harness/base/random.h"
#include "harness/history/history.h"

namespace chamber {

// A fixed seed finds what it found yesterday, a fresh one what nobody has seen: tests use both and print them.
inline std::vector<std::uint64_t> test_seeds() {
  if (const char* seed = std::getenv("CHAMBER_TEST_SEED")) return {std::strtoull(seed, nullptr, 10)};
  return {1, std::random_device{}()};
}

// How many small histories a checker and its twin judge, of each seed. A sanitizer makes them ten times slower.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr int kTwinRounds = 5'000;
#else
inline constexpr int kTwinRounds = 100'000;
#endif

inline Instant at_ms(std::int64_t milliseconds) {
  return Instant(std::chrono::milliseconds(milliseconds));
}

// Builds histories by hand: times in milliseconds, -1 for "never". What add() returns is good until the next call.
class HistoryBuilder {
 public:
  HistoryBuilder() { history_.complete_until = at_ms(1'000'000); }

  Operation& add(std::string_view workload, std::uint32_t process, Function function, std::uint64_t key,
                 std::optional<std::int64_t> value, std::int64_t start, std::int64_t end,
                 Outcome outcome = Outcome::kOk) {
    Operation operation;
    operation.workload = history_.intern(workload);
    operation.process = process;
    operation.function = function;
    operation.key = key;
    operation.value = value;
    operation.intended = operation.start = at_ms(start);
    operation.end = end < 0 ? kNever : at_ms(end);
    operation.outcome = outcome;
    history_.operations.push_back(operation);
    return history_.operations.back();
  }
  void event(std::int64_t at, EventKind kind, std::string subject, std::string detail = {}) {
    history_.events.push_back({at_ms(at), kind, std::move(subject), std::move(detail)});
  }
  History& history() {
    history_.sort();
    return history_;
  }

 private:
  History history_;
};

struct RegisterRun {
  std::uint64_t operations = 100;
  std::uint32_t clients = 5;
  std::uint64_t keys = 1;
  std::int64_t values = 0;  // how many different ones; 0: each write has its own
  double cas = 0.2;         // share
  double reads = 0.5;       // share
  double unknown = 0.02;    // of writes and compare-and-sets
  double lie = 0;           // chance that a read answers with any value instead of the right one
};

// Clients of a true register, each operation taking effect at a moment between its start and its end; the clients
// overlap as those of a real run do.
inline History register_history(Random& random, const RegisterRun& run) {
  History history;
  const std::uint16_t workload = history.intern("register");
  std::vector<std::optional<std::int64_t>> registers(run.keys);
  struct Client {
    std::int64_t free = 0;
    std::uint32_t process = 0;
  };
  struct Planned {
    std::int64_t moment;
    Operation operation;
  };
  std::vector<Client> clients(run.clients);
  std::uint32_t processes = 0;
  for (Client& client : clients) client.process = processes++;
  std::vector<Planned> planned;
  planned.reserve(run.operations);
  for (std::uint64_t i = 0; i < run.operations; ++i) {
    Client& client = clients[random.below(clients.size())];
    Planned plan{};
    Operation& operation = plan.operation;
    const std::int64_t start = client.free + static_cast<std::int64_t>(random.below(1000));
    const std::int64_t end = start + 1 + static_cast<std::int64_t>(random.below(random.chance(0.01) ? 20'000 : 1000));
    plan.moment = start + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(end - start)));
    operation.start = operation.intended = Instant(Duration(start));
    operation.end = Instant(Duration(end));
    operation.workload = workload;
    operation.process = client.process;
    operation.key = random.below(run.keys);
    operation.outcome = Outcome::kOk;
    const double kind = random.unit();
    operation.function = kind < run.reads             ? Function::kRead
                         : kind < run.reads + run.cas ? Function::kCas
                                                      : Function::kWrite;
    if (operation.function != Function::kRead && random.chance(run.unknown)) {
      operation.outcome = Outcome::kUnknown;
      // Takes effect now, later, or never; its client goes on under another name.
      if (random.chance(0.3)) plan.moment += static_cast<std::int64_t>(random.below(20'000));
      if (random.chance(0.3)) plan.moment = INT64_MAX;
      client.process = processes++;
    }
    client.free = end;
    planned.push_back(plan);
  }
  std::stable_sort(planned.begin(), planned.end(),
                   [](const Planned& a, const Planned& b) { return a.moment < b.moment; });
  std::int64_t next = 0;
  for (Planned& plan : planned) {
    Operation& operation = plan.operation;
    auto& here = registers[operation.key];
    const auto any_value = [&] {
      return run.values > 0 ? static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(run.values))) : next++;
    };
    if (operation.function == Function::kRead) {
      operation.value = here;
      if (random.chance(run.lie)) {
        const std::int64_t known = run.values > 0 ? run.values : std::max<std::int64_t>(next, 1);
        operation.value = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(known)));
      }
    } else {
      operation.value = any_value();
      if (operation.function == Function::kCas) {
        operation.expected = here;
        if (random.chance(0.2)) operation.expected = static_cast<std::int64_t>(random.below(4));
      }
      const bool fits = operation.function == Function::kWrite || operation.expected == here;
      if (!fits && operation.outcome == Outcome::kOk) operation.outcome = Outcome::kFail;
      if (fits && plan.moment != INT64_MAX) here = operation.value;
    }
    history.operations.push_back(operation);
  }
  history.sort();
  history.complete_until = history.operations.empty() ? history.origin : kNever - Duration(1);
  return history;
}

}  // namespace chamber
