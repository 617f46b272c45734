#include "harness/check/served_again.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "harness/check/test_histories.h"

namespace chamber {
namespace {

using std::chrono::seconds;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

// One operation every 10 ms for 60 s; those intended in one of the stretches fail. Faults from 5 to 10 s, with another
// from 8 to 12 s, and from 40 to 45 s: quiet from 12 to 40 s, and from 45 s on.
HistoryBuilder run(const std::vector<std::pair<std::int64_t, std::int64_t>>& failing) {
  HistoryBuilder builder;
  for (std::int64_t at = 0; at < 60'000; at += 10) {
    bool fails = false;
    for (const auto& [from, to] : failing) fails = fails || (at >= from && at < to);
    builder.add("w", static_cast<std::uint32_t>(at), Function::kWrite, 0, 1, at, at + 5,
                fails ? Outcome::kFail : Outcome::kOk);
  }
  builder.event(5000, EventKind::kFaultStart, "kill a");
  builder.event(8000, EventKind::kFaultStart, "pause b");
  builder.event(10'000, EventKind::kFaultEnd, "kill a");
  builder.event(12'000, EventKind::kFaultEnd, "pause b");
  builder.event(40'000, EventKind::kFaultStart, "kill a");
  builder.event(45'000, EventKind::kFaultEnd, "kill a");
  return builder;
}

// The same load on twenty keys by turns, reads and writes, with the same faults; those of the keys that are intended in
// the stretch fail.
struct Held {
  std::set<std::uint64_t> keys;
  std::int64_t from;
  std::int64_t to;
  bool reads = true;  // or its writes alone
};

CheckResult check_keys(const Held& held, Duration one_key_within, std::uint64_t keys = 20) {
  HistoryBuilder builder = run({});
  for (Operation& operation : builder.history().operations) {
    const auto number = static_cast<std::uint64_t>(operation.process) / 10;
    operation.key = number % keys;
    if (number / keys % 2 == 0) operation.function = Function::kRead;
    const bool hit = held.keys.contains(operation.key) && operation.intended >= at_ms(held.from) &&
                     operation.intended < at_ms(held.to) && (held.reads || operation.function == Function::kWrite);
    if (hit) operation.outcome = Outcome::kFail;
  }
  return check_served_again(builder.history(),
                            {.outage = {.workload = "w"}, .within = seconds(10), .one_key_within = one_key_within});
}

CheckResult check(HistoryBuilder builder, Duration within = seconds(10)) {
  return check_served_again(builder.history(), {.outage = {.workload = "w"}, .within = within});
}

TEST(ServedAgain, WhatFailsDuringFaultsIsNotItsMatter) {
  const CheckResult result = check(run({{5000, 12'000}, {41'000, 44'000}}));
  EXPECT_EQ(result.judgement, Judgement::kPass);
  EXPECT_THAT(result.evidence, ElementsAre("quiet from 12.000000s to 40.000000s: served throughout",
                                           "quiet from 45.000000s to 59.990000s: served throughout"));
}

TEST(ServedAgain, CountsFromTheEndOfTheLastFault) {
  const CheckResult result = check(run({{6000, 15'000}}));
  EXPECT_EQ(result.judgement, Judgement::kPass);
  EXPECT_EQ(result.budget->observed, 3);
  EXPECT_EQ(check(run({{6000, 15'000}}), seconds(2)).judgement, Judgement::kFail);
}

TEST(ServedAgain, ServiceThatGoesAwayAgainIsTooLate) {
  const CheckResult result = check(run({{30'000, 31'000}}));
  EXPECT_EQ(result.judgement, Judgement::kFail);
  EXPECT_THAT(result.evidence[0], HasSubstr("served after 19.00s, too late"));
}

TEST(ServedAgain, WhatTheNextFaultMeetsOnItsWayIsThatFaults) {
  const auto with = [](std::int64_t from, std::int64_t to) {
    HistoryBuilder builder = run({{40'000, 44'000}});
    builder.add("w", 90'000, Function::kWrite, 0, 1, from, to, Outcome::kUnknown);
    return check(builder).judgement;
  };
  EXPECT_EQ(with(39'999, 44'999), Judgement::kPass);
  EXPECT_EQ(with(39'995, 39'999), Judgement::kFail) << "it was told before";
  EXPECT_EQ(with(38'000, 43'000), Judgement::kFail) << "it had waited for two seconds";
  EXPECT_EQ(with(59'985, 64'985), Judgement::kFail) << "there is no next fault";
}

TEST(ServedAgain, ServiceThatNeverComesBackFails) {
  const CheckResult result = check(run({{41'000, 60'000}}));
  EXPECT_EQ(result.judgement, Judgement::kFail);
  EXPECT_THAT(result.evidence[1], HasSubstr("not served to its end, too late"));
}

TEST(ServedAgain, AKeyByItselfHasATimeOfItsOwn) {
  const Held held{{3}, 6000, 30'000};
  const CheckResult kept = check_keys(held, seconds(18));
  EXPECT_EQ(kept.judgement, Judgement::kPass) << kept.summary;
  EXPECT_EQ(kept.budget->observed, 0) << "all others were served throughout";
  EXPECT_THAT(kept.summary, HasSubstr("1 key by itself, after 17.8"));
  EXPECT_THAT(kept.evidence, Contains(AllOf(HasSubstr("writes of key 3 by itself"), HasSubstr("in 17.8"))));
  const CheckResult late = check_keys(held, seconds(17));
  EXPECT_EQ(late.judgement, Judgement::kFail);
  EXPECT_THAT(late.evidence, Contains(AllOf(HasSubstr("of key 3"), HasSubstr("too late"))));
}

TEST(ServedAgain, ReadsDoNotEndWhatWritesOfTheKeyWaitFor) {
  const Held held{{3}, 6000, 30'000, false};
  EXPECT_EQ(check_keys(held, seconds(18)).judgement, Judgement::kPass);
  EXPECT_EQ(check_keys(held, seconds(17)).judgement, Judgement::kFail);
}

TEST(ServedAgain, AKeysTimeGoesOnThroughTheNextFaults) {
  const Held held{{3}, 20'000, 58'000};
  EXPECT_EQ(check_keys(held, seconds(38)).judgement, Judgement::kPass);
  EXPECT_EQ(check_keys(held, seconds(37)).judgement, Judgement::kFail) << "two quiet periods, one wait";
}

TEST(ServedAgain, ManyKeysAreTheService) {
  EXPECT_EQ(check_keys({{3, 4}, 6000, 30'000}, seconds(20)).judgement, Judgement::kPass);
  const CheckResult many = check_keys({{3, 4, 5}, 6000, 30'000}, seconds(20));
  EXPECT_EQ(many.judgement, Judgement::kFail);
  EXPECT_GT(many.budget->observed, 10);
  EXPECT_EQ(check_keys({{3}, 6000, 30'000}, seconds(20), 9).judgement, Judgement::kFail) << "one of nine";
}

TEST(ServedAgain, AKeyThatIsNeverServedAgainIsNoPass) {
  EXPECT_EQ(check_keys({{3}, 41'000, 60'000}, seconds(20)).judgement, Judgement::kInconclusive);
  EXPECT_EQ(check_keys({{3}, 41'000, 60'000}, seconds(12)).judgement, Judgement::kFail);
}

TEST(ServedAgain, WithoutALongEnoughQuietPeriodNothingIsTold) {
  EXPECT_EQ(check(run({}), seconds(30)).judgement, Judgement::kInconclusive);
  HistoryBuilder none;
  EXPECT_EQ(check(none).judgement, Judgement::kInconclusive);
}

}  // namespace
}  // namespace chamber
