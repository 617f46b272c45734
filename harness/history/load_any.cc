#include "harness/history/load_any.h"

#include <array>
#include <cerrno>
#include <fstream>

#include "harness/history/format.h"
#include "harness/history/jsonl.h"
#include "harness/history/reader.h"

namespace chamber {

Result<History> load_any(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorKind::kInput, "opening {}: {}", path.string(), errno_text(errno));
  std::array<char, format::kMagic.size()> start{};
  file.read(start.data(), start.size());
  const std::string_view head(start.data(), static_cast<std::size_t>(file.gcount()));
  if (head == std::string_view(reinterpret_cast<const char*>(format::kMagic.data()), format::kMagic.size())) {
    return load_history(path);
  }
  const auto first = head.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || head[first] != '{') {
    return fail(ErrorKind::kInput,
                "{}:1:1: this is no history; one begins with \"CHAMBERH\" or, as JSON Lines, with {{", path.string());
  }
  file.clear();
  file.seekg(0);
  return import_jsonl(file, path.string());
}

}  // namespace chamber
