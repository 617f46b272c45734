#include "reports/render.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "harness/base/fd.h"

namespace chamber {
namespace {

Result<void> write_bytes(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(errno, "writing {}", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(fd) != 0) return fail_errno(errno, "writing {}", path);
  return {};
}

// Through a file beside it, so that a reader never sees half a report.
Result<void> write_whole(const std::filesystem::path& path, std::string_view bytes) {
  const std::string name = path.string();
  std::string temporary = name + ".XXXXXX";
  const Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) return fail_errno(errno, "creating {}", temporary);
  Result<void> written = write_bytes(fd.get(), bytes, name);
  if (written.ok() && ::rename(temporary.c_str(), name.c_str()) != 0) {
    written = fail_errno(errno, "renaming {} to {}", temporary, name);
  }
  if (!written.ok()) ::unlink(temporary.c_str());
  return written;
}

}  // namespace

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
