#include "harness/check/verdict.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace chamber {
namespace {

CheckResult result_of(Judgement judgement) {
  CheckResult result;
  result.check = "outage vault.register";
  result.judgement = judgement;
  return result;
}

TEST(Verdict, InconclusiveIsNeverAPass) {
  constexpr auto kPass = Judgement::kPass;
  constexpr auto kFail = Judgement::kFail;
  constexpr auto kInconclusive = Judgement::kInconclusive;
  EXPECT_EQ(Verdict::of({}).overall, kInconclusive);
  EXPECT_EQ(Verdict::of({result_of(kPass)}).overall, kPass);
  EXPECT_EQ(Verdict::of({result_of(kPass), result_of(kInconclusive)}).overall, kInconclusive);
  EXPECT_EQ(Verdict::of({result_of(kInconclusive), result_of(kFail), result_of(kPass)}).overall, kFail);
  EXPECT_EQ(exit_code(kPass), 0);
  EXPECT_EQ(exit_code(kFail), 1);
  EXPECT_EQ(exit_code(kInconclusive), 4);
}

TEST(Verdict, ComesBackFromJson) {
  CheckResult full = result_of(Judgement::kFail);
  full.summary = "an outage of 3 s";
  full.evidence = {"one", "two"};
  full.budget = Budget{"outage", 2.5, 3, "s", "scenario", true};
  full.drawing = {{3, "write(x, 7)", Duration(5), Duration(9), "ok", 2},
                  {4, "read(x)", Duration(6), {}, "unknown", {}}};
  full.operations = 12;
  full.took = Duration(345);
  const nlohmann::json json = to_json(Verdict::of({full, result_of(Judgement::kPass)}));
  const Verdict again = verdict_from_json(nlohmann::json::parse(json.dump())).value();
  EXPECT_EQ(to_json(again), json);
  EXPECT_EQ(again.overall, Judgement::kFail);
  EXPECT_FALSE(again.results[0].budget->kept());
}

TEST(Verdict, WhatIsNoVerdictIsRefused) {
  for (const char* text : {"{}", "[]", R"({"overall":"pass","results":[]})", R"({"overall":"good","results":[]})",
                           R"({"overall":"pass","results":[{"check":1}]})"}) {
    const auto verdict = verdict_from_json(nlohmann::json::parse(text));
    ASSERT_FALSE(verdict) << text;
    EXPECT_EQ(verdict.error().kind(), ErrorKind::kInput);
  }
}

}  // namespace
}  // namespace chamber
