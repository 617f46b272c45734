#include "harness/load/open_loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <tuple>

#include "harness/base/eventually.h"
#include "harness/history/reader.h"
#include "harness/history/test_files.h"
#include "harness/load/http_workload.h"
#include "harness/load/test_workload.h"
#include "harness/net/http_server.h"
#include "harness/net/test_peer.h"

namespace chamber::load {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

Reply ok(const Invocation&, Deadline) {
  return {.outcome = Outcome::kOk};
}

LoadOptions at_rate(double rate, Duration length) {
  return {.steps = {{rate, length}}};
}

class OpenLoopTest : public testing::Test {
 protected:
  LoadSummary run(Workload& workload, const LoadOptions& options) {
    OpenLoop loop(workload, options, recorder_.get(), numbers_);
    return loop.run({}).value();
  }
  History recorded() {
    EXPECT_TRUE(recorder_->close().ok());
    return load_history(folder_ / "history").value();
  }

  TestFolder folder_;
  std::unique_ptr<Recorder> recorder_ = Recorder::create(folder_ / "history").value();
  ProcessNumbers numbers_;
};

TEST_F(OpenLoopTest, GoesOnUntilServiceIsBack) {
  const Instant back = now() + milliseconds(900);
  ScriptedWorkload workload([&](const Invocation&, Deadline) -> Reply {
    if (now() < back) return {.outcome = Outcome::kFail, .error = "refused"};
    return {.outcome = Outcome::kOk};
  });
  LoadOptions options = at_rate(100, milliseconds(500));
  options.tail_most = hours(1);
  const LoadSummary summary = run(workload, options);
  EXPECT_GT(summary.counts.fail, 50U);
  EXPECT_GT(summary.counts.ok, 50U) << "a second of it";
  EXPECT_GE(summary.end - back, milliseconds(900));
  EXPECT_EQ(summary.counts.dropped, 0U);
  std::set<Instant> intended;
  for (const Operation& operation : recorded().operations) intended.insert(operation.intended);
  EXPECT_EQ(intended.size(), summary.counts.performed()) << "one after the other, at the rate";
}

TEST_F(OpenLoopTest, GoesOnNoLongerThanItMay) {
  ScriptedWorkload workload([](const Invocation&, Deadline) -> Reply { return {.outcome = Outcome::kUnknown}; });
  LoadOptions options = at_rate(100, milliseconds(200));
  options.tail_most = milliseconds(300);
  const LoadSummary summary = run(workload, options);
  EXPECT_GT(summary.counts.unknown, 20U);
  EXPECT_LE(summary.counts.unknown, 50U);
}

TEST_F(OpenLoopTest, EndsWithItsScheduleWhereAllAreServed) {
  ScriptedWorkload workload([](const Invocation&, Deadline) -> Reply {
    return {.outcome = Outcome::kFail, .error = std::string(kConflict)};
  });
  LoadOptions options = at_rate(100, milliseconds(200));
  options.tail_most = hours(1);
  EXPECT_EQ(run(workload, options).counts.fail, 20U);
}

TEST_F(OpenLoopTest, PerformsAndRecordsEveryTicketAtItsTime) {
  ScriptedWorkload workload(ok);
  const LoadSummary summary = run(workload, at_rate(500, milliseconds(200)));
  EXPECT_EQ(summary.counts.ok, 100U);
  EXPECT_EQ(summary.counts.dropped, 0U);
  EXPECT_EQ(summary.latency_ok.count(), 100U);
  EXPECT_FALSE(summary.stopped);
  const History history = recorded();
  ASSERT_EQ(history.operations.size(), 100U);
  std::set<Instant> intended;
  for (const Operation& operation : history.operations) {
    EXPECT_GE(operation.start, operation.intended);
    EXPECT_EQ(history.name(operation.workload), "test.scripted");
    intended.insert(operation.intended);
  }
  Instant expected = summary.begin;
  for (const Instant at : intended) {
    EXPECT_EQ(at, expected);
    expected += milliseconds(2);
  }
  ASSERT_EQ(history.events.size(), 2U);
  EXPECT_EQ(history.events[0].kind, EventKind::kLoadStart);
  EXPECT_EQ(history.events[0].detail, "500/s for 200ms, seed 1");
  EXPECT_EQ(history.events[1].kind, EventKind::kLoadEnd);
}

TEST_F(OpenLoopTest, DrawsTheSameOperationsFromTheSameSeed) {
  const auto draw = [&](std::uint64_t seed) {
    std::mutex mutex;
    std::multiset<std::tuple<Function, std::uint64_t, std::int64_t>> drawn;
    ScriptedWorkload workload([&](const Invocation& invocation, Deadline) -> Reply {
      const std::lock_guard lock(mutex);
      drawn.insert({invocation.function, invocation.key, invocation.value.value_or(-1)});
      return {.outcome = Outcome::kOk};
    });
    LoadOptions options = at_rate(5000, milliseconds(100));
    options.seed = seed;
    run(workload, options);
    return drawn;
  };
  const auto first = draw(1);
  EXPECT_EQ(first.size(), 500U);
  EXPECT_EQ(first, draw(1));
  EXPECT_NE(first, draw(2));
}

TEST_F(OpenLoopTest, GivesAProcessOneOperationAtATimeAndNoneAfterAnUnknownOne) {
  std::atomic<int> calls = 0;
  ScriptedWorkload workload([&](const Invocation&, Deadline) -> Reply {
    const int call = calls++;
    if (call % 5 == 0) return {.outcome = Outcome::kUnknown, .error = "timeout", .node = "vault-1"};
    return {.outcome = call % 5 == 1 ? Outcome::kFail : Outcome::kOk};
  });
  const LoadSummary summary = run(workload, at_rate(2000, milliseconds(100)));
  EXPECT_EQ(summary.counts.unknown, 40U);
  EXPECT_EQ(summary.counts.fail, 40U);
  EXPECT_EQ(summary.counts.ok, 120U);
  const History history = recorded();
  std::map<std::uint32_t, Operation> last;
  for (const Operation& operation : history.operations) {
    const auto before = last.find(operation.process);
    if (before != last.end()) {
      EXPECT_NE(before->second.outcome, Outcome::kUnknown) << "process " << operation.process;
      EXPECT_LE(before->second.end, operation.start);
    }
    last[operation.process] = operation;
    if (operation.outcome == Outcome::kUnknown) {
      EXPECT_EQ(history.name(operation.error), "timeout");
      EXPECT_EQ(history.name(operation.node), "vault-1");
    }
  }
}

// The classic: a closed loop would see one slow request, and a p99 as if nothing had been.
TEST_F(OpenLoopTest, AServerThatStallsForASecondShowsInP99) {
  std::mutex gate;
  std::atomic<int> requests = 0;
  const auto server = http::Server::start([&](const http::Request&) {
                        const bool stalls = requests++ == 20;
                        const std::lock_guard lock(gate);
                        if (stalls) static_cast<void>(sleep_until(now() + std::chrono::seconds(1), {}));
                        return http::Response{.status = 200};
                      }).value();
  const auto workload = http_get_workload({.endpoint = {.port = server->port()}});
  for (const std::uint32_t workers : {1U, 256U}) {
    requests = 0;
    LoadOptions options = at_rate(100, milliseconds(1500));
    options.workers_most = workers;
    const LoadSummary summary = run(*workload, options);
    EXPECT_EQ(summary.counts.ok, 150U);
    // 100 of the 150 came while it stalled and waited from 0 to 1 s: that is the truth whatever the number of threads.
    EXPECT_GT(summary.latency_ok.percentile(99), milliseconds(900)) << workers;
    EXPECT_GT(summary.latency_ok.percentile(75), milliseconds(400)) << workers;
  }
}

TEST_F(OpenLoopTest, AddsThreadsUntilTheRateIsMet) {
  std::mutex mutex;
  std::condition_variable enough;
  int inside = 0;
  bool released = false;
  ScriptedWorkload workload([&](const Invocation&, Deadline) -> Reply {
    std::unique_lock lock(mutex);
    if (++inside >= 40) released = true;
    enough.notify_all();
    enough.wait(lock, [&] { return released; });
    --inside;
    return {.outcome = Outcome::kOk};
  });
  const LoadSummary summary = run(workload, at_rate(500, milliseconds(400)));
  EXPECT_EQ(summary.counts.ok, 200U);
  EXPECT_GE(summary.workers, 40U);
  EXPECT_EQ(workload.clients, summary.workers);
}

TEST_F(OpenLoopTest, CountsWhatCouldNotStartInTime) {
  ScriptedWorkload workload([](const Invocation&, Deadline) -> Reply {
    static_cast<void>(sleep_until(now() + milliseconds(50), {}));
    return {.outcome = Outcome::kOk};
  });
  LoadOptions options = at_rate(100, milliseconds(500));
  options.workers_most = 1;
  options.start_timeout = milliseconds(100);
  const LoadSummary summary = run(workload, options);
  EXPECT_GT(summary.counts.dropped, 10U);
  EXPECT_EQ(summary.counts.ok + summary.counts.dropped, 50U);
  EXPECT_LE(summary.lateness.count(), summary.counts.ok);
  const History history = recorded();
  EXPECT_EQ(history.operations.size(), summary.counts.ok);
  EXPECT_EQ(history.events.back().detail, fmt::format("{} could not be started in time", summary.counts.dropped));
}

TEST_F(OpenLoopTest, StopsPromptlyAndRecordsWhatBegan) {
  std::stop_source stop;
  std::atomic<int> calls = 0;
  ScriptedWorkload workload([&](const Invocation&, Deadline) -> Reply {
    if (++calls == 20) stop.request_stop();
    return {.outcome = Outcome::kOk};
  });
  LoadOptions options = at_rate(200, hours(10));
  OpenLoop loop(workload, options, recorder_.get(), numbers_);
  const LoadSummary summary = loop.run(stop.get_token()).value();
  EXPECT_TRUE(summary.stopped);
  EXPECT_GE(summary.counts.ok, 20U);
  EXPECT_EQ(summary.counts.ok, static_cast<std::uint64_t>(calls.load()));
  EXPECT_EQ(recorded().operations.size(), summary.counts.ok);
}

TEST_F(OpenLoopTest, DoesNothingWhenStoppedBeforeItBegins) {
  std::stop_source stop;
  stop.request_stop();
  ScriptedWorkload workload(ok);
  OpenLoop loop(workload, at_rate(1000, hours(1)), recorder_.get(), numbers_);
  const LoadSummary summary = loop.run(stop.get_token()).value();
  EXPECT_TRUE(summary.stopped);
  EXPECT_EQ(summary.counts.performed() + summary.counts.dropped, 0U);
}

TEST_F(OpenLoopTest, FailsWhenNoClientCanBeMade) {
  ScriptedWorkload workload(ok);
  workload.refuse_from = 0;
  OpenLoop loop(workload, at_rate(100, hours(1)), recorder_.get(), numbers_);
  const auto outcome = loop.run({});
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().kind(), ErrorKind::kUnavailable);
  EXPECT_NE(outcome.error().message().find("load test.scripted: no client"), std::string::npos);
}

TEST_F(OpenLoopTest, GoesOnWithTheClientsThatCouldBeMade) {
  ScriptedWorkload workload(ok);
  workload.refuse_from = 1;
  EXPECT_EQ(run(workload, at_rate(200, milliseconds(100))).counts.ok, 20U);
}

TEST_F(OpenLoopTest, TellsItsProgressWhileItRuns) {
  std::stop_source stop;
  ScriptedWorkload workload(ok);
  OpenLoop loop(workload, at_rate(400, hours(1)), recorder_.get(), numbers_);
  std::thread runner([&] { EXPECT_TRUE(loop.run(stop.get_token()).ok()); });
  const auto rate_seen = eventually({.what = "a window to pass", .deadline = Deadline::in(std::chrono::seconds(30))},
                                    [&]() -> Result<void> {
                                      const LoadProgress progress = loop.progress();
                                      if (progress.rate == 0)
                                        return fail(ErrorKind::kUnavailable, "{} ok", progress.counts.ok);
                                      EXPECT_EQ(progress.rate_wanted, 400);
                                      EXPECT_GT(progress.p99, Duration::zero());
                                      EXPECT_GT(progress.workers, 0U);
                                      return {};
                                    });
  EXPECT_TRUE(rate_seen.ok());
  stop.request_stop();
  runner.join();
}

TEST_F(OpenLoopTest, DrawsPoissonArrivals) {
  ScriptedWorkload workload(ok);
  LoadOptions options = at_rate(1000, milliseconds(300));
  options.arrivals = Arrivals::kPoisson;
  Schedule same(options.steps, options.arrivals, options.seed);
  std::uint64_t expected = 0;
  while (same.take()) ++expected;
  EXPECT_EQ(run(workload, options).counts.ok, expected);
}

TEST(HttpGet, TellsOutcomesApart) {
  const auto server = http::Server::start([](const http::Request& request) -> std::optional<http::Response> {
                        if (request.target == "/down") return http::Response{.status = 503};
                        if (request.target == "/gone") return std::nullopt;
                        return http::Response{.status = 200};
                      }).value();
  const DeadPort dead;
  const auto get = [&](const char* target, std::uint16_t port) {
    const auto workload = http_get_workload({.endpoint = {.port = port}, .target = target});
    const auto client = workload->client(0).value();
    Random random(1);
    return client->run(client->next(random), Deadline::in(std::chrono::seconds(20)));
  };
  EXPECT_EQ(get("/", server->port()).outcome, Outcome::kOk);
  const Reply down = get("/down", server->port());
  EXPECT_EQ(down.outcome, Outcome::kFail);
  EXPECT_EQ(down.error, "status 503");
  EXPECT_EQ(get("/gone", server->port()).outcome, Outcome::kUnknown);
  EXPECT_EQ(get("/gone", server->port()).error, "connection lost");
  const Reply refused = get("/", dead.port());
  EXPECT_EQ(refused.outcome, Outcome::kFail);
  EXPECT_EQ(refused.error, "not sent");
}

TEST(Session, MarksFinalOperationsAndWorksWithoutARecorder) {
  const TestFolder folder;
  const auto recorder = Recorder::create(folder / "history").value();
  ProcessNumbers numbers;
  ScriptedWorkload workload(ok);
  const auto client = workload.client(0).value();
  Session session(recorder.get(), workload.name(), numbers);
  const auto performed = session.perform(*client, {.key = 7}, Deadline::in(hours(1)), {}, true);
  EXPECT_EQ(performed.reply.outcome, Outcome::kOk);
  ASSERT_TRUE(recorder->close().ok());
  const History history = load_history(folder / "history").value();
  ASSERT_EQ(history.operations.size(), 1U);
  EXPECT_TRUE(history.operations[0].final);
  EXPECT_EQ(history.operations[0].key, 7U);
  EXPECT_EQ(history.operations[0].intended, history.operations[0].start);

  Session bare(nullptr, "x", numbers);
  EXPECT_NE(bare.process(), session.process());
  const auto unrecorded = bare.perform(*client, {}, Deadline::in(hours(1)));
  EXPECT_LE(unrecorded.start, unrecorded.end);
}

}  // namespace
}  // namespace chamber::load
