#include <array>

#include "reports/escape.h"
#include "reports/figures.h"
#include "reports/render.h"

namespace chamber {
namespace {

constexpr std::size_t kJudgementWidth = 15;  // "? inconclusive" and a space

class Writer {
 public:
  explicit Writer(const TableOptions& options) : options_(options) {}
  [[nodiscard]] std::size_t evidence_lines() const { return options_.evidence_lines; }

  [[nodiscard]] std::string judged(Judgement judgement, std::string_view text) const {
    constexpr std::array<std::string_view, 3> kCodes = {"\x1b[32m", "\x1b[31m", "\x1b[33m"};
    if (!options_.colour) return std::string(text);
    return fmt::format("\x1b[1m{}{}\x1b[0m", kCodes.at(static_cast<std::size_t>(judgement)), text);
  }
  [[nodiscard]] std::string bold(std::string_view text) const {
    return options_.colour ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
  }
  [[nodiscard]] std::string dim(std::string_view text) const {
    return options_.colour ? fmt::format("\x1b[2m{}\x1b[0m", text) : std::string(text);
  }

  // Foreign text from `indent` on, broken at spaces.
  [[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent) const {
    const std::size_t width = std::max<std::size_t>(options_.width, indent + 20) - indent;
    const std::string safe = escape_terminal(text);
    std::string out;
    std::string line;
    const auto end_line = [&] {
      out += std::string(indent, ' ') + dim(line) + "\n";
      line.clear();
    };
    std::string_view rest = safe;
    while (!rest.empty()) {
      const std::size_t space = std::min(rest.find(' '), rest.size());
      const std::string_view word = rest.substr(0, space);
      rest.remove_prefix(std::min(rest.size(), space + 1));
      if (!line.empty() && columns(line) + 1 + columns(word) > width) end_line();
      if (!line.empty()) line += ' ';
      line += word;
    }
    if (!line.empty()) end_line();
    return out;
  }

 private:
  const TableOptions& options_;
};

std::string_view sign(Judgement judgement) {
  constexpr std::array<std::string_view, 3> kSigns = {"✓", "✗", "?"};
  return kSigns.at(static_cast<std::size_t>(judgement));
}

std::string check_lines(const Writer& writer, const CheckResult& result) {
  std::string label = fmt::format("{} {}", sign(result.judgement), to_string(result.judgement));
  label.append(kJudgementWidth - std::min(kJudgementWidth, columns(label)), ' ');
  std::string out = fmt::format("  {} {}", writer.judged(result.judgement, label), escape_terminal(result.check));
  if (result.budget) {
    const BudgetText text = budget_text(*result.budget);
    out += fmt::format("  {} {}", writer.bold(escape_terminal(text.observed)),
                       writer.dim(escape_terminal(fmt::format("({}, {})", text.limit, result.budget->source))));
  }
  out += "\n";
  constexpr std::size_t kIndent = kJudgementWidth + 3;
  out += writer.wrapped(result.summary, kIndent);
  if (result.judgement == Judgement::kPass) return out;
  const std::size_t lines = std::min(result.evidence.size(), writer.evidence_lines());
  for (std::size_t i = 0; i < lines; ++i) {
    out += writer.wrapped("– " + result.evidence[i], kIndent);
  }
  if (result.evidence.size() > lines) {
    out += writer.wrapped(fmt::format("– and {} more", result.evidence.size() - lines), kIndent);
  }
  return out;
}

std::string last_line(const Writer& writer, Judgement judgement, const Verdict& verdict) {
  const std::string_view word = judgement == Judgement::kPass   ? "PASS"
                                : judgement == Judgement::kFail ? "FAIL"
                                                                : "INCONCLUSIVE";
  return fmt::format("{}  {}\n", writer.judged(judgement, word), checks_text(verdict));
}

}  // namespace

std::string verdict_lines(const Verdict& verdict, const TableOptions& options) {
  const Writer writer(options);
  std::string out;
  for (const CheckResult& result : verdict.results) out += check_lines(writer, result);
  return out + last_line(writer, verdict.overall, verdict);
}

std::string verdict_table(const Report& report, const TableOptions& options) {
  const Writer writer(options);
  const RunRecord& record = report.record;
  const Conclusion conclusion = conclude(report);
  std::string out = fmt::format("{}  {}\n", writer.bold(escape_terminal(record.scenario.name)),
                                writer.dim(escape_terminal(fmt::format("run {}, seed {}, {}", record.run, record.seed,
                                                                       seconds_text(record.duration_s)))));
  for (const CheckResult& result : report.verdict.results) out += check_lines(writer, result);
  for (const std::string& component : stand_ins(record)) {
    out += fmt::format("  {} {} was played by a stand-in, not by the real engine\n",
                       writer.judged(Judgement::kInconclusive, "! stand-in     "), escape_terminal(component));
  }
  out += last_line(writer, conclusion.judgement, report.verdict);
  for (const std::string& reason : conclusion.reasons) out += writer.wrapped(reason, 2);
  return out;
}

}  // namespace chamber
