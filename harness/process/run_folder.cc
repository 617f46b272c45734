#include "harness/process/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

namespace chamber {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kLock = "lock";

// One write, so that a crash leaves whole lines or a cut last one, which readers ignore.
Result<void> append(const fs::path& folder, const json& entry) {
  const fs::path path = folder / kLedger;
  const Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!file.valid()) return fail_errno(errno, "opening {}", path.string());
  const std::string line = entry.dump() + "\n";
  if (write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    return fail_errno(errno, "writing {}", path.string());
  }
  return {};
}

struct Ledger {
  bool closed = false;
  std::vector<std::string> made;
  std::vector<OutsideThing> outside;
};

// A name in a ledger may only lead below its own folder: a damaged or forged ledger must not delete anything else.
bool stays_below(const std::string& name) {
  const fs::path path(name);
  return !name.empty() && path.is_relative() && std::find(path.begin(), path.end(), "..") == path.end();
}

Ledger read_ledger(const fs::path& folder) {
  Ledger ledger;
  std::ifstream file(folder / kLedger);
  std::string line;
  while (std::getline(file, line)) {
    const json entry = json::parse(line, nullptr, false);
    if (!entry.is_object()) continue;
    if (entry.value("closed", false)) ledger.closed = true;
    if (entry.contains("make") && entry["make"].is_string() && stays_below(entry["make"].get<std::string>())) {
      ledger.made.push_back(entry["make"]);
    }
    if (entry.contains("outside") && entry["outside"].is_object()) {
      ledger.outside.push_back({entry["outside"].value("what", ""), entry["outside"].value("name", "")});
    }
  }
  return ledger;
}

// What lies outside goes first: it may still be writing into the folder.
Result<std::vector<std::string>> remove_made(const fs::path& folder, const Ledger& ledger,
                                             const RemoveOutside& remove_outside) {
  std::vector<std::string> removed;
  for (const OutsideThing& thing : ledger.outside) {
    const std::string text = fmt::format("{} {}", thing.what, thing.name);
    if (!remove_outside) return fail(ErrorKind::kHarness, "nobody here can remove the {}", text);
    CHAMBER_CHECK(remove_outside(thing).context("removing the " + text));
    removed.push_back(text);
  }
  for (const std::string& name : ledger.made) {
    if (fs::symlink_status(folder / name).type() == fs::file_type::not_found) continue;
    std::error_code problem;
    fs::remove_all(folder / name, problem);
    if (problem) {
      return fail(ErrorKind::kHarness, "removing {}: {}", (folder / name).string(), problem.message());
    }
    removed.push_back(name);
  }
  return removed;
}

}  // namespace

Result<RunFolder> RunFolder::create(const fs::path& path) {
  std::error_code problem;
  if (fs::exists(path) && !fs::is_empty(path, problem)) {
    return fail(ErrorKind::kInput, "the run folder {} exists and is not empty; name another, or remove it",
                path.string());
  }
  fs::create_directories(path, problem);
  if (problem) return fail(ErrorKind::kHarness, "making the run folder {}: {}", path.string(), problem.message());
  if (chmod(path.c_str(), 0700) != 0) return fail_errno(errno, "closing {} to others", path.string());
  // Absolute: the path is used from processes with other working directories.
  const fs::path absolute = fs::canonical(path, problem);
  if (problem) return fail(ErrorKind::kHarness, "the run folder {}: {}", path.string(), problem.message());
  Fd lock(open((absolute / kLock).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) return fail_errno(errno, "making {}", (absolute / kLock).string());
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return fail_errno(errno, "locking {}", (absolute / kLock).string());
  CHAMBER_CHECK(append(absolute, {{"run", absolute.filename().string()}}));
  return RunFolder(absolute, std::move(lock));
}

RunFolder RunFolder::adopt(const fs::path& path, Fd lock) {
  return {path, std::move(lock)};
}

Result<void> RunFolder::will_make(const std::string& name) {
  if (!stays_below(name)) return fail(ErrorKind::kHarness, "'{}' is not below the run folder", name);
  return append(path_, {{"make", name}});
}

Result<void> RunFolder::will_make_outside(const OutsideThing& thing) {
  return append(path_, {{"outside", {{"what", thing.what}, {"name", thing.name}}}});
}

Result<void> RunFolder::close(const RemoveOutside& remove_outside) {
  CHAMBER_CHECK(remove_made(path_, read_ledger(path_), remove_outside));
  return append(path_, {{"closed", true}});
}

fs::path runs_root() {
  const auto variable = [](const char* name) -> fs::path {
    const char* value = std::getenv(name);
    return value == nullptr ? fs::path() : fs::path(value);
  };
  if (const fs::path chosen = variable("CHAMBER_RUNS"); !chosen.empty()) return chosen;
  if (const fs::path state = variable("XDG_STATE_HOME"); !state.empty()) return state / "chamber/runs";
  return variable("HOME") / ".local/state/chamber/runs";
}

Result<std::vector<RunEntry>> list_runs(const fs::path& root) {
  std::vector<RunEntry> entries;
  std::error_code problem;
  for (const auto& item : fs::directory_iterator(root, problem)) {
    const fs::path& path = item.path();
    if (!item.is_directory() || !fs::exists(path / kLedger)) continue;
    const Fd lock(open((path / kLock).c_str(), O_RDWR | O_CLOEXEC));
    if (!lock.valid()) continue;
    RunEntry entry{path, RunState::kLive, {}};
    if (flock(lock.get(), LOCK_SH | LOCK_NB) == 0) {
      const Ledger ledger = read_ledger(path);
      entry.state = ledger.closed ? RunState::kClosed : RunState::kAbandoned;
      for (const std::string& name : ledger.made) {
        if (fs::symlink_status(path / name).type() != fs::file_type::not_found) entry.left.push_back(name);
      }
      for (const OutsideThing& thing : ledger.outside) entry.left.push_back(thing.what + " " + thing.name);
    }
    entries.push_back(std::move(entry));
  }
  if (problem && problem != std::errc::no_such_file_or_directory) {
    return fail(ErrorKind::kHarness, "reading {}: {}", root.string(), problem.message());
  }
  std::sort(entries.begin(), entries.end(), [](const RunEntry& a, const RunEntry& b) { return a.path < b.path; });
  return entries;
}

Result<std::vector<RunEntry>> reap(const fs::path& root, const RemoveOutside& remove_outside) {
  std::vector<RunEntry> reaped;
  for (RunEntry& entry : CHAMBER_TRY(list_runs(root))) {
    if (entry.state != RunState::kAbandoned) continue;
    // Exclusive: two reapers must not both believe that they cleaned up, and a run can't come back to life.
    const Fd lock(open((entry.path / kLock).c_str(), O_RDWR | O_CLOEXEC));
    if (!lock.valid() || flock(lock.get(), LOCK_EX | LOCK_NB) != 0) continue;
    const Ledger ledger = read_ledger(entry.path);
    if (ledger.closed) continue;
    entry.left = CHAMBER_TRY(remove_made(entry.path, ledger, remove_outside));
    CHAMBER_CHECK(append(entry.path, {{"closed", true}, {"by", "reap"}}));
    entry.state = RunState::kClosed;
    reaped.push_back(std::move(entry));
  }
  return reaped;
}

}  // namespace chamber
