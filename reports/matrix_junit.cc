#include "reports/escape.h"
#include "reports/figures.h"
#include "reports/matrix_report.h"

namespace chamber {
namespace {

using matrix::Attempt;
using matrix::CellResult;
using matrix::MatrixResult;
using matrix::Status;

// Everything but the scenario is the class: CI systems fold cases by it.
std::string class_of(const CellResult& cell) {
  std::string name;
  for (std::size_t i = 0; i + 1 < cell.values.size(); ++i) name += (name.empty() ? "" : ".") + cell.values[i];
  return name;
}

std::string text_of(const Attempt& attempt) {
  std::string text = attempt.why + "\n";
  for (const std::string& line : attempt.evidence) text += line + "\n";
  for (const matrix::BudgetSeen& budget : attempt.facts.budgets) {
    if (budget.kept) continue;
    text += fmt::format("budget {}: observed {}, limit {}\n", budget.name, quantity_text(budget.observed, budget.unit),
                        quantity_text(budget.limit, budget.unit));
  }
  if (!attempt.facts.command.empty()) text += "again: " + attempt.facts.command + "\n";
  return text;
}

std::string element(std::string_view name, std::string_view type, const std::string& message, const std::string& text) {
  return fmt::format("      <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n", name, type, escape_markup(message),
                     escape_markup(text));
}

std::string judged(const CellResult& cell) {
  const Attempt* const last = cell.last();
  const std::string why = cell.status == Status::kNotRun || last == nullptr ? cell.why : last->why;
  const std::string text = last == nullptr ? why : text_of(*last);
  switch (cell.status) {
    case Status::kPassed:
      return {};
    case Status::kFailed:
      return element("failure", "fail", why, text);
    case Status::kInconclusive:
      return element("error", "inconclusive", why, text);
    case Status::kError:
      return element("error", "harness", why, text);
    case Status::kNotRun:
      break;
  }
  if (cell.required) return element("error", "not run", why, why);
  return fmt::format("      <skipped message=\"{}\"/>\n", escape_markup(why));
}

// What earlier attempts said, and the files that belong to the last.
std::string output(const CellResult& cell, const std::filesystem::path& folder) {
  std::string text;
  for (const Attempt& attempt : cell.attempts) {
    if (&attempt == cell.last()) continue;
    text += fmt::format("attempt {}: {}: {}\n", attempt.number, to_string(attempt.status), attempt.why);
  }
  if (const Attempt* const last = cell.last(); last != nullptr && !last->folder.empty()) {
    for (const char* file : {"/report.html", ".log"}) {
      text += fmt::format("[[ATTACHMENT|{}]]\n", (folder / (last->folder + file)).lexically_normal().string());
    }
  }
  return text.empty() ? "" : fmt::format("      <system-out>{}</system-out>\n", escape_markup(text));
}

std::string case_xml(const CellResult& cell, const std::filesystem::path& folder) {
  std::string out = fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\">\n",
                                escape_markup(class_of(cell)), escape_markup(cell.id), cell.seconds());
  out += "      <properties>\n";
  const auto property = [&out](const char* name, const std::string& value) {
    out += fmt::format("        <property name=\"{}\" value=\"{}\"/>\n", name, escape_markup(value));
  };
  property("required", cell.required ? "yes" : "no");
  property("attempts", std::to_string(cell.attempts.size()));
  if (cell.flaky()) property("flaky", "yes");
  out += "      </properties>\n";
  return out + judged(cell) + output(cell, folder) + "    </testcase>\n";
}

}  // namespace

std::string render_matrix_junit(const MatrixResult& result, const std::filesystem::path& folder) {
  std::uint64_t failures = 0;
  std::uint64_t errors = 0;
  std::uint64_t skipped = 0;
  double time = 0;
  std::string cases;
  for (const CellResult& cell : result.cells) {
    const bool missing = cell.status == Status::kNotRun;
    failures += cell.status == Status::kFailed ? 1 : 0;
    skipped += missing && !cell.required ? 1 : 0;
    const bool doubtful = cell.status == Status::kInconclusive || cell.status == Status::kError;
    errors += doubtful || (missing && cell.required) ? 1 : 0;
    time += cell.seconds();
    cases += case_xml(cell, folder);
  }
  const std::string counts = fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\"",
                                         result.cells.size(), failures, errors, skipped, time);
  // The schema that Jenkins publishes wants a timestamp without zone or fraction; ours is UTC.
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"chamber\" {0}>\n  <testsuite name=\"{1}\" {0} "
      "timestamp=\"{2}\">\n{3}  </testsuite>\n</testsuites>\n",
      counts, escape_markup(result.matrix), escape_markup(result.started.substr(0, 19)), cases);
}

}  // namespace chamber
