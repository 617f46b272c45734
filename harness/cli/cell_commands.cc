// `chamber up`, `down`, `cells`, `env`, `exec`, `logs`, `reap`.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "fixtures/kind/cluster.h"
#include "fixtures/kind/manifests.h"
#include "harness/base/eventually.h"
#include "harness/base/home.h"
#include "harness/cli/cell_client.h"
#include "harness/cli/cell_host.h"
#include "harness/cli/cells.h"
#include "harness/cli/commands.h"
#include "harness/cli/progress.h"
#include "harness/cli/run_artifacts.h"
#include "scenarios/language/catalogue.h"
#include "scenarios/language/cell_stack.h"
#include "scenarios/language/plan.h"

namespace chamber {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kUpTimeoutSeconds = 180;

Result<json> bring_up(CellConnection& connection, const UpOptions& options, Progress& progress) {
  return connection.command({{"do", "up"}, {"until", options.until}, {"timeout_s", kUpTimeoutSeconds}},
                            [&](const json& event) { progress.event(event); });
}

Result<int> up(const UpOptions& options) {
  CHAMBER_CHECK(check_phase(options.until));
  Progress progress(options.common.json ? ProgressStyle::kQuiet : default_progress_style());
  std::string id = options.in;
  json result;
  if (!options.in.empty()) {
    const fs::path cell = CHAMBER_TRY(find_cell(options.common.runs, options.in));
    CellConnection connection = CHAMBER_TRY(CellConnection::to(cell));
    result = CHAMBER_TRY(bring_up(connection, options, progress));
  } else {
    const Stack stack = CHAMBER_TRY(stack_named(options.stack));
    const StartCell request{.folder = new_run_path(options.common.runs, "cell"),
                            .keep_visible = CHAMBER_TRY(visible_paths(options.common.servers))};
    auto cell = CHAMBER_TRY(start_cell(options.on, request, stack, options.common.servers,
                                       [&](const json& event) { progress.event(event); }));
    id = cell->folder().id();
    const json opened = CHAMBER_TRY(cell->open(stack, options.common.servers));
    CHAMBER_CHECK(write_private(cell->folder().path() / "ca.pem", opened.at("ca").get<std::string>()));
    result = CHAMBER_TRY(bring_up(cell->connection(), options, progress));
    CHAMBER_CHECK(cell->detach());
    if (options.on == kKind) {
      progress.line(fmt::format("kubectl --kubeconfig {} --namespace {} get pods",
                                (cell->folder().path() / kind::kKubeconfig).string(), kind::kNamespace));
    }
  }
  progress.line(critical_path_text(result.at("bring_up")));
  if (options.common.json) {
    std::puts(json{{"cell", id}, {"bring_up", result.at("bring_up")}}.dump().c_str());
  } else {
    std::fputs(fmt::format("{}\n", id).c_str(), stdout);
    progress.line(
        fmt::format("eval \"$(chamber env {0})\" for clients; chamber run SCENARIO --in {0}; chamber down {0}", id));
  }
  return 0;
}

Result<void> down(const fs::path& cell) {
  CellConnection connection = CHAMBER_TRY(CellConnection::to(cell));
  CHAMBER_TRY(connection.command({{"do", "down"}}));
  // Its process 1 lets the lock go when it has ended; then what it noted is removed.
  const auto gone = eventually({"the cell to end", Deadline::in(std::chrono::seconds(20))}, [&]() -> Result<void> {
    for (const RunEntry& entry : CHAMBER_TRY(list_runs(cell.parent_path()))) {
      if (entry.path == cell && entry.state == RunState::kLive) return fail(ErrorKind::kUnavailable, "it still lives");
    }
    return {};
  });
  CHAMBER_CHECK(gone);
  CHAMBER_TRY(reap(cell.parent_path(), kind::remove_outside()));
  return {};
}

Result<int> exec(const CommonOptions& options, const std::string& name, const std::string& node,
                 const std::vector<std::string>& arguments) {
  CellConnection connection = CHAMBER_TRY(CellConnection::to(CHAMBER_TRY(find_cell(options.runs, name))));
  // A program without a path is looked for by env(1) in the node.
  std::vector<std::string> words = arguments;
  if (!words.front().starts_with('/')) words.insert(words.begin(), "/usr/bin/env");
  const json answer = CHAMBER_TRY(connection.command({{"do", "exec"}, {"node", node}, {"arguments", words}}, {},
                                                     {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}));
  return answer.at("exit").get<int>();
}

Result<int> env(const CommonOptions& options, const std::string& name) {
  const fs::path cell = CHAMBER_TRY(find_cell(options.runs, name));
  CellConnection connection = CHAMBER_TRY(CellConnection::to(cell));
  const json answer = CHAMBER_TRY(connection.command({{"do", "env"}}));
  json environment = answer.at("environment");
  for (const char* variable : {"VAULT_CACERT", "PGSSLROOTCERT", "AWS_CA_BUNDLE", "IDENTITY_CACERT"}) {
    environment[variable] = (cell / "ca.pem").string();
  }
  if (options.json) {
    std::puts(environment.dump(2).c_str());
    return 0;
  }
  for (const auto& [key, value] : environment.items()) {
    std::fputs(fmt::format("export {}='{}'\n", key, value.get<std::string>()).c_str(), stdout);
  }
  return 0;
}

Result<fs::path> logs_folder(const CommonOptions& options, const std::string& name) {
  if (!name.empty() && fs::is_directory(options.runs / name)) return options.runs / name / "logs";
  if (!name.empty() && fs::is_directory(name)) return fs::path(name) / "logs";
  return CHAMBER_TRY(find_cell(options.runs, name)) / "logs";
}

Result<int> logs(const CommonOptions& options, const std::string& cell, const std::string& node) {
  const fs::path folder = CHAMBER_TRY(logs_folder(options, cell));
  std::vector<fs::path> files;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(folder, problem)) {
    if (node.empty() || entry.path().filename().string().starts_with(node + ".")) files.push_back(entry.path());
  }
  if (files.empty()) return fail(ErrorKind::kInput, "{} has no log of '{}'", folder.string(), node);
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    std::ifstream text(file);
    for (std::string line; std::getline(text, line);) std::cout << file.stem().string() << " | " << line << '\n';
  }
  return 0;
}

int finish(const Result<int>& code) {
  return code ? *code : report_error(code.error());
}

}  // namespace

int up_command(const UpOptions& options) {
  return finish(up(options));
}

int down_command(const CommonOptions& options, const std::vector<std::string>& cells) {
  for (const std::string& name : cells.empty() ? std::vector<std::string>{""} : cells) {
    const auto cell = find_cell(options.runs, name);
    if (!cell) return report_error(cell.error());
    const Instant began = now();
    if (const auto ended = down(*cell); !ended) return report_error(ended.error());
    std::fputs(fmt::format("{} is down in {}\n", cell->filename().string(), human(now() - began)).c_str(), stderr);
  }
  return 0;
}

int cells_command(const CommonOptions& options) {
  const auto runs = list_runs(options.runs);
  if (!runs) return report_error(runs.error());
  json list = json::array();
  for (const RunEntry& entry : *runs) {
    if (entry.state != RunState::kLive || !fs::exists(entry.path / kControlSocket)) continue;
    list.push_back(entry.path.filename().string());
    if (!options.json) std::puts(entry.path.filename().c_str());
  }
  if (options.json) std::puts(list.dump().c_str());
  return 0;
}

int env_command(const CommonOptions& options, const std::string& cell) {
  return finish(env(options, cell));
}

int exec_command(const CommonOptions& options, const std::string& cell, const std::string& node,
                 const std::vector<std::string>& arguments) {
  return finish(exec(options, cell, node, arguments));
}

int logs_command(const CommonOptions& options, const std::string& cell, const std::string& node) {
  return finish(logs(options, cell, node));
}

int reap_command(const CommonOptions& options) {
  const auto reaped = reap(options.runs, kind::remove_outside());
  if (!reaped) return report_error(reaped.error());
  json list = json::array();
  for (const RunEntry& entry : *reaped) {
    list.push_back({{"run", entry.path.string()}, {"removed", entry.left}});
    if (!options.json) {
      std::fputs(fmt::format("{}: was killed; removed {}\n", entry.path.string(),
                             entry.left.empty() ? "nothing, there was nothing left"
                                                : fmt::format("{}", fmt::join(entry.left, ", ")))
                     .c_str(),
                 stdout);
    }
  }
  if (options.json) std::puts(list.dump().c_str());
  if (!options.json && reaped->empty()) std::puts("nothing to clean up");
  return 0;
}

}  // namespace chamber
