// A matrix with everything decided: its cells, what they cover, and what is left out and why. A plan is the same on
// every machine that has the same files, so that shards can be run apart; it can be saved, printed and loaded again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "matrix/cover.h"
#include "matrix/environment.h"
#include "matrix/matrix.h"
#include "scenarios/language/catalogue.h"

namespace chamber::matrix {

// What a cell takes, as far as can be told without running it.
struct Estimate {
  double seconds = 0;
  double memory_mib = 0;
  double cores = 1;
};

struct Cell {
  std::string id;                   // "production.minimal.local.complete.vault-leader-killed": a folder's name too
  std::vector<std::string> values;  // one for each of the plan's axes
  std::vector<std::string> arguments = {};  // of `chamber run`, the scenario first
  std::int64_t priority = 0;
  bool required = false;
  double limit_s = 0;  // the longest that it may take
  Estimate estimate = {};
  std::optional<std::string> cannot = {};  // why this version of chamber can't run it; none when it can
};

// Combinations that are not cells, by reason.
struct LeftOut {
  std::string because;
  std::uint64_t count = 0;
  std::vector<std::string> examples;  // ids, a few
};

struct Plan {
  std::string matrix;  // its name
  std::string about;
  std::vector<std::string> axes = {};
  std::vector<Cell> cells = {};  // by priority, then longest first
  std::vector<LeftOut> left_out = {};
  std::uint64_t combinations = 0;
  PairCount pairs = {};
  std::int64_t retries = 0;

  // Tells plans apart whose cells differ: 16 hexadecimal digits.
  [[nodiscard]] std::string digest() const;
};

struct PlanSources {
  const Environments& environments;
  const language::Catalogue& catalogue;
  const language::Vocabulary& vocabulary;
};

// kInput with the position of each mistake: a value that there is not, a pattern that nothing fits.
[[nodiscard]] Result<Plan> make_plan(const Matrix& matrix, const PlanSources& sources);

// The cells of one shard of `of`, 1 ≤ shard ≤ of: in all shards together each cell once. Balanced by the plan's own
// estimates (longest processing time first; R. Graham, 1969), so that every machine cuts alike.
[[nodiscard]] std::vector<std::size_t> shard_cells(const Plan& plan, int shard, int of);

// The file format "chamber.matrix-plan/1".
[[nodiscard]] document::Json to_json(const Plan& plan);
[[nodiscard]] Result<Plan> plan_from_json(std::string_view text, std::string_view name);

}  // namespace chamber::matrix
