// The memory of a matrix that is being run: one line is added before an attempt begins and one when it has ended, so
// that whoever goes on after a SIGKILL knows what is done, what was cut short, and where to clean up. A line that was
// cut off is as if it had never been.
//
//   {"matrix": name, "digest": digest, "shard": n, "of": n}
//   {"begin": cell, "attempt": n}
//   {"end": cell, "attempt": {…}}                 as in chamber-matrix/1
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "harness/base/fd.h"
#include "harness/base/result.h"
#include "matrix/result.h"

namespace chamber::matrix {

struct JournalHead {
  std::string matrix;
  std::string digest;
  int shard = 1;
  int of = 1;
  [[nodiscard]] bool operator==(const JournalHead&) const = default;
};

// What is known of a cell.
struct CellHistory {
  int begun = 0;                  // the highest number of an attempt
  std::vector<Attempt> attempts;  // that ended, in order
  int cut_short = 0;              // that began and never ended
};

class Journal {
 public:
  // Makes the folder where there is none and takes its lock. With `resume` it reads what is there; without, the folder
  // must not hold a journal. kInput when it belongs to another plan or shard, or is in use.
  static Result<Journal> open(const std::filesystem::path& folder, const JournalHead& head, bool resume);

  [[nodiscard]] const std::map<std::string, CellHistory>& cells() const { return cells_; }

  Result<void> begin(const std::string& cell, int attempt);
  Result<void> end(const std::string& cell, const Attempt& attempt);

 private:
  Journal(Fd lock, Fd file) : lock_(std::move(lock)), file_(std::move(file)) {}
  Result<void> append(const nlohmann::json& line);
  Result<void> read(const std::filesystem::path& path, const JournalHead& head);

  Fd lock_;
  Fd file_;
  std::map<std::string, CellHistory> cells_;
};

}  // namespace chamber::matrix
