#include "harness/process/run_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace chamber {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class RunFolderTest : public testing::Test {
 protected:
  RunFolderTest() {
    std::string pattern = fs::temp_directory_path() / "chamber-run-XXXXXX";
    root_ = mkdtemp(pattern.data());
  }
  ~RunFolderTest() override { fs::remove_all(root_); }
  RunFolderTest(const RunFolderTest&) = delete;
  RunFolderTest& operator=(const RunFolderTest&) = delete;

  fs::path root_;
};

TEST_F(RunFolderTest, IsLiveWhileItsLockIsHeldAndClosedAfterwards) {
  auto folder = RunFolder::create(root_ / "a");
  ASSERT_TRUE(folder) << folder.error().message();
  EXPECT_EQ(list_runs(root_)->at(0).state, RunState::kLive);
  EXPECT_THAT(*reap(root_), IsEmpty()) << "a live run must never be reaped";
  ASSERT_TRUE(folder->will_make("volumes"));
  fs::create_directories(folder->path() / "volumes/x");
  ASSERT_TRUE(folder->close());
  EXPECT_FALSE(fs::exists(folder->path() / "volumes"));
  folder = fail(ErrorKind::kHarness, "let it go");
  EXPECT_EQ(list_runs(root_)->at(0).state, RunState::kClosed);
}

TEST_F(RunFolderTest, ReapRemovesWhatAKilledRunMadeAndNothingElse) {
  {
    auto folder = RunFolder::create(root_ / "killed");
    ASSERT_TRUE(folder);
    ASSERT_TRUE(folder->will_make("volumes"));
    fs::create_directories(folder->path() / "volumes/x");
    fs::create_directories(folder->path() / "logs");
  }
  fs::create_directories(root_ / "foreign/volumes");
  EXPECT_EQ(list_runs(root_)->at(0).state, RunState::kAbandoned);
  const auto reaped = reap(root_);
  ASSERT_TRUE(reaped);
  ASSERT_EQ(reaped->size(), 1U);
  EXPECT_THAT(reaped->at(0).left, ElementsAre("volumes"));
  EXPECT_TRUE(fs::exists(root_ / "killed/logs"));
  EXPECT_TRUE(fs::exists(root_ / "foreign/volumes"));
  EXPECT_THAT(*reap(root_), IsEmpty());
}

TEST_F(RunFolderTest, AForgedLedgerCannotLeadOutOfItsFolder) {
  fs::create_directories(root_ / "precious");
  {
    const auto folder = RunFolder::create(root_ / "forged");
    ASSERT_TRUE(folder);
    std::ofstream(folder->path() / "ledger.jsonl", std::ios::app)
        << "{\"make\":\"../precious\"}\n{\"make\":\"" << (root_ / "precious").string() << "\"}\nnot json\n{\"make\":";
  }
  ASSERT_TRUE(reap(root_));
  EXPECT_TRUE(fs::exists(root_ / "precious"));
}

TEST_F(RunFolderTest, RefusesAFolderThatHasSomethingInIt) {
  fs::create_directories(root_ / "used/by-somebody");
  const auto folder = RunFolder::create(root_ / "used");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().kind(), ErrorKind::kInput);
}

TEST_F(RunFolderTest, WhatLiesOutsideIsRemovedByWhoKnowsHow) {
  auto folder = RunFolder::create(root_ / "outside");
  ASSERT_TRUE(folder);
  ASSERT_TRUE(folder->will_make_outside({"docker network", "chamber-x"}));
  EXPECT_FALSE(folder->close()) << "nobody can have removed it";
  std::vector<std::string> removed;
  const RemoveOutside remove = [&](const OutsideThing& thing) -> Result<void> {
    removed.push_back(thing.what + " " + thing.name);
    return {};
  };
  ASSERT_TRUE(folder->close(remove));
  EXPECT_EQ(removed, std::vector<std::string>{"docker network chamber-x"});
}

TEST_F(RunFolderTest, ReapRemovesWhatLiesOutsideOrSaysWhatIsLeft) {
  {
    auto folder = RunFolder::create(root_ / "killed");
    ASSERT_TRUE(folder);
    ASSERT_TRUE(folder->will_make_outside({"kind cluster", "chamber-y"}));
  }
  const auto failing =
      reap(root_, [](const OutsideThing&) -> Result<void> { return fail(ErrorKind::kHarness, "no Docker"); });
  EXPECT_FALSE(failing);
  const auto reaped = reap(root_, [](const OutsideThing&) -> Result<void> { return {}; });
  ASSERT_TRUE(reaped);
  ASSERT_EQ(reaped->size(), 1U);
  EXPECT_EQ(reaped->front().left, std::vector<std::string>{"kind cluster chamber-y"});
}

}  // namespace
}  // namespace chamber
