#include "reports/render.h"

#include "reports/write_whole.h"

namespace chamber {

Result<void> write_html(const Report& report, const std::filesystem::path& path) {
  return write_whole(path, render_html(report));
}

Result<void> write_verdict_html(const Verdict& verdict, const std::string& title, const std::filesystem::path& path) {
  return write_whole(path, render_verdict_html(verdict, title));
}

Result<void> write_junit(const Report& report, const std::filesystem::path& path,
                         const std::filesystem::path& report_path) {
  return write_whole(path, render_junit(report, report_path));
}

Result<void> write_json(const Report& report, const std::filesystem::path& path) {
  return write_whole(path, render_json(report));
}

Result<void> write_markdown(const Report& report, const std::filesystem::path& path) {
  return write_whole(path, render_markdown(report));
}

Result<void> write_all(const Report& report, const std::filesystem::path& folder) {
  CHAMBER_CHECK(write_html(report, folder / kHtmlFile));
  CHAMBER_CHECK(write_junit(report, folder / kJunitFile, folder / kHtmlFile));
  CHAMBER_CHECK(write_json(report, folder / kResultFile));
  return write_markdown(report, folder / kMarkdownFile);
}

}  // namespace chamber
