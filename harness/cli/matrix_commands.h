// `chamber matrix plan|run|merge` and `chamber gate`.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/cli/commands.h"

namespace chamber {

struct MatrixOptions {
  CommonOptions common;
  std::string matrix;            // a name below matrix/, a path to a .yaml file, or to a saved plan (.json)
  std::string format = "table";  // plan: table, json, github, gitlab
  int shards = 0;                // plan: how many jobs; 0: as many as the estimates ask for
  std::string shard = "1/1";     // run
  std::string jobs = "auto";     // run
  std::filesystem::path out;
  bool resume = false;
  bool fail_fast = false;
  std::optional<int> retries;             // run: in place of the matrix's own
  std::filesystem::path costs;            // run: what cells took before; empty: beside the runs
  std::string runner;                     // run, for tests: a program in place of `chamber run`
  std::vector<std::filesystem::path> in;  // merge: folders of shards
};
int matrix_plan_command(const MatrixOptions& options);
int matrix_run_command(const MatrixOptions& options);
int matrix_merge_command(const MatrixOptions& options);

struct GateOptions {
  CommonOptions common;
  std::filesystem::path rules;                 // empty: ci/gate.yaml of the checkout
  std::vector<std::filesystem::path> results;  // result.json of matrices or of runs, or their folders
  std::filesystem::path out;                   // gate.json and gate.md are written there; empty: nowhere
  std::string today;                           // for tests and for judging the past; empty: now
};
int gate_command(const GateOptions& options);

}  // namespace chamber
