#include "harness/process/reaper.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace chamber {

Reaper& reaper() {
  // Never destroyed: its thread outlives main().
  static auto* const instance = new Reaper;
  return *instance;
}

Reaper::Reaper() {
  std::thread([this] { loop(); }).detach();
}

Result<void> Reaper::fork_child(const std::shared_ptr<Process::State>& state, const std::function<void()>& in_child,
                                unsigned long namespaces) {
  // Held while forking: the child can't be reaped before it is known.
  const std::lock_guard lock(mutex_);
  const pid_t pid = namespaces == 0 ? fork() : static_cast<pid_t>(syscall(SYS_clone, namespaces | SIGCHLD, 0, 0, 0, 0));
  if (pid < 0) return fail_errno(errno, "fork");
  if (pid == 0) {
    in_child();
    _exit(127);
  }
  state->pid = pid;
  state->pidfd = Fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  children_[pid] = state;
  ++forks_;
  child_exists_.notify_one();
  return {};
}

void Reaper::loop() {
  while (true) {
    std::uint64_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      seen = forks_;
    }
    siginfo_t info{};
    if (waitid(P_ALL, 0, &info, WEXITED) != 0) {
      const bool childless = errno == ECHILD;
      // No child means no descendant either, for process 1 too: whatever could be orphaned to us hangs below one.
      std::unique_lock lock(mutex_);
      if (childless) child_exists_.wait(lock, [&] { return forks_ != seen; });
      continue;
    }
    ExitStatus status;
    if (info.si_code == CLD_EXITED) {
      status.code = info.si_status;
    } else {
      status.signal = info.si_status;
    }
    std::shared_ptr<Process::State> state;
    {
      const std::lock_guard lock(mutex_);
      const auto found = children_.find(info.si_pid);
      if (found == children_.end()) continue;
      state = found->second;
      children_.erase(found);
    }
    const std::lock_guard lock(state->mutex);
    state->exit = status;
    state->ended.notify_all();
  }
}

}  // namespace chamber
