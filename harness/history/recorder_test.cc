#include "harness/history/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <thread>
#include <vector>

#include "harness/base/eventually.h"
#include "harness/history/reader.h"
#include "harness/history/test_files.h"

namespace chamber {
namespace {

using std::chrono::milliseconds;

TEST(Recorder, WhatWasRecordedIsRead) {
  const TestFolder folder;
  auto recorder = Recorder::create(folder / "history").value();
  const std::uint16_t workload = recorder->name("vault.register");
  const std::uint16_t node = recorder->name("vault-0");
  const std::uint16_t refused = recorder->name("connection refused");
  EXPECT_EQ(recorder->name("vault-0"), node);
  EXPECT_EQ(recorder->name(""), 0);

  const auto write =
      recorder->begin({.workload = workload, .function = Function::kWrite, .process = 7, .key = 3, .value = -5});
  const Instant write_end = recorder->end(write, {.outcome = Outcome::kOk, .node = node});
  const Instant intended = now() - milliseconds(3);
  const auto cas = recorder->begin({.workload = workload,
                                    .function = Function::kCas,
                                    .process = 8,
                                    .key = 1ULL << 63,
                                    .value = INT64_MAX,
                                    .expected = INT64_MIN,
                                    .intended = intended});
  recorder->end(cas, {.outcome = Outcome::kFail, .error = refused});
  const std::vector<std::int64_t> elements = {1, -2, 3};
  const auto read = recorder->begin({.workload = workload, .function = Function::kRead, .process = 9, .final = true});
  recorder->end(read, {.outcome = Outcome::kOk, .node = node, .payload = elements});
  recorder->event(EventKind::kFaultStart, "kill vault-0", "pid 12");
  ASSERT_TRUE(recorder->close());

  const History history = load_history(folder / "history").value();
  EXPECT_TRUE(history.complete) << history.incomplete_reason;
  EXPECT_EQ(history.origin, recorder->origin());
  EXPECT_FALSE(history.origin_wall.empty());
  ASSERT_EQ(history.operations.size(), 3);
  const Operation& first = history.operations[0];
  EXPECT_EQ(history.name(first.workload), "vault.register");
  EXPECT_EQ(history.name(first.node), "vault-0");
  EXPECT_EQ(first.start, write.start);
  EXPECT_EQ(first.intended, write.start);
  EXPECT_EQ(first.end, write_end);
  EXPECT_EQ(first.value, -5);
  EXPECT_EQ(first.outcome, Outcome::kOk);
  const Operation& second = history.operations[1];
  EXPECT_EQ(second.key, 1ULL << 63);
  EXPECT_EQ(second.value, INT64_MAX);
  EXPECT_EQ(second.expected, INT64_MIN);
  EXPECT_EQ(second.intended, intended);
  EXPECT_EQ(history.name(second.error), "connection refused");
  EXPECT_EQ(second.node, 0);
  const Operation& third = history.operations[2];
  EXPECT_TRUE(third.final);
  EXPECT_THAT(history.payload_of(third), testing::ElementsAre(1, -2, 3));
  ASSERT_EQ(history.events.size(), 1);
  EXPECT_EQ(history.events[0].subject, "kill vault-0");
  EXPECT_EQ(history.events[0].detail, "pid 12");
}

TEST(Recorder, NeverOverwritesAndIsPrivate) {
  const TestFolder folder;
  ASSERT_TRUE(Recorder::create(folder / "history").value()->close());
  struct stat status {};
  ASSERT_EQ(stat((folder / "history").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600);
  const auto again = Recorder::create(folder / "history");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind(), ErrorKind::kInput);
}

TEST(Recorder, ACleanEndMakesWhatIsInFlightUnknown) {
  const TestFolder folder;
  auto recorder = Recorder::create(folder / "history").value();
  (void)recorder->begin({.function = Function::kWrite, .process = 1, .value = 4});
  ASSERT_TRUE(recorder->close());
  const auto late = recorder->begin({.function = Function::kWrite, .process = 2});
  recorder->end(late, {.outcome = Outcome::kOk});
  const History history = load_history(folder / "history").value();
  EXPECT_TRUE(history.complete);
  ASSERT_EQ(history.operations.size(), 1);
  EXPECT_EQ(history.operations[0].outcome, Outcome::kUnknown);
  EXPECT_EQ(history.operations[0].end, kNever);
  EXPECT_EQ(history.operations[0].value, 4);
}

TEST(Recorder, ManyThreadsLoseNothingEvenWhenBuffersAreSmall) {
  constexpr std::uint32_t kThreads = 20;  // more than there are shards
  constexpr std::int64_t kEach = 3000;
  const TestFolder folder;
  auto recorder = Recorder::create(folder / "history", {.flush_every = milliseconds(1), .buffer_bytes = 512}).value();
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&recorder, thread] {
        for (std::int64_t i = 0; i < kEach; ++i) {
          const auto ticket = recorder->begin({.workload = recorder->name("w" + std::to_string(i % 50)),
                                               .function = Function::kAdd,
                                               .process = thread,
                                               .value = i});
          recorder->end(ticket, {.outcome = Outcome::kOk});
        }
      });
    }
  }
  ASSERT_TRUE(recorder->close());
  const History history = load_history(folder / "history").value();
  EXPECT_TRUE(history.complete) << history.incomplete_reason;
  ASSERT_EQ(history.operations.size(), kThreads * kEach);
  std::map<std::uint32_t, std::int64_t> next;
  for (const Operation& operation : history.operations) {
    EXPECT_EQ(operation.value, next[operation.process]++);
    EXPECT_EQ(history.name(operation.workload), "w" + std::to_string(*operation.value % 50));
    EXPECT_LE(operation.start, operation.end);
  }
}

// The writer is killed in the middle. Each client writes 0, 1, 2, …, so what is missing would show as a gap; nothing
// that started before the cut may be missing, and every client has at most one open operation, its last.
TEST(Recorder, WhatASigkillLeavesIsATrueHistoryOfTheTimeBefore) {
  const TestFolder folder;
  const auto path = folder / "history";
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // Small buffers, so that 400 kB are several rounds: a round is at most a buffer of each of 16 shards.
    auto recorder = Recorder::create(path, {.flush_every = milliseconds(2), .buffer_bytes = 4096}).value();
    const auto hanging = recorder->begin({.function = Function::kWrite, .process = 99, .value = 1});
    std::vector<std::jthread> threads;
    for (std::uint32_t process = 0; process < 4; ++process) {
      threads.emplace_back([&recorder, process] {
        for (std::int64_t i = 0;; ++i) {
          const auto ticket = recorder->begin({.function = Function::kAdd, .process = process, .value = i});
          recorder->end(ticket, {.outcome = Outcome::kOk});
        }
      });
    }
    pause();
    recorder->end(hanging, {});
    _exit(0);
  }
  const auto grown = eventually({.what = "the history to grow", .deadline = Deadline::in(std::chrono::seconds(20))},
                                [&]() -> Result<void> {
                                  std::error_code error;
                                  const auto size = std::filesystem::file_size(path, error);
                                  if (error || size < 400'000)
                                    return fail(ErrorKind::kUnavailable, "{} bytes", error ? 0 : size);
                                  return {};
                                });
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  ASSERT_TRUE(grown) << grown.error().message();

  const History history = load_history(path).value();
  EXPECT_FALSE(history.complete);
  EXPECT_THAT(history.incomplete_reason, testing::StartsWith("offset "));
  EXPECT_GT(history.complete_until, history.origin);
  std::map<std::uint32_t, std::int64_t> next;
  std::map<std::uint32_t, int> open;
  for (const Operation& operation : history.operations) {
    EXPECT_LT(operation.start, history.complete_until);
    EXPECT_EQ(open[operation.process], 0) << "an open operation is its client's last";
    if (operation.process != 99) {
      EXPECT_EQ(operation.value, next[operation.process]++);
    }
    if (operation.outcome == Outcome::kUnknown) {
      EXPECT_EQ(operation.end, kNever);
      ++open[operation.process];
    } else {
      EXPECT_LT(operation.end, history.complete_until);
    }
  }
  EXPECT_EQ(open[99], 1) << "what was in flight for long is in the file";
  EXPECT_GT(history.operations.size(), 1000);
}

TEST(Recorder, AFullDiskIsToldAndDoesNotHang) {
  const TestFolder folder;
  const auto path = folder / "history";
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{20'000, 20'000};
    setrlimit(RLIMIT_FSIZE, &limit);
    auto recorder = Recorder::create(path, {.flush_every = milliseconds(1), .buffer_bytes = 4096}).value();
    for (std::int64_t i = 0; i < 20'000; ++i) {
      recorder->end(recorder->begin({.function = Function::kAdd, .value = i}), {.outcome = Outcome::kOk});
    }
    const auto closed = recorder->close();
    const bool told = !closed && closed.error().message().find("File too large") != std::string::npos;
    _exit(told && !recorder->status() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  const History history = load_history(path).value();
  EXPECT_FALSE(history.complete);
}

}  // namespace
}  // namespace chamber
