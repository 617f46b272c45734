// Work that waits on other work, run side by side: how a stack is brought up. What doesn't wait on each other starts at
// once; the timings of a finished run tell the critical path.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/result.h"

namespace chamber {

struct TaskContext {
  std::stop_token stop;  // requested when another task failed or the user interrupted
  Deadline deadline;     // of the whole graph
};

struct Task {
  std::string name;                                     // unique in its graph: "vault: init"
  std::string phase;                                    // label only; the graph does not order by it
  std::vector<std::string> after;                       // names of tasks that must have succeeded
  std::function<Result<void>(const TaskContext&)> run;  // can be called again after it failed
};

struct TaskTiming {
  std::string name;
  std::string phase;
  std::vector<std::string> after;
  Instant start;
  Instant end;
  bool critical = false;  // on the longest chain that ends last
};

// Called from the threads of the tasks, one call at a time.
struct TaskObserver {
  std::function<void(const Task&)> started = [](const Task&) {};
  std::function<void(const Task&, const Result<void>&, Duration)> ended = [](const Task&, const Result<void>&,
                                                                             Duration) {};
  // It failed as kUnavailable, and is tried again.
  std::function<void(const Task&, const Error&)> again = [](const Task&, const Error&) {};
};

class TaskGraph {
 public:
  // For so long after its first failure a task whose server can't just now (kUnavailable) is tried again. Longer than
  // an election takes: on a machine that keeps it waiting a young cluster may lose its leader amid the bring-up.
  static constexpr Duration kPatience = std::chrono::seconds(15);

  // kHarness when the name is taken or a dependency is unknown when run() is called.
  void add(Task task) { tasks_.push_back(std::move(task)); }
  [[nodiscard]] const std::vector<Task>& tasks() const { return tasks_; }

  // Runs every task, each on a thread of its own as soon as what it waits on succeeded. On the first lasting failure
  // the rest is asked to stop, what runs is joined, and that failure is returned with the task's name in front.
  // `timings` gets the tasks that ended, in the order of their start, also on failure.
  Result<void> run(const std::stop_token& stop, Deadline deadline, const TaskObserver& observer,
                   std::vector<TaskTiming>& timings) const;

 private:
  std::vector<Task> tasks_;
};

}  // namespace chamber
