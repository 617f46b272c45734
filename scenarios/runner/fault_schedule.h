// Carries out the faults of a plan at their times: resolve, apply, prove, wait, undo, recover; each step in the
// history.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

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

 private:
  Result<void> carry_out(const language::FaultEntry& entry, std::size_t index);
  Result<void> undo(const language::FaultEntry& entry, Fault& fault, const std::vector<std::string>& nodes);
  Result<std::vector<std::string>> resolve(const std::string& target, Random& random);
  // The fault of an entry with its targets resolved; kUnavailable and kInput mean that it can't be done now.
  Result<std::unique_ptr<Fault>> make(const language::FaultEntry& entry, const std::vector<std::string>& nodes,
                                      Random& random);
  void tell(const std::string& text);

  const RunRequest& request_;
  Recorder& recorder_;
  Instant begin_;
  std::mutex mutex_;
  std::vector<FaultOutcome> outcomes_;
  std::vector<Result<void>> ends_;
  std::vector<std::jthread> threads_;
};

}  // namespace chamber
