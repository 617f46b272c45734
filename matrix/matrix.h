// The matrix language: which cells a team wants, as matrix/*.yaml. A cell is one value of each axis.
//
//   name: release
//   about: What a release is held to.
//   axes:
//     environment: [development, staging, production]   # of matrix/environments.yaml
//     configuration: [minimal, complete]
//     substrate: [local]
//     versions: {vault: [pinned, 1.21.1]}               # an axis for each component: version.vault
//     phase: [complete]                                 # or one on its own: bootstrap, vault-init, …
//     scenario: [failover/*, latency/steady-state]      # a family or a scenario
//   cover: pairwise                                     # or all
//   exclude:
//     - {environment: development, scenario: failover/*, because: one node can't fail over}
//   constraints:
//     - {if: {phase: bootstrap}, then: {scenario: phases/bring-up}, because: no load runs before all phases are done}
//   include:
//     - {environment: production, configuration: complete, scenario: failover/vault-leader-killed}
//   sample: {cells: 40, seed: 7}
//   priorities:
//     - {of: {environment: production}, priority: 10}
//   required:
//     - {environment: production}
//   run: {retries: 1, limit: 15m}
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/document/object.h"
#include "harness/document/scalars.h"

namespace chamber::matrix {

using document::Located;

// Cells by their values: each axis named has one of these values; `*` stands for any text within a value.
struct Selector {
  document::Source source;
  std::map<std::string, std::vector<Located<std::string>>> values;  // by axis
};

struct Axes {
  std::vector<Located<std::string>> environment;
  std::vector<Located<std::string>> configuration;
  std::vector<Located<std::string>> substrate;
  std::map<std::string, std::vector<Located<std::string>>> versions;  // by component
  std::vector<Located<std::string>> phase;
  std::vector<Located<std::string>> scenario;  // patterns
};

struct Exclusion {
  Selector cells;
  std::string because;
};

struct Constraint {
  Selector condition;
  Selector consequence;
  std::string because;
};

struct Sample {
  Located<std::int64_t> cells{0};
  Located<std::uint64_t> seed{0};
};

struct Priority {
  Selector cells;
  Located<std::int64_t> priority{0};
};

struct Running {
  Located<std::int64_t> retries{0};
  std::optional<Located<Duration>> limit;  // of one cell; none: what its scenario may take, with room
};

enum class Cover { kAll, kPairwise };

struct Matrix {
  Located<std::string> name;
  Located<std::string> about;
  Axes axes;
  Located<Cover> cover{Cover::kAll};
  std::vector<Selector> include;
  std::vector<Exclusion> exclude;
  std::vector<Constraint> constraints;
  std::optional<Sample> sample;
  std::vector<Priority> priorities;
  std::vector<Selector> required;
  Running run;
};

inline constexpr const char* kPinned = "pinned";      // a version: what fixtures/servers.yaml prefers
inline constexpr const char* kComplete = "complete";  // the phase axis: all phases, then the scenario

[[nodiscard]] document::Shape<Matrix> matrix_shape();
// `shown` stands for the file in positions.
[[nodiscard]] Result<Matrix> read_matrix(std::string_view text, std::string_view shown);
// harness/schemas/matrix.json as it should be.
[[nodiscard]] std::string matrix_schema();

// Whether `pattern`, in which `*` stands for any text, is all of `text`.
[[nodiscard]] bool fits_pattern(std::string_view pattern, std::string_view text);

}  // namespace chamber::matrix
