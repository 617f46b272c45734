// fixtures/broken/selftest.yaml: the broken systems that the checks must catch.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/base/result.h"

namespace chamber {

struct BrokenSystem {
  std::string name = {};
  std::string about = {};
  std::string scenario = {};             // of fixtures/broken/scenarios; as it is, it is the healthy twin
  std::vector<std::string> broken = {};  // overrides
  std::string caught_by = {};            // the beginning of a check's name, or kCleanUp
  std::string as = "fail";               // fail | inconclusive | unseen
  std::string why = {};                  // unseen: why nothing here can see it
  bool quick = false;                    // in the short form too
  bool own_cell = false;                 // counts on a cell that is new

  // Whether it can be run in a cell in which others ran before it, and after it.
  [[nodiscard]] bool shares_cell() const;
};

inline constexpr const char* kCleanUp = "clean-up";

// kInput with every mistake and its place; an unknown scenario, breakage or a name that stands twice is one.
[[nodiscard]] Result<std::vector<BrokenSystem>> read_broken_systems(const std::filesystem::path& file);

// <home>/fixtures/broken
[[nodiscard]] std::filesystem::path broken_folder();
// The scenario's file.
[[nodiscard]] std::filesystem::path scenario_file(const BrokenSystem& system);

}  // namespace chamber
