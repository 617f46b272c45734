// Child processes. One thread of the program reaps all children (and, in process 1 of a cell, what was orphaned to it);
// nothing else may call wait. Starting uses fork and exec with only async-signal-safe work between the two, so it may
// be called from any thread. (Boost.Process can't enter namespaces between the two and leaves zombies: see STYLE.md.)
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/fd.h"
#include "harness/base/result.h"

namespace chamber {

struct ExitStatus {
  int code = 0;    // meaningful when signal is 0
  int signal = 0;  // the signal that killed it, or 0
  [[nodiscard]] bool success() const { return code == 0 && signal == 0; }
  // As shells say it: 128 + signal when it was killed.
  [[nodiscard]] int shell_code() const { return signal == 0 ? code : 128 + signal; }
};

// "exit code 1", "signal 9 (Killed)".
[[nodiscard]] std::string to_string(const ExitStatus& status);

struct Credentials {
  uid_t uid;
  gid_t gid;
};

struct SpawnOptions {
  std::vector<std::string> arguments;                   // [0] is the program's path
  std::map<std::string, std::string> environment;       // all of it
  std::filesystem::path working_directory = "/";        // as seen inside the entered namespaces
  int standard_input = -1;                              // -1: /dev/null
  int standard_output = -1;                             // -1: /dev/null
  int standard_error = -1;                              // -1: /dev/null
  std::vector<int> inherited;                           // descriptors that stay open in it, under the same numbers
  std::vector<int> namespaces;                          // entered in this order, by setns(2)
  std::optional<Credentials> credentials;               // supplementary groups are dropped with it
  bool drop_capabilities = false;                       // and can never gain any again (no_new_privs)
  bool die_with_parent = false;                         // SIGKILL when the thread that spawned it ends
  std::optional<std::chrono::nanoseconds> timer_slack;  // PR_SET_TIMERSLACK of prctl(2); inherited when not given
};

// A started child. Moving is cheap; destroying it neither kills nor waits. Thread-safe.
class Process {
 public:
  // The child is in a session of its own. Fails when any step up to exec failed, and then nothing was started.
  static Result<Process> spawn(const SpawnOptions& options);

  [[nodiscard]] pid_t pid() const;
  // Nothing while it runs (a stopped process runs).
  [[nodiscard]] std::optional<ExitStatus> exit_status() const;
  // kTimeout when it still runs then.
  Result<ExitStatus> wait(Deadline deadline) const;
  // No error when it has ended already.
  Result<void> signal(int number) const;

  struct State;
  // For harness/process only.
  explicit Process(std::shared_ptr<State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<State> state_;
};

struct CommandOutput {
  ExitStatus status;
  std::string output;  // standard output and error in order, cut at 1 MiB
};

// Runs a program to its end with `input` on its standard input. It is killed at the deadline: kTimeout.
// options.standard_* are set here.
Result<CommandOutput> run_command(SpawnOptions options, std::string_view input, Deadline deadline);

}  // namespace chamber
