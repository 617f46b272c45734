// The page as a whole and its first screen; the other sections are in html_*.cc.
#include <array>

#include "reports/assets.h"
#include "reports/escape.h"
#include "reports/figures.h"
#include "reports/html_page.h"
#include "reports/html_parts.h"
#include "reports/render.h"

namespace chamber {
namespace html {

std::string icon(Judgement judgement) {
  // Shapes differ as well as colours: a tick, a cross, a question mark.
  constexpr std::array<std::string_view, 3> kPaths = {"M4.7 8.3 7 10.6l4.4-5", "M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2",
                                                      "M5.9 6.3a2.1 2.1 0 1 1 3 1.9c-.6.3-.9.7-.9 1.3M8 11.6v.1"};
  return fmt::format(
      "<svg class=\"icon\" viewBox=\"0 0 16 16\" aria-hidden=\"true\" fill=\"none\" stroke=\"currentColor\" "
      "stroke-width=\"1.5\" stroke-linecap=\"round\" stroke-linejoin=\"round\"><circle cx=\"8\" cy=\"8\" r=\"7\"/>"
      "<path d=\"{}\"/></svg>",
      kPaths.at(static_cast<std::size_t>(judgement)));
}

namespace {

std::string fact(std::string_view name, const std::string& value, const std::string& beside) {
  return fmt::format("<div><dt>{}</dt><dd>{}<small>{}</small></dd></div>\n", name, escape_markup(value),
                     escape_markup(beside));
}

std::string facts(const Report& report) {
  std::uint64_t operations = 0;
  std::uint64_t failed = 0;
  std::uint64_t unknown = 0;
  for (const WorkloadTimeline& workload : report.timeline.workloads) {
    operations += workload.operations();
    failed += workload.fail;
    unknown += workload.unknown;
  }
  std::uint64_t proven = 0;
  for (const auto& fault : report.record.faults) proven += fault.proof.empty() ? 0 : 1;
  const RunRecord& record = report.record;
  std::string out = "<dl class=\"facts\">\n";
  const std::string outcomes =
      failed + unknown == 0 ? "all ok" : fmt::format("{} fail, {} unknown", count_text(failed), count_text(unknown));
  out += fact("Operations", count_text(operations), operations == 0 ? "none" : outcomes);
  out += fact("Faults", count_text(record.faults.size()),
              record.faults.empty()
                  ? "none"
                  : fmt::format("{} proven", proven == record.faults.size() ? "all" : count_text(proven)));
  out += fact("Bring-up", seconds_text(record.bring_up.total_s), plural(record.bring_up.tasks.size(), "task"));
  out += fact("Run", seconds_text(record.duration_s), record.substrate + " substrate");
  out += fact("Seed", std::to_string(record.seed), "repeats the run");
  return out + "</dl>\n";
}

std::string verdict_box(Judgement judgement, const Verdict& verdict, const std::vector<std::string>& reasons) {
  std::string out = fmt::format(
      "<section class=\"verdict {0}\" aria-label=\"Verdict\"><span class=\"{0}\">{1}</span><div>"
      "<p class=\"word {0}\" id=\"verdict\">{2}</p><div class=\"why\"><p>{3}</p>",
      to_string(judgement), icon(judgement),
      judgement == Judgement::kPass   ? "Pass"
      : judgement == Judgement::kFail ? "Fail"
                                      : "Inconclusive",
      checks_text(verdict));
  for (const std::string& reason : reasons) out += fmt::format("<p>{}</p>", escape_markup(reason));
  return out + "</div></div></section>\n";
}

}  // namespace

std::string head(const Report& report, const Conclusion& conclusion) {
  const RunRecord& record = report.record;
  std::string out =
      fmt::format("<header>\n<p class=\"over\"><b>chamber</b><span>{}</span><span>run {}</span></p>\n<h1>{}</h1>\n",
                  escape_markup(record.started), escape_markup(record.run), escape_markup(record.scenario.name));
  if (!record.scenario.about.empty()) {
    out += fmt::format("<p class=\"about\">{}</p>\n", escape_markup(record.scenario.about));
  }
  out += "</header>\n" + verdict_box(conclusion.judgement, report.verdict, conclusion.reasons);
  for (const std::string& component : stand_ins(record)) {
    out += fmt::format(
        "<p class=\"notice\"><b>Stand-in.</b> The component <b>{}</b> was played by a stand-in, not by the real "
        "engine. "
        "This run says nothing about the real one.</p>\n",
        escape_markup(component));
  }
  return out + facts(report);
}

}  // namespace html

namespace {

html::Page page_of(const std::string& name, Judgement judgement) {
  return {.title = fmt::format("{}: {} – chamber", escape_markup(name), to_string(judgement)),
          .style = kReportStyle,
          .style_sha256 = kReportStyleSha256,
          .script = {},
          .script_sha256 = {},
          .skip = "checks",
          .skip_text = "To the checks",
          .body = {},
          .data = {}};
}

}  // namespace

std::string render_verdict_html(const Verdict& verdict, const std::string& title) {
  html::Page page = page_of(title, verdict.overall);
  page.body = fmt::format("<header>\n<p class=\"over\"><b>chamber</b><span>check</span></p>\n<h1>{}</h1>\n</header>\n",
                          escape_markup(title));
  page.body += html::verdict_box(verdict.overall, verdict, {});
  page.body += html::checks(verdict);
  page.body += "<footer>Times count from the history's zero.</footer>\n";
  return html::page(page);
}

std::string render_html(const Report& report) {
  const Conclusion conclusion = conclude(report);
  html::Page page = page_of(report.record.scenario.name, conclusion.judgement);
  page.script = kReportScript;
  page.script_sha256 = kReportScriptSha256;
  page.data = html::chart_data(report.timeline);
  page.body = html::head(report, conclusion);
  page.body += html::checks(report.verdict);
  page.body += html::charts(report.timeline);
  page.body += html::faults(report);
  page.body += html::setting(report);
  page.body += html::bring_up(report.record.bring_up);
  page.body += html::after(report.record);
  page.body += fmt::format("<footer>Times are on the run's clock; its zero is {}.</footer>\n",
                           escape_markup(report.timeline.origin_wall));
  return html::page(page);
}

}  // namespace chamber
