// The commands of the `chamber` program: thin calls of everything below. Each returns an exit code of DESIGN.md.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/check/judge.h"

namespace chamber {

struct CommonOptions {
  bool json = false;
  std::map<std::string, std::filesystem::path> servers;  // --server NAME=PATH
  std::filesystem::path runs;                            // --runs
};

struct RunOptions {
  CommonOptions common;
  std::string scenario;                // name, family/name or a path
  std::string on = "local";            // the substrate
  std::vector<std::string> overrides;  // --set
  std::optional<std::uint64_t> seed;
  std::filesystem::path out;  // the run's folder; empty: a new one below the runs
  std::string in;             // a cell that lives
  bool broken = false;        // the variant that must fail, see FailsWhen
  std::string until;          // a phase: the stack is brought up to its gate, and no scenario is run
  bool capture = false;       // every packet of the cell, as capture.pcapng in the run's folder
};
int run_command(const RunOptions& options);

struct ChaosOptions {
  CommonOptions common;
  std::string length = "10m";  // --for
  std::optional<std::uint64_t> seed;
  std::string profile = "rough";
  std::string base;                    // --like: FAMILY/NAME or parts/NAME; empty: parts/chaos
  std::string on = "local";            // the substrate
  std::vector<std::string> overrides;  // --set
  std::string shrink_for = "10m";      // after a fail; 0s: not at all
  std::filesystem::path out;
  bool plan_only = false;
};
int chaos_command(const ChaosOptions& options);

struct ReplayOptions {
  CommonOptions common;
  std::string run;            // a run's folder, or its name below the runs
  std::filesystem::path out;  // of the new run
  bool capture = false;
};
// The plan of a run again, with all that was drawn for it.
int replay_command(const ReplayOptions& options);

struct UpOptions {
  CommonOptions common;
  std::string stack = "production";  // a profile or a scenario's name
  std::string on = "local";          // the substrate
  std::string until = "applications";
  std::string in;  // go on with a cell that is up in part
};
int up_command(const UpOptions& options);
int down_command(const CommonOptions& options, const std::vector<std::string>& cells);
int cells_command(const CommonOptions& options);
int env_command(const CommonOptions& options, const std::string& cell);
int exec_command(const CommonOptions& options, const std::string& cell, const std::string& node,
                 const std::vector<std::string>& arguments);
int logs_command(const CommonOptions& options, const std::string& cell, const std::string& node);
int reap_command(const CommonOptions& options);

struct SelftestCommandOptions {
  CommonOptions common;
  std::vector<std::string> only;  // names; all when empty
  bool list = false;              // only say which there are
  bool breakages = false;         // only say what can be broken at all
  bool quick = false;             // the short form
  int healthy = 1;                // runs of each healthy twin
  int jobs = 2;                   // cells side by side
  std::filesystem::path out;      // what is kept; empty: a new folder below the runs
};
// 0: all caught and no alarm. 1: one was missed, or a healthy twin raised an alarm. 3: one could not be run.
int selftest_command(const SelftestCommandOptions& options);

// Prints the objects, without the values of secrets.
int render_command(const std::string& on, const std::string& stack);

int doctor_command(const CommonOptions& options);
int servers_command(const CommonOptions& options);
int servers_get_command(const CommonOptions& options, const std::vector<std::string>& names);

int list_command(const CommonOptions& options, bool markdown);
struct DescribeOptions {
  CommonOptions common;
  std::string scenario;
  std::vector<std::string> overrides;
  bool broken = false;
  std::string part;    // instead of a scenario: what bears this name in the language
  std::string schema;  // instead of a scenario: a JSON Schema
};
int describe_command(const DescribeOptions& options);
// Writes a new scenario that says what another says: NAME or FAMILY/NAME in the catalogue, or a path to a .yaml file.
int new_command(const std::string& name, const std::string& from);
int check_command(const CommonOptions& options, const std::filesystem::path& run_folder);
// A history by itself: a file in any of its formats, or a run's folder.
struct JudgeCommandOptions {
  CommonOptions common;
  std::filesystem::path path;
  JudgeOptions judge;
  std::filesystem::path html;  // also as a page; empty: not
};
int judge_command(const JudgeCommandOptions& options);
struct ExportCommandOptions {
  std::filesystem::path path;
  std::string format = "jsonl";  // jsonl, edn, binary
  std::string workload;          // edn: of one workload; empty: all
  std::filesystem::path out;     // empty: standard output
};
int export_command(const ExportCommandOptions& options);
int report_command(const CommonOptions& options, const std::filesystem::path& run_folder);

// Says it on standard error and gives its exit code.
int report_error(const Error& error);

}  // namespace chamber
