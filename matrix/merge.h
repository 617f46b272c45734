// Shards joined into the result of the whole matrix.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "matrix/result.h"

namespace chamber::matrix {

struct ShardResult {
  std::string name;  // of its file, for messages
  std::string base;  // what stands before its runs' folders in the merged result: "../shard-1"
  MatrixResult result;
};

// Every cell of the plan once: what no shard brought is not run, with that reason. kInput when the shards are not of
// this plan, or two of them bring the same shard or cell.
[[nodiscard]] Result<MatrixResult> merge(const Plan& plan, std::vector<ShardResult> shards);

}  // namespace chamber::matrix
