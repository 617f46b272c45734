// What a person sees while a cell comes up and a scenario runs: on a terminal a live line with what is being waited
// for, or under load a block of lines with how each workload does; elsewhere one plain line an event, and one every ten
// seconds of load; for programs one JSON object a line.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/base/clock.h"

namespace chamber {

enum class ProgressStyle { kTerminal, kPlain, kJson, kQuiet };

// Terminal when standard error is one and CI isn't set.
[[nodiscard]] ProgressStyle default_progress_style();

// One thread. Writes to standard error; JSON goes to standard output.
class Progress {
 public:
  explicit Progress(ProgressStyle style);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // A message of the cell, see cell_host.h.
  void event(const nlohmann::json& event);
  // A line of our own.
  void line(const std::string& text);

 private:
  void task(const nlohmann::json& event);
  void load(const nlohmann::json& event);
  void live();
  void clear();

  ProgressStyle style_;
  Instant begin_;
  std::map<std::string, Instant> running_;
  int done_ = 0;
  std::string block_;         // of the load, as it is to be shown
  int shown_ = 0;             // lines of the live part that stand on the terminal
  double plain_after_s_ = 0;  // of the load: when its next plain line is due
};

// The critical path of a bring-up, for people: "8.1 s: dcs: start 0.3 -> …".
[[nodiscard]] std::string critical_path_text(const nlohmann::json& bring_up);

}  // namespace chamber
