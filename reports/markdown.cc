#include <array>

#include "reports/escape.h"
#include "reports/figures.h"
#include "reports/render.h"

namespace chamber {
namespace {

std::string_view sign(Judgement judgement) {
  constexpr std::array<std::string_view, 3> kSigns = {"✅ pass", "❌ fail", "❔ inconclusive"};
  return kSigns.at(static_cast<std::size_t>(judgement));
}

}  // namespace

std::string render_markdown(const Report& report) {
  const RunRecord& record = report.record;
  const Conclusion conclusion = conclude(report);
  std::string out =
      fmt::format("### {}: {}\n\n{}, seed {}, {}.\n", sign(conclusion.judgement), escape_markdown(record.scenario.name),
                  checks_text(report.verdict), record.seed, seconds_text(record.duration_s));
  for (const std::string& reason : conclusion.reasons) out += fmt::format("\n**{}**\n", escape_markdown(reason));
  for (const std::string& component : stand_ins(record)) {
    out += fmt::format("\n**Stand-in:** {} was not the real engine.\n", escape_markdown(component));
  }
  if (!report.verdict.results.empty()) out += "\n| | Check | Observed | Budget |\n|---|---|---|---|\n";
  for (const CheckResult& result : report.verdict.results) {
    std::string observed = escape_markdown(result.summary);
    std::string limit;
    if (result.budget) {
      const BudgetText text = budget_text(*result.budget);
      limit = escape_markdown(fmt::format("{} ({})", text.limit, result.budget->source));
      if (result.judgement == Judgement::kPass) observed = escape_markdown(text.observed);
    }
    out +=
        fmt::format("| {} | {} | {} | {} |\n", sign(result.judgement), escape_markdown(result.check), observed, limit);
  }
  // In a block of code, whose fence no line of the command may end.
  if (!record.command.empty() && record.command.find_first_of("`\n\r") == std::string::npos) {
    out += fmt::format("\n```\n{}\n```\n", escape_terminal(record.command));
  }
  return out;
}

}  // namespace chamber
