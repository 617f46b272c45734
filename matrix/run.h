// Runs the cells of a plan, or of one shard of it, side by side as far as memory and cores go: each as a child process
// with a run folder of its own, so that nothing of one can reach another. Whatever happens to the runner, the kernel
// ends its cells, and a later call with `resume` goes on where it was.
//
//   <folder>/plan.json journal.jsonl result.json …
//   <folder>/cells/<cell>/<attempt>/   the run's folder      <attempt>.log   what it printed
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "matrix/costs.h"
#include "matrix/footprint.h"
#include "matrix/plan.h"
#include "matrix/result.h"

namespace chamber::matrix {

struct RunningCell {
  std::string id;
  int attempt = 1;
  double seconds = 0;
};

struct Progress {
  std::size_t done = 0;
  std::size_t total = 0;
  std::size_t failed = 0;  // of those done: whatever is not passed
  std::vector<RunningCell> running = {};
  double remaining_s = 0;  // about
};

// Called on the thread that runs the matrix.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void began(const Cell& cell, int attempt) = 0;
  // An attempt that is not the last: the cell is run again.
  virtual void retried(const Cell& cell, const Attempt& attempt) = 0;
  virtual void ended(const CellResult& cell) = 0;
  // Whenever something changed, and twice a second.
  virtual void look(const Progress& progress) = 0;
};

struct RunOptions {
  std::filesystem::path folder;
  int shard = 1;
  int of = 1;
  bool resume = false;
  bool stop_at_first_failure = false;
  int jobs = 0;                                    // at most so many cells side by side; 0: as many as fit
  std::vector<std::string> runner;                 // a program and its first arguments; a cell's own and --out follow
  std::map<std::string, std::string> environment;  // of the runner
  Machine machine;
  Costs& costs;
  // Why this machine can't carry a cell; none when it can.
  std::function<std::optional<std::string>(const Cell&)> cannot;
  std::function<bool()> interrupted = [] { return false; };
};

struct RunOutcome {
  MatrixResult result = {};
  bool interrupted = false;  // not all was run; --resume goes on
};

// From one thread, which must live until it returns. kInput when the folder is of another plan or in use.
[[nodiscard]] Result<RunOutcome> run(const Plan& plan, const RunOptions& options, Watcher& watcher);

}  // namespace chamber::matrix
