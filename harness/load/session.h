// Performs operations of one logical client, one after the other, and records each.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>

#include "harness/base/eventually.h"
#include "harness/history/recorder.h"
#include "harness/load/workload.h"

namespace chamber::load {

// Numbers for the logical processes of a run: one for all its workloads, so that none is given twice.
class ProcessNumbers {
 public:
  [[nodiscard]] std::uint32_t next() { return next_.fetch_add(1, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint32_t> next_ = 0;
};

// One thread at a time. After an unknown outcome it goes on under a new process number: the old one's last operation
// may still take effect at any time, so it can't be said to have ended (the rule of Jepsen's generators).
class Session {
 public:
  struct Performed {
    Instant start;
    Instant end;
    Reply reply;
  };

  // Without a recorder (a benchmark) operations are performed and nothing is kept.
  Session(Recorder* recorder, std::string_view workload, ProcessNumbers& numbers);

  // `invocation` as Client::next() made it; with `intended` zero its latency counts from its start.
  Performed perform(Client& client, Invocation invocation, Deadline deadline, Instant intended = {},
                    bool final = false);
  // The look at what is left that Workload::finish() takes: performed again until it is ok. kTimeout names `what` and
  // the last answer.
  Result<void> look_at_last(Client& client, const Invocation& invocation, std::string what, const std::stop_token& stop,
                            Deadline deadline);
  // The same for reads of the keys 0 to keys - 1, one after the other; one that hangs is given up and tried again.
  Result<void> look_at_last_of_keys(Client& client, std::uint64_t keys, const std::stop_token& stop, Deadline deadline);
  [[nodiscard]] std::uint32_t process() const { return process_; }

 private:
  Result<void> look(Client& client, const Invocation& invocation, const Wait& wait, Duration at_most);
  std::uint16_t number_of(const std::string& name);

  Recorder* recorder_;
  ProcessNumbers& numbers_;
  std::uint16_t workload_ = 0;
  std::uint32_t process_;
  std::map<std::string, std::uint16_t, std::less<>> names_;  // spares the recorder's lock
};

}  // namespace chamber::load
