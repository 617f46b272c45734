// What checks say. `inconclusive` is never a pass (DESIGN.md, "Verdicts").
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/result.h"

namespace chamber {

enum class Judgement : std::uint8_t { kPass, kFail, kInconclusive };

[[nodiscard]] std::string_view to_string(Judgement judgement);
// DESIGN.md's exit codes: 0 pass, 1 fail, 4 inconclusive.
[[nodiscard]] int exit_code(Judgement judgement);

// What was allowed beside what was seen.
struct Budget {
  std::string name;     // "outage vault.register"
  double limit = 0;     //
  double observed = 0;  //
  std::string unit;     // "s", "ms", "%"
  std::string source;   // where the limit comes from: "scenario", "raft.election_budget of vault-0"
  bool upper = true;    // the limit is the most that is allowed; false: the least
  [[nodiscard]] bool kept() const { return upper ? observed <= limit : observed >= limit; }
};

// One operation in the drawing of a violation: a bar on the line of its process.
struct Bar {
  std::uint32_t process = 0;
  std::string label;                  // "write(x, 7)"
  Duration start{};                   // since the run's origin
  std::optional<Duration> end;        // none: never came back
  std::string outcome;                // "ok", "unknown"
  std::optional<std::uint32_t> rank;  // place in the longest linearization found, none: could not be placed
};

struct CheckResult {
  std::string check;  // what was asked, as in the scenario: "linearizable vault.register"
  Judgement judgement = Judgement::kInconclusive;
  std::string summary;                // one line
  std::vector<std::string> evidence;  // one line each, smallest sufficient
  std::optional<Budget> budget;       //
  std::vector<Bar> drawing;           // linearizability's counterexample
  std::uint64_t operations = 0;       // that were judged
  Duration took{};                    // by the check
};

struct Verdict {
  Judgement overall = Judgement::kInconclusive;
  std::vector<CheckResult> results;

  // fail if any fails; else inconclusive if any is, or if there are none; else pass.
  [[nodiscard]] static Verdict of(std::vector<CheckResult> results);
};

[[nodiscard]] nlohmann::json to_json(const Verdict& verdict);
[[nodiscard]] Result<Verdict> verdict_from_json(const nlohmann::json& json);

}  // namespace chamber
