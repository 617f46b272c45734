#include "harness/base/secret_search.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "harness/base/fd.h"

namespace chamber {
namespace {

namespace fs = std::filesystem;

bool is_below(const fs::path& path, const std::vector<fs::path>& folders) {
  return std::any_of(folders.begin(), folders.end(), [&](const fs::path& folder) {
    return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
  });
}

Result<void> search_file(const fs::path& path, const fs::path& shown, const SecretFinder& finder,
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
  for (const std::string& name : finder.find_in({static_cast<const char*>(text), size})) {
    result.found.push_back(name + " in " + shown.string());
  }
  munmap(text, size);
  result.bytes += size;
  return {};
}

constexpr std::size_t kBeginning = sizeof(std::uint64_t);

std::uint64_t beginning_of(const char* text) {
  std::uint64_t word = 0;
  std::memcpy(&word, text, kBeginning);
  return word;
}

// Fibonacci hashing: the upper bits of the product depend on all bits of the word.
std::size_t slot_of(std::uint64_t word) {
  return static_cast<std::size_t>((word * 0x9E3779B97F4A7C15ULL) >> 48U);
}

// As it stands in a JSON string (RFC 8259, section 7), and so in most logs: of a key in PEM each line's end looks
// different there.
std::string in_json(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const std::size_t letter = std::string_view("\n\r\t\"\\").find(c);
    if (letter == std::string_view::npos) {
      escaped += c;
    } else {
      escaped += '\\';
      escaped += "nrt\"\\"[letter];
    }
  }
  return escaped;
}

}  // namespace

SecretFinder::SecretFinder(std::vector<Secret> secrets) : secrets_(std::move(secrets)), maybe_(kTable) {
  for (std::size_t i = 0, given = secrets_.size(); i < given; ++i) {
    std::string escaped = in_json(secrets_[i].value);
    if (escaped != secrets_[i].value) secrets_.push_back({secrets_[i].name, std::move(escaped)});
  }
  for (std::size_t i = 0; i < secrets_.size(); ++i) {
    if (secrets_[i].value.size() < kBeginning) continue;  // the registry takes none that short
    const std::uint64_t word = beginning_of(secrets_[i].value.data());
    maybe_[slot_of(word)] = true;
    by_beginning_.emplace(word, i);
  }
}

std::vector<std::string> SecretFinder::find_in(std::string_view text) const {
  std::set<std::size_t> found;
  for (std::size_t at = 0; at + kBeginning <= text.size(); ++at) {
    const std::uint64_t word = beginning_of(text.data() + at);
    if (!maybe_[slot_of(word)]) continue;
    const auto [first, last] = by_beginning_.equal_range(word);
    for (auto entry = first; entry != last; ++entry) {
      if (text.substr(at).starts_with(secrets_[entry->second].value)) found.insert(entry->second);
    }
  }
  std::vector<std::string> names;
  for (const std::size_t index : found) {
    const std::string& name = secrets_[index].name;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

Result<SecretSearchResult> search_secrets(const fs::path& folder, const std::vector<Secret>& secrets,
                                          const std::vector<fs::path>& except) {
  SecretSearchResult result;
  const SecretFinder finder(secrets);
  std::error_code problem;
  for (const auto& entry : fs::recursive_directory_iterator(folder, problem)) {
    const fs::path shown = entry.path().lexically_relative(folder);
    if (!entry.is_regular_file(problem) || entry.is_symlink(problem) || is_below(shown, except)) continue;
    CHAMBER_CHECK(search_file(entry.path(), shown, finder, result));
  }
  if (problem) return fail(ErrorKind::kHarness, "searching {} for secrets: {}", folder.string(), problem.message());
  return result;
}

}  // namespace chamber
