// What cells took when they were last run, kept beside the runs: better than any estimate for who goes first, what fits
// side by side, and when all will be done.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "harness/base/result.h"
#include "matrix/plan.h"

namespace chamber::matrix {

class Costs {
 public:
  // A file that is not there yet is empty, and so is one that can't be read: it is a memory, not a source.
  static Costs load(const std::filesystem::path& file);
  // Whole or not at all. kHarness.
  Result<void> save(const std::filesystem::path& file) const;

  // What was measured of a cell like this one, else the plan's estimate.
  [[nodiscard]] Estimate of(const Cell& cell) const;
  // A new figure counts for half, so that one slow run does not stay for ever.
  void note(const Cell& cell, const Estimate& measured);

 private:
  std::map<std::string, Estimate> known_;  // by the cell's id
};

}  // namespace chamber::matrix
