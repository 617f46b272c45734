// What a person sees while a cell comes up and a scenario runs: on a terminal a live line with what is being waited
// for, elsewhere one plain line an event, for programs one JSON object a line.
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
  void live();
  void clear();

  ProgressStyle style_;
  Instant begin_;
  std::map<std::string, Instant> running_;
  int done_ = 0;
  bool shown_ = false;
};

// The critical path of a bring-up, for people: "8.1 s: dcs: start 0.3 -> …".
[[nodiscard]] std::string critical_path_text(const nlohmann::json& bring_up);

}  // namespace chamber
