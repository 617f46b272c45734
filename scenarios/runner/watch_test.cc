// What watches the harness itself while a run lasts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/base/eventually.h"
#include "harness/base/secrets.h"
#include "harness/base/seen_processes.h"
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

// A process that was started with a secret in its environment, which is what /proc shows of it; gone at the end.
class Exposing {
 public:
  explicit Exposing(const std::string& secret) : token_("TOKEN=" + secret), pid_(fork()) {
    if (pid_ != 0) return;
    const char* const arguments[] = {"sleep", "30", nullptr};
    const char* const environment[] = {token_.c_str(), nullptr};
    execve("/bin/sleep", const_cast<char* const*>(arguments), const_cast<char* const*>(environment));
    _exit(1);
  }
  ~Exposing() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Exposing(const Exposing&) = delete;
  Exposing& operator=(const Exposing&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  // Success when a watch of these processes finds it.
  [[nodiscard]] Result<void> is_found_in(const std::function<std::vector<pid_t>()>& processes) const {
    SecretWatch watch(processes);
    const std::vector<std::string> seen = watch.finish();
    for (const std::string& place : seen) {
      if (place.find("test.exposed in the environment of " + std::to_string(pid_)) == 0) return {};
    }
    return fail(ErrorKind::kUnavailable, "{} places", seen.size());
  }

 private:
  std::string token_;
  pid_t pid_;
};

TEST(SecretWatch, FindsASecretInAnEnvironment) {
  secrets().add("test.exposed", "exposed-in-an-environment-5f2c");
  const Exposing child("exposed-in-an-environment-5f2c");
  // From when it has its program.
  const auto found = eventually({"the watch to see it", Deadline::in(std::chrono::seconds(20))},
                                [&] { return child.is_found_in(seen_processes); });
  EXPECT_TRUE(found) << found.error().message();
  EXPECT_TRUE(child.is_found_in([&] { return std::vector{getpid(), child.pid()}; }));
  EXPECT_FALSE(child.is_found_in([] { return std::vector{getpid()}; })) << "what is not of the cell is nobody's";
}

}  // namespace
}  // namespace chamber
