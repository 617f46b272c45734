#include "harness/base/secret_search.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include "harness/base/fd.h"

namespace chamber {
namespace {

namespace fs = std::filesystem;

bool is_below(const fs::path& path, const std::vector<fs::path>& folders) {
  return std::any_of(folders.begin(), folders.end(), [&](const fs::path& folder) {
    return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
  });
}

Result<void> search_file(const fs::path& path, const fs::path& shown, const std::vector<Secret>& secrets,
                         SecretSearchResult& result) {
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return fail_errno(errno, "searching {} for secrets", path.string());
  struct stat facts {};
  if (fstat(file.get(), &facts) != 0) return fail_errno(errno, "searching {} for secrets", path.string());
  ++result.files;
  if (facts.st_size == 0) return {};
  const auto size = static_cast<std::size_t>(facts.st_size);
  void* const text = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (text == MAP_FAILED) return fail_errno(errno, "reading {}", path.string());
  for (const Secret& secret : secrets) {
    if (memmem(text, size, secret.value.data(), secret.value.size()) != nullptr) {
      result.found.push_back(secret.name + " in " + shown.string());
    }
  }
  munmap(text, size);
  result.bytes += size;
  return {};
}

}  // namespace

Result<SecretSearchResult> search_secrets(const fs::path& folder, const std::vector<Secret>& secrets,
                                          const std::vector<fs::path>& except) {
  SecretSearchResult result;
  std::error_code problem;
  for (const auto& entry : fs::recursive_directory_iterator(folder, problem)) {
    const fs::path shown = entry.path().lexically_relative(folder);
    if (!entry.is_regular_file(problem) || entry.is_symlink(problem) || is_below(shown, except)) continue;
    CHAMBER_CHECK(search_file(entry.path(), shown, secrets, result));
  }
  if (problem) return fail(ErrorKind::kHarness, "searching {} for secrets: {}", folder.string(), problem.message());
  return result;
}

}  // namespace chamber
