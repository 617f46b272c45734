#include "matrix/merge.h"

#include <algorithm>
#include <map>

namespace chamber::matrix {
namespace {

Result<void> check_shard(const Plan& plan, const ShardResult& shard, std::map<int, std::string>& seen, int of) {
  const MatrixResult& result = shard.result;
  if (result.digest != plan.digest()) {
    return fail(ErrorKind::kInput, "{} is of matrix {} with plan {}; the others are of {} with plan {}", shard.name,
                result.matrix, result.digest, plan.matrix, plan.digest());
  }
  if (result.of != of) {
    return fail(ErrorKind::kInput, "{} is shard {}/{}, and another is one of {}", shard.name, result.shard, result.of,
                of);
  }
  const auto [first, fresh] = seen.emplace(result.shard, shard.name);
  if (!fresh) {
    return fail(ErrorKind::kInput, "{} and {} are both shard {}/{}: each cell is to be counted once", first->second,
                shard.name, result.shard, of);
  }
  return {};
}

void place_below(const std::string& base, CellResult& cell) {
  if (base.empty()) return;
  for (Attempt& attempt : cell.attempts) attempt.folder = base + "/" + attempt.folder;
}

}  // namespace

Result<MatrixResult> merge(const Plan& plan, std::vector<ShardResult> shards) {
  MatrixResult merged{.matrix = plan.matrix, .about = plan.about, .digest = plan.digest(), .axes = plan.axes};
  merged.left_out = plan.left_out;
  merged.pairs = plan.pairs;
  std::map<int, std::string> seen;
  std::map<std::string, CellResult> cells;
  const int of = shards.empty() ? 1 : shards.front().result.of;
  for (ShardResult& shard : shards) {
    CHAMBER_CHECK(check_shard(plan, shard, seen, of));
    if (merged.started.empty() || shard.result.started < merged.started) merged.started = shard.result.started;
    merged.wall_s = std::max(merged.wall_s, shard.result.wall_s);
    merged.jobs = std::max(merged.jobs, shard.result.jobs);
    merged.host = shard.result.host;
    for (CellResult& cell : shard.result.cells) {
      place_below(shard.base, cell);
      const std::string id = cell.id;
      if (!cells.emplace(id, std::move(cell)).second) {
        return fail(ErrorKind::kInput, "{}: the cell {} is in another shard too", shard.name, id);
      }
    }
  }
  for (const Cell& cell : plan.cells) {
    const auto found = cells.find(cell.id);
    if (found == cells.end()) {
      merged.cells.push_back(result_of(cell, {}));
      merged.cells.back().why = "no shard brought a result of it";
      continue;
    }
    merged.cells.push_back(std::move(found->second));
    cells.erase(found);
  }
  if (!cells.empty()) {
    return fail(ErrorKind::kInput, "the cell {} is not in the plan of {}", cells.begin()->first, plan.matrix);
  }
  return merged;
}

}  // namespace chamber::matrix
