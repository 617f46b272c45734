// `chamber selftest`: the catalogue of broken systems, caught or not, and their healthy twins.
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "fixtures/broken/breakages.h"
#include "harness/cli/cell_client.h"
#include "harness/cli/cells.h"
#include "harness/cli/commands.h"
#include "harness/cli/selftest.h"
#include "harness/cli/wire_format.h"

namespace chamber {
namespace {

using nlohmann::json;

Result<std::vector<BrokenSystem>> chosen(const SelftestCommandOptions& options) {
  std::vector<BrokenSystem> all = CHAMBER_TRY(read_broken_systems(broken_folder() / "selftest.yaml"));
  for (const std::string& name : options.only) {
    const bool known = std::any_of(all.begin(), all.end(), [&](const BrokenSystem& s) { return s.name == name; });
    if (!known)
      return fail(ErrorKind::kInput, "there is no broken system '{}'; chamber selftest --list has them", name);
  }
  std::erase_if(all, [&](const BrokenSystem& system) {
    if (!options.only.empty()) {
      return std::find(options.only.begin(), options.only.end(), system.name) == options.only.end();
    }
    return options.quick && !system.quick;
  });
  return all;
}

void list(const std::vector<BrokenSystem>& systems, bool as_json) {
  json entries = json::array();
  for (const BrokenSystem& system : systems) {
    entries.push_back({{"name", system.name},
                       {"about", system.about},
                       {"scenario", system.scenario},
                       {"broken", system.broken},
                       {"caught_by", system.caught_by},
                       {"as", system.as}});
    if (as_json) continue;
    std::fputs(fmt::format("{:34} {:38} {:12} {}\n{:34} {}\n", system.name, system.caught_by, system.as, system.about,
                           "", fmt::join(system.broken, " "))
                   .c_str(),
               stdout);
  }
  if (as_json) std::puts(entries.dump(2).c_str());
}

void list_breakages(bool as_json) {
  constexpr std::array<std::string_view, 4> kKinds{"configuration", "proxy", "act", "harness"};
  json entries = json::array();
  for (const Breakage& breakage : breakages()) {
    const std::string_view kind = kKinds.at(static_cast<std::size_t>(breakage.by));
    entries.push_back(
        {{"component", breakage.component}, {"name", breakage.name}, {"by", kind}, {"about", breakage.doc}});
    if (as_json) continue;
    std::fputs(fmt::format("{:13} {:26} {:14} {}\n", breakage.component, breakage.name, kind, breakage.doc).c_str(),
               stdout);
  }
  if (as_json) std::puts(entries.dump(2).c_str());
}

std::size_t count(const std::vector<SelftestRow>& rows, SelftestOutcome outcome) {
  return static_cast<std::size_t>(
      std::count_if(rows.begin(), rows.end(), [&](const SelftestRow& row) { return row.outcome == outcome; }));
}

std::string_view of_twins(const std::vector<SelftestRow>& rows, const std::string& scenario) {
  std::string_view said = "not run";
  for (const SelftestRow& row : rows) {
    if (!row.twin || row.scenario != scenario) continue;
    if (row.outcome == SelftestOutcome::kAlarm) return to_string(row.outcome);
    if (row.outcome == SelftestOutcome::kNoAlarm) said = to_string(row.outcome);
  }
  return said;
}

void print_table(const std::vector<SelftestRow>& rows) {
  std::puts("broken system                      check that must catch it               caught    took    healthy twin");
  for (const SelftestRow& row : rows) {
    if (row.twin) continue;
    std::fputs(fmt::format("{:34} {:38} {:9} {:7} {}\n", row.name, row.caught_by, to_string(row.outcome),
                           human(row.took), of_twins(rows, row.scenario))
                   .c_str(),
               stdout);
  }
  for (const SelftestRow& row : rows) {
    const bool well = row.outcome == SelftestOutcome::kCaught || row.outcome == SelftestOutcome::kNoAlarm;
    if (well) continue;
    std::fputs(
        fmt::format("{}{}: {}: {}\n", row.twin ? "healthy " : "", row.name, to_string(row.outcome), row.said).c_str(),
        stdout);
  }
}

json to_json(const std::vector<SelftestRow>& rows) {
  json list = json::array();
  for (const SelftestRow& row : rows) {
    list.push_back({{"name", row.name},
                    {"twin", row.twin},
                    {"scenario", row.scenario},
                    {"caught_by", row.caught_by},
                    {"outcome", to_string(row.outcome)},
                    {"said", row.said},
                    {"took_s", seconds(row.took)},
                    {"folder", row.folder.string()}});
  }
  return list;
}

// What went as it should is not kept.
Result<void> tidy(const std::vector<SelftestRow>& rows) {
  std::error_code problem;
  for (const SelftestRow& row : rows) {
    const bool well = row.outcome == SelftestOutcome::kCaught || row.outcome == SelftestOutcome::kNoAlarm;
    if (well && !row.folder.empty()) std::filesystem::remove_all(row.folder, problem);
    if (problem) return fail(ErrorKind::kHarness, "removing {}: {}", row.folder.string(), problem.message());
  }
  return {};
}

Result<int> selftest(const SelftestCommandOptions& options) {
  const std::vector<BrokenSystem> systems = CHAMBER_TRY(chosen(options));
  if (options.breakages) {
    list_breakages(options.common.json);
    return 0;
  }
  if (options.list) {
    list(systems, options.common.json);
    return 0;
  }
  SelftestOptions run{.folder = options.out.empty() ? new_run_path(options.common.runs, "selftest") : options.out,
                      .servers = options.common.servers,
                      .healthy = options.healthy,
                      .jobs = options.jobs,
                      .progress = [](const std::string& line) { std::fputs((line + "\n").c_str(), stderr); }};
  std::error_code problem;
  std::filesystem::create_directories(run.folder / "cells", problem);
  if (problem) return fail(ErrorKind::kHarness, "making {}: {}", run.folder.string(), problem.message());
  std::filesystem::permissions(run.folder, std::filesystem::perms::owner_all, problem);
  run.folder = std::filesystem::absolute(run.folder);
  const Instant started = now();
  const std::vector<SelftestRow> rows = run_selftest(systems, run);
  if (options.common.json) {
    std::puts(to_json(rows).dump(2).c_str());
  } else {
    print_table(rows);
    std::fputs(
        fmt::format("{} caught, {} missed, {} unseen; {} healthy runs, {} alarms; {} not run; {}\n",
                    count(rows, SelftestOutcome::kCaught), count(rows, SelftestOutcome::kMissed),
                    count(rows, SelftestOutcome::kUnseen),
                    count(rows, SelftestOutcome::kNoAlarm) + count(rows, SelftestOutcome::kAlarm),
                    count(rows, SelftestOutcome::kAlarm), count(rows, SelftestOutcome::kNotRun), human(now() - started))
            .c_str(),
        stdout);
  }
  CHAMBER_CHECK(tidy(rows));
  if (interrupted()) return exit_code_of(ErrorKind::kInterrupted);
  if (count(rows, SelftestOutcome::kMissed) + count(rows, SelftestOutcome::kAlarm) > 0) return 1;
  return count(rows, SelftestOutcome::kNotRun) > 0 ? exit_code_of(ErrorKind::kHarness) : 0;
}

}  // namespace

int selftest_command(const SelftestCommandOptions& options) {
  const auto code = selftest(options);
  return code ? *code : report_error(code.error());
}

}  // namespace chamber
