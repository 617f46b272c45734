#include "harness/process/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <thread>
#include <vector>

namespace chamber {
namespace {

using std::chrono::seconds;

Deadline soon() {
  return Deadline::in(seconds(20));
}

SpawnOptions shell(std::string script) {
  SpawnOptions options;
  options.arguments = {"/bin/sh", "-c", std::move(script)};
  options.environment = {{"PATH", "/usr/bin:/bin"}, {"GREETING", "hello"}};
  return options;
}

TEST(Process, GivesOutputExitCodeAndOnlyTheGivenEnvironment) {
  const auto result = run_command(shell("echo $GREETING; echo err >&2; env | wc -l; exit 3"), "", soon());
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status.code, 3);
  EXPECT_EQ(result->output, "hello\nerr\n3\n");  // PATH, GREETING, and PWD of the shell
}

TEST(Process, StartsWithTheTimerSlackGivenAndPassesItOn) {
  SpawnOptions options = shell("cat /proc/self/timerslack_ns");
  options.timer_slack = std::chrono::milliseconds(3);
  const auto result = run_command(options, "", soon());
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->output, "3000000\n");
}

TEST(Process, FeedsStandardInputLargerThanAPipe) {
  const std::string input(1 << 18, 'x');
  const auto result = run_command(shell("wc -c"), input, soon());
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(std::stol(result->output), 1 << 18);
}

TEST(Process, SaysWhichStepFailedWhenTheProgramDoesNotExist) {
  SpawnOptions options;
  options.arguments = {"/nonexistent/program"};
  const auto result = Process::spawn(options);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message(), "starting /nonexistent/program: executing it: No such file or directory");
}

TEST(Process, TellsTheSignalThatKilledIt) {
  const auto process = Process::spawn(shell("sleep 100"));
  ASSERT_TRUE(process);
  EXPECT_FALSE(process->exit_status());
  ASSERT_TRUE(process->signal(SIGKILL));
  const auto status = process->wait(soon());
  ASSERT_TRUE(status);
  EXPECT_EQ(status->signal, SIGKILL);
  EXPECT_EQ(status->shell_code(), 137);
  EXPECT_EQ(to_string(*status), "signal 9 (Killed)");
  EXPECT_TRUE(process->signal(SIGKILL)) << "a signal to an ended process is no error";
}

TEST(Process, WaitTimesOutWhileItRuns) {
  const auto process = Process::spawn(shell("sleep 100"));
  ASSERT_TRUE(process);
  const auto status = process->wait(Deadline::in(std::chrono::milliseconds(20)));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind(), ErrorKind::kTimeout);
  ASSERT_TRUE(process->signal(SIGKILL));
  ASSERT_TRUE(process->wait(soon()));
}

TEST(Process, CommandBeyondItsDeadlineIsKilled) {
  const auto result =
      run_command(shell("echo started; exec sleep 100"), "", Deadline::in(std::chrono::milliseconds(300)));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::kTimeout);
}

TEST(Process, ManyFromManyThreadsAreAllReaped) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([i] {
      for (int round = 0; round < 10; ++round) {
        const auto process = Process::spawn(shell("exit " + std::to_string(i)));
        ASSERT_TRUE(process);
        const auto status = process->wait(soon());
        ASSERT_TRUE(status);
        EXPECT_EQ(status->code, i);
        EXPECT_NE(kill(process->pid(), 0), 0) << "still a zombie";
      }
    });
  }
}

}  // namespace
}  // namespace chamber
