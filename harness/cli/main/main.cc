#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "fixtures/kind/cluster.h"
#include "fixtures/kind/cluster_keeper.h"
#include "fixtures/kind/kind_hosts.h"
#include "fixtures/kind/packet_holder.h"
#include "fixtures/servers/surroundings.h"
#include "harness/cli/cell_client.h"
#include "harness/cli/cell_host.h"
#include "harness/cli/commands.h"
#include "harness/cli/matrix_commands.h"
#include "harness/process/run_folder.h"

namespace {

using chamber::CommonOptions;

struct Arguments {
  CommonOptions common;
  std::vector<std::string> servers;
  chamber::RunOptions run;
  chamber::ChaosOptions chaos;
  chamber::ReplayOptions replay;
  chamber::UpOptions up;
  chamber::MatrixOptions matrix;
  int retries = 0;
  chamber::GateOptions gate;
  chamber::SelftestCommandOptions selftest;
  std::string cell;
  std::string node;
  std::vector<std::string> cells;
  std::vector<std::string> words;
  chamber::DescribeOptions describe;
  bool markdown = false;
  std::string name;
  std::string from;
  std::string folder;
  chamber::JudgeCommandOptions judge;
  double judge_seconds = 0;
  std::size_t judge_megabytes = 0;
  std::int64_t total = 0;
  chamber::ExportCommandOptions exporting;
  std::uint64_t seed = 0;
};

void add_cell_commands(CLI::App& app, Arguments& a) {
  CLI::App* const up = app.add_subcommand("up", "Bring a cell up that lives until `chamber down`");
  up->add_option("stack", a.up.stack, "production, minimal, or a scenario whose stack it is")->capture_default_str();
  up->add_option("--on", a.up.on, "What nodes run on: local or kind")->capture_default_str();
  up->add_option("--until", a.up.until, "The phase to stop after: bootstrap, vault-init, secrets, applications")
      ->capture_default_str();
  up->add_option("--in", a.up.in, "Go on with this cell instead of a new one");
  app.add_subcommand("down", "End cells")->add_option("cell", a.cells, "Which; the only one when left out");
  app.add_subcommand("cells", "List the cells that live");
  app.add_subcommand("env", "Print what the usual clients need")
      ->add_option("cell", a.cell, "Which; the only one when left out");
  CLI::App* const exec = app.add_subcommand("exec", "Run a program in a node of a cell");
  exec->add_option("node", a.node, "vault-0, postgres-1, …")->required();
  exec->add_option("program", a.words, "The program and its arguments")->required();
  exec->add_option("--in", a.cell, "The cell; the only one when left out");
  exec->positionals_at_end();
  CLI::App* const logs = app.add_subcommand("logs", "Print the logs of a node");
  logs->add_option("node", a.node, "vault-0, postgres-1, …; all nodes when left out");
  logs->add_option("--in", a.cell, "The cell or run; the only cell when left out");
  app.add_subcommand("reap", "Clean up after runs that were killed");
}

void add_history_commands(CLI::App& app, Arguments& a) {
  constexpr std::size_t kMegabyte = std::size_t{1} << 20;
  CLI::App* const check = app.add_subcommand("check", "Judge a run's history again, or any history by a model");
  check->add_option("run", a.judge.path, "The run's folder, or a history file")->required();
  check->add_option("--model", a.judge.judge.model,
                    "register, kv, set, queue, list-append, rw-register, bank, set-full, monotonic-reads, staleness, "
                    "no-lost-acks");
  check
      ->add_option("--level", a.judge.judge.level,
                   "Of transactions: read-uncommitted, read-committed, repeatable-read, serializable, "
                   "strict-serializable")
      ->capture_default_str();
  check->add_option("--workload", a.judge.judge.workload, "Only its operations");
  check->add_option("--total", a.total, "Of a bank: what all accounts hold together");
  check->add_option("--html", a.judge.html, "Write the verdict as a page, too");
  a.judge_seconds = chamber::seconds(a.judge.judge.limits.time);
  check->add_option("--time-limit", a.judge_seconds, "Seconds; then the answer is inconclusive")->capture_default_str();
  a.judge_megabytes = a.judge.judge.limits.memory_bytes / kMegabyte;
  check->add_option("--memory-limit", a.judge_megabytes, "MiB of the search; then the answer is inconclusive")
      ->capture_default_str();
  CLI::App* const exporting = app.add_subcommand("export", "Write a history in another format");
  exporting->add_option("run", a.exporting.path, "The run's folder, or a history file")->required();
  exporting->add_option("--as", a.exporting.format, "jsonl, edn (Jepsen's), binary")->capture_default_str();
  exporting->add_option("--workload", a.exporting.workload, "edn: only its operations");
  exporting->add_option("--out", a.exporting.out, "The file; standard output when left out");
}

void add_matrix_commands(CLI::App& app, Arguments& a) {
  CLI::App* const matrix = app.add_subcommand("matrix", "Plan and run many cells")->require_subcommand(1);
  const auto named = [&](const char* name, const char* about) {
    CLI::App* const command = matrix->add_subcommand(name, about);
    command->add_option("matrix", a.matrix.matrix, "Its name below matrix/, or a file, or a saved plan")->required();
    command->add_option("--retries", a.retries, "In place of what the matrix says");
    return command;
  };
  CLI::App* const plan = named("plan", "Print the cells, what they cover, and what is left out and why");
  plan->add_option("--format", a.matrix.format, "table, json, github or gitlab")->capture_default_str();
  plan->add_option("--shards", a.matrix.shards, "How many jobs; as many as the estimates ask for when left out");
  CLI::App* const run = named("run", "Run its cells, side by side as far as memory and cores go");
  run->add_option("--shard", a.matrix.shard, "2/5: only the second of five parts")->capture_default_str();
  run->add_option("--jobs", a.matrix.jobs, "auto, or the most cells side by side")->capture_default_str();
  run->add_option("--out", a.matrix.out, "The matrix's folder; a new one below the runs when left out");
  run->add_flag("--resume", a.matrix.resume, "Go on in --out after an interruption");
  run->add_flag("--fail-fast", a.matrix.fail_fast, "Begin no cell after one that did not pass");
  run->add_option("--costs", a.matrix.costs, "The file of what cells took; costs.json below the runs when left out");
  run->add_option("--runner", a.matrix.runner)->group("");  // for tests: a program in place of `chamber run`
  CLI::App* const merge = matrix->add_subcommand("merge", "Join the shards of one plan");
  merge->add_option("folder", a.matrix.in, "The folders of the shards")->required();
  merge->add_option("--out", a.matrix.out, "Where the joined reports go; merged when left out");
  CLI::App* const gate = app.add_subcommand("gate", "Hold results to the rules of a release");
  gate->add_option("result", a.gate.results, "result.json of matrices and runs, or their folders")->required();
  gate->add_option("--rules", a.gate.rules, "The gate; ci/gate.yaml when left out");
  gate->add_option("--out", a.gate.out, "A folder for gate.json and gate.md");
  gate->add_option("--today", a.gate.today, "YYYY-MM-DD: judge waivers as of another day");
}

void add_chaos_commands(CLI::App& app, Arguments& a) {
  CLI::App* const chaos = app.add_subcommand("chaos", "Run faults drawn at random, within what the stack tolerates");
  chaos->add_option("--for", a.chaos.length, "How long, such as 30m")->capture_default_str();
  chaos->add_option("--seed", a.seed, "Of the schedule and all else that is drawn; a new one when left out");
  chaos->add_option("--profile", a.chaos.profile, "calm: one mild fault at a time; rough: as many as are tolerated")
      ->capture_default_str();
  chaos->add_option("--like", a.chaos.base, "The stack, load and checks of parts/NAME or FAMILY/NAME");
  chaos->add_option("--on", a.chaos.on, "What nodes run on: local or kind; what it can't do is not drawn")
      ->capture_default_str();
  chaos->add_option("--set", a.chaos.overrides, "PATH=VALUE: change one value of that");
  chaos->add_option("--shrink-for", a.chaos.shrink_for, "After a fail, look so long for a smaller schedule that fails")
      ->capture_default_str();
  chaos->add_option("--out", a.chaos.out, "The run's folder; must not exist or be empty");
  chaos->add_flag("--plan-only", a.chaos.plan_only, "Print what would be done");
  CLI::App* const replay = app.add_subcommand("replay", "Run the very plan of a run again");
  replay->add_option("run", a.replay.run, "The run's folder, or its name")->required();
  replay->add_option("--out", a.replay.out, "The new run's folder; must not exist or be empty");
  replay->add_flag("--capture", a.replay.capture, "Record every packet of the cell");
}

void add_commands(CLI::App& app, Arguments& a) {
  app.add_flag("--json", a.common.json, "For programs: JSON on standard output");
  app.add_option("--server", a.servers, "NAME=PATH: use this server instead of looking for one");
  app.add_option("--runs", a.common.runs, "The folder of runs and cells")->default_val(chamber::runs_root());
  app.require_subcommand(1);
  app.fallthrough();
  CLI::App* const run = app.add_subcommand("run", "Run a scenario in a cell of its own");
  run->add_option("scenario", a.run.scenario, "Its name, family/name, or a path to its file")->required();
  run->add_option("--set", a.run.overrides, "PATH=VALUE: change one value of the scenario");
  run->add_flag(
      "--broken", a.run.broken,
      "Break the promise as the scenario says (fails_when: …); ends with 0 when the checks that must fail did");
  run->add_option("--seed", a.seed, "Of everything that is drawn");
  run->add_option("--out", a.run.out, "The run's folder; must not exist or be empty");
  run->add_option("--on", a.run.on, "What nodes run on: local or kind")->capture_default_str();
  run->add_option("--in", a.run.in, "Run it in this cell, which stays");
  run->add_flag("--capture", a.run.capture, "Record every packet of the cell, as capture.pcapng in the run's folder");
  run->add_option("--until", a.run.until, "Only bring the stack up, to the gate of this phase, and judge that");
  add_chaos_commands(app, a);
  add_cell_commands(app, a);
  add_matrix_commands(app, a);
  CLI::App* const selftest = app.add_subcommand("selftest", "Run broken systems and see that the checks catch them");
  selftest->add_option("--only", a.selftest.only, "NAME: this broken system; may be repeated");
  selftest->add_flag("--list", a.selftest.list, "Say which there are");
  selftest->add_flag("--breakages", a.selftest.breakages, "Say all that a setting `broken` can name");
  selftest->add_flag("--quick", a.selftest.quick, "The short form");
  selftest->add_option("--healthy", a.selftest.healthy, "How often each healthy twin is run")
      ->check(CLI::Range(0, 1000));
  selftest->add_option("--jobs", a.selftest.jobs, "Cells side by side")->check(CLI::Range(1, 16));
  selftest->add_option("--out", a.selftest.out, "Where what went wrong is kept");
  app.add_subcommand("doctor", "Say what this machine offers and what it lacks");
  CLI::App* const servers = app.add_subcommand("servers", "List the servers that cells are made of");
  servers->add_subcommand("get", "Obtain servers")
      ->add_option("name", a.words, "Which; all that are missing when left out");
  app.add_subcommand("list", "List the scenarios")
      ->add_flag("--markdown", a.markdown, "The table of TESTING-FRAMEWORK.md");
  CLI::App* const describe = app.add_subcommand("describe", "Print a scenario with everything decided");
  describe->add_option("scenario", a.describe.scenario, "Its name");
  describe->add_option("--set", a.describe.overrides, "PATH=VALUE: change one value");
  describe->add_flag("--broken", a.describe.broken, "The variant that is broken on purpose");
  describe->add_option("--part", a.describe.part,
                       "Print a component, target, workload, fault, action, check or budget instead, by its name");
  describe->add_option("--schema", a.describe.schema,
                       "Print a JSON Schema instead: scenario, part, matrix, environments, gate");
  CLI::App* const fresh = app.add_subcommand("new", "Start a scenario from another");
  fresh->add_option("name", a.name, "NAME, FAMILY/NAME, or a path to a .yaml file that is not there yet")->required();
  fresh->add_option("--from", a.from, "The scenario that it begins as")->required();
  add_history_commands(app, a);
  CLI::App* const render = app.add_subcommand("render", "Print the Kubernetes objects of a stack");
  render->add_option("stack", a.up.stack, "production, minimal, or a scenario whose stack it is")
      ->capture_default_str();
  render->add_option("--on", a.up.on, "The substrate: kind")->required();
  app.add_subcommand("report", "Write a run's reports again")
      ->add_option("run", a.folder, "The run's folder")
      ->required();
}

int check(const CLI::App& app, Arguments& a) {
  a.judge.common = a.common;
  const bool is_run = a.judge.judge.model.empty() && std::filesystem::is_directory(a.judge.path);
  if (is_run) return chamber::check_command(a.common, a.judge.path);
  if (app.get_subcommand("check")->count("--total") > 0) a.judge.judge.total = a.total;
  a.judge.judge.limits.time =
      std::chrono::duration_cast<chamber::Duration>(std::chrono::duration<double>(a.judge_seconds));
  a.judge.judge.limits.memory_bytes = a.judge_megabytes << 20;
  return chamber::judge_command(a.judge);
}

int dispatch_matrix(const CLI::App& matrix, Arguments& a) {
  a.matrix.common = a.common;
  const CLI::App* const command = matrix.get_subcommands().front();
  if (command->get_name() == "merge") return matrix_merge_command(a.matrix);
  if (command->count("--retries") > 0) a.matrix.retries = a.retries;
  return command->get_name() == "plan" ? matrix_plan_command(a.matrix) : matrix_run_command(a.matrix);
}

// What the program starts itself with, inside of cells and beside them.
std::optional<int> not_for_people(const std::vector<std::string>& words) {
  if (words.empty()) return std::nullopt;
  if (words[0] == chamber::kCellHostCommand || words[0] == chamber::kind::kHostCommand) {
    const auto options = chamber::cell_host_options(words);
    return options ? chamber::run_cell_host(*options) : chamber::report_error(options.error());
  }
  if (words[0] == chamber::kind::kKeeperCommand) {
    const auto options = chamber::kind::cluster_keeper_options(words);
    return options ? chamber::kind::run_cluster_keeper(*options) : chamber::report_error(options.error());
  }
  if (words[0] == chamber::kind::kPacketHolderCommand) return chamber::kind::run_packet_holder(words);
  if (words[0] == chamber::kind::kNodeReturnsCommand && words.size() == 2) {
    return chamber::kind::run_node_returns(words[1]);
  }
  return std::nullopt;
}

int dispatch(const CLI::App& app, Arguments& a) {
  const std::string name = app.get_subcommands().front()->get_name();
  if (name == "run") {
    a.run.common = a.common;
    if (app.get_subcommand("run")->count("--seed") > 0) a.run.seed = a.seed;
    return run_command(a.run);
  }
  if (name == "chaos") {
    a.chaos.common = a.common;
    if (app.get_subcommand("chaos")->count("--seed") > 0) a.chaos.seed = a.seed;
    return chamber::chaos_command(a.chaos);
  }
  if (name == "replay") {
    a.replay.common = a.common;
    return chamber::replay_command(a.replay);
  }
  if (name == "up") {
    a.up.common = a.common;
    return up_command(a.up);
  }
  if (name == "down") return down_command(a.common, a.cells);
  if (name == "cells") return cells_command(a.common);
  if (name == "env") return env_command(a.common, a.cell);
  if (name == "exec") return exec_command(a.common, a.cell, a.node, a.words);
  if (name == "logs") return logs_command(a.common, a.cell, a.node);
  if (name == "reap") return reap_command(a.common);
  if (name == "matrix") return dispatch_matrix(*app.get_subcommand("matrix"), a);
  if (name == "gate") {
    a.gate.common = a.common;
    return gate_command(a.gate);
  }
  if (name == "selftest") {
    a.selftest.common = a.common;
    return selftest_command(a.selftest);
  }
  if (name == "render") return chamber::render_command(a.up.on, a.up.stack);
  if (name == "doctor") return doctor_command(a.common);
  if (name == "servers") {
    return app.get_subcommand("servers")->get_subcommands().empty() ? servers_command(a.common)
                                                                    : servers_get_command(a.common, a.words);
  }
  if (name == "list") return list_command(a.common, a.markdown);
  if (name == "describe") {
    a.describe.common = a.common;
    return describe_command(a.describe);
  }
  if (name == "new") return chamber::new_command(a.name, a.from);
  if (name == "check") return check(app, a);
  if (name == "export") return export_command(a.exporting);
  return report_command(a.common, a.folder);
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto code = not_for_people({argv + 1, argv + argc})) return *code;
  chamber::install_interrupt_handlers();
  CLI::App app("chamber proves that an identity-and-secrets platform survives", "chamber");
  Arguments arguments;
  add_commands(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : 2;
  }
  for (const std::string& given : arguments.servers) {
    if (const auto added = chamber::servers::add_given(given, arguments.common.servers); !added) {
      return chamber::report_error(added.error());
    }
  }
  return dispatch(app, arguments);
}
