#include "harness/load/starvation_watch.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "harness/history/reader.h"
#include "harness/history/test_files.h"

namespace chamber::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class StarvationMeterTest : public testing::Test {
 protected:
  StarvationMeter meter_{[this](const std::string& who, Instant at, std::string_view detail) {
    const Duration since = at - Instant(seconds(100));
    notes_.push_back(fmt::format("{} {} {}", std::chrono::duration_cast<milliseconds>(since).count(), who, detail));
  }};
  // A second in which two CPUs were idle for so many milliseconds, the cell used so many, and waited for so many.
  void second(int idle, int own, int waited) {
    accounts_.cpus = 2;
    accounts_.idle += milliseconds(idle);
    accounts_.busy += milliseconds(2000 - idle);
    accounts_.own += milliseconds(own);
    accounts_.own_wait += milliseconds(waited);
    at_ += seconds(1);
    meter_.counted(at_, accounts_);
  }

  std::vector<std::string> notes_;  // "1000 cell begins": milliseconds after at_'s beginning
  CpuAccounts accounts_;
  Instant at_{seconds(100)};
};

TEST_F(StarvationMeterTest, WakingLateIsStarvation) {
  meter_.woke(at_, at_ + milliseconds(49));
  EXPECT_THAT(notes_, IsEmpty());
  meter_.woke(at_, at_ + milliseconds(130));
  EXPECT_THAT(notes_, ElementsAre("0 harness begins"));
  meter_.woke(at_ + milliseconds(140), at_ + milliseconds(141));
  EXPECT_THAT(notes_, ElementsAre("0 harness begins", "130 harness woke 130ms late"));
  EXPECT_EQ(meter_.latest(), milliseconds(130));
}

TEST_F(StarvationMeterTest, LateWakesThatFollowEachOtherAreOneStretch) {
  meter_.woke(at_, at_ + milliseconds(60));
  meter_.woke(at_ + milliseconds(70), at_ + milliseconds(170));
  meter_.woke(at_ + milliseconds(180), at_ + milliseconds(240));
  meter_.woke(at_ + milliseconds(250), at_ + milliseconds(250));
  meter_.woke(at_ + milliseconds(300), at_ + milliseconds(350));
  meter_.finish();
  EXPECT_THAT(notes_, ElementsAre("0 harness begins", "240 harness woke late 3 times, by up to 100ms",
                                  "300 harness begins", "350 harness woke 50ms late"));
  meter_.finish();
  EXPECT_THAT(notes_, SizeIs(4));
}

TEST_F(StarvationMeterTest, OthersThatTakeTheCpusFromAWaitingCellAreStarvation) {
  second(1000, 500, 0);  // the first count has nothing before it
  second(50, 900, 1500);
  EXPECT_THAT(notes_, ElementsAre("1000 cell begins"));
  second(1000, 900, 0);
  EXPECT_THAT(notes_, ElementsAre("1000 cell begins",
                                  "2000 cell 2 % of the CPUs idle, 52 % taken by programs outside the cell, 1.5 "
                                  "threads of the cell waiting for one"));
}

TEST_F(StarvationMeterTest, StarvedCountsThatFollowEachOtherAreOneStretch) {
  second(1000, 500, 0);
  second(0, 1000, 1000);
  second(100, 1000, 2000);
  second(200, 400, 3000);
  second(1000, 500, 0);
  second(0, 1000, 1000);
  meter_.finish();  // that of the last count is still open
  EXPECT_THAT(notes_, ElementsAre("1000 cell begins",
                                  "4000 cell 5 % of the CPUs idle, 55 % taken by programs outside the cell, 2.0 "
                                  "threads of the cell waiting for one",
                                  "5000 cell begins",
                                  "6000 cell 0 % of the CPUs idle, 50 % taken by programs outside the cell, 1.0 "
                                  "threads of the cell waiting for one"));
}

TEST_F(StarvationMeterTest, ACellThatUsesTheMachineUpItselfIsNotStarved) {
  second(1000, 500, 0);
  second(0, 1900, 9000);
  EXPECT_THAT(notes_, IsEmpty());
}

TEST_F(StarvationMeterTest, OthersThatKeepNobodyWaitingAreNoStarvation) {
  second(1000, 500, 0);
  second(0, 400, 100);     // at a low priority
  second(600, 400, 2000);  // and a machine that has time left
  EXPECT_THAT(notes_, IsEmpty());
}

class CountScheduleTest : public testing::Test {
 protected:
  // After 100 ms more in which so much of two CPUs was idle.
  bool look(double idle) {
    at_ += milliseconds(100);
    machine_.idle += std::chrono::duration_cast<Duration>(milliseconds(200) * idle);
    return schedule_.due(at_, machine_);
  }
  // After each of ten such looks: whether to count, "-" or "c".
  std::string second(double idle) {
    std::string counts;
    for (int i = 0; i < 10; ++i) counts += look(idle) ? 'c' : '-';
    return counts;
  }

  CountSchedule schedule_;
  MachineTime machine_{.cpus = 2};
  Instant at_{seconds(100)};
};

TEST_F(CountScheduleTest, IdleCpusAreNotCounted) {
  EXPECT_EQ(second(1), "----------");
  EXPECT_EQ(second(0.3), "----------");
}

TEST_F(CountScheduleTest, BusyOnesAreFromTheFirstLookAndThenEachSecond) {
  EXPECT_FALSE(look(1));
  EXPECT_EQ(second(0.05), "c---------");
  EXPECT_EQ(second(0.05), "c---------");
}

TEST_F(CountScheduleTest, TheSecondInWhichTheyBecomeIdleIsTheLast) {
  EXPECT_FALSE(look(1));
  EXPECT_EQ(second(0), "c---------");
  EXPECT_EQ(second(0.8), "c---------");  // the busy second's end
  EXPECT_EQ(second(0.8), "c---------");  // the idle one's: no more after it
  EXPECT_EQ(second(0.8), "----------");
  EXPECT_EQ(second(0), "c---------");
}

TEST(CpuReader, ReadsTheKernelsAccounts) {
  CpuReader reader;
  const auto earlier = machine_time();
  ASSERT_TRUE(earlier);
  const CpuAccounts before = reader.read(*earlier);
  const auto later = machine_time();
  ASSERT_TRUE(later);
  const CpuAccounts after = reader.read(*later);
  EXPECT_GE(after.cpus, 1);
  EXPECT_GT(after.own, Duration::zero());
  EXPECT_GE(after.own_wait, before.own_wait);
  EXPECT_GE(after.busy + after.idle, before.busy + before.idle);
}

TEST(StarvationWatch, EndsWithWhatItSaw) {
  const TestFolder folder;
  auto recorder = Recorder::create(folder / "history.bin");
  ASSERT_TRUE(recorder);
  StarvationWatch watch(**recorder, {});
  EXPECT_GE(watch.stop(), Duration::zero());
  EXPECT_TRUE((*recorder)->close());
}

}  // namespace
}  // namespace chamber::load
