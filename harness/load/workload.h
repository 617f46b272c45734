// What a component implements to be put under load. A workload says what clients do; when they do it, in how many
// threads, and how it is recorded is not its business (open_loop.h, session.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/random.h"
#include "harness/base/result.h"
#include "harness/history/operation.h"
#include "harness/history/recorder.h"

namespace chamber::load {

class Session;

// What became of one operation, as its client saw it.
struct Reply {
  Outcome outcome = Outcome::kUnknown;
  std::optional<std::int64_t> value = {};  // what was read; none leaves the invocation's
  std::string error = {};                  // its class, not its text: "timeout", "status 503"; "" for none
  std::string node = {};                   // what answered, "" for unknown
  std::vector<std::int64_t> payload = {};  // what was read, where one value does not do
};

// One client: what it has open, and what it knows of earlier answers. Used by one thread at a time.
class Client {
 public:
  virtual ~Client() = default;

  // What to do next: function, key, value, expected, payload. All choices come from `random`, which is different for
  // each operation and the same for the same seed. `payload` must stay valid until the next call.
  virtual Invocation next(Random& random) = 0;
  // Does it, once: it never tries again. When the deadline passes, or the answer does not come, or may have been lost
  // on the way, the outcome is kUnknown; kFail is only for what certainly was not done and never will be.
  virtual Reply run(const Invocation& invocation, Deadline deadline) = 0;
};

// What most clients do next, under one of so many keys: with the probability `reads` a read, otherwise `change` with
// the next value, which nobody has used.
[[nodiscard]] Invocation read_or_change(Random& random, std::uint64_t keys, double reads, Function change,
                                        std::atomic<std::int64_t>& next_value);

class Workload {
 public:
  virtual ~Workload() = default;

  // As scenarios name it: "vault.register". One name a run.
  [[nodiscard]] virtual std::string name() const = 0;
  // Once, before the load: what clients need to be there (keys, tables, buckets). Not recorded.
  virtual Result<void> prepare(std::stop_token stop, Deadline deadline);
  // A further client, with the numbers 0, 1, 2, …; called from several threads at once.
  [[nodiscard]] virtual Result<std::unique_ptr<Client>> client(std::uint32_t number) = 0;
  // Once, after the load and after every fault was undone: final reads that belong to the history, through
  // session.perform(…, true). Fails when what was left can't be read, which leaves the checks without an end.
  virtual Result<void> finish(Session& session, std::stop_token stop, Deadline deadline);
};

}  // namespace chamber::load
