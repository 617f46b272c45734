// What a matrix came to: one result a cell, made of its attempts. The file format is "chamber-matrix/1", whose schema
// is reports/matrix.schema.json.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "matrix/plan.h"

namespace chamber::matrix {

enum class Status : std::uint8_t {
  kPassed,
  kFailed,
  kInconclusive,  // never a pass
  kError,         // the harness or its machine failed, or the cell took longer than it may
  kNotRun,        // never a pass either; `why` says it
};
inline constexpr std::size_t kStatuses = 5;
[[nodiscard]] std::string_view to_string(Status status);

// What clients of one workload saw outside of declared faults.
struct Service {
  std::string workload;
  std::uint64_t operations = 0;
  std::uint64_t served = 0;
  std::optional<double> p99_ms;  // from the intended start, of what was ok
};

struct BudgetSeen {
  std::string name;  // "outage vault.register"
  double limit = 0;
  double observed = 0;
  std::string unit;
  bool kept = false;
};

// What one run of a cell told about itself.
struct Facts {
  double bring_up_s = 0;
  double load_s = 0;
  std::uint64_t operations = 0;
  std::uint64_t faults = 0;
  std::uint64_t faults_proved = 0;
  double fault_s = 0;  // for how long some fault was on, each counted for itself
  std::vector<Service> services;
  std::vector<BudgetSeen> budgets;
  std::vector<std::string> engines;    // "vault: vault 1.21.0"
  std::vector<std::string> stand_ins;  // components that a stand-in played, or that were broken on purpose
  std::uint64_t seed = 0;
  std::string command;  // repeats the run
};

struct Attempt {
  int number = 1;
  Status status = Status::kNotRun;
  std::string why;                    // one line; empty when it passed
  std::string cause;                  // what failures of one kind have in common
  std::vector<std::string> evidence;  // the shortest that is sufficient
  std::string started;                // RFC 3339
  double seconds = 0;
  double memory_mib = 0;  // the most that was seen at once; 0: not measured
  double cpu_s = 0;
  std::string folder;  // of the run, from the matrix's folder
  Facts facts;
};

struct CellResult {
  std::string id;
  std::vector<std::string> values = {};
  bool required = false;
  Status status = Status::kNotRun;
  std::string why = {};                // of a cell that was not run; otherwise the last attempt has it
  std::vector<Attempt> attempts = {};  // in order; what was interrupted is not among them
  int interrupted = 0;                 // attempts that the end of the runner cut short; they count for nothing

  [[nodiscard]] const Attempt* last() const { return attempts.empty() ? nullptr : &attempts.back(); }
  // It passed, and not at once: counted, never hidden.
  [[nodiscard]] bool flaky() const { return status == Status::kPassed && attempts.size() > 1; }
  [[nodiscard]] double seconds() const;  // of all attempts
};

struct Host {
  int cpus = 0;
  double memory_mib = 0;
};

struct MatrixResult {
  std::string matrix;
  std::string about;
  std::string digest;  // of the plan
  std::vector<std::string> axes = {};
  int shard = 1;
  int of = 1;                // 1: the whole matrix
  std::string started = {};  // RFC 3339
  double wall_s = 0;         // of the running; of shards that were merged: of the longest
  int jobs = 0;              // the most cells side by side; 0 when nothing was run
  Host host = {};
  std::vector<CellResult> cells = {};  // in the plan's order
  std::vector<LeftOut> left_out = {};
  PairCount pairs = {};

  [[nodiscard]] std::uint64_t count(Status status) const;
  [[nodiscard]] std::uint64_t flakes() const;
  // 0 when every cell passed; 1 when one failed; else 3 when one had an error; else 4: inconclusive or not run.
  [[nodiscard]] int exit_code() const;
};

// The result of a cell after these attempts.
[[nodiscard]] CellResult result_of(const Cell& cell, std::vector<Attempt> attempts);

[[nodiscard]] nlohmann::json to_json(const Attempt& attempt);
[[nodiscard]] nlohmann::json to_json(const MatrixResult& result);
// kInput; `name` stands for the file.
[[nodiscard]] Result<Attempt> attempt_from_json(const nlohmann::json& json, std::string_view name);
[[nodiscard]] Result<MatrixResult> matrix_result_from_json(const nlohmann::json& json, std::string_view name);

}  // namespace chamber::matrix
