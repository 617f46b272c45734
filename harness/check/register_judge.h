// The register for check_linearizable().
#pragma once

#include "harness/check/counterexample.h"

namespace chamber {

[[nodiscard]] PartitionJudge register_judge();

}  // namespace chamber
