#include "reports/escape.h"
#include "reports/figures.h"
#include "reports/render.h"

namespace chamber {
namespace {

struct Case {
  std::string name;
  Judgement judgement = Judgement::kPass;
  std::string summary;
  std::string text;
  double took_s = 0;
};

std::vector<Case> cases_of(const Report& report) {
  std::vector<Case> cases;
  for (const CheckResult& result : report.verdict.results) {
    std::string text = result.summary + "\n";
    if (result.budget) {
      const BudgetText budget = budget_text(*result.budget);
      text += fmt::format("budget {}: observed {}, {} ({})\n", result.budget->name, budget.observed, budget.limit,
                          result.budget->source);
    }
    for (const std::string& line : result.evidence) text += line + "\n";
    cases.push_back({result.check, result.judgement, result.summary, std::move(text), seconds(result.took)});
  }
  // What is wrong beyond the checks must turn the suite red too.
  const Conclusion conclusion = conclude(report);
  if (!conclusion.reasons.empty() || cases.empty()) {
    const bool fails = conclusion.judgement == Judgement::kFail && report.verdict.overall != Judgement::kFail;
    const std::string text =
        conclusion.reasons.empty() ? "No check was made." : fmt::format("{}", fmt::join(conclusion.reasons, "\n"));
    cases.push_back({"the run itself", fails ? Judgement::kFail : Judgement::kInconclusive,
                     text.substr(0, text.find('\n')), text + "\n"});
  }
  return cases;
}

std::string case_xml(const Case& one, const std::string& scenario) {
  std::string out = fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"", escape_markup(scenario),
                                escape_markup(one.name), one.took_s);
  switch (one.judgement) {
    case Judgement::kPass:
      return out + fmt::format(">\n      <system-out>{}</system-out>\n    </testcase>\n", escape_markup(one.text));
    case Judgement::kFail:
      return out + fmt::format(">\n      <failure type=\"fail\" message=\"{}\">{}</failure>\n    </testcase>\n",
                               escape_markup(one.summary), escape_markup(one.text));
    case Judgement::kInconclusive:
      break;
  }
  return out + fmt::format(">\n      <error type=\"inconclusive\" message=\"{}\">{}</error>\n    </testcase>\n",
                           escape_markup(one.summary), escape_markup(one.text));
}

std::string property(std::string_view name, const std::string& value) {
  return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, escape_markup(value));
}

}  // namespace

std::string render_junit(const Report& report, const std::filesystem::path& report_path) {
  const RunRecord& record = report.record;
  const std::vector<Case> cases = cases_of(report);
  int failures = 0;
  int errors = 0;
  for (const Case& one : cases) {
    failures += one.judgement == Judgement::kFail ? 1 : 0;
    errors += one.judgement == Judgement::kInconclusive ? 1 : 0;
  }
  const std::string counts = fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\" time=\"{:.3f}\"",
                                         cases.size(), failures, errors, record.duration_s);
  // The schema that Jenkins publishes wants a timestamp without zone or fraction; ours is UTC.
  const std::string timestamp = record.started.substr(0, std::min<std::size_t>(record.started.size(), 19));
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += fmt::format("<testsuites name=\"chamber\" {}>\n  <testsuite name=\"{}\" {} timestamp=\"{}\">\n", counts,
                     escape_markup(record.scenario.name), counts, escape_markup(timestamp));
  out += "    <properties>\n";
  out += property("run", record.run);
  out += property("verdict", std::string(to_string(conclude(report).judgement)));
  out += property("seed", std::to_string(record.seed));
  out += property("stack", record.stack.profile);
  out += property("substrate", record.substrate);
  out += property("command", record.command);
  for (const auto& engine : record.engines) {
    out += property("engine", fmt::format("{}: {} {}", engine.component, engine.engine, engine.version));
  }
  out += "    </properties>\n";
  for (const Case& one : cases) out += case_xml(one, record.scenario.name);
  if (!report_path.empty()) {
    out += fmt::format("    <system-out>[[ATTACHMENT|{}]]</system-out>\n", escape_markup(report_path.string()));
  }
  return out + "  </testsuite>\n</testsuites>\n";
}

}  // namespace chamber
