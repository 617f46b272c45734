#include "matrix/footprint.h"

#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace chamber::matrix {
namespace {

namespace fs = std::filesystem;

constexpr long kTmpfs = 0x01021994;  // TMPFS_MAGIC, statfs(2)
constexpr double kMib = 1024.0 * 1024.0;

struct Seen {
  pid_t parent = 0;
  double ticks = 0;
};

// Fields 4 and 14 to 17 of /proc/PID/stat, behind the name, which may hold anything.
bool read_stat(const fs::path& folder, Seen& seen) {
  std::ifstream file(folder / "stat");
  std::string line;
  if (!std::getline(file, line)) return false;
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos || name_end + 2 >= line.size()) return false;
  std::vector<std::string> fields;
  for (std::size_t at = name_end + 2; at < line.size() && fields.size() < 15;) {
    const std::size_t space = std::min(line.find(' ', at), line.size());
    fields.push_back(line.substr(at, space - at));
    at = space + 1;
  }
  if (fields.size() < 15) return false;
  seen.parent = static_cast<pid_t>(std::strtol(fields[1].c_str(), nullptr, 10));
  for (std::size_t i = 11; i < 15; ++i) seen.ticks += std::strtod(fields[i].c_str(), nullptr);
  return true;
}

double private_mib(const fs::path& folder) {
  std::ifstream file(folder / "statm");
  double size = 0;
  double resident = 0;
  double shared = 0;
  file >> size >> resident >> shared;
  return (resident - shared) * static_cast<double>(sysconf(_SC_PAGESIZE)) / kMib;
}

// The root of a cell is a file system in memory; that of the machine is not.
double memory_files_mib(const fs::path& folder) {
  struct statfs facts {};
  if (statfs((folder / "root").c_str(), &facts) != 0 || facts.f_type != kTmpfs) return 0;
  return static_cast<double>(facts.f_blocks - facts.f_bfree) * static_cast<double>(facts.f_bsize) / kMib;
}

std::map<pid_t, Seen> all_processes() {
  std::map<pid_t, Seen> all;
  std::error_code problem;  // processes come and go while they are listed
  for (fs::directory_iterator it("/proc", problem), end; !problem && it != end; it.increment(problem)) {
    const std::string name = it->path().filename().string();
    pid_t pid = 0;
    const auto [last, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || last != name.data() + name.size()) continue;
    Seen seen;
    if (read_stat(it->path(), seen)) all[pid] = seen;
  }
  return all;
}

double meminfo_mib(const std::string& key) {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key + ":")) return std::strtod(line.c_str() + key.size() + 1, nullptr) / 1024;
  }
  return 0;
}

}  // namespace

Footprint footprint_of(pid_t root) {
  const std::map<pid_t, Seen> all = all_processes();
  std::multimap<pid_t, pid_t> children;
  for (const auto& [pid, seen] : all) children.emplace(seen.parent, pid);
  Footprint footprint;
  double files = 0;
  std::vector<pid_t> open;
  if (all.contains(root)) open.push_back(root);
  while (!open.empty()) {
    const pid_t pid = open.back();
    open.pop_back();
    const fs::path folder = fs::path("/proc") / std::to_string(pid);
    footprint.cpu_s += all.at(pid).ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
    footprint.memory_mib += private_mib(folder);
    files = std::max(files, memory_files_mib(folder));  // one root, seen by all of a cell
    const auto [first, last] = children.equal_range(pid);
    for (auto child = first; child != last; ++child) open.push_back(child->second);
  }
  footprint.memory_mib += files;
  return footprint;
}

Machine this_machine() {
  return {static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)), meminfo_mib("MemTotal"), meminfo_mib("MemAvailable")};
}

}  // namespace chamber::matrix
