// Waiting for a condition, with a deadline, a name, and the last state seen in the error.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "harness/base/clock.h"
#include "harness/base/result.h"

namespace chamber {

struct Wait {
  std::string what;                                         // "vault-0 to be unsealed", for the error's text
  Deadline deadline;                                        //
  std::stop_token stop = {};                                // ends the wait with kInterrupted
  Duration pause_first = std::chrono::milliseconds(5);      // grows by half each time …
  Duration pause_longest = std::chrono::milliseconds(100);  // … up to this
};

// Calls `attempt` until it succeeds. An error of kind kUnavailable, kTimeout or kSystem means "not yet"; any other
// kind ends the wait at once (a process that exited will not become ready). On time-out the error has kind kTimeout and
// names what was waited for, how long, and the last error of `attempt`.
Result<void> eventually(const Wait& wait, const std::function<Result<void>()>& attempt);

// Sleeps until `until` or a stop is requested; true if it slept to the end.
[[nodiscard]] bool sleep_until(Instant until, const std::stop_token& stop);

}  // namespace chamber
