#include "harness/base/task_graph.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "harness/base/eventually.h"

namespace chamber {
namespace {

// Between two tries of a task.
constexpr Duration kPause = std::chrono::milliseconds(200);

Result<void> validate(const std::vector<Task>& tasks) {
  std::set<std::string> names;
  for (const Task& task : tasks) {
    if (!names.insert(task.name).second) return fail(ErrorKind::kHarness, "two tasks are named '{}'", task.name);
  }
  std::set<std::string> reachable;
  for (bool grew = true; grew;) {
    grew = false;
    for (const Task& task : tasks) {
      const bool ready = std::all_of(task.after.begin(), task.after.end(),
                                     [&](const std::string& name) { return reachable.contains(name); });
      if (ready) grew |= reachable.insert(task.name).second;
    }
  }
  for (const Task& task : tasks) {
    if (reachable.contains(task.name)) continue;
    for (const std::string& name : task.after) {
      if (!names.contains(name)) {
        return fail(ErrorKind::kHarness, "task '{}' waits on '{}', which does not exist", task.name, name);
      }
    }
  }
  if (reachable.size() != tasks.size()) return fail(ErrorKind::kHarness, "the tasks wait on each other in a circle");
  return {};
}

// From the task that ended last, backwards over the dependency that ended last.
void mark_critical(std::vector<TaskTiming>& timings) {
  std::map<std::string, TaskTiming*> by_name;
  for (TaskTiming& timing : timings) by_name[timing.name] = &timing;
  const auto later = [](const TaskTiming* a, const TaskTiming* b) { return a->end < b->end; };
  TaskTiming* current = nullptr;
  for (TaskTiming& timing : timings) {
    if (current == nullptr || later(current, &timing)) current = &timing;
  }
  while (current != nullptr) {
    current->critical = true;
    TaskTiming* latest = nullptr;
    for (const std::string& name : current->after) {
      const auto found = by_name.find(name);
      if (found != by_name.end() && (latest == nullptr || later(latest, found->second))) latest = found->second;
    }
    current = latest;
  }
}

// One run of a graph: what is left, what is done, and the threads.
class Execution {
 public:
  Execution(const std::vector<Task>& tasks, const std::stop_token& outer, Deadline deadline,
            const TaskObserver& observer)
      : deadline_(deadline), observer_(observer), forward_(outer, [this] { request_stop(); }) {
    for (const Task& task : tasks) waiting_.push_back(&task);
  }

  Result<void> run() {
    std::unique_lock lock(mutex_);
    while (true) {
      if (!stop_.stop_requested()) start_ready();
      if (running_ == 0) break;
      changed_.wait(lock);
    }
    lock.unlock();
    threads_.clear();
    if (failure_) return tl::unexpected(*failure_);
    if (!waiting_.empty()) return fail(ErrorKind::kInterrupted, "interrupted");
    return {};
  }

  std::vector<TaskTiming> take_timings() { return std::move(timings_); }

 private:
  void request_stop() {
    stop_.request_stop();
    changed_.notify_all();
  }

  void start_ready() {
    for (auto it = waiting_.begin(); it != waiting_.end();) {
      const Task& task = **it;
      const bool ready = std::all_of(task.after.begin(), task.after.end(),
                                     [&](const std::string& name) { return done_.contains(name); });
      if (!ready) {
        ++it;
        continue;
      }
      it = waiting_.erase(it);
      ++running_;
      observer_.started(task);
      threads_.emplace_back([this, &task] { execute(task); });
    }
  }

  // Until it succeeds, fails for good or has used up the patience that there is.
  Result<void> run_patiently(const Task& task) {
    const TaskContext context{stop_.get_token(), deadline_};
    std::optional<Instant> give_up;
    while (true) {
      Result<void> outcome = task.run(context);
      if (outcome || outcome.error().kind() != ErrorKind::kUnavailable) return outcome;
      if (!give_up) give_up = std::min(deadline_.at(), now() + TaskGraph::kPatience);
      const Instant next = now() + kPause;
      if (next >= *give_up || !sleep_until(next, context.stop)) return outcome;
      const std::lock_guard lock(mutex_);
      observer_.again(task, outcome.error());
    }
  }

  void execute(const Task& task) {
    const Instant start = now();
    Result<void> outcome = run_patiently(task);
    const Instant end = now();
    const std::lock_guard lock(mutex_);
    timings_.push_back({task.name, task.phase, task.after, start, end, false});
    observer_.ended(task, outcome, end - start);
    if (outcome) {
      done_.insert(task.name);
    } else {
      // What was merely interrupted because of an earlier failure does not hide it.
      if (!failure_) failure_ = outcome.error().context(task.name);
      stop_.request_stop();
    }
    --running_;
    changed_.notify_all();
  }

  Deadline deadline_;
  const TaskObserver& observer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<const Task*> waiting_;
  std::set<std::string> done_;
  int running_ = 0;
  std::optional<Error> failure_;
  std::vector<TaskTiming> timings_;
  std::stop_source stop_;
  std::stop_callback<std::function<void()>> forward_;
  std::vector<std::jthread> threads_;
};

}  // namespace

Result<void> TaskGraph::run(const std::stop_token& stop, Deadline deadline, const TaskObserver& observer,
                            std::vector<TaskTiming>& timings) const {
  CHAMBER_CHECK(validate(tasks_));
  Execution execution(tasks_, stop, deadline, observer);
  Result<void> outcome = execution.run();
  timings = execution.take_timings();
  std::sort(timings.begin(), timings.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
  mark_critical(timings);
  return outcome;
}

}  // namespace chamber
