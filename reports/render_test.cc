#include "reports/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <set>

#include "harness/history/test_files.h"
#include "reports/test_runs.h"

namespace chamber {
namespace {

using Json = nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kHostile =
    "</script><img src=x onerror=\"document.documentElement.dataset.hostile=1\">'\"&]]>\x01\xff";

// Every text that comes from outside says something nasty.
Report hostile_report() {
  Report report = test_report();
  RunRecord& record = report.record;
  for (std::string* text :
       {&record.run, &record.scenario.name, &record.scenario.about, &record.scenario.file, &record.scenario.family,
        &record.stack.profile, &record.substrate, &record.started, &record.command, &record.host.os,
        &record.host.kernel, &record.host.privilege, &record.faults[0].name, &record.faults[0].resolved,
        &record.faults[0].proof, &report.timeline.origin_wall}) {
    *text = kHostile;
  }
  record.stack.components = {{kHostile, 3}};
  for (auto& engine : record.engines) engine.component = engine.engine = engine.version = engine.source = kHostile;
  record.engines[0].nodes = {kHostile};
  record.engines.push_back({kHostile, std::string(kStandIn), kHostile, kHostile, {}});
  for (auto& task : record.bring_up.tasks) task.name = task.phase = kHostile;
  record.bring_up.tasks[1].after = {kHostile};
  record.cleanup = RunRecord::Cleanup{.ok = false, .left = {kHostile}};
  record.secrets->found = {kHostile};
  record.incomplete = kHostile;
  report.verdict.results.push_back(test_violation());
  for (CheckResult& result : report.verdict.results) {
    result.check = result.summary = kHostile;
    result.evidence = {kHostile};
    if (result.budget) result.budget->name = result.budget->unit = result.budget->source = kHostile;
    for (Bar& bar : result.drawing) bar.label = bar.outcome = kHostile;
  }
  report.verdict = Verdict::of(report.verdict.results);
  for (WorkloadTimeline& workload : report.timeline.workloads) {
    workload.name = workload.not_started = kHostile;
    workload.errors = {{kHostile, Outcome::kFail, 3, 0, 1}};
  }
  for (FaultSpan& fault : report.timeline.faults) fault.name = fault.proof = kHostile;
  for (RoleSpan& role : report.timeline.roles) role.role = role.holder = kHostile;
  report.timeline.marks = {{1, kHostile}};
  report.timeline.complete = false;
  report.timeline.incomplete_reason = kHostile;
  return report;
}

std::size_t occurrences(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

// ---- The page

TEST(Html, AVerdictAloneIsAPageThatShowsTheDrawingAndTrustsNoText) {
  Verdict verdict = Verdict::of({test_violation()});
  const std::string page = render_verdict_html(verdict, "a history");
  EXPECT_THAT(page, AllOf(HasSubstr("id=\"verdict\">Fail"), HasSubstr("<h1>a history</h1>"),
                          HasSubstr("class=\"drawing\""), HasSubstr("3. read(k4) = 31")));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  const std::string hostile = render_verdict_html(hostile_report().verdict, kHostile);
  EXPECT_EQ(occurrences(hostile, "<img"), 0);
}

TEST(Table, AVerdictAloneHasAllItsEvidence) {
  CheckResult result = test_violation();
  result.evidence.assign(20, "a line");
  result.evidence.push_back("the last line");
  const Verdict verdict = Verdict::of({result});
  EXPECT_THAT(verdict_lines(verdict, {.evidence_lines = SIZE_MAX}), HasSubstr("the last line"));
  EXPECT_THAT(verdict_lines(verdict), AllOf(Not(HasSubstr("the last line")), HasSubstr("and 15 more")));
}

TEST(Html, VerdictComesFirstThenChecksThenCharts) {
  const std::string page = render_html(test_report());
  const std::size_t verdict = page.find("id=\"verdict\">Pass");
  const std::size_t checks = page.find("id=\"checks\">");
  const std::size_t time = page.find("id=\"time\">");
  const std::size_t setting = page.find("id=\"setting\">");
  ASSERT_NE(verdict, std::string::npos);
  EXPECT_LT(verdict, checks);
  EXPECT_LT(checks, time);
  EXPECT_LT(time, setting);
  EXPECT_THAT(page, AllOf(HasSubstr("6 of 6 checks passed"), HasSubstr("2.03 s"), HasSubstr("at most 15 s"),
                          HasSubstr("<code id=\"command\">chamber run vault-leader-killed --seed 7</code>"),
                          HasSubstr("raft.election_budget of the live configuration"), HasSubstr("1.21.0"),
                          HasSubstr("5.2 % of one core during the load (of it 2.08 % in the network stacks")));
}

TEST(Html, TheSameReportGivesTheSameBytes) {
  EXPECT_EQ(render_html(test_report()), render_html(test_report()));
}

TEST(Html, StandInsAreMarkedLoudly) {
  EXPECT_THAT(render_html(test_report()),
              AllOf(HasSubstr("<b>identity</b> was played by a stand-in"), HasSubstr("class=\"standin\"")));
  Report report = test_report();
  report.record.engines[4].engine = "zitadel";
  EXPECT_THAT(render_html(report), Not(HasSubstr("played by a stand-in")));
}

TEST(Html, AsksForNothingFromAnywhere) {
  const std::string page = render_html(test_report());
  EXPECT_THAT(page, HasSubstr("content=\"default-src 'none'; script-src 'sha256-"));
  EXPECT_EQ(occurrences(page, "unsafe-inline"), 0U);
  EXPECT_EQ(occurrences(page, " src="), 0U);
  // The only address is the name of SVG.
  EXPECT_EQ(occurrences(page, "http://"), occurrences(page, "http://www.w3.org/2000/svg"));
  EXPECT_EQ(occurrences(page, "https://"), 0U);
  EXPECT_EQ(occurrences(page, " style=\""), 0U) << "the policy would refuse it";
}

TEST(Html, HostileTextStaysText) {
  const std::string page = render_html(hostile_report());
  EXPECT_EQ(occurrences(page, "<img"), 0U);
  EXPECT_EQ(occurrences(page, "<script"), 2U);
  EXPECT_EQ(occurrences(page, "</script"), 2U);
  EXPECT_EQ(page.find('\x01'), std::string::npos);
  EXPECT_EQ(page.find('\xff'), std::string::npos);
  EXPECT_THAT(page, HasSubstr("&lt;/script&gt;&lt;img"));
}

TEST(Html, ChartDataIsJsonThatScriptsCanRead) {
  for (const Report& report : {test_report(), hostile_report()}) {
    const std::string page = render_html(report);
    const std::string open = "<script type=\"application/json\" id=\"data\">";
    const std::size_t begin = page.find(open) + open.size();
    const Json data = Json::parse(page.substr(begin, page.find("</script>", begin) - begin));
    ASSERT_EQ(data["workloads"].size(), 2U);
    for (const Json& workload : data["workloads"]) {
      for (const char* column : {"fail", "unknown", "max", "wait"}) {
        EXPECT_EQ(workload[column].size(), workload["ok"].size()) << column;
      }
      EXPECT_EQ(workload["p99"].size(), workload["p50"].size());
    }
    EXPECT_EQ(data["faults"].size(), 1U);
    EXPECT_EQ(data["roles"].size(), 4U);
  }
}

TEST(Html, AFailureShowsItsEvidenceOpenAndFirst) {
  Report report = test_report();
  report.verdict.results.push_back(test_violation());
  report.verdict = Verdict::of(report.verdict.results);
  const std::string page = render_html(report);
  EXPECT_THAT(page, AllOf(HasSubstr("id=\"verdict\">Fail"), HasSubstr("1 of 7 checks failed"),
                          HasSubstr("<details open>"), HasSubstr("read(k4) = 30"), HasSubstr("class=\"stuck open\"")));
  EXPECT_LT(page.find("a write that was acknowledged is gone"), page.find("One outage"));
}

TEST(Html, IsWholeWithoutAnything) {
  Report report;
  report.verdict = Verdict::of({});
  const std::string page = render_html(report);
  EXPECT_THAT(page, AllOf(HasSubstr("Inconclusive"), HasSubstr("No check was made"), HasSubstr("</html>")));
}

// ---- What the run comes to

TEST(Conclusion, WhatNoCheckSeesMakesItWorse) {
  const auto judged = [](const std::function<void(Report&)>& change) {
    Report report = test_report();
    change(report);
    return conclude(report).judgement;
  };
  EXPECT_EQ(judged([](Report&) {}), Judgement::kPass);
  EXPECT_EQ(judged([](Report& r) { r.record.cleanup->ok = false; }), Judgement::kFail);
  EXPECT_EQ(judged([](Report& r) { r.record.cleanup.reset(); }), Judgement::kInconclusive);
  EXPECT_EQ(judged([](Report& r) { r.record.secrets->found = {"x"}; }), Judgement::kFail);
  EXPECT_EQ(judged([](Report& r) { r.record.secrets.reset(); }), Judgement::kInconclusive);
  EXPECT_EQ(judged([](Report& r) { r.record.incomplete = "interrupted"; }), Judgement::kInconclusive);
  EXPECT_EQ(judged([](Report& r) { r.timeline.complete = false; }), Judgement::kInconclusive);
  EXPECT_EQ(judged([](Report& r) {
              r.verdict = Verdict::of({test_violation()});
              r.record.incomplete = "interrupted";
            }),
            Judgement::kFail)
      << "a violation that was seen stays one";
}

// ---- The other forms

TEST(Junit, OneCaseACheckWithEvidence) {
  Report report = test_report();
  report.verdict.results[3].judgement = Judgement::kInconclusive;
  report.verdict.results.push_back(test_violation());
  report.verdict = Verdict::of(report.verdict.results);
  const std::string xml = render_junit(report, "/runs/7/report.html");
  EXPECT_EQ(occurrences(xml, "<testcase "), 7U);
  EXPECT_THAT(xml,
              AllOf(HasSubstr("tests=\"7\" failures=\"1\" errors=\"1\" skipped=\"0\" time=\"51.300\""),
                    HasSubstr("<failure type=\"fail\" message=\"Key k4"),
                    HasSubstr("process 9 read(k4) = 30 ok [14.260s … 14.264s] from vault-2"),
                    HasSubstr("<error type=\"inconclusive\""), HasSubstr("time=\"0.031\""),
                    HasSubstr("[[ATTACHMENT|/runs/7/report.html]]"), HasSubstr("timestamp=\"2026-11-21T11:59:51\"")));
}

TEST(Junit, AFailedCleanUpIsARedCase) {
  Report report = test_report();
  report.record.cleanup = RunRecord::Cleanup{.ok = false, .left = {"/x"}};
  const std::string xml = render_junit(report);
  EXPECT_THAT(xml, AllOf(HasSubstr("name=\"the run itself\""),
                         HasSubstr("<failure type=\"fail\" message=\"The clean-up left: /x\">"),
                         HasSubstr("tests=\"7\" failures=\"1\"")));
}

TEST(Junit, ARunWithoutChecksIsNotGreen) {
  Report report = test_report();
  report.verdict = Verdict::of({});
  EXPECT_THAT(render_junit(report), HasSubstr("tests=\"1\" failures=\"0\" errors=\"1\""));
}

// Balanced tags with quoted attributes and no stray markup: what a strict reader stumbles over.
void expect_well_formed(const std::string& xml) {
  std::vector<std::string> open;
  std::size_t at = xml.find("?>") + 2;
  while (at < xml.size()) {
    const std::size_t tag = xml.find('<', at);
    const std::string text = xml.substr(at, tag - at);
    EXPECT_EQ(text.find('>'), std::string::npos) << text;
    if (tag == std::string::npos) break;
    const std::size_t end = xml.find('>', tag);
    ASSERT_NE(end, std::string::npos);
    const std::string inside = xml.substr(tag + 1, end - tag - 1);
    EXPECT_EQ(inside.find('<'), std::string::npos) << inside;
    EXPECT_EQ(occurrences(inside, "\"") % 2, 0U) << inside;
    if (inside[0] == '/') {
      ASSERT_FALSE(open.empty());
      EXPECT_EQ(inside.substr(1), open.back());
      open.pop_back();
    } else if (inside.back() != '/') {
      open.push_back(inside.substr(0, inside.find(' ')));
    }
    at = end + 1;
  }
  EXPECT_TRUE(open.empty());
}

TEST(Junit, IsWellFormedWhateverTheTexts) {
  expect_well_formed(render_junit(test_report(), "/a \"b\" <c>"));
  expect_well_formed(render_junit(hostile_report(), kHostile));
}

TEST(Markdown, IsAShortTable) {
  const std::string text = render_markdown(test_report());
  EXPECT_THAT(text, AllOf(HasSubstr("### ✅ pass: vault-leader-killed"),
                          HasSubstr("| ✅ pass | outage vault.register | 2.03 s |"), HasSubstr("**Stand-in:** identity"),
                          HasSubstr("```\nchamber run vault-leader-killed --seed 7\n```")));
  const std::string hostile = render_markdown(hostile_report());
  EXPECT_EQ(hostile.substr(0, hostile.find("```")).find('<'), std::string::npos);
}

TEST(Table, PlainHasNoEscapeSequencesAndKeepsItsWidth) {
  Report report = test_report();
  report.verdict.results.push_back(test_violation());
  report.verdict = Verdict::of(report.verdict.results);
  const std::string plain = verdict_table(report, {.colour = false, .width = 72});
  EXPECT_EQ(plain.find('\x1b'), std::string::npos);
  EXPECT_THAT(plain, AllOf(HasSubstr("✗ fail"), HasSubstr("outage vault.register  2.03 s (at most 15 s"),
                           HasSubstr("FAIL  1 of 7 checks failed"), HasSubstr("! stand-in")));
  EXPECT_THAT(verdict_table(report, {.colour = true}), HasSubstr("\x1b[31m"));
  const std::string hostile = verdict_table(hostile_report());
  EXPECT_EQ(hostile.find('\x01'), std::string::npos);
}

// Enough of JSON Schema 2020-12 for result.schema.json: each rule that it uses.
void expect_valid(const Json& schema, const Json& value, const Json& root, const std::string& path) {
  if (schema.contains("$ref")) {
    const std::string pointer = schema["$ref"].get<std::string>().substr(1);
    expect_valid(root.at(Json::json_pointer(pointer)), value, root, path);
  }
  const auto is = [&](const std::string& type) {
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    return type == value.type_name();
  };
  if (schema.contains("type")) {
    const Json types = schema["type"].is_array() ? schema["type"] : Json::array({schema["type"]});
    EXPECT_TRUE(std::any_of(types.begin(), types.end(), [&](const Json& type) { return is(type); }))
        << path << " is a " << value.type_name();
  }
  if (schema.contains("const")) {
    EXPECT_EQ(value, schema["const"]) << path;
  }
  if (schema.contains("enum")) {
    EXPECT_NE(std::find(schema["enum"].begin(), schema["enum"].end(), value), schema["enum"].end()) << path;
  }
  if (schema.contains("minimum")) {
    EXPECT_GE(value, schema["minimum"]) << path;
  }
  if (value.is_array() && schema.contains("items")) {
    for (const Json& item : value) expect_valid(schema["items"], item, root, path + "[]");
  }
  if (!value.is_object()) return;
  for (const Json& key : schema.value("required", Json::array())) {
    EXPECT_TRUE(value.contains(key.get<std::string>())) << path << "." << key;
  }
  for (const auto& [key, item] : value.items()) {
    if (schema.contains("properties") && schema["properties"].contains(key)) {
      expect_valid(schema["properties"][key], item, root, path + "." + key);
    } else if (schema.contains("additionalProperties")) {
      const Json& rest = schema["additionalProperties"];
      EXPECT_FALSE(rest == Json(false)) << path << "." << key << " is not in the schema";
      if (rest.is_object()) expect_valid(rest, item, root, path + "." + key);
    }
  }
}

TEST(ResultJson, FollowsItsPublishedSchema) {
  std::ifstream file("reports/result.schema.json");
  ASSERT_TRUE(file) << "the test runs in the root of the repository";
  const Json schema = Json::parse(file);
  Report failed = test_report();
  failed.verdict = Verdict::of({test_violation()});
  failed.record.incomplete = "interrupted";
  for (const Report& report : {test_report(), hostile_report(), failed}) {
    expect_valid(schema, Json::parse(render_json(report)), schema, "result");
  }
  EXPECT_EQ(Json::parse(render_json(failed))["exit_code"], 1);
}

// ---- Files

TEST(Files, ARunFolderBecomesAllReports) {
  const TestFolder folder;
  ASSERT_TRUE(save_test_run(folder / "").ok());
  const Result<Report> report = load_report(folder / "");
  ASSERT_TRUE(report.ok()) << report.error().message();
  // The same from memory and from the streamed file.
  EXPECT_EQ(render_html(*report), render_html(test_report()));
  const Result<void> written = write_all(*report, folder / "");
  ASSERT_TRUE(written.ok()) << written.error().message();
  for (const char* name : {kHtmlFile, kJunitFile, kResultFile, kMarkdownFile}) {
    struct stat status {};
    ASSERT_EQ(stat((folder / name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << name;
    EXPECT_GT(status.st_size, 0) << name;
  }
  EXPECT_LT(std::filesystem::file_size(folder / kHtmlFile), 150'000U);
}

TEST(Files, WhatIsWrongIsToldWithTheFile) {
  const TestFolder folder;
  const Result<Report> missing = load_report(folder / "");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().kind(), ErrorKind::kInput);
  EXPECT_THAT(missing.error().message(), HasSubstr("run.json: No such file"));
  ASSERT_TRUE(save_test_run(folder / "").ok());
  std::ofstream(folder / kRunFile) << "{\"format\": ";
  EXPECT_THAT(load_report(folder / "").error().message(), HasSubstr("run.json: not JSON"));
  const Result<void> nowhere = write_markdown(test_report(), folder / "no/such/folder.md");
  ASSERT_FALSE(nowhere.ok());
  EXPECT_EQ(nowhere.error().kind(), ErrorKind::kHarness);
}

TEST(Files, AFailedWriteLeavesTheOldReport) {
  const TestFolder folder;
  std::filesystem::create_directory(folder / "report.html");
  std::ofstream(folder / "report.html/keep") << "x";
  EXPECT_FALSE(write_html(test_report(), folder / "report.html").ok());
  std::size_t entries = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "")) {
    EXPECT_EQ(entry.path().filename(), "report.html") << "a temporary file was left";
    ++entries;
  }
  EXPECT_EQ(entries, 1U);
}

}  // namespace
}  // namespace chamber
