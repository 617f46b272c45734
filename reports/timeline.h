// What happened over a run, small enough for a page: operations in time bins that lose no extreme, faults, roles,
// marks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/history/history.h"
#include "reports/latency_sketch.h"

namespace chamber {

// All times are seconds on the run's clock, the one that evidence speaks in.
struct ErrorCount {
  std::string error;  // its class; "" when the client named none
  Outcome outcome = Outcome::kUnknown;
  std::uint64_t count = 0;
  double first_s = 0;  // by intended start
  double last_s = 0;
};

struct LatencySummary {  // milliseconds, from the intended start, of what was ok
  double least = 0;
  double p50 = 0;
  double p99 = 0;
  double p999 = 0;
  double greatest = 0;
};

// One bin: what was intended to start in it.
struct TimelineBin {
  std::uint64_t ok = 0;
  std::uint64_t fail = 0;
  std::uint64_t unknown = 0;
  std::optional<double> greatest_ms;  // latency of what was ok; none: nothing was
  std::optional<double> wait_ms;      // the longest that an operation which was not ok took to end
};

struct WorkloadTimeline {
  std::string name;
  double first_s = 0;  // start of bins[0]
  double bin_s = 0;    // width of each but the last …
  double until_s = 0;  // … which ends here
  std::vector<TimelineBin> bins;
  // The same time in bins wide enough for quantiles to mean something: as many bins each; none: nothing was ok.
  std::size_t bins_per_quantile = 1;
  std::vector<std::optional<LatencySummary>> quantiles;

  std::uint64_t ok = 0;
  std::uint64_t fail = 0;
  std::uint64_t unknown = 0;
  std::uint64_t final_operations = 0;     // made after the load, to see what was left; in no bin and in no total
  std::optional<LatencySummary> latency;  // over the whole load
  std::vector<ErrorCount> errors;         // most frequent first
  std::string not_started;                // what the load could not start in time, in its own words; often empty

  [[nodiscard]] std::uint64_t operations() const { return ok + fail + unknown; }
};

struct FaultSpan {
  std::string name;  // "kill vault-0"
  double start_s = 0;
  std::optional<double> end_s;  // none: never undone in this history
  std::optional<bool> proved;   // none: nothing was said
  std::string proof;
};

struct RoleSpan {
  std::string role;    // "vault.leader"
  std::string holder;  // "vault-0"; "" for nobody
  double start_s = 0;
  double end_s = 0;
};

struct Mark {
  double at_s = 0;
  std::string text;
};

struct Timeline {
  std::string origin_wall;  // zero of the run's clock, RFC 3339
  double from_s = 0;        // what charts show
  double until_s = 0;
  std::vector<WorkloadTimeline> workloads;  // as their loads started, then by name
  std::vector<FaultSpan> faults;            // by start
  std::vector<RoleSpan> roles;              // by role, then start
  std::vector<Mark> marks;                  // by time: phases and notes
  bool complete = true;
  std::string incomplete_reason;
};

// Collects operations in any order. Memory is bounded by bins, not by operations: bins begin 10 ms wide and widen when
// the run is longer than 4096 of them.
class TimelineBuilder {
 public:
  void add(const Operation& operation);
  // `about` needs names, events and origin; its operations are not looked at.
  [[nodiscard]] Timeline finish(const History& about) const;

 private:
  struct Bin {
    std::uint64_t fail = 0;
    std::uint64_t unknown = 0;
    LatencySketch ok;
    Duration wait = Duration::min();
    void merge(const Bin& other);
  };
  struct Errors {
    std::uint64_t count = 0;
    Instant first = Instant::max();
    Instant last = Instant::min();
  };
  struct Workload {
    std::vector<Bin> bins;  // bins[i] is bin number first_bin + i
    std::int64_t first_bin = 0;
    std::uint64_t final_operations = 0;
    std::map<std::pair<std::uint16_t, Outcome>, Errors> errors;
  };

  Bin& bin_at(Workload& workload, Instant at);
  // The bins of a workload, `join` by `join`.
  [[nodiscard]] static std::vector<Bin> joined(const std::vector<Bin>& bins, std::int64_t join);
  void widen();
  [[nodiscard]] WorkloadTimeline series(const Workload& workload, const History& about) const;

  std::int64_t width_ns_ = 10'000'000;
  bool last_step_was_two_ = false;
  std::map<std::uint16_t, Workload> workloads_;
};

// Streams over a file of harness/history.
[[nodiscard]] Result<Timeline> load_timeline(const std::filesystem::path& history);

}  // namespace chamber
