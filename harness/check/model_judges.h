// The models of check_linearizable(), each ready to judge a partition. `history` must outlive what they give.
#pragma once

#include "harness/check/counterexample.h"
#include "harness/history/history.h"

namespace chamber {

[[nodiscard]] PartitionJudge register_judge();
[[nodiscard]] PartitionJudge kv_judge(const History& history);
[[nodiscard]] PartitionJudge set_judge(const History& history);
[[nodiscard]] PartitionJudge queue_judge();

}  // namespace chamber
