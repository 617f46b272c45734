#include <algorithm>
#include <array>
#include <map>

#include "reports/escape.h"
#include "reports/figures.h"
#include "reports/matrix_report.h"

namespace chamber {
namespace {

using matrix::CellResult;
using matrix::MatrixResult;
using matrix::Status;

constexpr std::size_t kMostGroups = 20;
constexpr std::size_t kMostCells = 5;  // named with a group
constexpr std::size_t kMostFlakes = 20;

std::string_view sign(Status status) {
  constexpr std::array<std::string_view, matrix::kStatuses> kSigns = {"✅", "❌", "❔", "💥", "➖"};
  return kSigns.at(static_cast<std::size_t>(status));
}

std::string_view verdict(const MatrixResult& result) {
  const int code = result.exit_code();
  return code == 0 ? "✅ pass" : code == 4 ? "❔ inconclusive" : "❌ fail";
}

// Rows by the first axis, columns by the second: what a reader of a pull request wants to see at once.
std::string map_of(const MatrixResult& result) {
  if (result.axes.size() < 2 || result.cells.empty()) return "";
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  std::map<std::pair<std::string, std::string>, std::array<std::uint64_t, matrix::kStatuses>> counts;
  const auto add = [](std::vector<std::string>& names, const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const CellResult& cell : result.cells) {
    add(rows, cell.values[0]);
    add(columns, cell.values[1]);
    ++counts[{cell.values[0], cell.values[1]}].at(static_cast<std::size_t>(cell.status));
  }
  std::string out = fmt::format("\n| {} |", escape_markdown(result.axes[0] + " / " + result.axes[1]));
  for (const std::string& column : columns) out += fmt::format(" {} |", escape_markdown(column));
  out += "\n|---|";
  for (std::size_t i = 0; i < columns.size(); ++i) out += "---|";
  for (const std::string& row : rows) {
    out += fmt::format("\n| {} |", escape_markdown(row));
    for (const std::string& column : columns) {
      std::string text;
      for (std::size_t i = 0; i < matrix::kStatuses; ++i) {
        const std::uint64_t count = counts[{row, column}].at(i);
        if (count > 0) text += fmt::format(" {} {}", sign(static_cast<Status>(i)), count);
      }
      out += text + " |";
    }
  }
  return out + "\n";
}

std::string names_of(const std::vector<const CellResult*>& cells) {
  std::string names;
  for (std::size_t i = 0; i < std::min(cells.size(), kMostCells); ++i) {
    names += (i > 0 ? ", " : "") + escape_markdown(cells[i]->id);
  }
  if (cells.size() > kMostCells) names += fmt::format(" and {} more", cells.size() - kMostCells);
  return names;
}

}  // namespace

std::string render_matrix_markdown(const MatrixResult& result) {
  std::string out = fmt::format("### {}: matrix {}\n\n{}, in {}.\n", verdict(result), escape_markdown(result.matrix),
                                cells_text(result), seconds_text(result.wall_s));
  if (result.of > 1) out += fmt::format("\nShard {} of {}.\n", result.shard, result.of);
  out += map_of(result);
  const std::vector<CauseGroup> groups = group_by_cause(result);
  if (!groups.empty()) out += "\n| | Cells | Cause | Which |\n|---|---|---|---|\n";
  for (std::size_t i = 0; i < std::min(groups.size(), kMostGroups); ++i) {
    const CauseGroup& group = groups[i];
    out += fmt::format("| {} {} | {} | {} | {} |\n", sign(group.status), to_string(group.status), group.cells.size(),
                       escape_markdown(group.why), names_of(group.cells));
  }
  if (groups.size() > kMostGroups)
    out += fmt::format("\n{} more causes are in the report.\n", groups.size() - kMostGroups);
  std::vector<const CellResult*> flakes;
  for (const CellResult& cell : result.cells) {
    if (cell.flaky()) flakes.push_back(&cell);
  }
  if (!flakes.empty()) out += "\n**Flakes**, which passed only when they were run again:\n\n";
  for (std::size_t i = 0; i < std::min(flakes.size(), kMostFlakes); ++i) {
    out += fmt::format("- {}: {}\n", escape_markdown(flakes[i]->id), escape_markdown(flakes[i]->attempts.front().why));
  }
  return out;
}

}  // namespace chamber
