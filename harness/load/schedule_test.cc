#include "harness/load/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <thread>
#include <vector>

namespace chamber::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::vector<Schedule::Ticket> all_of(Schedule& schedule) {
  std::vector<Schedule::Ticket> tickets;
  while (const auto ticket = schedule.take()) tickets.push_back(*ticket);
  return tickets;
}

TEST(Schedule, SpacesConstantArrivalsExactly) {
  Schedule schedule({{300, seconds(10)}}, Arrivals::kConstant, 1);
  const auto tickets = all_of(schedule);
  ASSERT_EQ(tickets.size(), 3000U);
  for (std::size_t i = 0; i < tickets.size(); ++i) {
    EXPECT_EQ(tickets[i].number, i);
    EXPECT_EQ(tickets[i].at.count(), std::llround(static_cast<double>(i) * 1e9 / 300));
  }
}

TEST(Schedule, DoesNotDriftOverHours) {
  Schedule schedule({{1000.0 / 3, std::chrono::hours(1)}}, Arrivals::kConstant, 1);
  Schedule::Ticket last;
  std::uint64_t count = 0;
  while (const auto ticket = schedule.take()) last = *ticket, ++count;
  EXPECT_EQ(count, 1'200'000U);
  EXPECT_LE(std::abs((last.at - milliseconds(3 * 1'199'999)).count()), 2);
}

TEST(Schedule, ClimbsStepsAndPauses) {
  Schedule schedule({{10, seconds(1)}, {0, seconds(2)}, {100, seconds(1)}}, Arrivals::kConstant, 1);
  const auto tickets = all_of(schedule);
  ASSERT_EQ(tickets.size(), 110U);
  EXPECT_EQ(tickets[9].at, milliseconds(900));
  EXPECT_EQ(tickets[10].at, seconds(3));
  EXPECT_EQ(tickets[11].at, milliseconds(3010));
  EXPECT_EQ(schedule.length(), seconds(4));
  EXPECT_EQ(schedule.rate_at(milliseconds(500)), 10);
  EXPECT_EQ(schedule.rate_at(seconds(2)), 0);
  EXPECT_EQ(schedule.rate_at(seconds(4)), 0);
  EXPECT_EQ(schedule.highest_rate(), 100);
}

TEST(Schedule, TakesRatesBelowOne) {
  Schedule schedule({{0.5, seconds(10)}}, Arrivals::kConstant, 1);
  const auto tickets = all_of(schedule);
  ASSERT_EQ(tickets.size(), 5U);
  EXPECT_EQ(tickets[4].at, seconds(8));
}

TEST(Schedule, DrawsPoissonArrivalsFromTheSeed) {
  const auto draw = [](std::uint64_t seed) {
    Schedule schedule({{1000, seconds(20)}, {0, seconds(1)}, {500, seconds(20)}}, Arrivals::kPoisson, seed);
    return all_of(schedule);
  };
  const auto tickets = draw(7);
  const auto again = draw(7);
  ASSERT_EQ(tickets.size(), again.size());
  std::size_t in_first_step = 0;
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i < tickets.size(); ++i) {
    EXPECT_EQ(tickets[i].at, again[i].at);
    EXPECT_EQ(tickets[i].number, i);
    EXPECT_FALSE(tickets[i].at > seconds(20) && tickets[i].at < seconds(21)) << "in the pause";
    if (i == 0 || tickets[i].at > seconds(20)) continue;
    ++in_first_step;
    const double gap = chamber::seconds(tickets[i].at - tickets[i - 1].at);
    ASSERT_GE(gap, 0);
    sum += gap;
    squares += gap * gap;
  }
  // 20,000 expected with a standard deviation of 141; exponential gaps have the mean as their standard deviation.
  EXPECT_NEAR(static_cast<double>(in_first_step), 20'000, 5 * 141);
  EXPECT_NEAR(static_cast<double>(tickets.size() - in_first_step), 10'000, 5 * 100);
  const double mean = sum / static_cast<double>(in_first_step);
  const double deviation = std::sqrt(squares / static_cast<double>(in_first_step) - mean * mean);
  EXPECT_NEAR(deviation / mean, 1, 0.05);
  EXPECT_NE(draw(8)[0].at, tickets[0].at);
}

TEST(Schedule, GivesEachTicketToOneThread) {
  for (const Arrivals arrivals : {Arrivals::kConstant, Arrivals::kPoisson}) {
    Schedule schedule({{10'000, seconds(1)}}, arrivals, 1);
    std::vector<std::vector<std::uint64_t>> taken(4);
    std::vector<std::thread> threads;
    for (auto& mine : taken) {
      threads.emplace_back([&] {
        while (const auto ticket = schedule.take()) mine.push_back(ticket->number);
      });
    }
    for (std::thread& thread : threads) thread.join();
    std::set<std::uint64_t> all;
    std::size_t count = 0;
    for (const auto& mine : taken) {
      all.insert(mine.begin(), mine.end());
      count += mine.size();
    }
    EXPECT_EQ(all.size(), count);
    EXPECT_EQ(*all.rbegin(), count - 1);
  }
}

TEST(Schedule, IsEmptyWithoutSteps) {
  Schedule schedule({}, Arrivals::kConstant, 1);
  EXPECT_FALSE(schedule.take().has_value());
  EXPECT_EQ(schedule.length(), Duration::zero());
}

}  // namespace
}  // namespace chamber::load
