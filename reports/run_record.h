// What a run says about itself in its folder, as `run.json`: what was asked for, what ran where, how it came up, what
// hurt it, what it cost and what it left. A plain value; the runner fills it, reports read it.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace chamber {

struct RunRecord {
  static constexpr std::string_view kFormat = "chamber-run/1";

  struct Scenario {
    std::string name;    // "vault-leader-killed"
    std::string about;   // one sentence, may be empty
    std::string file;    // where it was read from, may be empty
    std::string family;  // "failover", may be empty
  };
  struct Stack {
    std::string profile;                      // "production"
    std::map<std::string, int> components{};  // nodes of each component
  };
  struct Host {
    std::string os;
    std::string kernel;
    int cpus = 0;
    std::uint64_t memory_bytes = 0;
    std::string privilege;  // "root", "user namespace"
  };
  struct Engine {
    std::string component;           // "identity"
    std::string engine;              // "zitadel"; kStandIn is marked loudly in every report
    std::string version;             //
    std::string source;              // "go module", "debian package", "path", …
    std::vector<std::string> nodes;  // "identity-0", …
  };
  struct BringUpTask {
    std::string name;                // "vault-0 init", unique in the run
    std::string phase;               // "vault-init"
    double start_s = 0;              // since the bring-up began
    double end_s = 0;                //
    std::vector<std::string> after;  // names of the tasks that it waited for
    bool critical = false;           // on the longest chain: what to make faster
  };
  struct BringUp {
    double total_s = 0;
    std::vector<BringUpTask> tasks;
  };
  struct Fault {
    std::string name;      // as asked: "kill vault.leader"
    std::string resolved;  // the node or nodes that it hit: "vault-0"; empty if none was
    std::string proof;     // what was measured; empty: not proven
    double ttl_s = 0;      // after which it would have been undone whatever happened
  };
  // What clients of a workload got outside of declared faults (harness/check/service.h).
  struct Service {
    std::string workload;
    std::uint64_t operations = 0;
    std::uint64_t served = 0;
    std::optional<double> p99_ms;  // none: nothing was ok
  };
  struct Harness {
    double cpu_seconds = 0;
    double cpu_share = 0;  // of one core, over the load
    std::uint64_t peak_rss_bytes = 0;
    // Of the CPU seconds: in the network stacks of the cell's nodes, where the wire runs them. None: it ran none.
    std::optional<double> receivers_cpu_seconds = {};
  };
  // What the harness took as the run went on: the means of the second and the last quarter of the load, and the most.
  struct Footprint {
    std::uint64_t rss_bytes_early = 0;
    std::uint64_t rss_bytes_late = 0;
    std::uint64_t rss_bytes_most = 0;
    std::uint64_t disk_bytes_early = 0;  // of these: the contents of the cell's disks that can lose power
    std::uint64_t disk_bytes_late = 0;
    std::uint64_t disk_bytes_most = 0;
    std::uint64_t descriptors_early = 0;
    std::uint64_t descriptors_late = 0;
    std::uint64_t descriptors_most = 0;
    std::uint64_t threads_early = 0;
    std::uint64_t threads_late = 0;
    std::uint64_t threads_most = 0;
    double latest_wake_s = 0;  // the latest that its clock thread woke during the load
  };
  struct Cleanup {
    bool ok = false;
    std::vector<std::string> left;  // what could not be removed
  };
  struct SecretSearch {
    std::uint64_t searched_files = 0;
    std::uint64_t searched_bytes = 0;
    std::vector<std::string> found;  // which secret in which file, never its value
  };

  std::string run;  // id
  Scenario scenario;
  Stack stack;
  std::string substrate;  // "local", "kind"
  std::uint64_t seed = 0;
  std::string started;  // RFC 3339, UTC
  double duration_s = 0;
  std::string command;  // repeats the run, pasted into a shell
  Host host;
  std::vector<Engine> engines;
  BringUp bring_up;
  std::vector<Fault> faults;
  std::vector<Service> services;
  Harness harness;
  std::optional<Footprint> footprint;     // none: the run was recorded before there was one
  std::optional<Cleanup> cleanup;         // none: not done when the record was written
  std::optional<SecretSearch> secrets;    // none: not done when the record was written
  std::optional<std::string> incomplete;  // why the run ended early
};

inline constexpr std::string_view kStandIn = "standin";

[[nodiscard]] nlohmann::json to_json(const RunRecord& record);

// Strict: a missing key, an unknown key, a wrong type or a number out of range is an error of kind kInput that names
// the place: "bring_up.tasks[2].end_s: a string where a number belongs".
[[nodiscard]] Result<RunRecord> run_record_from_json(const nlohmann::json& json);

}  // namespace chamber
