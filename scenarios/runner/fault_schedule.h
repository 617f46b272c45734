// Carries out the faults of a plan at their times: resolve, apply, prove, wait, undo, recover; each step in the
// history.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "chaos/hurt_nodes.h"
#include "harness/base/random.h"
#include "harness/history/recorder.h"
#include "scenarios/runner/runner.h"

namespace chamber {

class Fault;

class FaultSchedule {
 public:
  // Times count from `begin`. Stopping ends every fault at once; undoing is never skipped.
  FaultSchedule(const RunRequest& request, Recorder& recorder, Instant begin);
  // Waits for the last to be undone and its nodes to do their work again. kHarness names what could not be undone.
  Result<std::vector<FaultOutcome>> finish();
  // What is on now, for people. Any thread.
  [[nodiscard]] std::vector<std::string> under_way() const;

 private:
  // A fault that is being carried out, or was.
  struct Running {
    std::atomic<bool> ended = false;
    std::jthread thread;
  };
  // Whom it hurts, and with what is drawn after them.
  struct Chosen {
    std::vector<std::string> nodes;
    Random random;
  };

  void start_each();
  Result<void> carry_out(const language::FaultEntry& entry, std::size_t index);
  Result<void> hurt(const language::FaultEntry& entry, Fault& fault, const std::vector<std::string>& nodes,
                    FaultOutcome& outcome);
  // Resolved anew at each call, with the same draws.
  Result<Chosen> resolve(const language::FaultEntry& entry, std::size_t index);
  // Nothing when the fault is not to be; why is in the history.
  std::optional<Chosen> choose(const language::FaultEntry& entry, std::size_t index);
  Result<std::vector<std::string>> resolve(const std::string& target, Random& random);
  // The fault of an entry with its targets resolved; kUnavailable and kInput mean that it can't be done now.
  Result<std::unique_ptr<Fault>> make(const language::FaultEntry& entry, const std::vector<std::string>& nodes,
                                      Random& random);
  void not_done(const std::string& subject, const Error& why);
  void tell(const std::string& text);
  void found(const language::FaultEntry& entry, const std::string& subject, const Fault& fault);
  // Undoes it and sees that its nodes do their work again; what to note at the fault's end.
  Result<std::string> undo(Fault& fault);

  const RunRequest& request_;
  Recorder& recorder_;
  Instant begin_;
  HurtNodes hurt_;
  mutable std::mutex mutex_;
  std::vector<std::string> under_way_;
  std::vector<FaultOutcome> outcomes_;
  std::vector<Result<void>> ends_;
  std::list<Running> running_;
  std::jthread starter_;  // after what it uses
};

}  // namespace chamber
