// Open-loop load: operations start when a schedule says, whether or not earlier ones have ended. Each has an intended
// start, and its latency counts from there, so a server that stalls can't hide the queue it made (coordinated omission:
// Gil Tene, "How NOT to Measure Latency").
//
// Threads take tickets of the schedule and sleep until the ticket's time; each is a client that does one operation at a
// time. While fewer than a reserve are waiting for their time, threads are added, up to `workers_most`; what is more
// than the reserve needs is parked. When all are busy a ticket starts late, and the lateness counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/result.h"
#include "harness/history/recorder.h"
#include "harness/load/histogram.h"
#include "harness/load/schedule.h"
#include "harness/load/session.h"
#include "harness/load/workload.h"

namespace chamber::load {

struct LoadOptions {
  std::vector<RateStep> steps = {};         // one for a constant rate; several to find a capacity
  Arrivals arrivals = Arrivals::kConstant;  //
  // While operations are not served when the last step ends, the load goes on at that step's rate until for a second
  // none has failed, or for so long: an outage that the load's end cuts off can't be judged.
  Duration tail_most = {};
  std::uint64_t seed = 1;                                // of the arrivals and of what each operation does
  Duration operation_timeout = std::chrono::seconds(5);  // the deadline of each, from its real start
  std::optional<Duration> start_timeout = {};            // later than this it is dropped; none: operation_timeout
  std::uint32_t workers_most = 512;                      // threads, and so operations at the same time
  std::size_t stack_bytes = 512 * 1024;                  // of each thread
};

// Each ticket of the schedule ends in exactly one of ok, fail, unknown and dropped, unless the load was stopped before
// its time had come.
struct LoadCounts {
  std::uint64_t ok = 0;
  std::uint64_t fail = 0;
  std::uint64_t unknown = 0;
  std::uint64_t dropped = 0;  // could not be started within start_timeout

  [[nodiscard]] std::uint64_t performed() const { return ok + fail + unknown; }
};

struct LoadProgress {
  LoadCounts counts;
  std::uint32_t in_flight = 0;
  std::uint32_t workers = 0;
  double rate = 0;            // operations that ended in the last whole second, per second
  Duration p99 = {};          // of their latencies, from the intended start
  double rate_wanted = 0;     // by the schedule, now
  Duration since_begin = {};  //
};

struct LoadSummary {
  LoadCounts counts;
  bool stopped = false;       // by the stop token, before the schedule's end
  Instant begin;              // zero of the schedule
  Instant end;                // when the last operation ended
  Histogram latency_ok;       // from the intended start to the end
  Histogram latency_fail;     //
  Histogram latency_unknown;  //
  Histogram lateness;         // from the intended to the real start, of what was performed
  std::uint32_t workers = 0;  // the most threads there were

  [[nodiscard]] Histogram latency() const;  // of all three
  [[nodiscard]] nlohmann::json to_json() const;
};

class OpenLoop {
 public:
  // The workload, the recorder (may be null) and the numbers must live as long as this.
  OpenLoop(Workload& workload, LoadOptions options, Recorder* recorder, ProcessNumbers& numbers);
  ~OpenLoop();
  OpenLoop(const OpenLoop&) = delete;
  OpenLoop& operator=(const OpenLoop&) = delete;

  // Runs the schedule to its end, once. When stopped, nothing new starts, what is under way ends by its own deadline,
  // and every operation that began is recorded. kLoadStart and kLoadEnd are recorded too. Fails when no client could be
  // made.
  Result<LoadSummary> run(const std::stop_token& stop);

  // Any thread, at any time.
  [[nodiscard]] LoadProgress progress() const;

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace chamber::load
