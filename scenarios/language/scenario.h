// A scenario as its author wrote it, with defaults filled in and the place of every value (DESIGN.md, "How a scenario
// reads"). The shape is made from a vocabulary; it reads, writes and gives the JSON Schema.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/language/stack.h"

namespace chamber::language {

struct LoadEntry {
  Located<std::string> workload;
  std::optional<Located<std::string>> as;        // tells two entries of one workload apart
  Located<document::Rate> rate;                  // of intended starts, all clients together
  std::optional<Located<document::Rate>> up_to;  // where the rate rises to, in `steps` steps of the same length
  Located<std::int64_t> steps{8};                // with up_to: the first has `rate`, the last has up_to
  Located<std::int64_t> clients{64};             // the most operations in flight; what can't start in time is counted
  Located<Duration> timeout{std::chrono::seconds(5)};  // of one operation, from its real start
  Parameters parameters;

  // What checks call it: `as`, or the workload.
  [[nodiscard]] const Located<std::string>& name() const { return as ? *as : workload; }
};

struct FaultEntry {
  Located<Duration> at;  // from the start of the load
  Located<std::string> kind;
  std::optional<Located<std::string>> target;  // none: an action on a component as a whole
  std::optional<Located<Duration>> length;     // `for`; none: done in a moment
  Parameters parameters;

  // "kill vault.leader"
  [[nodiscard]] std::string name() const { return target ? *kind + " " + **target : *kind; }
  [[nodiscard]] Duration end() const { return *at + (length ? **length : Duration(0)); }
};

struct CheckEntry {
  std::string kind;
  Located<std::string> subject;  // the name of a load entry, a role or a component: see CheckSpec::subject
  Parameters parameters;
};

struct Timeouts {
  Located<Duration> start{std::chrono::minutes(3)};  // of the cell, until the stack is semantically ready
  Located<Duration> stop{std::chrono::minutes(1)};
  Located<Duration> check{std::chrono::minutes(5)};  // of one check
};

// How to break the scenario's promise on purpose, and what must then notice. A check that has never failed has not been
// tried.
struct FailsWhen {
  Located<std::string> about;                // what is broken, in one sentence
  Located<std::vector<std::string>> set;     // overrides, as of --set: "stack.postgres.replication=asynchronous"
  Located<std::vector<std::string>> checks;  // the checks that must fail, each a kind or a kind and its subject
};

struct Scenario {
  Located<std::string> name;
  Located<std::string> about;
  std::optional<Located<std::string>> extends;  // whose keys it begins with: see extends.h
  StackEntry stack;
  std::vector<LoadEntry> load;
  std::vector<FaultEntry> faults;
  Located<bool> within_tolerance{false};  // faults wait while their component has as many hurt nodes as it tolerates
  Located<Duration> duration;             // of the load
  Located<Duration> settle{std::chrono::seconds(2)};  // after the load, before the last look at the system
  std::vector<CheckEntry> checks;
  Located<std::string> broken{"no"};  // how the harness itself misbehaves: fixtures/broken/breakages.h
  std::optional<Located<std::uint64_t>> seed;
  Timeouts timeouts;
  std::optional<FailsWhen> fails_when;
};

[[nodiscard]] document::Shape<FailsWhen> fails_when_shape();
[[nodiscard]] document::Shape<Scenario> scenario_shape(const Vocabulary& vocabulary);

// Where a scenario's text stands.
struct ScenarioFile {
  std::string shown;   // in positions: "scenarios/failover/vault-leader-killed.yaml"
  std::string name;    // of the file, without ".yaml": the scenario's name must be the same; empty: not asked for
  std::string family;  // the folder's name
  std::vector<std::filesystem::path> folders = {};  // where `extends` looks: folders of families
};

// What is read of a file: the scenario, or the one that is broken on purpose.
enum class Variant : std::uint8_t { kHealthy, kBroken };

// Reads, applies the overrides of the variant and then these ("load[0].rate=300/s"), and checks all that can be known
// without a cell; the stack comes resolved. Every mistake is in the error, one a line: syntax and single values first,
// and when those are right what doesn't fit together.
struct ReadScenario {
  Scenario scenario;
  Stack stack;
};
[[nodiscard]] Result<ReadScenario> read_scenario(std::string_view text, const ScenarioFile& file,
                                                 const std::vector<std::string>& overrides,
                                                 const Vocabulary& vocabulary, Variant variant = Variant::kHealthy);

// Only its stack, which decides what else it may say.
[[nodiscard]] Result<Stack> read_stack(std::string_view text, const ScenarioFile& file,
                                       const std::vector<std::string>& overrides, const Vocabulary& vocabulary);

// harness/schemas/scenario.json as it should be; and part.json, of files that others extend.
[[nodiscard]] std::string scenario_schema(const Vocabulary& vocabulary);
[[nodiscard]] std::string part_schema(const Vocabulary& vocabulary);

}  // namespace chamber::language
