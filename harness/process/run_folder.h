// The folder of one run or cell, and the ledger in it: what exists outside of what the kernel removes by itself,
// written before it is made. A folder whose lock nobody holds and whose ledger is not closed belonged to a run that was
// killed: reap() removes what the ledger says and nothing else.
//
//   lock            held (flock) by the runner and by process 1 of the cell, for as long as either lives
//   ledger.jsonl    one object a line: {"make": "<path below this folder>"} before, {"closed": true} at the end;
//                   {"outside": {"what": "docker network", "name": …}} before what lies elsewhere
//   control.sock    where the cell listens for commands, while it lives
//   logs/ history.bin verdict.json run.json report.html …    what stays
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/base/fd.h"
#include "harness/base/result.h"

namespace chamber {

inline constexpr const char* kLedger = "ledger.jsonl";

// What a run made elsewhere than in its folder and the kernel doesn't remove by itself.
struct OutsideThing {
  std::string what;  // "docker network", "kind cluster"
  std::string name;  // by which it is found again; nothing else has it
};

// Removes it and sees that it is gone; that it isn't there is no error.
using RemoveOutside = std::function<Result<void>(const OutsideThing&)>;

class RunFolder {
 public:
  // Makes the folder (0700) with its ledger and takes its lock. kInput when it exists and isn't empty.
  static Result<RunFolder> create(const std::filesystem::path& path);
  // A folder that create() made, in the process that inherited its lock.
  static RunFolder adopt(const std::filesystem::path& path, Fd lock);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // The cell's id: the folder's name.
  [[nodiscard]] std::string id() const { return path_.filename().string(); }
  [[nodiscard]] int lock_fd() const { return lock_.get(); }

  // Notes that `name` below this folder is about to be made and must not outlive the cell.
  Result<void> will_make(const std::string& name);
  // The same for what lies elsewhere.
  Result<void> will_make_outside(const OutsideThing& thing);
  // Removes what was noted and says in the ledger that nothing is left. An error names what could not be removed.
  // Without `remove_outside` nothing outside may have been noted.
  Result<void> close(const RemoveOutside& remove_outside = {});

 private:
  RunFolder(std::filesystem::path path, Fd lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::filesystem::path path_;
  Fd lock_;
};

// Where runs are kept when the user names no place: $CHAMBER_RUNS, else $XDG_STATE_HOME/chamber/runs, else
// ~/.local/state/chamber/runs.
[[nodiscard]] std::filesystem::path runs_root();

enum class RunState {
  kLive,       // somebody holds the lock
  kClosed,     // ended and cleaned up
  kAbandoned,  // killed before it could clean up
};

struct RunEntry {
  std::filesystem::path path;
  RunState state;
  std::vector<std::string> left;  // paths below it that a killed run left, and what lies elsewhere: "docker network x"
};

// Every run folder directly below `root`, oldest first. Folders that aren't run folders are passed over.
[[nodiscard]] Result<std::vector<RunEntry>> list_runs(const std::filesystem::path& root);

// Cleans up after every abandoned run below `root`; returns them with what was removed.
Result<std::vector<RunEntry>> reap(const std::filesystem::path& root, const RemoveOutside& remove_outside = {});

}  // namespace chamber
