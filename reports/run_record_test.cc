#include "reports/run_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "reports/test_runs.h"

namespace chamber {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

TEST(RunRecord, SurvivesJson) {
  RunRecord record = test_record();
  record.incomplete = "interrupted";
  const Json json = to_json(record);
  const Result<RunRecord> read = run_record_from_json(Json::parse(json.dump()));
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(to_json(*read), json);
  EXPECT_EQ(read->engines.size(), record.engines.size());
  EXPECT_EQ(read->bring_up.tasks[3].after, record.bring_up.tasks[3].after);
}

TEST(RunRecord, WhatWasNotDoneIsAbsent) {
  RunRecord record = test_record();
  record.cleanup.reset();
  record.secrets.reset();
  record.harness.receivers_cpu_seconds.reset();
  const Json json = to_json(record);
  EXPECT_FALSE(json.contains("cleanup"));
  EXPECT_FALSE(json.contains("secrets"));
  EXPECT_FALSE(json.contains("incomplete"));
  EXPECT_FALSE(json["harness"].contains("receivers_cpu_seconds"));
  const Result<RunRecord> read = run_record_from_json(json);
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_FALSE(read->cleanup);
}

struct Mistake {
  const char* name;
  std::function<void(Json&)> make;
  const char* message;
};

class RunRecordMistakes : public testing::TestWithParam<Mistake> {};

TEST_P(RunRecordMistakes, IsToldWithItsPlace) {
  Json json = to_json(test_record());
  GetParam().make(json);
  const Result<RunRecord> read = run_record_from_json(json);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().kind(), ErrorKind::kInput);
  EXPECT_EQ(read.error().message(), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    All, RunRecordMistakes,
    testing::Values(
        Mistake{"Missing", [](Json& j) { j.erase("seed"); }, "seed: missing"},
        Mistake{"MissingInside", [](Json& j) { j["host"].erase("cpus"); }, "host.cpus: missing"},
        Mistake{"Unknown", [](Json& j) { j["colour"] = 1; }, "colour: unknown key"},
        Mistake{"UnknownInside", [](Json& j) { j["engines"][1]["x"] = 1; }, "engines[1].x: unknown key"},
        Mistake{"Type", [](Json& j) { j["bring_up"]["tasks"][2]["end_s"] = "4"; },
                "bring_up.tasks[2].end_s: string where a number belongs"},
        Mistake{"TypeInList", [](Json& j) { j["cleanup"]["left"] = Json::array({1}); },
                "cleanup.left[0]: number where a string belongs"},
        Mistake{"Negative", [](Json& j) { j["duration_s"] = -1.5; },
                "duration_s: a number that is not below zero belongs here"},
        Mistake{"Fraction", [](Json& j) { j["seed"] = 1.5; }, "seed: number where a whole number from 0 belongs"},
        Mistake{"TooMany", [](Json& j) { j["host"]["cpus"] = 1ULL << 40; }, "host.cpus: out of range"},
        Mistake{"Component", [](Json& j) { j["stack"]["components"]["vault"] = "three"; },
                "stack.components.vault: string where a whole number from 0 belongs"},
        Mistake{"NotAnObject", [](Json& j) { j["scenario"] = 3; }, "scenario: number where an object belongs"},
        Mistake{"NotAnObjectAtAll", [](Json& j) { j = Json::array(); }, "the file: array where an object belongs"},
        Mistake{"Version", [](Json& j) { j["format"] = "chamber-run/2"; },
                "format: \"chamber-run/2\" is not one that this program reads (\"chamber-run/1\")"}),
    [](const testing::TestParamInfo<Mistake>& mistake) { return mistake.param.name; });

}  // namespace
}  // namespace chamber
