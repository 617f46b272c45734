// A plan: one scenario with everything decided, ready to be run here or elsewhere, now or later. It can be saved and
// read again without the vocabulary, the scenario file or the command line that it came from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/language/scenario.h"

namespace chamber::language {

struct Plan {
  Located<std::string> name;
  Located<std::string> about;
  std::string family;  // the folder of the scenario: "failover"
  std::string file;    // as it was given: "scenarios/failover/vault-leader-killed.yaml"
  Stack stack;
  std::vector<LoadEntry> load;
  std::vector<FaultEntry> faults;
  Located<bool> within_tolerance{false};
  Located<Duration> duration;
  Located<Duration> settle;
  std::vector<CheckEntry> checks;
  Located<std::string> broken{"no"};  // how the harness itself misbehaves; "no"
  Located<std::uint64_t> seed;
  Timeouts timeouts;
  std::optional<FailsWhen> fails_when;  // how the scenario says that its promise can be broken
  bool is_broken = false;               // this is that variant: fails_when->checks must fail
};

struct PlanRequest {
  std::filesystem::path file;               // when there is a `text`, only what positions show
  std::optional<std::string> text = {};     // of the scenario; none: what stands in the file
  std::vector<std::string> overrides = {};  // "load[0].rate=300/s", applied in order
  Variant variant = Variant::kHealthy;
  std::uint64_t drawn_seed = 0;  // the seed when neither the scenario nor an override has one
  // The catalogue's folder, in which `extends` looks when the file's own tree has no such file; may be empty.
  std::filesystem::path scenarios = {};
};

// Reads and resolves a scenario file; its name must be the scenario's, its folder is the family.
[[nodiscard]] Result<Plan> make_plan(const PlanRequest& request, const Vocabulary& vocabulary);

// Only the stack that the plan would have.
[[nodiscard]] Result<Stack> stack_of(const PlanRequest& request, const Vocabulary& vocabulary);

// What the plan says, and where each value comes from, in order: {"load[0].rate", "200/s", "x.yaml:6:37"}.
struct Setting {
  std::string path;
  std::string value;
  document::Source source;
};
[[nodiscard]] std::vector<Setting> settings_of(const Plan& plan);

// The file format "chamber.plan/1": the plan's values, and under "sources" where each comes from.
[[nodiscard]] document::Json to_json(const Plan& plan);
// `name` stands for the file in the positions of mistakes.
[[nodiscard]] Result<Plan> plan_from_json(std::string_view text, std::string_view name);

}  // namespace chamber::language
