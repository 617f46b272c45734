#include "harness/process/process.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <thread>

#include "harness/process/reaper.h"

namespace chamber {
namespace {

constexpr std::size_t kOutputLimit = 1U << 20U;

// What the child tells through the pipe when a step before exec failed. The pipe closes by itself on exec.
struct ChildFailure {
  int step;
  int error_number;
};

enum Step { kNamespaces, kSession, kDirectory, kDescriptors, kCredentials, kExec };

std::string_view step_name(int step) {
  switch (step) {
    case kNamespaces:
      return "entering its namespaces";
    case kSession:
      return "making its session";
    case kDirectory:
      return "entering its working directory";
    case kDescriptors:
      return "connecting its standard streams";
    case kCredentials:
      return "dropping privileges";
    default:
      return "executing it";
  }
}

// Everything the child needs, as raw memory prepared before fork: after it, no allocation and no lock is allowed.
struct ChildPlan {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  std::vector<std::string> environment_text;
  const SpawnOptions* options = nullptr;
  int null_device = -1;
  int failure_pipe = -1;
};

[[noreturn]] void child_fail(const ChildPlan& plan, int step) {
  const ChildFailure failure{step, errno};
  // Nobody to tell if this fails; the parent then sees the exit code.
  [[maybe_unused]] const auto written = write(plan.failure_pipe, &failure, sizeof failure);
  _exit(127);
}

void child_credentials(const ChildPlan& plan) {
  const SpawnOptions& options = *plan.options;
  if (options.credentials) {
    if (setgroups(0, nullptr) != 0 ||
        setresgid(options.credentials->gid, options.credentials->gid, options.credentials->gid) != 0) {
      child_fail(plan, kCredentials);
    }
    if (setresuid(options.credentials->uid, options.credentials->uid, options.credentials->uid) != 0) {
      child_fail(plan, kCredentials);
    }
  }
  if (options.drop_capabilities) {
    // Inside a user namespace a process keeps capabilities without being root; exec as a non-root user clears the
    // permitted set only when the ambient and inheritable sets are empty.
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> none{};
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capset, &header, none.data()) != 0) child_fail(plan, kCredentials);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) child_fail(plan, kCredentials);
  }
}

[[noreturn]] void child(const ChildPlan& plan) {
  const SpawnOptions& options = *plan.options;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) ::signal(number, SIG_DFL);
  for (const int fd : options.namespaces) {
    if (setns(fd, 0) != 0) child_fail(plan, kNamespaces);
  }
  if (setsid() < 0) child_fail(plan, kSession);
  if (options.die_with_parent) prctl(PR_SET_PDEATHSIG, SIGKILL);
  const std::array<int, 3> wanted{options.standard_input, options.standard_output, options.standard_error};
  for (int target = 0; target < 3; ++target) {
    const int source = wanted.at(static_cast<std::size_t>(target));
    if (dup2(source < 0 ? plan.null_device : source, target) < 0) child_fail(plan, kDescriptors);
  }
  for (const int fd : options.inherited) {
    if (fcntl(fd, F_SETFD, 0) != 0) child_fail(plan, kDescriptors);
  }
  if (chdir(options.working_directory.c_str()) != 0) child_fail(plan, kDirectory);
  if (options.timer_slack) prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(options.timer_slack->count()), 0, 0, 0);
  child_credentials(plan);
  if (options.die_with_parent) prctl(PR_SET_PDEATHSIG, SIGKILL);  // changing credentials cleared it
  execve(plan.arguments[0], plan.arguments.data(), plan.environment.data());
  child_fail(plan, kExec);
}

}  // namespace

std::string to_string(const ExitStatus& status) {
  if (status.signal == 0) return fmt::format("exit code {}", status.code);
  return fmt::format("signal {} ({})", status.signal, strsignal(status.signal));
}

Result<Process> Process::spawn(const SpawnOptions& options) {
  if (options.arguments.empty()) return fail(ErrorKind::kHarness, "no program given");
  ChildPlan plan;
  plan.options = &options;
  for (const std::string& argument : options.arguments) plan.arguments.push_back(const_cast<char*>(argument.c_str()));
  plan.arguments.push_back(nullptr);
  for (const auto& [name, value] : options.environment) plan.environment_text.push_back(name + "=" + value);
  for (const std::string& entry : plan.environment_text) plan.environment.push_back(const_cast<char*>(entry.c_str()));
  plan.environment.push_back(nullptr);
  const Fd null_device(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null_device.valid()) return fail_errno(errno, "opening /dev/null");
  plan.null_device = null_device.get();
  std::array<int, 2> ends{};
  // Above the standard descriptors, which the child overwrites.
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno(errno, "making a pipe");
  const Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  plan.failure_pipe = write_end.get();

  auto state = std::make_shared<State>();
  const Result<void> forked = reaper().fork_child(state, [&plan] { child(plan); });
  if (!forked) return tl::unexpected(forked.error().context("starting " + options.arguments[0]));
  write_end.reset();
  ChildFailure failure{};
  ssize_t got = 0;
  do {
    got = read(read_end.get(), &failure, sizeof failure);
  } while (got < 0 && errno == EINTR);
  if (got == sizeof failure) {
    return fail_errno(failure.error_number, "starting {}: {}", options.arguments[0], step_name(failure.step));
  }
  return Process(std::move(state));
}

pid_t Process::pid() const {
  return state_->pid;
}

std::optional<ExitStatus> Process::exit_status() const {
  const std::lock_guard lock(state_->mutex);
  return state_->exit;
}

Result<ExitStatus> Process::wait(Deadline deadline) const {
  std::unique_lock lock(state_->mutex);
  if (!state_->ended.wait_until(lock, deadline.at(), [&] { return state_->exit.has_value(); })) {
    return fail(ErrorKind::kTimeout, "process {} still runs", state_->pid);
  }
  return *state_->exit;
}

Result<void> Process::signal(int number) const {
  const std::lock_guard lock(state_->mutex);
  if (state_->exit) return {};
  // By descriptor, not by number: the number may belong to somebody else by now.
  if (syscall(SYS_pidfd_send_signal, state_->pidfd.get(), number, nullptr, 0) != 0 && errno != ESRCH) {
    return fail_errno(errno, "sending signal {} to process {}", number, state_->pid);
  }
  return {};
}

Result<CommandOutput> run_command(SpawnOptions options, std::string_view input, Deadline deadline) {
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  if (pipe2(in.data(), O_CLOEXEC) != 0) return fail_errno(errno, "making a pipe");
  Fd in_read(in[0]);
  Fd in_write(in[1]);
  if (pipe2(out.data(), O_CLOEXEC) != 0) return fail_errno(errno, "making a pipe");
  const Fd out_read(out[0]);
  Fd out_write(out[1]);
  options.standard_input = in_read.get();
  options.standard_output = out_write.get();
  options.standard_error = out_write.get();
  const Process process = CHAMBER_TRY(Process::spawn(options));
  in_read.reset();
  out_write.reset();
  fcntl(in_write.get(), F_SETFL, O_NONBLOCK);
  CommandOutput result;
  std::size_t sent = 0;
  if (input.empty()) in_write.reset();
  std::array<char, 16384> buffer{};
  while (true) {
    std::array<pollfd, 2> polled{pollfd{out_read.get(), POLLIN, 0}, pollfd{in_write.get(), POLLOUT, 0}};
    if (poll(polled.data(), in_write.valid() ? 2 : 1, deadline.remaining_ms()) == 0) {
      CHAMBER_CHECK(process.signal(SIGKILL));
      return fail(ErrorKind::kTimeout, "{} did not end in time; its output so far: {}", options.arguments[0],
                  result.output);
    }
    if (in_write.valid() && polled[1].revents != 0) {
      const ssize_t wrote = write(in_write.get(), input.data() + sent, input.size() - sent);
      if (wrote > 0) sent += static_cast<std::size_t>(wrote);
      if (sent == input.size() || (wrote < 0 && errno != EAGAIN && errno != EINTR)) in_write.reset();
    }
    if (polled[0].revents == 0) continue;
    const ssize_t got = read(out_read.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    const auto room = kOutputLimit - result.output.size();
    result.output.append(buffer.data(), std::min(room, static_cast<std::size_t>(got)));
  }
  result.status = CHAMBER_TRY(process.wait(deadline));
  return result;
}

}  // namespace chamber
