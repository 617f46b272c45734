// What watches the harness itself while a run lasts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "harness/base/eventually.h"
#include "harness/base/secrets.h"
#include "harness/check/run_facts.h"
#include "harness/history/reader.h"
#include "scenarios/runner/clock_watch.h"
#include "scenarios/runner/secret_watch.h"

namespace chamber {
namespace {

class ClockWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "chamber-watch-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    recorder_ = Recorder::create(folder_ / "history.bin").value();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  static void wait_for_looks(const ClockWatch& watch, std::uint64_t looks) {
    const Wait wait{.what = "the watch to look", .deadline = Deadline::in(std::chrono::seconds(20))};
    const auto looked = eventually(wait, [&]() -> Result<void> {
      if (watch.looks() >= looks) return {};
      return fail(ErrorKind::kUnavailable, "{} looks", watch.looks());
    });
    EXPECT_TRUE(looked) << looked.error().message();
  }
  CheckResult judge() {
    EXPECT_TRUE(recorder_->close());
    return check_clock_steady(load_history(folder_ / "history.bin").value());
  }

  std::filesystem::path folder_;
  std::unique_ptr<Recorder> recorder_;
};

TEST_F(ClockWatchTest, NotesAJump) {
  const auto before = ClockWatch::behind();
  {
    const ClockWatch watch(*recorder_);
    wait_for_looks(watch, 1);
    jump_clock(std::chrono::seconds(5));
    wait_for_looks(watch, 3);
  }
  const auto after = ClockWatch::behind();
  jump_clock(-std::chrono::seconds(5));
  if (before && after) {
    EXPECT_NEAR(seconds(*before - *after), 5.0, 0.1);
  }
  const CheckResult result = judge();
  EXPECT_EQ(result.judgement, Judgement::kInconclusive);
  ASSERT_FALSE(result.evidence.empty());
}

TEST_F(ClockWatchTest, IsQuietWhileTheClockIsSteady) {
  {
    const ClockWatch watch(*recorder_);
    wait_for_looks(watch, 3);
  }
  EXPECT_EQ(judge().judgement, Judgement::kPass);
}

TEST(SecretWatch, FindsASecretInAnEnvironment) {
  secrets().add("test.exposed", "exposed-in-an-environment-5f2c");
  // What a process was started with is what /proc shows: one of ours is started with it.
  const pid_t child = fork();
  if (child == 0) {
    const char* const arguments[] = {"sleep", "30", nullptr};
    const char* const environment[] = {"TOKEN=exposed-in-an-environment-5f2c", nullptr};
    execve("/bin/sleep", const_cast<char* const*>(arguments), const_cast<char* const*>(environment));
    _exit(1);
  }
  const auto found = eventually({"the watch to see it", Deadline::in(std::chrono::seconds(20))}, [&]() -> Result<void> {
    SecretWatch watch;
    const std::vector<std::string> seen = watch.finish();
    for (const std::string& place : seen) {
      if (place.find("test.exposed in the environment of " + std::to_string(child)) == 0) return {};
    }
    return fail(ErrorKind::kUnavailable, "{} places", seen.size());
  });
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(found) << found.error().message();
}

}  // namespace
}  // namespace chamber
