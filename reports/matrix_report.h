// The reports of a matrix. Rendering is pure; the same result gives the same bytes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "matrix/result.h"

namespace chamber {

// Names inside the folder of a matrix.
inline constexpr const char* kMatrixResultFile = "result.json";
inline constexpr const char* kMatrixHtmlFile = "matrix.html";
inline constexpr const char* kMatrixJunitFile = "junit.xml";
inline constexpr const char* kMatrixMarkdownFile = "summary.md";

// Cells that did not pass, joined by what they have in common; the most frequent first, failures before the rest.
struct CauseGroup {
  matrix::Status status = matrix::Status::kFailed;
  std::string cause;
  std::string why;                    // of one of them, with its numbers
  std::vector<std::string> evidence;  // the shortest that one of them has
  std::vector<const matrix::CellResult*> cells;
};
[[nodiscard]] std::vector<CauseGroup> group_by_cause(const matrix::MatrixResult& result);

// "112 of 120 cells passed, 3 failed, 5 were not run; 2 flakes".
[[nodiscard]] std::string cells_text(const matrix::MatrixResult& result);

// One page: heat map, filters, every cell with the way to its run.
[[nodiscard]] std::string render_matrix_html(const matrix::MatrixResult& result);

// One case a cell, with its evidence and its report and log attached. Inconclusive cells and errors are <error>; a cell
// that was not run is one too when it is required, else it is skipped: never a pass.
[[nodiscard]] std::string render_matrix_junit(const matrix::MatrixResult& result, const std::filesystem::path& folder);

// For a pull request or a job summary.
[[nodiscard]] std::string render_matrix_markdown(const matrix::MatrixResult& result);

// Its shape is matrix.schema.json.
[[nodiscard]] std::string render_matrix_json(const matrix::MatrixResult& result);

// All of them under their names above, each whole or not at all, mode 0600.
Result<void> write_matrix_reports(const matrix::MatrixResult& result, const std::filesystem::path& folder);

}  // namespace chamber
