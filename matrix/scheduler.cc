#include "matrix/scheduler.h"

#include <algorithm>

namespace chamber::matrix {
namespace {

constexpr double kMemoryShare = 0.8;  // the rest is the machine's own
// A cell that waits most of its time still has its bursts (an election, a bring-up), and latencies are judged in them.
constexpr double kFewestCores = 0.5;

double cores_of(const Job& job) {
  return std::max(kFewestCores, job.cost.cores);
}

}  // namespace

Scheduler::Scheduler(const Machine& machine, int jobs)
    : cores_(machine.cpus), memory_mib_(machine.available_mib * kMemoryShare), jobs_(jobs) {}

void Scheduler::add(const Job& job) {
  const auto behind = std::upper_bound(waiting_.begin(), waiting_.end(), job, [](const Job& a, const Job& b) {
    return std::pair(-a.priority, -a.cost.seconds) < std::pair(-b.priority, -b.cost.seconds);
  });
  waiting_.insert(behind, job);
}

bool Scheduler::fits(const Job& job) const {
  if (running_ == 0) return true;
  if (jobs_ > 0) return running_ < jobs_ && used_mib_ + job.cost.memory_mib <= memory_mib_;
  return used_cores_ + cores_of(job) <= cores_ && used_mib_ + job.cost.memory_mib <= memory_mib_;
}

std::optional<Job> Scheduler::next() {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [this](const Job& job) { return fits(job); });
  if (found == waiting_.end()) return std::nullopt;
  const Job job = *found;
  waiting_.erase(found);
  ++running_;
  used_cores_ += cores_of(job);
  used_mib_ += job.cost.memory_mib;
  return job;
}

void Scheduler::done(const Job& job) {
  --running_;
  used_cores_ -= cores_of(job);
  used_mib_ -= job.cost.memory_mib;
}

double Scheduler::waiting_s() const {
  double sum = 0;
  for (const Job& job : waiting_) sum += job.cost.seconds;
  return sum / std::max(1, running_);
}

}  // namespace chamber::matrix
