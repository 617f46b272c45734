// Watches whether the machine gives the harness and its cell their CPU time, and records each stretch in which it did
// not. How a stretch stands in the history, and what it means for a verdict: harness/check/starvation.h.
//
// Two measurements:
// - A thread that sleeps as those of the load do is woken every 10 ms. When it wakes 50 ms late or more, the harness
//   itself could not have started or stamped an operation in time.
// - The kernel's accounts, read once a second while hardly any CPU is idle: when that was so, programs outside the cell
//   took a fifth of the machine or more, and threads of the cell waited for a CPU for half of that second, then the
//   cell was kept waiting by somebody else. A cell that uses up the machine by itself is not starved: that is its own
//   slowness.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>

#include "harness/base/clock.h"
#include "harness/history/recorder.h"
#include "harness/load/pacer.h"

namespace chamber::load {

// What the kernel has counted since some moment long ago. Differences of two are what is used.
struct MachineTime {
  double cpus = 1;  // how many there are
  Duration idle{};  // of all CPUs together; waiting for a disk is idle
  Duration busy{};  // the same, with what a hypervisor took
};

struct CpuAccounts : MachineTime {
  Duration own{};       // used by every process that can be seen: in a cell, those of the cell
  Duration own_wait{};  // for which their threads were ready and had no CPU, all together
};

// Reads /proc/stat. Nothing when the kernel doesn't tell.
[[nodiscard]] std::optional<MachineTime> machine_time();

// When the accounts are worth reading: they take a file of every thread in the cell, /proc/stat takes one. While CPUs
// are idle nobody is starved, so they are read from the first look on at which few were, and then each second until a
// second in which they were not few. One thread.
class CountSchedule {
 public:
  // Whether to read the accounts now. `looked`: at `at`, after the call before.
  [[nodiscard]] bool due(Instant at, const MachineTime& looked);

 private:
  struct Look {
    Instant at;
    MachineTime machine;
  };
  [[nodiscard]] static double idle_share(const Look& from, const Look& to);

  std::optional<Look> last_look_;
  std::optional<Look> last_count_;  // while it counts
};

// Reads of every process below /proc its stat, in which those that it waited for are counted too, and its threads'
// schedstat. One thread.
class CpuReader {
 public:
  // `machine`: read just now.
  [[nodiscard]] CpuAccounts read(const MachineTime& machine);

 private:
  std::unordered_map<int, Duration> waited_;  // by thread
  Duration own_wait_{};
};

// What is made of the measurements. Measurements that follow each other and all tell of starvation are one stretch.
// One thread.
class StarvationMeter {
 public:
  // Of a stretch in which `who` ("harness", "cell") was starved: its beginning, as soon as it is known, with
  // kStarvedBegins, and its end with what was measured over all of it.
  using Note = std::function<void(const std::string& who, Instant at, std::string_view detail)>;

  explicit StarvationMeter(Note note) : note_(std::move(note)) {}

  void woke(Instant wanted, Instant woke);
  void counted(Instant at, const CpuAccounts& accounts);
  // Nothing more comes: stretches that are open end with what was measured last.
  void finish();

  [[nodiscard]] Duration latest() const { return latest_; }

 private:
  struct Count {
    Instant at;
    CpuAccounts accounts;
  };
  // Of the machine's time between two counts; `waiting`: threads of the cell, on average.
  struct Shares {
    double idle;
    double others;
    double waiting;
  };
  [[nodiscard]] static Shares between(const Count& from, const Count& to);
  void end_of_late_wakes();
  void end_of_starved_counts();

  Note note_;
  Duration latest_{};
  // The open stretches: late wakes that followed each other, …
  int late_wakes_ = 0;
  Duration latest_of_them_{};
  Instant last_woke_{};
  // … and the count from which on each was starved.
  std::optional<Count> starved_since_;
  std::optional<Count> before_;
};

struct StarvationWatchOptions {
  // False where the servers are no processes that we can see (another machine, containers): then what they use can't
  // be told from what others use, and only the harness's own lateness counts.
  bool servers_are_ours = true;
};

class StarvationWatch {
 public:
  StarvationWatch(Recorder& recorder, const StarvationWatchOptions& options);
  ~StarvationWatch();
  StarvationWatch(const StarvationWatch&) = delete;
  StarvationWatch& operator=(const StarvationWatch&) = delete;

  // Ends it; the latest that it ever woke.
  Duration stop();

 private:
  void watch(bool count);

  Recorder& recorder_;
  Pacer pacer_;
  StarvationMeter meter_;
  std::thread thread_;
};

}  // namespace chamber::load
