// For tests: results of matrices as they come out of a runner.
#pragma once

#include <string>
#include <vector>

#include "matrix/result.h"

namespace chamber {

inline matrix::Attempt test_attempt(matrix::Status status, int number, const std::string& id) {
  matrix::Attempt attempt;
  attempt.number = number;
  attempt.status = status;
  attempt.started = "2026-11-21T12:00:00.000Z";
  attempt.seconds = 41.5;
  attempt.memory_mib = 900;
  attempt.cpu_s = 20;
  attempt.folder = "cells/" + id + "/" + std::to_string(number);
  attempt.facts = {.bring_up_s = 8.1,
                   .load_s = 3600,
                   .operations = 20'000,
                   .faults = 2,
                   .faults_proved = 2,
                   .fault_s = 30,
                   .services = {{"vault.register", 10'000, 10'000, 8.5}, {"postgres.append", 5'000, 5'000, 22.0}},
                   .budgets = {{"outage vault.register", 15, 2.1, "s", true}},
                   .engines = {"vault: vault 1.21.0"},
                   .stand_ins = {},
                   .seed = 7,
                   .command = "chamber run vault-leader-killed --seed 7"};
  if (status == matrix::Status::kFailed) {
    attempt.why = "linearizable vault.register: Key k4: a write that was acknowledged is gone.";
    attempt.cause = "linearizable vault.register: Key k#: a write that was acknowledged is gone.";
    attempt.evidence = {"process 7 write(k4, 31) ok [14.201s … 14.207s]", "process 9 read(k4) = 30 ok"};
  } else if (status != matrix::Status::kPassed) {
    attempt.why = "faults proved: kill vault-0 could not be proven";
    attempt.cause = attempt.why;
  }
  return attempt;
}

// Environments × configurations × scenarios, all passed.
inline matrix::MatrixResult test_matrix(int scenarios = 4) {
  using matrix::Status;
  matrix::MatrixResult result{.matrix = "release", .about = "What a release is held to.", .digest = "00ff00ff00ff00ff"};
  result.axes = {"environment", "configuration", "substrate", "phase", "scenario"};
  result.started = "2026-11-21T12:00:00.000Z";
  result.wall_s = 900;
  result.jobs = 2;
  result.host = {2, 24'000};
  result.pairs = {90, 80, 80};
  result.left_out = {{"excluded: one node has nobody to fail over to", 4, {"development.minimal.local.complete.x"}}};
  for (const char* environment : {"development", "staging", "production"}) {
    for (const char* configuration : {"minimal", "complete"}) {
      for (int i = 0; i < scenarios; ++i) {
        const std::string name = "scenario-" + std::to_string(i);
        matrix::CellResult cell{.id = fmt::format("{}.{}.local.complete.{}", environment, configuration, name)};
        cell.values = {environment, configuration, "local", "complete", "failover/" + name};
        cell.required = true;
        cell.status = Status::kPassed;
        cell.attempts = {test_attempt(Status::kPassed, 1, cell.id)};
        result.cells.push_back(std::move(cell));
      }
    }
  }
  return result;
}

inline void set_status(matrix::CellResult& cell, matrix::Status status) {
  cell.status = status;
  if (status == matrix::Status::kNotRun) {
    cell.attempts.clear();
    cell.why = "this chamber has no setting vault.seal";
  } else {
    cell.attempts = {test_attempt(status, 1, cell.id)};
  }
}

inline void make_flaky(matrix::CellResult& cell) {
  cell.status = matrix::Status::kPassed;
  cell.attempts = {test_attempt(matrix::Status::kFailed, 1, cell.id),
                   test_attempt(matrix::Status::kPassed, 2, cell.id)};
}

// One of each.
inline matrix::MatrixResult test_mixed_matrix(int scenarios = 4) {
  matrix::MatrixResult result = test_matrix(scenarios);
  const std::size_t size = result.cells.size();
  for (std::size_t i = 0; i < size; i += 7) set_status(result.cells[i], matrix::Status::kNotRun);
  for (std::size_t i = 1; i < size; i += 9) set_status(result.cells[i], matrix::Status::kFailed);
  for (std::size_t i = 3; i < size; i += 11) set_status(result.cells[i], matrix::Status::kInconclusive);
  for (std::size_t i = 5; i < size; i += 13) set_status(result.cells[i], matrix::Status::kError);
  make_flaky(result.cells[2]);
  return result;
}

}  // namespace chamber
