// Which cell goes next: by priority, then the longest first, the first of them that fits beside what runs already.
// Internal to this folder.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "matrix/footprint.h"
#include "matrix/plan.h"

namespace chamber::matrix {

struct Job {
  std::size_t cell = 0;  // its place in the plan
  std::int64_t priority = 0;
  Estimate cost;
};

class Scheduler {
 public:
  // `jobs`: at most so many side by side; 0: as many as memory and cores carry.
  Scheduler(const Machine& machine, int jobs);

  void add(const Job& job);
  // The next one, which counts as running from now on; none when nothing fits or nothing is left. When nothing runs,
  // everything fits: what is too large for a machine then runs alone on it.
  [[nodiscard]] std::optional<Job> next();
  // It ended.
  void done(const Job& job);

  [[nodiscard]] const std::deque<Job>& waiting() const { return waiting_; }
  [[nodiscard]] int running() const { return running_; }
  // How long what waits will take, given that as many run side by side as do now.
  [[nodiscard]] double waiting_s() const;

 private:
  [[nodiscard]] bool fits(const Job& job) const;

  double cores_;
  double memory_mib_;
  int jobs_;
  std::deque<Job> waiting_;
  int running_ = 0;
  double used_cores_ = 0;
  double used_mib_ = 0;
};

}  // namespace chamber::matrix
