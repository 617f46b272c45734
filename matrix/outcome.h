// What a run left in its folder, as an attempt of a cell: its result.json (reports/result.schema.json), its exit code
// and, where it got no further, the last words of its log.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "harness/process/process.h"
#include "matrix/result.h"

namespace chamber::matrix {

struct Ended {
  std::filesystem::path folder;  // of the run
  std::filesystem::path log;     // what it printed
  ExitStatus exit;
  std::optional<double> over_limit_s;  // it was ended because it took longer than that
};

// Fills status, why, cause, evidence and facts.
[[nodiscard]] Attempt attempt_of(const Ended& ended);

// A run's result (chamber-result/1) on its own, as the gate takes it too. kInput when it can't be read.
[[nodiscard]] Result<Attempt> attempt_from_result(const nlohmann::json& result, std::string_view name);

// What two texts that tell of the same thing have in common: numbers become #.
[[nodiscard]] std::string without_numbers(std::string_view text);

}  // namespace chamber::matrix
