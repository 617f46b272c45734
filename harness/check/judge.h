// Judging a history by the name of a model, without a scenario: `chamber check FILE --model NAME`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/check/limits.h"
#include "harness/check/run_checks.h"

namespace chamber {

struct JudgeModel {
  std::string_view name;  // "list-append"
  std::string_view about;
};

// All there are.
[[nodiscard]] std::span<const JudgeModel> judge_models();

struct JudgeOptions {
  std::string model;
  std::string level = "serializable";      // of the transactional models: isolation_from() has the names
  std::string workload = {};               // "": all operations
  std::optional<std::int64_t> total = {};  // bank: what all accounts hold together
  Limits limits = {};
};

// One check that judges by the model. kInput for a model or a level that there is not.
[[nodiscard]] Result<Check> judge_of(const JudgeOptions& options);

}  // namespace chamber
