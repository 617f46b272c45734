// The program as users run it, against real servers.
#include <gmock/gmock.h>

#include <random>

#include "harness/base/test_capability.h"
#include "harness/cli/test_program.h"

namespace chamber::test {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kShort = R"(name: short
about: Killing the Vault leader loses no acknowledged secret.
stack: {vault: 3}
load:
  - {workload: vault.register, rate: 100/s, keys: 10}
faults:
  - {at: 2s, do: kill, target: vault.leader, for: 5s}
duration: 9s
checks:
  - {linearizable: vault.register}
  - {outage: vault.register, at_most: raft.election_budget}
  - {roles_changed: vault.leader}
)";

// As little as there can be.
constexpr const char* kSmall = R"(name: small
about: A single Vault answers.
stack: {vault: 1}
load:
  - {workload: vault.register, rate: 100/s, keys: 5}
duration: 4s
checks:
  - {linearizable: vault.register}
)";

json check_of(const json& verdict, const std::string& name) {
  for (const json& result : verdict.at("results")) {
    if (result.at("check").get<std::string>().starts_with(name)) return result;
  }
  ADD_FAILURE() << "no check " << name;
  return {};
}

class ChamberTest : public ProgramTest {
 protected:
  Ended run_short(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"run", write("short.yaml", kShort), "--seed", "7"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return chamber(arguments);
  }
};

TEST_F(ChamberTest, PassesWithAReportAndLeavesNothing) {
  const Ended ended = run_short();
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  expect_nothing_left({});
  const fs::path folder = only_folder();
  expect_tidy(folder);
  for (const char* name : {"report.html", "junit.xml", "result.json", "verdict.json", "run.json", "plan.json",
                           "history.bin", "summary.md", "logs/vault-0.vault.log"}) {
    EXPECT_TRUE(fs::exists(folder / name) && fs::file_size(folder / name) > 0) << name;
  }
  const json verdict = json_of(folder / "verdict.json");
  EXPECT_EQ(verdict.at("overall"), "pass");
  EXPECT_GT(check_of(verdict, "outage").at("budget").at("observed").get<double>(), 0);
  const json run = json_of(folder / "run.json");
  EXPECT_THAT(run.at("faults").at(0).at("proof").get<std::string>(), HasSubstr("gone"));
  EXPECT_TRUE(run.at("secrets").at("found").empty());
  EXPECT_GT(run.at("secrets").at("searched_files").get<int>(), 5);
}

TEST_F(ChamberTest, FindsTheWritesThatALyingVaultDropped) {
  const Ended ended = run_short({"--set", "stack.vault.broken=drops_acknowledged_writes"});
  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  const fs::path folder = only_folder();
  expect_tidy(folder);
  const json linearizable = check_of(json_of(folder / "verdict.json"), "linearizable");
  EXPECT_EQ(linearizable.at("judgement"), "fail");
  EXPECT_FALSE(linearizable.at("evidence").empty());
  EXPECT_THAT(linearizable.at("evidence").dump(), HasSubstr("key"));
  EXPECT_EQ(json_of(folder / "run.json").at("engines").at(0).at("engine"), "vault (broken: drops_acknowledged_writes)");
  for (const char* report : {"report.html", "junit.xml", "result.json", "summary.md"}) {
    EXPECT_THAT(text_of(folder / report), HasSubstr("vault (broken")) << report;
  }
}

TEST_F(ChamberTest, IsInconclusiveWhenTheLeaderIsNotHit) {
  const Ended ended = run_short({"--set", "faults[0].target=vault.standby.one"});
  EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
  EXPECT_EQ(check_of(json_of(only_folder() / "verdict.json"), "roles_changed").at("judgement"), "inconclusive");
}

TEST_F(ChamberTest, EndsTidilyWhenItIsInterrupted) {
  const Process process = start({"run", write("short.yaml", kShort)});
  wait_for_words(process, "load ");
  const Traces before = Traces::of(root_);
  EXPECT_GT(before.processes.size(), 4U);
  ASSERT_TRUE(process.signal(SIGINT));
  const Ended ended = end_of(process);
  EXPECT_EQ(ended.code, 130) << ended.out << ended.err;
  EXPECT_THAT(ended.out + ended.err, HasSubstr("interrupted"));
  expect_nothing_left(before);
  expect_tidy(only_folder());
}

TEST_F(ChamberTest, LeavesNothingRunningWhenItIsKilled) {
  const char* const wanted = std::getenv("CHAMBER_KILLS");
  const int kills = wanted == nullptr ? 5 : std::stoi(wanted);
  const std::string scenario = write("small.yaml", kSmall);
  std::mt19937 random(std::random_device{}());
  int abandoned = 0;
  for (int i = 0; i < kills; ++i) {
    const milliseconds moment(std::uniform_int_distribution<int>(0, 9000)(random));
    SCOPED_TRACE(fmt::format("kill {} at {} ms", i, moment.count()));
    const Process process = start({"run", scenario});
    // The moment is the point: nothing is waited for.
    static_cast<void>(process.wait(Deadline::in(moment)).ok());
    const Traces before = Traces::of(root_);
    ASSERT_TRUE(process.signal(SIGKILL));
    static_cast<void>(end_of(process));
    expect_nothing_left(before);
    const Ended reaped = chamber({"reap"});
    EXPECT_EQ(reaped.code, 0) << reaped.err;
    for (const fs::path& folder : folders()) {
      expect_tidy(folder);
      if (reaped.out.find(folder.filename().string() + ": was killed") != std::string::npos) ++abandoned;
    }
    EXPECT_EQ(chamber({"reap"}).out, "nothing to clean up\n");
    if (HasFailure()) break;
  }
  RecordProperty("kills", kills);
  RecordProperty("abandoned", abandoned);
  EXPECT_GT(abandoned, 0);
  const Ended next = chamber({"run", scenario});
  EXPECT_EQ(next.code, 0) << next.out << next.err;
}

// Whether any process has the file open.
bool is_open_anywhere(const fs::path& file) {
  std::error_code gone;  // processes come and go while this looks
  for (const auto& process : fs::directory_iterator("/proc")) {
    for (fs::directory_iterator entry(process.path() / "fd", gone), end; !gone && entry != end; entry.increment(gone)) {
      std::error_code closed;
      if (fs::equivalent(entry->path(), file, closed)) return true;
    }
  }
  return false;
}

TEST_F(ChamberTest, KeepsTwoCellsSideBySide) {
  const std::string scenario = write("small.yaml", kSmall);
  std::vector<std::string> cells;
  for (int i = 0; i < 2; ++i) {
    const Ended up = chamber({"up", scenario});
    ASSERT_EQ(up.code, 0) << up.err;
    cells.push_back(up.out.substr(0, up.out.find('\n')));
    EXPECT_FALSE(is_open_anywhere(root_ / "out")) << "who reads it would wait until the cell ends";
  }
  const Ended listed = chamber({"cells"});
  std::vector<std::string> addresses;
  for (const std::string& cell : cells) {
    EXPECT_THAT(listed.out, HasSubstr(cell + "\n"));
    const json environment = json::parse(chamber({"--json", "env", cell}).out);
    addresses.push_back(environment.at("VAULT_ADDR"));
    EXPECT_THAT(text_of(environment.at("VAULT_CACERT").get<std::string>()), HasSubstr("BEGIN CERTIFICATE"));
    const Ended name = chamber({"exec", "--in", cell, "vault-0", "cat", "/etc/hosts"});
    EXPECT_EQ(name.code, 0) << name.err;
    EXPECT_THAT(name.out, HasSubstr("vault-0"));
    EXPECT_EQ(chamber({"exec", "--in", cell, "vault-0", "false"}).code, 1);
    EXPECT_THAT(chamber({"logs", "--in", cell, "vault-0"}).out, HasSubstr("vault-0.vault | "));
  }
  EXPECT_NE(addresses.at(0), addresses.at(1));
  EXPECT_EQ(chamber({"env"}).code, 2) << "two live, none was named";
  for (const std::string& cell : cells) {
    const Ended ran = chamber({"run", scenario, "--in", cell, "--out", root_ / ("run-in-" + cell)});
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_TRUE(fs::exists(root_ / ("run-in-" + cell) / "report.html"));
  }
  const Traces before = Traces::of(root_);
  EXPECT_GE(before.sockets.size(), 2U) << "a port for each";
  EXPECT_EQ(chamber({"down", cells[0]}).code, 0);
  EXPECT_THAT(chamber({"cells"}).out, Not(HasSubstr(cells[0])));
  EXPECT_EQ(chamber({"env", cells[1]}).code, 0) << "the other one lives on";
  EXPECT_EQ(chamber({"down"}).code, 0);
  expect_nothing_left(before);
  for (const fs::path& folder : folders()) expect_tidy(folder);
}

struct BadInput {
  const char* what;
  std::string yaml;
  const char* told;
};

TEST_F(ChamberTest, RefusesBadInputBeforeAnythingIsMade) {
  const std::vector<BadInput> all = {
      {"malformed", "name: [\n", "bad.yaml:1:7: not YAML"},
      {"unknown key", std::string(kSmall) + "chekcs: []\n", "bad.yaml:9:1: unknown key"},
      {"impossible count",
       "name: bad\nabout: Bad.\nstack: {vault: 2}\nduration: 4s\nload:\n"
       "  - {workload: vault.register, rate: 1/s}\nchecks:\n  - {linearizable: vault.register}\n",
       "bad.yaml:3:16: vault can't have 2 nodes"},
  };
  for (const BadInput& bad : all) {
    SCOPED_TRACE(bad.what);
    const Ended ended = chamber({"run", write("bad.yaml", bad.yaml)});
    EXPECT_EQ(ended.code, 2) << ended.out;
    EXPECT_THAT(ended.err, HasSubstr(bad.told));
  }
  const Ended unknown = chamber({"run", "no-such-scenario"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("no-such-scenario"));
  EXPECT_EQ(chamber({"run"}).code, 2);
  EXPECT_EQ(chamber({"run", write("small.yaml", kSmall), "--set", "no.such=1"}).code, 2);
  EXPECT_TRUE(folders().empty());
}

TEST_F(ChamberTest, RefusesAFolderThatIsInUse) {
  write("empty/something", "mine");
  const Ended ended = chamber({"run", write("small.yaml", kSmall), "--out", root_ / "empty"});
  EXPECT_EQ(ended.code, 2) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("empty"));
  EXPECT_EQ(text_of(root_ / "empty/something"), "mine");
  EXPECT_EQ(std::distance(fs::directory_iterator(root_ / "empty"), {}), 1);
}

TEST_F(ChamberTest, TellsThatTheDiskIsFull) {
  if (geteuid() != 0) CHAMBER_LACKS("mounting a small disk needs root");
  fs::create_directory(root_ / "disk");
  wrapper_ = {"/usr/bin/unshare", "--mount", "/bin/sh", "-c", "mount -t tmpfs -o size=100k none \"$0\" && exec \"$@\"",
              root_ / "disk"};
  const Ended ended = run_short({"--out", root_ / "disk/run"});
  EXPECT_EQ(ended.code, 3) << ended.out;
  EXPECT_THAT(ended.err, HasSubstr("No space left on device"));
  expect_nothing_left({});
}

// Both are shown to the cell: the way to the inner folder must not stand for the outer one.
TEST_F(ChamberTest, RunsBesideACacheInTheFolderOfRuns) {
  fs::create_directories(root_ / "runs/cache");
  fs::create_directory_symlink(fs::path(environment_["CHAMBER_CACHE"]) / "servers", root_ / "runs/cache/servers");
  environment_["CHAMBER_CACHE"] = root_ / "runs/cache";
  const Ended ended = chamber({"run", write("small.yaml", kSmall), "--out", root_ / "runs/one"});
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_TRUE(fs::exists(root_ / "runs/one/report.html"));
  fs::remove_all(root_ / "runs/cache");
}

TEST_F(ChamberTest, ASelftestThatIsKilledTakesItsCellsAlong) {
  const Process selftest = start({"selftest", "--only", "vault-drops-acknowledged-writes", "--healthy", "0"});
  const auto lives = eventually({"a cell to live", Deadline::in(std::chrono::minutes(1))}, [&]() -> Result<void> {
    std::error_code changing;  // folders come while this looks
    for (fs::recursive_directory_iterator entry(root_ / "runs", changing), end; !changing && entry != end;
         entry.increment(changing)) {
      if (entry->path().filename() == "vault-0.vault.log") return {};
    }
    return fail(ErrorKind::kUnavailable, "no log of a server yet");
  });
  EXPECT_TRUE(lives) << lives.error().message();
  const Traces before = Traces::of(root_);
  ASSERT_TRUE(selftest.signal(SIGKILL));
  static_cast<void>(end_of(selftest));
  expect_nothing_left(before);
}

TEST_F(ChamberTest, SaysWhichServerIsMissingAndHowToGetIt) {
  environment_["PATH"] = root_ / "empty";
  environment_["CHAMBER_CACHE"] = root_ / "empty";
  environment_.erase("CHAMBER_VAULT");
  const Ended ended = chamber({"run", write("small.yaml", kSmall)});
  EXPECT_EQ(ended.code, 2) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("chamber servers get vault"));
  EXPECT_TRUE(folders().empty());
}

}  // namespace
}  // namespace chamber::test
