// A run that looks like a real one, for the tests of this folder: the Vault leader is killed at 10 s under 200 writes
// and 20 tokens a second, the outage lasts two seconds, and all is well after it.
#pragma once

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/base/random.h"
#include "harness/history/reader.h"
#include "reports/report.h"

namespace chamber {

inline constexpr Duration kTestKill = std::chrono::milliseconds(10'400);
inline constexpr Duration kTestElected = std::chrono::milliseconds(12'430);

inline Instant test_instant(Duration since_origin) {
  return Instant(std::chrono::hours(1)) + since_origin;
}

// Log-normal, as latencies of a server are.
inline Duration test_latency(Random& random, double median_ms, double spread) {
  const double normal = std::sqrt(-2 * std::log(1 - random.unit())) * std::cos(6.283185307 * random.unit());
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double, std::milli>(median_ms * std::exp(spread * normal)));
}

inline void add_test_load(History& history, const char* workload, double rate, double median_ms, bool hurt) {
  Random random(7);
  const std::uint16_t name = history.intern(workload);
  const std::uint16_t refused = history.intern("connection refused by vault-0");
  const std::uint16_t no_leader = history.intern("500 local node not active but active cluster node not found");
  const std::uint16_t timeout = history.intern("no answer within 1 s");
  const auto count = static_cast<int>(40 * rate);
  for (int i = 0; i < count; ++i) {
    Operation operation;
    const Duration at =
        std::chrono::milliseconds(400) + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(i / rate));
    operation.intended = operation.start = test_instant(at);
    operation.workload = name;
    operation.process = static_cast<std::uint32_t>(i);
    operation.function = i % 2 == 0 ? Function::kWrite : Function::kRead;
    operation.outcome = Outcome::kOk;
    Duration took = test_latency(random, median_ms, 0.35);
    if (random.chance(0.004)) took += test_latency(random, 9 * median_ms, 0.5);
    if (hurt && at >= kTestKill && at < kTestElected) {
      const double dice = random.unit();
      operation.outcome = dice < 0.3 ? Outcome::kUnknown : Outcome::kFail;
      operation.error = dice < 0.3 ? timeout : dice < 0.55 ? refused : no_leader;
      if (dice < 0.3) took = std::chrono::milliseconds(1000) + took / 50;
      if (dice >= 0.3 && dice < 0.55) took = std::chrono::microseconds(300) + took / 50;
    } else if (hurt && at >= kTestElected && at < kTestElected + std::chrono::milliseconds(900)) {
      took *= 6;
    }
    operation.end = operation.start + took;
    history.operations.push_back(operation);
  }
}

inline History test_history() {
  History history;
  history.origin = test_instant(Duration::zero());
  history.origin_wall = "2026-11-21T12:00:00.000Z";
  add_test_load(history, "vault.register", 200, 3.2, true);
  add_test_load(history, "identity.token", 20, 21, false);
  const auto event = [&](Duration at, EventKind kind, const char* subject, const char* detail) {
    history.events.push_back({test_instant(at), kind, subject, detail});
  };
  using std::chrono::milliseconds;
  event(milliseconds(5), EventKind::kRoleChange, "vault.leader", "vault-0");
  event(milliseconds(6), EventKind::kRoleChange, "postgres.primary", "postgres-1");
  event(milliseconds(400), EventKind::kLoadStart, "vault.register", "");
  event(milliseconds(400), EventKind::kLoadStart, "identity.token", "");
  event(kTestKill, EventKind::kFaultStart, "kill vault-0", "");
  event(kTestKill + milliseconds(4), EventKind::kFaultProved, "kill vault-0",
        "pid 41 is gone; 198.18.0.10:8200 refuses");
  event(kTestKill + milliseconds(60), EventKind::kRoleChange, "vault.leader", "");
  event(kTestElected - milliseconds(20), EventKind::kRoleChange, "vault.leader", "vault-2");
  event(kTestKill + milliseconds(15'000), EventKind::kFaultEnd, "kill vault-0", "");
  event(milliseconds(40'400), EventKind::kLoadEnd, "vault.register", "");
  event(milliseconds(40'400), EventKind::kLoadEnd, "identity.token", "");
  history.complete_until = test_instant(milliseconds(40'700));
  history.sort();
  return history;
}

inline RunRecord::BringUp test_bring_up() {
  RunRecord::BringUp bring_up{.total_s = 8.12, .tasks = {}};
  const auto task = [&](const char* name, const char* phase, double start, double end, std::vector<std::string> after,
                        bool critical = false) {
    bring_up.tasks.push_back({name, phase, start, end, std::move(after), critical});
  };
  task("certificates", "bootstrap", 0.00, 0.21, {}, true);
  task("etcd-0…2 serving", "bootstrap", 0.21, 0.92, {"certificates"}, true);
  task("postgres-0 primary", "bootstrap", 0.92, 4.05, {"etcd-0…2 serving"}, true);
  task("postgres-1 streaming", "bootstrap", 4.05, 5.20, {"postgres-0 primary"}, true);
  task("postgres-2 streaming", "bootstrap", 4.05, 5.12, {"postgres-0 primary"});
  task("haproxy for postgres", "bootstrap", 0.21, 0.60, {"certificates"});
  task("vault-0 listening", "bootstrap", 0.21, 1.02, {"certificates"});
  task("objectstore-0…3 writing", "bootstrap", 2.31, 3.40, {"objectstore credentials"});
  task("vault-0 init", "vault-init", 1.02, 1.31, {"vault-0 listening"});
  task("vault-0 unseal", "vault-init", 1.31, 1.52, {"vault-0 init"});
  task("vault-1 join", "vault-init", 1.52, 2.10, {"vault-0 unseal"});
  task("vault-2 join", "vault-init", 1.52, 2.16, {"vault-0 unseal"});
  task("policies and engines", "secrets", 1.60, 2.20, {"vault-0 unseal"});
  task("objectstore credentials", "secrets", 2.20, 2.31, {"policies and engines"});
  task("database engine", "secrets", 5.20, 5.48, {"postgres-1 streaming"}, true);
  task("identity masterkey", "secrets", 2.20, 2.30, {"policies and engines"});
  task("identity-0 set-up", "applications", 5.48, 7.30, {"database engine"}, true);
  task("identity-1 ready", "applications", 7.30, 7.95, {"identity-0 set-up"}, true);
  task("a token is issued", "applications", 7.95, 8.12, {"identity-1 ready"}, true);
  task("root token revoked", "applications", 5.48, 5.60, {"database engine"});
  return bring_up;
}

inline RunRecord test_record() {
  RunRecord record;
  record.run = "vault-leader-killed-7-k3v9";
  record.scenario = {"vault-leader-killed",
                     "Killing the Vault leader loses no acknowledged secret, and writes are back within the election "
                     "budget.",
                     "scenarios/failover/vault-leader-killed.yaml", "failover"};
  record.stack = {
      "production",
      {{"dcs", 3}, {"identity", 2}, {"loadbalancer", 2}, {"objectstore", 4}, {"postgres", 3}, {"vault", 3}}};
  record.substrate = "local";
  record.seed = 7;
  record.started = "2026-11-21T11:59:51.400Z";
  record.duration_s = 51.3;
  record.command = "chamber run vault-leader-killed --seed 7";
  record.host = {"Debian GNU/Linux 12 (bookworm)", "6.1.0-28-amd64", 2, 8'245'194'752, "root"};
  record.engines = {
      {"vault", "vault", "1.21.0", "go module", {"vault-0", "vault-1", "vault-2"}},
      {"postgres", "postgresql + patroni", "15.9, 3.0.2", "debian package", {"postgres-0", "postgres-1", "postgres-2"}},
      {"dcs", "etcd", "3.4.23", "debian package", {"dcs-0", "dcs-1", "dcs-2"}},
      {"loadbalancer", "haproxy", "2.6.12", "debian package", {"loadbalancer-0", "loadbalancer-1"}},
      {"identity", "standin", "0.1.0", "go module", {"identity-0", "identity-1"}},
      {"objectstore",
       "minio",
       "2025-09-07",
       "go module",
       {"objectstore-0", "objectstore-1", "objectstore-2", "objectstore-3"}},
  };
  record.bring_up = test_bring_up();
  record.faults = {{"kill vault.leader", "vault-0", "pid 41 is gone; 198.18.0.10:8200 refuses a connection", 60}};
  record.harness = {2.1, 0.052, 61'865'984, 0.84};
  record.cleanup = RunRecord::Cleanup{.ok = true, .left = {}};
  record.secrets = RunRecord::SecretSearch{.searched_files = 47, .searched_bytes = 18'940'112, .found = {}};
  return record;
}

inline Verdict test_verdict() {
  std::vector<CheckResult> results;
  const auto check = [&](const char* name, const char* summary, std::vector<std::string> evidence,
                         std::optional<Budget> budget) {
    CheckResult result;
    result.check = name;
    result.judgement = Judgement::kPass;
    result.summary = summary;
    result.evidence = std::move(evidence);
    result.budget = std::move(budget);
    result.operations = 8000;
    result.took = std::chrono::milliseconds(31);
    results.push_back(std::move(result));
  };
  check("linearizable vault.register", "8,000 operations on 20 keys have an order that a single register would allow.",
        {"121 unknown writes may each have happened or not; all were tried where it matters"}, {});
  check("outage vault.register", "One outage, from the first failure to the first of 20 successes in a row.",
        {"first failure: process 2000 write(k3, 2000) fail [10.400s … 10.400s] connection refused by vault-0",
         "sustained success from: process 2406 write(k9, 2406) ok [12.430s … 12.451s] from vault-2"},
        Budget{"outage vault.register", 15, 2.03, "s", "raft.election_budget of the live configuration", true});
  check("latency vault.register", "p99 outside of faults, from the intended start.", {},
        Budget{"p99 vault.register", 100, 7.84, "ms", "scenario", true});
  check("availability identity.token", "Share of operations that were ok.", {},
        Budget{"availability identity.token", 99, 100, "%", "scenario", false});
  check("roles_changed vault.leader", "The leader changed from vault-0 to vault-2 while vault-0 was killed.",
        {"10.460s vault.leader: nobody", "12.410s vault.leader: vault-2"}, {});
  check("proof kill vault.leader", "pid 41 is gone; 198.18.0.10:8200 refuses a connection.", {}, {});
  return Verdict::of(std::move(results));
}

inline Report test_report() {
  Report report;
  report.record = test_record();
  report.verdict = test_verdict();
  const History history = test_history();
  TimelineBuilder builder;
  for (const Operation& operation : history.operations) builder.add(operation);
  report.timeline = builder.finish(history);
  return report;
}

// What a linearizability violation looks like in a verdict.
inline CheckResult test_violation() {
  CheckResult result;
  result.check = "linearizable vault.register";
  result.judgement = Judgement::kFail;
  result.summary = "Key k4: a write that was acknowledged is gone; 5 operations can't be put in any order.";
  result.evidence = {"process 7 write(k4, 31) ok [14.201s … 14.207s] from vault-0",
                     "process 9 read(k4) = 30 ok [14.260s … 14.264s] from vault-2"};
  using std::chrono::microseconds;
  const auto bar = [&](std::uint32_t process, const char* label, int from, std::optional<int> to, const char* outcome,
                       std::optional<std::uint32_t> rank) {
    Bar one;
    one.process = process;
    one.label = label;
    one.start = microseconds(from);
    if (to) one.end = microseconds(*to);
    one.outcome = outcome;
    one.rank = rank;
    result.drawing.push_back(one);
  };
  bar(3, "write(k4, 30)", 14'180'000, 14'186'000, "ok", 0);
  bar(7, "write(k4, 31)", 14'201'000, 14'207'000, "ok", 1);
  bar(8, "write(k4, 32)", 14'204'000, std::nullopt, "unknown", std::nullopt);
  bar(9, "read(k4) = 30", 14'260'000, 14'264'000, "ok", std::nullopt);
  bar(3, "read(k4) = 31", 14'215'000, 14'221'000, "ok", 2);
  return result;
}

// Writes the three input files of a run folder.
inline Result<void> save_test_run(const std::filesystem::path& folder) {
  CHAMBER_CHECK(save_history(test_history(), folder / kHistoryFile));
  std::ofstream(folder / kRunFile) << to_json(test_record()).dump(2);
  std::ofstream(folder / kVerdictFile) << to_json(test_verdict()).dump(2);
  return {};
}

}  // namespace chamber
