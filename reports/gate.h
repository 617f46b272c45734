// The gate that a release is held to: rules in words, each with its evidence and a yes or no. ci/gate.yaml:
//
//   name: release
//   about: What must hold before a version is released.
//   rules:
//     - {rule: required_cells}
//     - {rule: availability, at_least: 99.9%}
//     - {rule: latency, workload: vault.*, p99: 100ms}
//     - …
//   waivers:
//     - {rule: availability, cells: [staging.*], owner: Ada, reason: disk of the runner, until: 2026-12-31}
//
// A rule for which nothing was measured fails: nobody knows that it holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/document/object.h"
#include "harness/document/scalars.h"
#include "matrix/result.h"

namespace chamber {

struct GateRule {
  document::Located<std::string> kind;  // "availability"
  std::optional<std::string> name;      // tells two rules of one kind apart; the kind when it is left out
  std::optional<std::string> workload;  // a pattern
  std::optional<document::Located<document::Percentage>> at_least;
  std::optional<document::Located<document::Percentage>> at_most;
  std::optional<document::Located<Duration>> limit;  // `p99`, `at_most` or `at_least` of a rule about time
  std::vector<std::string> components;               // of real_engines; empty: all
  std::optional<std::string> cells;                  // a pattern of ids; all when left out

  [[nodiscard]] const std::string& title() const { return name ? *name : kind.value; }
};

struct Waiver {
  document::Located<std::string> rule;  // the rule's name
  std::vector<std::string> cells;       // patterns of ids; the whole rule when empty
  std::string owner;
  std::string reason;
  document::Located<std::string> until;  // the last day that it holds, YYYY-MM-DD, UTC
};

struct Gate {
  document::Located<std::string> name;
  document::Located<std::string> about;
  std::vector<GateRule> rules;
  std::vector<Waiver> waivers;
};

[[nodiscard]] document::Shape<Gate> gate_shape();
// Mistakes with their places; `shown` stands for the file.
[[nodiscard]] Result<Gate> read_gate(std::string_view text, std::string_view shown);
// harness/schemas/gate.json as it should be.
[[nodiscard]] std::string gate_schema();

enum class RuleVerdict : std::uint8_t { kPass, kFail, kWaived };
[[nodiscard]] std::string_view to_string(RuleVerdict verdict);

struct RuleResult {
  std::string rule;  // its name
  std::string says;  // in words: "Availability outside of declared faults is at least 99.9 %"
  RuleVerdict verdict = RuleVerdict::kFail;
  std::string evidence = {};                // one line
  std::vector<std::string> offenders = {};  // "production.minimal…: 99.2 % of vault.register"; empty when it passed
  std::vector<std::string> waivers = {};    // that were used, in words
};

struct GateResult {
  std::string gate;
  std::string about;
  std::string judged;  // the day, YYYY-MM-DD
  bool pass = false;
  std::vector<RuleResult> rules = {};
  std::vector<std::string> notes = {};  // waivers: in use, run out, or not needed; to be read aloud
};

// Over all results together: the release's matrix, a nightly one, a single run. `today`: YYYY-MM-DD.
[[nodiscard]] GateResult judge(const Gate& gate, const std::vector<matrix::MatrixResult>& results,
                               std::string_view today);

[[nodiscard]] std::string render_gate_text(const GateResult& result);
[[nodiscard]] std::string render_gate_markdown(const GateResult& result);
// The format "chamber-gate/1"; its shape is gate.schema.json.
[[nodiscard]] std::string render_gate_json(const GateResult& result);

}  // namespace chamber
