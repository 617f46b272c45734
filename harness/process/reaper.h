// The one place that waits for children. Private to harness/process.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "harness/process/process.h"

namespace chamber {

struct Process::State {
  pid_t pid = -1;
  Fd pidfd;
  std::mutex mutex;
  std::condition_variable ended;
  std::optional<ExitStatus> exit;
};

class Reaper {
 public:
  Reaper();
  // Forks and runs `in_child` in the child, which must not return. `namespaces` are CLONE_NEW… flags; with any of them
  // the C library's fork handlers don't run, so the child may do little before exec.
  Result<void> fork_child(const std::shared_ptr<Process::State>& state, const std::function<void()>& in_child,
                          unsigned long namespaces = 0);

 private:
  [[noreturn]] void loop();

  std::mutex mutex_;
  std::condition_variable child_exists_;
  std::uint64_t forks_ = 0;
  std::map<pid_t, std::shared_ptr<Process::State>> children_;
};

// Lives until the program ends: its thread sits in waitid(2), which only a child's end can wake.
[[nodiscard]] Reaper& reaper();

}  // namespace chamber
