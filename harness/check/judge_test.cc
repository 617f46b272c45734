#include "harness/check/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "harness/history/jsonl.h"

namespace chamber {
namespace {

using testing::HasSubstr;

Verdict judge(const std::string& lines, JudgeOptions options) {
  std::istringstream in(lines);
  const auto history = import_jsonl(in, "test");
  EXPECT_TRUE(history) << history.error().message();
  const auto check = judge_of(options);
  EXPECT_TRUE(check) << check.error().message();
  return run_checks(*history, std::span(&*check, 1));
}

// One client after the other: {what was asked for, what was answered}.
std::string calls(const std::vector<std::pair<std::string, std::string>>& calls) {
  std::string lines;
  int time = 0;
  for (const auto& [asked, answered] : calls) {
    lines += R"({"process":0,"kind":"invoke","time_ns":)" + std::to_string(++time) + "," + asked + "}\n";
    lines += R"({"process":0,"kind":"ok","time_ns":)" + std::to_string(++time) + answered + "}\n";
  }
  return lines;
}

TEST(Judge, EveryModelPassesWhatIsRightAndFailsWhatIsWrong) {
  struct Example {
    const char* model;
    std::vector<std::pair<std::string, std::string>> right;
    std::vector<std::pair<std::string, std::string>> wrong;  // as an answer to the same and more
  };
  const std::string read = R"("op":"read","key":"x")";
  const std::string final_read = read + R"(,"final":true)";
  const std::vector<Example> examples = {
      {"register", {{R"("op":"write","key":"x","value":7)", ""}, {read, R"(,"value":7)"}}, {{read, R"(,"value":8)"}}},
      {"kv", {{R"("op":"append","key":"x","value":"a")", ""}, {read, R"(,"value":"a")"}}, {{read, R"(,"value":"b")"}}},
      {"set", {{R"("op":"add","key":"x","value":1)", ""}, {read, R"(,"value":[1])"}}, {{read, R"(,"value":[2])"}}},
      {"queue",
       {{R"("op":"enqueue","value":1)", ""}, {R"("op":"dequeue")", R"(,"value":1)"}},
       {{R"("op":"dequeue")", R"(,"value":1)"}}},
      {"list-append",
       {{R"("op":"txn","value":[["append","x",1]])", ""},
        {R"("op":"txn","value":[["r","x",null]])", R"(,"value":[["r","x",[1]]])"}},
       {{R"("op":"txn","value":[["r","x",null]])", R"(,"value":[["r","x",[]]])"}}},
      {"rw-register",
       {{R"("op":"txn","value":[["w","x",1]])", ""},
        {R"("op":"txn","value":[["r","x",null]])", R"(,"value":[["r","x",1]])"}},
       {{R"("op":"txn","value":[["r","x",null]])", R"(,"value":[["r","x",2]])"}}},
      {"bank",
       {{R"("op":"transfer","value":[0,1,5])", ""}, {R"("op":"read")", R"(,"value":[95,105])"}},
       {{R"("op":"read")", R"(,"value":[95,100])"}}},
      {"set-full", {{R"("op":"add","key":"x","value":1)", ""}, {read, R"(,"value":[1])"}}, {{read, R"(,"value":[])"}}},
      {"monotonic-reads",
       {{R"("op":"add","key":"x","value":1)", ""}, {read, R"(,"value":[1])"}, {read, R"(,"value":[1])"}},
       {{read, R"(,"value":[])"}}},
      {"no-lost-acks",
       {{R"("op":"add","key":"x","value":1)", ""}, {final_read, R"(,"value":[1])"}},
       {{R"("op":"add","key":"x","value":2)", ""}, {final_read, R"(,"value":[1])"}}},
  };
  for (const Example& example : examples) {
    JudgeOptions options{.model = example.model, .level = "strict-serializable"};
    EXPECT_EQ(judge(calls(example.right), options).overall, Judgement::kPass) << example.model;
    auto both = example.right;
    both.insert(both.end(), example.wrong.begin(), example.wrong.end());
    EXPECT_EQ(judge(calls(both), options).overall, Judgement::kFail) << example.model;
  }
}

TEST(Judge, ReportsHowOldReadsAre) {
  const Verdict verdict =
      judge(calls({{R"("op":"write","key":"x","value":7)", ""}, {R"("op":"read","key":"x")", R"(,"value":null)"}}),
            {.model = "staleness"});
  EXPECT_EQ(verdict.overall, Judgement::kPass);
  EXPECT_THAT(verdict.results.back().summary, HasSubstr("1 of 1 reads missed"));
}

TEST(Judge, AnUnknownModelOrLevelIsToldWithWhatThereIs) {
  EXPECT_THAT(judge_of({.model = "stack"}).error().message(), HasSubstr("list-append"));
  EXPECT_THAT(judge_of({.model = "list-append", .level = "x"}).error().message(), HasSubstr("repeatable_read"));
  for (const JudgeModel& model : judge_models()) EXPECT_TRUE(judge_of({.model = std::string(model.name)}));
}

TEST(Judge, AnotherModelsOperationsAreInconclusive) {
  const std::string queue = calls({{R"("op":"enqueue","value":1)", ""}, {R"("op":"dequeue")", R"(,"value":1)"}});
  for (const JudgeModel& model : judge_models()) {
    if (model.name == "queue" || model.name == "no-lost-acks") continue;
    EXPECT_EQ(judge(queue, {.model = std::string(model.name)}).overall, Judgement::kInconclusive) << model.name;
  }
}

}  // namespace
}  // namespace chamber
