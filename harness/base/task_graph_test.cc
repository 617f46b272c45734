#include "harness/base/task_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "harness/base/eventually.h"

namespace chamber {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

Deadline soon() {
  return Deadline::in(std::chrono::seconds(20));
}

Task task(std::string name, std::vector<std::string> after, std::function<Result<void>(const TaskContext&)> run) {
  return {std::move(name), "phase", std::move(after), std::move(run)};
}

TEST(TaskGraph, RunsSideBySideWhatDoesNotWaitOnEachOther) {
  // Each waits for the other to have begun: run one after the other, this would never end.
  std::latch both(2);
  TaskGraph graph;
  for (const char* name : {"a", "b"}) {
    graph.add(task(name, {}, [&](const TaskContext&) -> Result<void> {
      both.arrive_and_wait();
      return {};
    }));
  }
  std::vector<TaskTiming> timings;
  EXPECT_TRUE(graph.run({}, soon(), {}, timings));
  EXPECT_THAT(timings, SizeIs(2));
}

TEST(TaskGraph, RunsATaskAfterWhatItWaitsOnAndTellsTheCriticalPath) {
  std::vector<std::string> order;
  TaskGraph graph;
  const auto note = [&](const std::string& name) {
    return [&order, name](const TaskContext&) -> Result<void> {
      order.push_back(name);
      return {};
    };
  };
  graph.add(task("c", {"b"}, note("c")));
  graph.add(task("b", {"a"}, note("b")));
  graph.add(task("a", {}, note("a")));
  std::vector<TaskTiming> timings;
  ASSERT_TRUE(graph.run({}, soon(), {}, timings));
  EXPECT_THAT(order, ElementsAre("a", "b", "c"));
  for (const TaskTiming& timing : timings) EXPECT_TRUE(timing.critical) << timing.name;
}

TEST(TaskGraph, AFailureStopsTheOthersAndIsNotHiddenByTheirInterruption) {
  std::atomic<bool> ran = false;
  TaskGraph graph;
  graph.add(task("waits", {}, [](const TaskContext& context) -> Result<void> {
    if (!sleep_until(now() + std::chrono::seconds(20), context.stop)) return fail(ErrorKind::kInterrupted, "stopped");
    return {};
  }));
  graph.add(task("fails", {}, [](const TaskContext&) -> Result<void> { return fail(ErrorKind::kSystem, "broken"); }));
  graph.add(task("never", {"fails"}, [&](const TaskContext&) -> Result<void> {
    ran = true;
    return {};
  }));
  std::vector<TaskTiming> timings;
  const auto outcome = graph.run({}, soon(), {}, timings);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message(), "fails: broken");
  EXPECT_FALSE(ran.load());
  EXPECT_THAT(timings, SizeIs(2));
}

TEST(TaskGraph, ATaskWhoseServerCantJustNowIsTriedAgain) {
  int tries = 0;
  TaskGraph graph;
  graph.add(task("elects", {}, [&](const TaskContext&) -> Result<void> {
    if (++tries < 3) return fail(ErrorKind::kUnavailable, "leadership lost");
    return {};
  }));
  std::vector<std::string> told;
  TaskObserver observer;
  observer.again = [&](const Task& which, const Error& error) { told.push_back(which.name + ": " + error.message()); };
  std::vector<TaskTiming> timings;
  EXPECT_TRUE(graph.run({}, soon(), observer, timings));
  EXPECT_EQ(tries, 3);
  EXPECT_THAT(told, ElementsAre("elects: leadership lost", "elects: leadership lost"));
  EXPECT_THAT(timings, SizeIs(1));
}

TEST(TaskGraph, WhatStaysUnavailableFailsWithItsOwnError) {
  TaskGraph graph;
  graph.add(task("sealed", {},
                 [](const TaskContext&) -> Result<void> { return fail(ErrorKind::kUnavailable, "status 503"); }));
  std::vector<TaskTiming> timings;
  const auto outcome = graph.run({}, Deadline::in(std::chrono::milliseconds(500)), {}, timings);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(outcome.error().message(), "sealed: status 503");
}

TEST(TaskGraph, RefusesCirclesStrangersAndTwins) {
  const auto nothing = [](const TaskContext&) { return Result<void>(); };
  std::vector<TaskTiming> timings;
  TaskGraph circle;
  circle.add(task("a", {"b"}, nothing));
  circle.add(task("b", {"a"}, nothing));
  EXPECT_THAT(circle.run({}, soon(), {}, timings).error().message(), HasSubstr("circle"));
  TaskGraph stranger;
  stranger.add(task("a", {"x"}, nothing));
  EXPECT_THAT(stranger.run({}, soon(), {}, timings).error().message(), HasSubstr("'x', which does not exist"));
  TaskGraph twins;
  twins.add(task("a", {}, nothing));
  twins.add(task("a", {}, nothing));
  EXPECT_THAT(twins.run({}, soon(), {}, timings).error().message(), HasSubstr("two tasks"));
}

TEST(Eventually, ShowsWhatItWaitedForAndTheLastState) {
  int calls = 0;
  const auto outcome = eventually({"the gate", Deadline::in(std::chrono::milliseconds(30))}, [&]() -> Result<void> {
    return fail(ErrorKind::kUnavailable, "attempt {}", ++calls);
  });
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind(), ErrorKind::kTimeout);
  EXPECT_THAT(outcome.error().message(), HasSubstr("for the gate"));
  EXPECT_THAT(outcome.error().message(), HasSubstr(fmt::format("attempt {}", calls)));
}

TEST(Eventually, DoesNotWaitForWhatCannotComeAnyMore) {
  int calls = 0;
  const auto outcome = eventually({"the gate", soon()}, [&]() -> Result<void> {
    ++calls;
    return fail(ErrorKind::kHarness, "the process ended");
  });
  EXPECT_EQ(outcome.error().kind(), ErrorKind::kHarness);
  EXPECT_EQ(calls, 1);
}

TEST(Eventually, EndsWhenStopped) {
  std::stop_source stop;
  stop.request_stop();
  const auto outcome = eventually({"the gate", soon(), stop.get_token()},
                                  []() -> Result<void> { return fail(ErrorKind::kUnavailable, "not yet"); });
  EXPECT_EQ(outcome.error().kind(), ErrorKind::kInterrupted);
}

}  // namespace
}  // namespace chamber
