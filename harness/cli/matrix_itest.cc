// `chamber matrix` as users run it. Where the scheduler itself is looked at, a small script stands in for `chamber
// run`, so that what is measured is the matrix and not the servers.
#include <gmock/gmock.h>

#include <random>

#include "harness/base/random.h"
#include "harness/cli/test_program.h"
#include "matrix/plan.h"

namespace chamber::test {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr int kNullCells = 200;

class MatrixTest : public ProgramTest {
 protected:
  // A run that takes `takes` and passes.
  std::string null_runner(const std::string& takes) {
    const json result = {{"format", "chamber-result/1"},
                         {"judgement", "pass"},
                         {"reasons", json::array()},
                         {"run",
                          {{"bring_up", {{"total_s", 0}}},
                           {"duration_s", 0},
                           {"seed", 1},
                           {"started", "2026-11-21T12:00:00.000Z"},
                           {"command", "none"},
                           {"engines", json::array()},
                           {"faults", json::array()}}},
                         {"verdict", {{"results", json::array()}}},
                         {"observed", {{"workloads", json::array()}, {"faults", json::array()}}}};
    const fs::path file = write("null.json", result.dump());
    const fs::path script = write("runner", fmt::format("#!/bin/sh\nfor out; do :; done\n{}\nmkdir -p \"$out\"\n"
                                                        "cp {} \"$out/result.json\"\n",
                                                        takes, file.string()));
    fs::permissions(script, fs::perms::owner_all);
    return script;
  }
  std::string plan_of(int cells) {
    matrix::Plan plan{.matrix = "null", .about = "nothing is run", .axes = {"scenario"}};
    for (int i = 0; i < cells; ++i) {
      matrix::Cell cell{.id = fmt::format("cell-{}", i), .values = {fmt::format("none/{}", i)}};
      cell.arguments = {"none"};
      cell.required = true;
      cell.limit_s = 60;
      cell.estimate = {1, 1, 0.5};
      plan.cells.push_back(std::move(cell));
    }
    return write("plan.json", matrix::to_json(plan).dump());
  }
  static double resident_mib(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/statm", pid));
    double size = 0;
    double resident = 0;
    file >> size >> resident;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1U << 20U);
  }
  [[nodiscard]] int ends() const {
    const std::string text = text_of(root_ / "out-matrix/journal.jsonl");
    int count = 0;
    for (std::size_t at = text.find("\"end\":"); at != std::string::npos; at = text.find("\"end\":", at + 1)) ++count;
    return count;
  }
  [[nodiscard]] std::string out() const { return (root_ / "out-matrix").string(); }
};

TEST_F(MatrixTest, ACellCostsLittleAndMemoryStaysFlat) {
  const Instant begin = now();
  const Process process =
      start({"matrix", "run", plan_of(kNullCells), "--jobs", "1", "--out", out(), "--runner", null_runner(":")});
  double early = 0;
  double late = 0;
  const auto ended = eventually({"the matrix", Deadline::in(std::chrono::minutes(2))}, [&]() -> Result<void> {
    const int done = ends();
    const double now_mib = resident_mib(process.pid());
    if (done >= 20 && early <= 0) early = now_mib;
    if (now_mib > 0) late = now_mib;
    if (process.exit_status()) return {};
    return fail(ErrorKind::kUnavailable, "{} cells", done);
  });
  ASSERT_TRUE(ended) << ended.error().message();
  const double cell_ms = seconds(now() - begin) * 1000 / kNullCells;
  EXPECT_EQ(end_of(process).code, 0);
  const json result = json_of(root_ / "out-matrix/result.json");
  EXPECT_EQ(result.at("counts").at("passed"), kNullCells);
  std::printf("%d null cells: %.1f ms a cell, its own process in it; %.1f MiB early, %.1f MiB late\n", kNullCells,
              cell_ms, early, late);
  EXPECT_LT(late, early + 8);
  // Alone on a machine; beside others a process waits for its turn.
  double load = 0;
  if (getloadavg(&load, 1) == 1 && load < 1.5) {
    EXPECT_LT(cell_ms, 50);
  }
}

TEST_F(MatrixTest, SurvivesTwentySigkills) {
  constexpr int kCells = 80;
  constexpr int kKills = 20;
  std::uint64_t seed = std::random_device{}();
  if (const char* given = std::getenv("CHAMBER_TEST_SEED")) seed = std::strtoull(given, nullptr, 10);
  SCOPED_TRACE(fmt::format("CHAMBER_TEST_SEED={}", seed));
  Random random(seed);
  const std::string plan = plan_of(kCells);
  const std::vector<std::string> command{"matrix", "run", plan,       "--jobs",   "3",
                                         "--out",  out(), "--resume", "--runner", null_runner("sleep 0.3")};
  int killed = 0;
  for (int i = 0; i < kKills; ++i) {
    const Process process = start(command);
    const Deadline moment = Deadline::in(milliseconds(random.below(500)));
    const auto ended = process.wait(moment);
    if (ended) break;
    ASSERT_TRUE(process.signal(SIGKILL));
    ASSERT_TRUE(process.wait(Deadline::in(std::chrono::seconds(10))));
    ++killed;
    // The kernel ends its cells with it.
    expect_nothing_left({});
  }
  EXPECT_GT(killed, kKills / 2);
  const Ended last = chamber(command);
  EXPECT_EQ(last.code, 0) << last.err;
  const json result = json_of(root_ / "out-matrix/result.json");
  ASSERT_EQ(result.at("cells").size(), std::size_t{kCells});
  std::set<std::string> seen;
  int interrupted = 0;
  for (const json& cell : result.at("cells")) {
    EXPECT_TRUE(seen.insert(cell.at("id").get<std::string>()).second);
    EXPECT_EQ(cell.at("status"), "passed");
    ASSERT_EQ(cell.at("attempts").size(), 1U) << "counted once";
    EXPECT_EQ(cell.at("flaky"), false) << "what was cut short is no flake";
    EXPECT_TRUE(fs::exists(root_ / "out-matrix" / cell.at("attempts").at(0).at("folder").get<std::string>()));
    interrupted += cell.at("interrupted").get<int>();
  }
  EXPECT_EQ(ends(), kCells) << "no cell was done twice";
  std::printf("%d kills, %d attempts cut short, %d cells, each done once\n", killed, interrupted, kCells);
}

TEST_F(MatrixTest, CtrlCIsTidyAndResumes) {
  const std::string plan = plan_of(3);
  const std::vector<std::string> command{"matrix", "run", plan, "--jobs", "1", "--out", out(), "--resume"};
  std::vector<std::string> slow = command;
  slow.insert(slow.end(), {"--runner", null_runner("sleep 30 & trap \"kill $!; exit 130\" INT; wait")});
  const Process process = start(slow);
  wait_for_words(process, "begin");
  ASSERT_TRUE(process.signal(SIGINT));
  EXPECT_EQ(end_of(process).code, 130);
  EXPECT_EQ(json_of(root_ / "out-matrix/result.json").at("counts").at("not run"), 3);
  std::vector<std::string> quick = command;
  quick.insert(quick.end(), {"--runner", null_runner(":")});
  EXPECT_EQ(chamber(quick).code, 0);
}

TEST_F(MatrixTest, ShardsMergeAndTheGateAnswers) {
  const std::string plan = plan_of(7);
  const std::string runner = null_runner(":");
  for (const char* shard : {"1", "2"}) {
    const Ended ended = chamber({"matrix", "run", plan, "--shard", std::string(shard) + "/2", "--out",
                                 root_ / ("shard-" + std::string(shard)), "--runner", runner});
    EXPECT_EQ(ended.code, 0) << ended.err;
  }
  const Ended merged = chamber({"matrix", "merge", root_ / "shard-1", root_ / "shard-2", "--out", root_ / "merged"});
  EXPECT_EQ(merged.code, 0) << merged.err;
  EXPECT_THAT(merged.out, HasSubstr("7 of 7 cells passed"));
  const std::string rules = write("gate.yaml", "name: g\nabout: a test\nrules: [{rule: required_cells}]\n");
  EXPECT_EQ(chamber({"gate", root_ / "merged", "--rules", rules}).code, 0);
  const Ended half = chamber({"matrix", "merge", root_ / "shard-1", "--out", root_ / "half"});
  EXPECT_EQ(half.code, 4);
  EXPECT_THAT(half.out, HasSubstr("no shard brought a result of it"));
  const Ended no = chamber({"gate", root_ / "half", "--rules", rules});
  EXPECT_EQ(no.code, 1);
  EXPECT_THAT(no.out, HasSubstr("gate g: NO"));
}

TEST_F(MatrixTest, BadInputIsToldBeforeAnythingRuns) {
  const Ended format = chamber({"matrix", "plan", plan_of(1), "--format", "xml"});
  EXPECT_EQ(format.code, 2);
  EXPECT_THAT(format.err, HasSubstr("table, json, github or gitlab"));
  EXPECT_EQ(chamber({"matrix", "run", plan_of(1), "--shard", "3/2"}).code, 2);
  EXPECT_EQ(chamber({"matrix", "plan", "no-such-matrix"}).code, 2);
  const std::string bad = write("bad.yaml",
                                "name: bad\nabout: x\naxes: {environment: [moon], configuration: [minimal], "
                                "scenario: ['*']}\n");
  const Ended moon = chamber({"matrix", "plan", bad});
  EXPECT_EQ(moon.code, 2);
  EXPECT_THAT(moon.err, HasSubstr("bad.yaml:3:22: \"moon\" is no environment"));
}

}  // namespace
}  // namespace chamber::test
