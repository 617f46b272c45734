#include "reports/write_whole.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

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

}  // namespace

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

}  // namespace chamber
