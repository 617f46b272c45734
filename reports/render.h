// A report in each of its forms. Rendering is pure; the same report gives the same bytes.
#pragma once

#include <filesystem>
#include <string>

#include "harness/base/result.h"
#include "reports/report.h"

namespace chamber {

// One page that needs nothing but itself: no request, no script but its own (by hash), light and dark, printable.
[[nodiscard]] std::string render_html(const Report& report);

// JUnit XML as Jenkins, GitLab and GitHub's reporters read it: one suite a run, one case a check; inconclusive is an
// <error type="inconclusive">. `report_path`, when not empty, is attached as [[ATTACHMENT|path]].
[[nodiscard]] std::string render_junit(const Report& report, const std::filesystem::path& report_path = {});

// For programs; its shape is result.schema.json.
[[nodiscard]] std::string render_json(const Report& report);

// A short table for a pull request or a job summary.
[[nodiscard]] std::string render_markdown(const Report& report);

struct TableOptions {
  bool colour = false;
  std::size_t width = 100;         // columns; longer lines are wrapped
  std::size_t evidence_lines = 6;  // of a check that did not pass
};
[[nodiscard]] std::string verdict_table(const Report& report, const TableOptions& options = {});

// The checks alone, of a history that no run of ours made.
[[nodiscard]] std::string verdict_lines(const Verdict& verdict, const TableOptions& options = {});
// The same as a page; `title` says whose history it was.
[[nodiscard]] std::string render_verdict_html(const Verdict& verdict, const std::string& title);
Result<void> write_verdict_html(const Verdict& verdict, const std::string& title, const std::filesystem::path& path);

// Each into a file of mode 0600, whole or not at all. Errors are of kind kHarness and name the path.
Result<void> write_html(const Report& report, const std::filesystem::path& path);
Result<void> write_junit(const Report& report, const std::filesystem::path& path,
                         const std::filesystem::path& report_path = {});
Result<void> write_json(const Report& report, const std::filesystem::path& path);
Result<void> write_markdown(const Report& report, const std::filesystem::path& path);
// All four under their names of report.h.
Result<void> write_all(const Report& report, const std::filesystem::path& folder);

}  // namespace chamber
