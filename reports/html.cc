// The page as a whole and its first screen; the other sections are in html_*.cc.
#include <array>

#include "reports/assets.h"
#include "reports/escape.h"
#include "reports/figures.h"
#include "reports/html_parts.h"
#include "reports/render.h"

namespace chamber {
namespace {

// "sha256-…" as a content security policy wants it: the digest in base64.
std::string policy_hash(std::string_view hex) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto nibble = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  std::string base64;
  unsigned bits = 0;
  int pending = 0;
  for (const char digit : hex) {
    bits = (bits << 4) | nibble(digit);
    pending += 4;
    if (pending >= 6) {
      pending -= 6;
      base64 += kAlphabet[(bits >> pending) & 63U];
    }
  }
  if (pending > 0) base64 += kAlphabet[(bits << (6 - pending)) & 63U];
  while (base64.size() % 4 != 0) base64 += '=';
  return "'sha256-" + base64 + "'";
}

std::string policy() {
  return fmt::format(
      "default-src 'none'; script-src {}; style-src {}; img-src data:; base-uri 'none'; form-action 'none'",
      policy_hash(kReportScriptSha256), policy_hash(kReportStyleSha256));
}

}  // namespace

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

// Up to the begin of <main>.
std::string page_begin(const std::string& name, Judgement judgement) {
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out += fmt::format("<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n", policy());
  out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  out += "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n";
  out += fmt::format("<title>{}: {} – chamber</title>\n<style>", escape_markup(name), to_string(judgement));
  return out.append(kReportStyle)
      .append("</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#checks\">To the checks</a>\n<main>\n");
}

}  // namespace

std::string render_verdict_html(const Verdict& verdict, const std::string& title) {
  std::string out = page_begin(title, verdict.overall);
  out += fmt::format("<header>\n<p class=\"over\"><b>chamber</b><span>check</span></p>\n<h1>{}</h1>\n</header>\n",
                     escape_markup(title));
  out += html::verdict_box(verdict.overall, verdict, {});
  out += html::checks(verdict);
  return out + "<footer>Times count from the history's zero.</footer>\n</main>\n</body>\n</html>\n";
}

std::string render_html(const Report& report) {
  const Conclusion conclusion = conclude(report);
  std::string out = page_begin(report.record.scenario.name, conclusion.judgement);
  out += html::head(report, conclusion);
  out += html::checks(report.verdict);
  out += html::charts(report.timeline);
  out += html::faults(report);
  out += html::setting(report);
  out += html::bring_up(report.record.bring_up);
  out += html::after(report.record);
  out += fmt::format("<footer>Times are on the run's clock; its zero is {}.</footer>\n",
                     escape_markup(report.timeline.origin_wall));
  out += "</main>\n<div id=\"announce\" class=\"hidden\" aria-live=\"polite\"></div>\n";
  out += fmt::format("<script type=\"application/json\" id=\"data\">{}</script>\n",
                     escape_json_block(html::chart_data(report.timeline)));
  out.append("<script>").append(kReportScript).append("</script>\n</body>\n</html>\n");
  return out;
}

}  // namespace chamber
