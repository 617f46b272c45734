#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "reports/figures.h"
#include "reports/matrix_report.h"
#include "reports/write_whole.h"

namespace chamber {

using matrix::Attempt;
using matrix::CellResult;
using matrix::MatrixResult;
using matrix::Status;

std::vector<CauseGroup> group_by_cause(const MatrixResult& result) {
  std::map<std::pair<Status, std::string>, CauseGroup> groups;
  for (const CellResult& cell : result.cells) {
    if (cell.status == Status::kPassed) continue;
    const Attempt* const last = cell.status == Status::kNotRun ? nullptr : cell.last();
    const std::string& why = last == nullptr ? cell.why : last->why;
    const std::string& cause = last == nullptr ? cell.why : last->cause;
    CauseGroup& group = groups[{cell.status, cause}];
    const bool shorter = last != nullptr && last->evidence.size() < group.evidence.size();
    if (group.cells.empty() || shorter) {
      group.status = cell.status;
      group.cause = cause;
      group.why = why;
      if (last != nullptr) group.evidence = last->evidence;
    }
    group.cells.push_back(&cell);
  }
  std::vector<CauseGroup> sorted;
  for (auto& [key, group] : groups) sorted.push_back(std::move(group));
  const auto rank = [](Status status) {
    // Failures, errors, inconclusive, not run.
    return status == Status::kError ? 1 : status == Status::kInconclusive ? 2 : status == Status::kNotRun ? 3 : 0;
  };
  std::stable_sort(sorted.begin(), sorted.end(), [&](const CauseGroup& a, const CauseGroup& b) {
    return std::pair(rank(a.status), -static_cast<long>(a.cells.size())) <
           std::pair(rank(b.status), -static_cast<long>(b.cells.size()));
  });
  return sorted;
}

std::string cells_text(const MatrixResult& result) {
  const std::uint64_t passed = result.count(Status::kPassed);
  std::string text = fmt::format("{} of {} passed", count_text(passed), plural(result.cells.size(), "cell"));
  const auto add = [&](Status status, const char* words) {
    if (const std::uint64_t count = result.count(status); count > 0)
      text += fmt::format(", {} {}", count_text(count), words);
  };
  add(Status::kFailed, "failed");
  add(Status::kError, "had an error");
  add(Status::kInconclusive, "inconclusive");
  add(Status::kNotRun, "not run");
  if (const std::uint64_t flakes = result.flakes(); flakes > 0) text += "; " + plural(flakes, "flake");
  return text;
}

std::string render_matrix_json(const MatrixResult& result) {
  return to_json(result).dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Result<void> write_matrix_reports(const MatrixResult& result, const std::filesystem::path& folder) {
  CHAMBER_CHECK(write_whole(folder / kMatrixResultFile, render_matrix_json(result)));
  CHAMBER_CHECK(write_whole(folder / kMatrixHtmlFile, render_matrix_html(result)));
  CHAMBER_CHECK(write_whole(folder / kMatrixJunitFile, render_matrix_junit(result, folder)));
  return write_whole(folder / kMatrixMarkdownFile, render_matrix_markdown(result));
}

}  // namespace chamber
