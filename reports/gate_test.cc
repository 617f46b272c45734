#include "reports/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "reports/test_matrices.h"

namespace chamber {
namespace {

using matrix::CellResult;
using matrix::MatrixResult;
using matrix::Status;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kToday = "2026-11-21";

std::string text_of(const std::string& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

Gate committed() {
  auto gate = read_gate(text_of("ci/gate.yaml"), "ci/gate.yaml");
  EXPECT_TRUE(gate.ok()) << gate.error().message();
  return gate ? *gate : Gate{};
}

Gate with_waiver(const std::string& waiver) {
  auto gate = read_gate(text_of("ci/gate.yaml") + "waivers:\n  - " + waiver + "\n", "ci/gate.yaml");
  EXPECT_TRUE(gate.ok()) << gate.error().message();
  return gate ? *gate : Gate{};
}

std::vector<std::string> failed(const GateResult& result) {
  std::vector<std::string> names;
  for (const RuleResult& rule : result.rules) {
    if (rule.verdict == RuleVerdict::kFail) names.push_back(rule.rule);
  }
  return names;
}

TEST(ReleaseGate, PassesWhatKeepsEveryRule) {
  const GateResult result = judge(committed(), {test_matrix()}, kToday);
  EXPECT_THAT(failed(result), IsEmpty());
  EXPECT_TRUE(result.pass);
  EXPECT_EQ(result.rules.size(), 9U);
  for (const RuleResult& rule : result.rules) EXPECT_FALSE(rule.evidence.empty()) << rule.rule;
}

struct Broken {
  const char* rule;
  std::function<void(MatrixResult&)> harm;
};

// Each breaks one rule; the harm is such that no other rule speaks of it.
const std::vector<Broken>& broken() {
  static const std::vector<Broken> all = {
      {"required_cells",
       [](MatrixResult& m) {
         set_status(m.cells[3], Status::kFailed);
         m.cells[3].attempts[0].facts.faults = 0;
       }},
      {"required_cells", [](MatrixResult& m) { set_status(m.cells[3], Status::kNotRun); }},
      {"required_cells", [](MatrixResult& m) { set_status(m.cells[3], Status::kError); }},
      {"required_cells",
       [](MatrixResult& m) {
         for (CellResult& cell : m.cells) cell.required = false;
       }},
      {"availability", [](MatrixResult& m) { m.cells[2].attempts[0].facts.services[1].served -= 200; }},
      {"availability",
       [](MatrixResult& m) {
         for (CellResult& cell : m.cells) cell.attempts[0].facts.services[1].operations = 0;
         for (CellResult& cell : m.cells) cell.attempts[0].facts.services[1].served = 0;
       }},
      {"latency", [](MatrixResult& m) { m.cells[2].attempts[0].facts.services[0].p99_ms = 100; }},
      {"latency",
       [](MatrixResult& m) {
         for (CellResult& cell : m.cells) cell.attempts[0].facts.services[0].p99_ms.reset();
       }},
      {"outages", [](MatrixResult& m) { m.cells[4].attempts[0].facts.budgets[0].kept = false; }},
      {"outages",
       [](MatrixResult& m) {
         for (CellResult& cell : m.cells) cell.attempts[0].facts.budgets.clear();
       }},
      {"bring_up", [](MatrixResult& m) { m.cells.back().attempts[0].facts.bring_up_s = 1800; }},
      {"flakes", [](MatrixResult& m) { make_flaky(m.cells[0]); }},
      {"chaos",
       [](MatrixResult& m) {
         for (CellResult& cell : m.cells) cell.attempts[0].facts.load_s = 60;
       }},
      {"chaos",
       [](MatrixResult& m) {
         for (CellResult& cell : m.cells) cell.attempts[0].facts.faults_proved = 1;
       }},
      {"chaos",
       [](MatrixResult& m) {
         set_status(m.cells[3], Status::kFailed);
         m.cells[3].required = false;
       }},
      {"nothing_inconclusive",
       [](MatrixResult& m) {
         set_status(m.cells[3], Status::kInconclusive);
         m.cells[3].required = false;
       }},
      {"real_engines", [](MatrixResult& m) { m.cells[3].attempts[0].facts.stand_ins = {"identity"}; }},
  };
  return all;
}

TEST(ReleaseGate, ExactlyTheRuleThatIsBrokenFails) {
  int number = 0;
  for (const Broken& one : broken()) {
    MatrixResult result = test_matrix();
    one.harm(result);
    const GateResult verdict = judge(committed(), {result}, kToday);
    EXPECT_THAT(failed(verdict), ElementsAre(one.rule)) << "harm " << number;
    EXPECT_FALSE(verdict.pass) << "harm " << number;
    ++number;
  }
}

TEST(ReleaseGate, NoResultIsNoPass) {
  const GateResult verdict = judge(committed(), {}, kToday);
  EXPECT_FALSE(verdict.pass);
  // What counts things that must not be finds none in nothing; the rest has nothing to show.
  EXPECT_THAT(failed(verdict), ElementsAre("required_cells", "availability", "latency", "outages", "bring_up", "flakes",
                                           "chaos", "real_engines"));
}

TEST(ReleaseGate, SeveralResultsCountTogether) {
  MatrixResult release = test_matrix();
  for (CellResult& cell : release.cells) cell.attempts[0].facts.load_s = 60;
  EXPECT_THAT(failed(judge(committed(), {release}, kToday)), ElementsAre("chaos"));
  MatrixResult nightly = test_matrix(1);
  nightly.matrix = "nightly";
  for (CellResult& cell : nightly.cells) cell.attempts[0].facts.load_s = 2 * 3600;
  EXPECT_TRUE(judge(committed(), {release, nightly}, kToday).pass);
}

TEST(ReleaseGate, AWaiverLetsItsCellsPassUntilItsDay) {
  MatrixResult result = test_matrix();
  result.cells[3].attempts[0].facts.stand_ins = {"identity"};
  const std::string cells =
      "{rule: real_engines, cells: ['development.*'], owner: Ada, reason: no image, until: 2026-11-21}";
  const GateResult verdict = judge(with_waiver(cells), {result}, kToday);
  EXPECT_TRUE(verdict.pass);
  EXPECT_EQ(verdict.rules.back().verdict, RuleVerdict::kWaived);
  EXPECT_THAT(verdict.notes, ElementsAre(HasSubstr("WAIVED: real_engines is waived for development.*")));
  EXPECT_THAT(render_gate_markdown(verdict), HasSubstr("WAIVED"));

  const GateResult later = judge(with_waiver(cells), {result}, "2026-11-22");
  EXPECT_FALSE(later.pass);
  EXPECT_THAT(later.notes, ElementsAre(HasSubstr("ran out on 2026-11-21")));

  // Another cell is not covered by it.
  result.cells.back().attempts[0].facts.stand_ins = {"identity"};
  EXPECT_THAT(failed(judge(with_waiver(cells), {result}, kToday)), ElementsAre("real_engines"));

  EXPECT_THAT(judge(with_waiver(cells), {test_matrix()}, kToday).notes, ElementsAre(HasSubstr("not needed any more")));
}

TEST(ReleaseGate, AWaiverWithoutCellsIsForTheWholeRule) {
  MatrixResult result = test_matrix();
  for (CellResult& cell : result.cells) cell.attempts[0].facts.load_s = 60;
  const GateResult verdict =
      judge(with_waiver("{rule: chaos, owner: Ada, reason: the nightly machine is down, until: 2026-12-01}"), {result},
            kToday);
  EXPECT_TRUE(verdict.pass);
  EXPECT_THAT(render_gate_text(verdict), HasSubstr("WAIVED: chaos"));
}

TEST(ReleaseGate, MistakesHaveTheirPlace) {
  const auto mistake = [](const std::string& text) {
    const auto gate = read_gate(text, "g.yaml");
    EXPECT_FALSE(gate.ok());
    return gate ? "" : gate.error().message();
  };
  const std::string head = "name: g\nabout: a test\nrules:\n";
  EXPECT_THAT(mistake(head + "  - {rule: availabilty, at_least: 99%}"), HasSubstr("g.yaml:4:12"));
  EXPECT_THAT(mistake(head + "  - {rule: availability}"), HasSubstr("at_least"));
  EXPECT_THAT(mistake(head + "  - {rule: chaos, at_least: 1h}\n  - {rule: chaos, at_least: 2h}"),
              HasSubstr("g.yaml:5:12: there is a rule chaos already"));
  EXPECT_THAT(
      mistake(head + "  - {rule: outages}\nwaivers:\n  - {rule: outage, owner: A, reason: b, until: 2026-01-01}"),
      HasSubstr("did you mean \"outages\"?"));
  EXPECT_THAT(
      mistake(head + "  - {rule: outages}\nwaivers:\n  - {rule: outages, owner: A, reason: b, until: 2026-02-30}"),
      HasSubstr("expected a day"));
  EXPECT_THAT(mistake(head + "  - {rule: outages}\nwaivers:\n  - {rule: outages, reason: b, until: 2026-02-28}"),
              HasSubstr("owner"));
}

TEST(ReleaseGate, IsWrittenForProgramsToo) {
  MatrixResult result = test_matrix();
  set_status(result.cells[3], Status::kNotRun);
  const auto json = nlohmann::json::parse(render_gate_json(judge(committed(), {result}, kToday)));
  EXPECT_EQ(json.at("format"), "chamber-gate/1");
  EXPECT_EQ(json.at("pass"), false);
  EXPECT_EQ(json.at("rules").at(0).at("verdict"), "fail");
  EXPECT_EQ(json.at("rules").at(0).at("offenders").size(), 1U);
}

}  // namespace
}  // namespace chamber
