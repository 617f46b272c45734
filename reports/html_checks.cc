// The table of checks with budgets and evidence, and the drawing of a violation.
#include <algorithm>
#include <cmath>
#include <map>

#include "reports/escape.h"
#include "reports/figures.h"
#include "reports/html_parts.h"

namespace chamber::html {
namespace {

// A bar from zero, with a tick at the limit. Percentages of the width, so that no script has to place them.
std::string budget_cell(const Budget& budget) {
  // What never ended is observed as infinite; it fills the bar.
  const double greatest = std::max({budget.limit, std::isfinite(budget.observed) ? budget.observed : 0, 1e-12});
  const double full = greatest * (budget.upper ? 1.12 : 1.0);
  const auto share = [&](double value) {
    return std::isfinite(value) ? std::clamp(value / full * 100, 0.0, 100.0) : 100;
  };
  const BudgetText text = budget_text(budget);
  return fmt::format(
      "<span class=\"observed\">{}</span> <span class=\"soft small\">{}</span>\n"
      "<svg role=\"img\" aria-label=\"{}: observed {}, {}\"><rect class=\"track\" y=\"3\" width=\"100%\" height=\"6\" "
      "rx=\"3\"/><rect class=\"{}\" y=\"3\" width=\"{:.2f}%\" height=\"6\" rx=\"3\"/><line class=\"limit\" "
      "x1=\"{:.2f}%\" x2=\"{:.2f}%\" y1=\"0\" y2=\"12\"/></svg>\n<span class=\"soft small\">{}</span>",
      escape_markup(text.observed), escape_markup(text.limit), escape_markup(budget.name), escape_markup(text.observed),
      escape_markup(text.limit), budget.kept() ? "kept" : "broken", share(budget.observed), share(budget.limit),
      share(budget.limit), escape_markup(budget.source));
}

std::string evidence(const CheckResult& result) {
  if (result.evidence.empty() && result.drawing.empty()) return "";
  // What went wrong is not hidden behind a click.
  std::string out =
      fmt::format("<details{}><summary>Evidence</summary>\n", result.judgement == Judgement::kPass ? "" : " open");
  if (!result.evidence.empty()) {
    out += "<ul class=\"evidence\">\n";
    for (const std::string& line : result.evidence) out += fmt::format("<li>{}</li>\n", escape_markup(line));
    out += "</ul>\n";
  }
  return out + drawing(result.drawing) + "</details>";
}

std::string row(const CheckResult& result) {
  const std::string judgement(to_string(result.judgement));
  return fmt::format(
      "<tr><td class=\"judgement {0}\">{1} {0}</td><td class=\"what\"><b>{2}</b><p>{3}</p>{4}</td>"
      "<td class=\"budget\">{5}</td></tr>\n",
      judgement, icon(result.judgement), escape_markup(result.check), escape_markup(result.summary), evidence(result),
      result.budget ? budget_cell(*result.budget) : "");
}

// Where a drawing's time runs, in percent of its width; the left is for the names of processes.
class Scale {
 public:
  explicit Scale(const std::vector<Bar>& bars) {
    begin_ = bars.front().start;
    end_ = begin_;
    for (const Bar& bar : bars) {
      begin_ = std::min(begin_, bar.start);
      end_ = std::max(end_, bar.end.value_or(bar.start));
    }
    const Duration margin = std::max(Duration(1), (end_ - begin_) / 20);
    end_ += margin;
  }
  [[nodiscard]] double percent(Duration at) const {
    const double share = std::chrono::duration<double>(at - begin_) / std::chrono::duration<double>(end_ - begin_);
    return 12 + 87 * std::clamp(share, 0.0, 1.0);
  }

 private:
  Duration begin_{};
  Duration end_{};
};

}  // namespace

std::string checks(const Verdict& verdict) {
  std::string out =
      "<h2 id=\"checks\">Checks</h2>\n<div class=\"card\"><table class=\"checks\">\n<thead><tr>"
      "<th scope=\"col\">Judgement</th><th scope=\"col\">Check</th>"
      "<th scope=\"col\">Observed, and its budget</th></tr></thead>\n<tbody>\n";
  // The worst first: that is what one opens the page for.
  std::vector<const CheckResult*> results;
  for (const CheckResult& result : verdict.results) results.push_back(&result);
  const auto weight = [](const CheckResult* result) {
    return result->judgement == Judgement::kFail ? 0 : result->judgement == Judgement::kInconclusive ? 1 : 2;
  };
  std::stable_sort(results.begin(), results.end(),
                   [&](const CheckResult* a, const CheckResult* b) { return weight(a) < weight(b); });
  for (const CheckResult* result : results) out += row(*result);
  if (results.empty()) out += "<tr><td colspan=\"3\">No check was made, so nothing is shown.</td></tr>\n";
  return out + "</tbody></table></div>\n";
}

std::string drawing(const std::vector<Bar>& bars) {
  if (bars.empty()) return "";
  constexpr int kRow = 40;
  const Scale scale(bars);
  std::map<std::uint32_t, int> rows;
  for (const Bar& bar : bars) rows.emplace(bar.process, 0);
  int next = 0;
  for (auto& [process, row_number] : rows) row_number = next++;
  std::string out = fmt::format(
      "<div class=\"drawing\"><p class=\"small soft\">Operations per process over time. Green ones are in the longest "
      "order found, by their number; red ones fit nowhere in it; dashed ones never came back.</p>\n"
      "<svg role=\"img\" aria-label=\"Operations that can't be put in an order\" height=\"{}\">\n",
      next * kRow + 4);
  for (const auto& [process, row_number] : rows) {
    const int y = row_number * kRow;
    out += fmt::format(
        "<text class=\"process\" x=\"0\" y=\"{}\">process {}</text><line class=\"line\" x1=\"12%\" x2=\"100%\" "
        "y1=\"{}\" y2=\"{}\"/>\n",
        y + 32, process, y + 28, y + 28);
  }
  for (const Bar& bar : bars) {
    const int y = rows.at(bar.process) * kRow;
    const double left = scale.percent(bar.start);
    const double right = bar.end ? scale.percent(*bar.end) : 100;
    const std::string rank = bar.rank ? fmt::format("{}. ", *bar.rank + 1) : "";
    const std::string label = escape_markup(rank + bar.label);
    out += fmt::format(
        "<g><title>{}, {}: {} to {}</title><rect class=\"{}{}\" x=\"{:.2f}%\" y=\"{}\" width=\"{:.2f}%\" "
        "height=\"12\" rx=\"2\"/><text x=\"{:.2f}%\" y=\"{}\" text-anchor=\"{}\">{}</text></g>\n",
        label, escape_markup(bar.outcome), clock_text(seconds(bar.start)),
        bar.end ? clock_text(seconds(*bar.end)) : "never", bar.rank ? "placed" : "stuck", bar.end ? "" : " open", left,
        y + 22, std::max(0.4, right - left), left > 70 ? right : left, y + 16, left > 70 ? "end" : "start", label);
  }
  return out + "</svg></div>\n";
}

}  // namespace chamber::html
