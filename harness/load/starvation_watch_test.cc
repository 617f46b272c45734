#include "harness/load/starvation_watch.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "harness/history/reader.h"
#include "harness/history/test_files.h"

namespace chamber::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Stretch {
  std::string who;
  Instant from;
  Instant to;
  std::string measured;
};

class StarvationMeterTest : public testing::Test {
 protected:
  StarvationMeter meter_{[this](const std::string& who, Instant from, Instant to, const std::string& measured) {
    stretches_.push_back({who, from, to, measured});
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

  std::vector<Stretch> stretches_;
  CpuAccounts accounts_;
  Instant at_{seconds(100)};
};

TEST_F(StarvationMeterTest, WakingLateIsStarvation) {
  meter_.woke(at_, at_ + milliseconds(49));
  EXPECT_TRUE(stretches_.empty());
  meter_.woke(at_, at_ + milliseconds(130));
  ASSERT_EQ(stretches_.size(), 1U);
  EXPECT_EQ(stretches_[0].who, "harness");
  EXPECT_EQ(stretches_[0].from, at_);
  EXPECT_EQ(stretches_[0].to, at_ + milliseconds(130));
  EXPECT_EQ(stretches_[0].measured, "woke 130ms late");
  EXPECT_EQ(meter_.latest(), milliseconds(130));
}

TEST_F(StarvationMeterTest, OthersThatTakeTheCpusFromAWaitingCellAreStarvation) {
  second(1000, 500, 0);  // the first count has nothing before it
  second(50, 900, 1500);
  ASSERT_EQ(stretches_.size(), 1U);
  EXPECT_EQ(stretches_[0].who, "cell");
  EXPECT_EQ(stretches_[0].to - stretches_[0].from, seconds(1));
  EXPECT_EQ(stretches_[0].measured,
            "2 % of the CPUs idle, 52 % taken by programs outside the cell, 1.5 threads of the cell waiting for one");
}

TEST_F(StarvationMeterTest, ACellThatUsesTheMachineUpItselfIsNotStarved) {
  second(1000, 500, 0);
  second(0, 1900, 9000);
  EXPECT_TRUE(stretches_.empty());
}

TEST_F(StarvationMeterTest, OthersThatKeepNobodyWaitingAreNoStarvation) {
  second(1000, 500, 0);
  second(0, 400, 100);     // at a low priority
  second(600, 400, 2000);  // and a machine that has time left
  EXPECT_TRUE(stretches_.empty());
}

TEST(CpuReader, ReadsTheKernelsAccounts) {
  CpuReader reader;
  const auto before = reader.read();
  ASSERT_TRUE(before);
  const auto after = reader.read();
  ASSERT_TRUE(after);
  EXPECT_GE(after->cpus, 1);
  EXPECT_GT(after->own, Duration::zero());
  EXPECT_GE(after->own_wait, before->own_wait);
  EXPECT_GE(after->busy + after->idle, before->busy + before->idle);
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
