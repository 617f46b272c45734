#include "matrix/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/base/random.h"
#include "matrix/merge.h"
#include "matrix/outcome.h"
#include "matrix/scheduler.h"

namespace chamber::matrix {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

json result_json(const std::string& judgement) {
  return {{"format", "chamber-result/1"},
          {"judgement", judgement},
          {"reasons", json::array()},
          {"run",
           {{"bring_up", {{"total_s", 1.5}}},
            {"duration_s", 2.0},
            {"seed", 7},
            {"started", "2026-11-21T12:00:00.000Z"},
            {"command", "chamber run x --seed 7"},
            {"engines", json::array()},
            {"faults", json::array()}}},
          {"verdict",
           {{"results",
             {{{"check", "outage vault.register"},
               {"judgement", judgement},
               {"summary", "One outage of 12.5 s."},
               {"evidence", {"first failure at 3.1 s"}},
               {"budget",
                {{"name", "outage vault.register"},
                 {"limit", 10.0},
                 {"observed", 12.5},
                 {"unit", "s"},
                 {"upper", true}}}}}}}},
          {"observed", {{"workloads", json::array()}, {"faults", json::array()}}}};
}

struct Quiet : Watcher {
  void began(const Cell& cell, int) override { order.push_back(cell.id); }
  void retried(const Cell&, const Attempt&) override { ++retries; }
  void ended(const CellResult&) override {}
  void look(const Progress& progress) override { most = std::max(most, progress.running.size()); }
  std::vector<std::string> order;
  int retries = 0;
  std::size_t most = 0;
};

// Cells are run by a script that acts as its first argument, the scenario, says.
class MatrixRun : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("chamber-mr-" + random_hex(6));
    fs::create_directories(folder_);
    for (const char* judgement : {"pass", "fail", "inconclusive"}) {
      std::ofstream(folder_ / (std::string(judgement) + ".json")) << result_json(judgement).dump();
    }
    std::ofstream script(folder_ / "runner");
    script << "#!/bin/sh\nhere=" << folder_.string() << R"(
what=$1; id=$2
for out; do :; done
echo "$id" >> "$here/ran"
finish() { mkdir -p "$out"; cp "$here/$1.json" "$out/result.json"; exit "$2"; }
case $what in
  pass) finish pass 0 ;;
  fail) echo 'chamber: not this line'; finish fail 1 ;;
  doubt) finish inconclusive 4 ;;
  broken) echo 'chamber: the disk is full' >&2; exit 3 ;;
  lies) finish fail 0 ;;
  flaky) if [ -e "$here/second-$id" ]; then finish pass 0; fi; : > "$here/second-$id"; finish fail 1 ;;
  slow) exec sleep 60 ;;
esac
)";
    script.close();
    ::chmod((folder_ / "runner").c_str(), 0700);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void add(const std::string& id, const std::string& behaviour, double seconds = 1, std::int64_t priority = 0) {
    Cell cell{.id = id, .values = {behaviour}};
    cell.arguments = {behaviour, id};
    cell.limit_s = 30;
    cell.required = true;
    cell.priority = priority;
    cell.estimate = {seconds, 10, 1};
    plan_.cells.push_back(std::move(cell));
  }

  RunOptions options() {
    return {.folder = folder_ / "out",
            .runner = {(folder_ / "runner").string()},
            .environment = {{"PATH", "/usr/bin:/bin"}},
            .machine = {2, 4000, 4000},
            .costs = costs_,
            .cannot = {}};
  }
  MatrixResult go(const RunOptions& options) {
    const auto outcome = run(plan_, options, watcher_);
    EXPECT_TRUE(outcome.ok()) << outcome.error().message();
    return outcome ? outcome->result : MatrixResult{};
  }
  std::vector<std::string> ran() {
    std::ifstream file(folder_ / "ran");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

  fs::path folder_;
  Plan plan_{.matrix = "m", .about = "a test", .axes = {"scenario"}};
  Costs costs_;
  Quiet watcher_;
};

TEST_F(MatrixRun, TellsEveryEndApart) {
  add("a", "pass");
  add("b", "fail");
  add("c", "doubt");
  add("d", "broken");
  add("e", "lies");
  const MatrixResult result = go(options());
  ASSERT_EQ(result.cells.size(), 5U);
  EXPECT_EQ(result.cells[0].status, Status::kPassed);
  EXPECT_EQ(result.cells[0].last()->facts.seed, 7U);
  EXPECT_EQ(result.cells[1].status, Status::kFailed);
  EXPECT_EQ(result.cells[1].last()->why, "outage vault.register: One outage of 12.5 s.");
  EXPECT_EQ(result.cells[1].last()->cause, "outage vault.register: One outage of # s.");
  EXPECT_THAT(result.cells[1].last()->evidence, ElementsAre("first failure at 3.1 s"));
  EXPECT_FALSE(result.cells[1].last()->facts.budgets.at(0).kept);
  EXPECT_EQ(result.cells[2].status, Status::kInconclusive);
  EXPECT_EQ(result.cells[3].status, Status::kError);
  EXPECT_EQ(result.cells[3].last()->why, "the disk is full");
  EXPECT_EQ(result.cells[4].status, Status::kError) << "a verdict that its exit code contradicts";
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_EQ(result.jobs, 2);
}

TEST_F(MatrixRun, ARetryThatPassesIsAFlake) {
  add("a", "flaky");
  add("b", "fail");
  plan_.retries = 1;
  const MatrixResult result = go(options());
  EXPECT_TRUE(result.cells[0].flaky());
  EXPECT_EQ(result.cells[0].attempts.size(), 2U);
  EXPECT_EQ(result.cells[0].attempts[0].status, Status::kFailed);
  EXPECT_EQ(result.cells[1].attempts.size(), 2U);
  EXPECT_EQ(result.cells[1].status, Status::kFailed);
  EXPECT_EQ(result.flakes(), 1U);
  EXPECT_EQ(watcher_.retries, 2);
}

TEST_F(MatrixRun, WhatCanNotBeRunIsNeverPassed) {
  add("a", "pass");
  add("b", "pass");
  add("c", "pass");
  plan_.cells[0].cannot = "this chamber has no setting vault.seal";
  RunOptions with = options();
  with.cannot = [](const Cell& cell) {
    return cell.id == "b" ? std::optional<std::string>("there is no Docker") : std::nullopt;
  };
  const MatrixResult result = go(with);
  EXPECT_EQ(result.cells[0].status, Status::kNotRun);
  EXPECT_EQ(result.cells[0].why, "this chamber has no setting vault.seal");
  EXPECT_EQ(result.cells[1].why, "there is no Docker");
  EXPECT_EQ(result.cells[2].status, Status::kPassed);
  EXPECT_EQ(result.exit_code(), 4);
  EXPECT_THAT(ran(), ElementsAre("c"));
}

TEST_F(MatrixRun, StopsAtTheFirstFailureWhenAsked) {
  add("a", "fail", 9);
  add("b", "pass", 5);
  add("c", "pass", 1);
  RunOptions with = options();
  with.stop_at_first_failure = true;
  with.jobs = 1;
  const MatrixResult result = go(with);
  EXPECT_EQ(result.cells[0].status, Status::kFailed);
  EXPECT_EQ(result.cells[1].status, Status::kNotRun);
  EXPECT_EQ(result.cells[1].why, "stopped after the first failure: a");
}

TEST_F(MatrixRun, EndsWhatTakesTooLong) {
  add("a", "slow");
  plan_.cells[0].limit_s = 0.2;
  const MatrixResult result = go(options());
  EXPECT_EQ(result.cells[0].status, Status::kError);
  EXPECT_THAT(result.cells[0].last()->why, HasSubstr("took longer than its limit"));
}

TEST_F(MatrixRun, GoesOnWhereItWas) {
  add("a", "pass");
  add("b", "fail");
  EXPECT_EQ(go(options()).exit_code(), 1);
  EXPECT_FALSE(run(plan_, options(), watcher_).ok()) << "a folder that is in use is not taken by accident";
  RunOptions again = options();
  again.resume = true;
  const MatrixResult result = go(again);
  EXPECT_EQ(result.cells[0].status, Status::kPassed);
  EXPECT_EQ(result.cells[1].attempts.size(), 1U);
  EXPECT_EQ(ran().size(), 2U) << "what was done is not done again";
  add("c", "pass");
  const auto other = run(plan_, again, watcher_);
  ASSERT_FALSE(other.ok());
  EXPECT_THAT(other.error().message(), HasSubstr("belongs to shard 1/1 of matrix m"));
}

TEST_F(MatrixRun, AnAttemptThatWasCutShortCountsForNothing) {
  add("a", "pass");
  fs::create_directories(folder_ / "out");
  std::ofstream(folder_ / "out/journal.jsonl")
      << json{{"matrix", "m"}, {"digest", plan_.digest()}, {"shard", 1}, {"of", 1}}.dump() << "\n"
      << R"({"begin": "a", "attempt": 1})"
      << "\n"
      << R"({"end": "a", "att)";
  RunOptions again = options();
  again.resume = true;
  const MatrixResult result = go(again);
  ASSERT_EQ(result.cells[0].attempts.size(), 1U);
  EXPECT_EQ(result.cells[0].attempts[0].number, 2);
  EXPECT_EQ(result.cells[0].interrupted, 1);
  EXPECT_FALSE(result.cells[0].flaky());
  // And once more: the line behind the one that was cut off is whole.
  EXPECT_EQ(go(again).cells[0].attempts.size(), 1U);
  EXPECT_EQ(ran().size(), 1U);
}

TEST_F(MatrixRun, RunsByPriorityThenTheLongestFirst) {
  add("short", "pass", 1);
  add("long", "pass", 9);
  add("urgent", "pass", 1, 5);
  RunOptions with = options();
  with.jobs = 1;
  static_cast<void>(go(with));
  EXPECT_THAT(watcher_.order, ElementsAre("urgent", "long", "short"));
}

TEST_F(MatrixRun, ShardsMergeIntoTheWhole) {
  for (int i = 0; i < 7; ++i) add("cell-" + std::to_string(i), i == 3 ? "fail" : "pass", i + 1);
  std::vector<ShardResult> shards;
  for (int shard = 1; shard <= 2; ++shard) {
    RunOptions with = options();
    with.folder = folder_ / ("shard-" + std::to_string(shard));
    with.shard = shard;
    with.of = 2;
    shards.push_back({with.folder.string(), "../shard-" + std::to_string(shard), go(with)});
  }
  const auto merged = merge(plan_, shards);
  ASSERT_TRUE(merged.ok()) << merged.error().message();
  EXPECT_EQ(merged->count(Status::kPassed), 6U);
  EXPECT_EQ(merged->count(Status::kFailed), 1U);
  EXPECT_THAT(merged->cells[0].last()->folder, HasSubstr("../shard-"));

  EXPECT_FALSE(merge(plan_, {shards[0], shards[0]}).ok()) << "one shard twice";
  const auto half = merge(plan_, {shards[0]});
  ASSERT_TRUE(half.ok());
  EXPECT_GT(half->count(Status::kNotRun), 0U) << "what is missing is told, not passed over";
  std::vector<ShardResult> strange = shards;
  strange[1].result.digest = "0";
  EXPECT_FALSE(merge(plan_, strange).ok());

  const auto again = matrix_result_from_json(to_json(*merged), "result.json");
  ASSERT_TRUE(again.ok()) << again.error().message();
  EXPECT_EQ(to_json(*again), to_json(*merged));
}

TEST(Scheduling, TakesWhatFitsAndTheTooLargeAlone) {
  Scheduler scheduler({2, 1000, 1000}, 0);
  scheduler.add({0, 0, {10, 5000, 1}});
  scheduler.add({1, 0, {9, 100, 1}});
  scheduler.add({2, 0, {8, 100, 1}});
  const auto first = scheduler.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->cell, 0U) << "nothing runs yet, so that it may";
  EXPECT_FALSE(scheduler.next()) << "its memory is the whole machine's";
  scheduler.done(*first);
  EXPECT_EQ(scheduler.next()->cell, 1U);
  EXPECT_EQ(scheduler.next()->cell, 2U);
  EXPECT_FALSE(scheduler.next());
}

TEST(Causes, NumbersMakeNoDifference) {
  EXPECT_EQ(without_numbers("outage of 12.5 s at vault-2"), "outage of # s at vault-#");
}

}  // namespace
}  // namespace chamber::matrix
