#include "harness/cli/matrix_commands.h"

#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "fixtures/servers/surroundings.h"
#include "harness/base/home.h"
#include "harness/cli/cell_client.h"
#include "harness/cli/cells.h"
#include "harness/cli/matrix_view.h"
#include "harness/cli/run_artifacts.h"
#include "harness/cli/wire_format.h"
#include "harness/document/parse.h"
#include "harness/process/run_folder.h"
#include "matrix/merge.h"
#include "matrix/outcome.h"
#include "matrix/plan.h"
#include "matrix/print.h"
#include "matrix/run.h"
#include "reports/gate.h"
#include "reports/matrix_report.h"
#include "scenarios/language/cell_stack.h"
#include "scenarios/language/plan.h"

namespace chamber {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kPlanFile = "plan.json";
constexpr double kShardSeconds = 600;  // what a job of a CI system is given when nobody says how many there are to be
constexpr int kMostShards = 256;       // of one job in a GitHub workflow
constexpr document::Limits kPlanLimits = {.bytes = 256 << 20};

// A name stands for matrix/<name>.yaml.
fs::path matrix_file(const std::string& name) {
  const fs::path path(name);
  if (path.extension() == ".yaml" || path.extension() == ".json") return path;
  return home_folder() / "matrix" / (name + ".yaml");
}

Result<matrix::Plan> plan_of(const MatrixOptions& options) {
  const fs::path file = matrix_file(options.matrix);
  const std::string text = CHAMBER_TRY(document::read_text(file, kPlanLimits));
  if (file.extension() == ".json") return matrix::plan_from_json(text, file.string());
  const fs::path environments_file = home_folder() / "matrix/environments.yaml";
  const auto environments = CHAMBER_TRY(
      matrix::read_environments(CHAMBER_TRY(document::read_text(environments_file)), environments_file.string()));
  const auto catalogue = CHAMBER_TRY(language::Catalogue::open(home_folder() / "scenarios"));
  const language::Vocabulary vocabulary = language::standard_vocabulary();
  const auto read = CHAMBER_TRY(matrix::read_matrix(text, file.string()));
  matrix::Plan plan = CHAMBER_TRY(matrix::make_plan(read, {environments, catalogue, vocabulary}));
  if (options.retries) plan.retries = *options.retries;
  return plan;
}

Result<int> number_of(std::string_view text, int least, const std::string& what) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= least) return number;
  return fail(ErrorKind::kInput, "{} is '{}'; right would be a number from {}", what, text, least);
}

struct ShardOf {
  int shard;
  int of;
};
Result<ShardOf> shard_of(const std::string& text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) return fail(ErrorKind::kInput, "--shard is '{}'; right would be 2/5", text);
  const ShardOf shard{CHAMBER_TRY(number_of(text.substr(0, slash), 1, "--shard")),
                      CHAMBER_TRY(number_of(text.substr(slash + 1), 1, "--shard"))};
  if (shard.shard > shard.of) return fail(ErrorKind::kInput, "--shard is {}; there are only {}", text, shard.of);
  return shard;
}

// Whether this machine has what a cell needs, asked as `chamber run` would ask, without starting anything.
Result<void> can_carry(const matrix::Cell& cell, const language::Catalogue& catalogue, const CommonOptions& common) {
  language::PlanRequest request{.file = CHAMBER_TRY(catalogue.find(cell.arguments.front()))};
  std::string on = kLocal;
  for (std::size_t i = 1; i + 1 < cell.arguments.size(); i += 2) {
    if (cell.arguments[i] == "--set") request.overrides.push_back(cell.arguments[i + 1]);
    if (cell.arguments[i] == "--on") on = cell.arguments[i + 1];
  }
  const auto plan = CHAMBER_TRY(language::make_plan(request, language::standard_vocabulary()));
  CHAMBER_CHECK(require_possible(on, plan));
  return require_machine(on, CHAMBER_TRY(language::cell_stack(plan)), common.servers);
}

// The first line: what follows are the ways that were tried.
std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

Result<int> plan(const MatrixOptions& options) {
  const matrix::Plan made = CHAMBER_TRY(plan_of(options));
  const int shards = options.shards > 0 ? options.shards : matrix::shards_for(made, kShardSeconds, kMostShards);
  std::string text;
  if (options.format == "json" || options.common.json) {
    text = matrix::to_json(made).dump(2) + "\n";
  } else if (options.format == "github") {
    text = matrix::plan_for_github(made, shards);
  } else if (options.format == "gitlab") {
    text = matrix::plan_for_gitlab(made, shards);
  } else if (options.format == "table") {
    text = matrix::plan_table(made);
  } else {
    return fail(ErrorKind::kInput, "there is no format '{}'; right would be table, json, github or gitlab",
                options.format);
  }
  std::fputs(text.c_str(), stdout);
  return 0;
}

std::vector<std::string> runner_of(const MatrixOptions& options) {
  if (!options.runner.empty()) return {fs::absolute(options.runner).string()};
  std::vector<std::string> runner{fs::read_symlink("/proc/self/exe").string()};
  for (const auto& [name, path] : options.common.servers) {
    runner.insert(runner.end(), {"--server", fmt::format("{}={}", name, fs::absolute(path).string())});
  }
  runner.emplace_back("run");
  return runner;
}

Result<void> report(const matrix::MatrixResult& result, const fs::path& folder, const CommonOptions& common) {
  CHAMBER_CHECK(write_matrix_reports(result, folder));
  if (common.json) {
    std::fputs(render_matrix_json(result).c_str(), stdout);
    return {};
  }
  for (const CauseGroup& group : group_by_cause(result)) {
    std::fputs(fmt::format("{:13} {} × {}\n", to_string(group.status), group.cells.size(), group.why).c_str(), stdout);
  }
  std::fputs(fmt::format("{}: {}\nreport: {}\n", result.matrix, cells_text(result), (folder / kMatrixHtmlFile).string())
                 .c_str(),
             stdout);
  return {};
}

Result<int> run(const MatrixOptions& options) {
  const matrix::Plan made = CHAMBER_TRY(plan_of(options));
  const ShardOf shard = CHAMBER_TRY(shard_of(options.shard));
  const auto catalogue = CHAMBER_TRY(language::Catalogue::open(home_folder() / "scenarios"));
  const fs::path out = fs::absolute(options.out.empty() ? new_run_path(options.common.runs, made.matrix) : options.out);
  const fs::path costs_file = options.costs.empty() ? options.common.runs / "costs.json" : options.costs;
  matrix::Costs costs = matrix::Costs::load(costs_file);
  std::map<std::string, std::optional<std::string>> known;  // many cells ask the same
  matrix::RunOptions running{.folder = out,
                             .shard = shard.shard,
                             .of = shard.of,
                             .resume = options.resume,
                             .stop_at_first_failure = options.fail_fast,
                             .runner = runner_of(options),
                             .environment = servers::Surroundings::of_process().environment,
                             .machine = matrix::this_machine(),
                             .costs = costs,
                             .cannot = {}};
  if (options.jobs != "auto") running.jobs = CHAMBER_TRY(number_of(options.jobs, 1, "--jobs"));
  if (options.runner.empty()) {
    // Asked before anything is started; a stand-in for `chamber run` needs nothing of the kind.
    running.cannot = [&](const matrix::Cell& cell) -> std::optional<std::string> {
      const auto carried = can_carry(cell, catalogue, options.common);
      return carried ? std::nullopt : std::optional(first_line(carried.error().message()));
    };
  }
  running.interrupted = [] { return interrupted(); };
  MatrixView view(options.common.json ? ProgressStyle::kQuiet : default_progress_style());
  const matrix::RunOutcome outcome = CHAMBER_TRY(matrix::run(made, running, view));
  CHAMBER_CHECK(write_private(out / kPlanFile, matrix::to_json(made).dump(1)));
  CHAMBER_CHECK(costs.save(costs_file));
  CHAMBER_CHECK(report(outcome.result, out, options.common));
  if (outcome.interrupted)
    std::fputs(fmt::format("interrupted; --out {} --resume goes on\n", out.string()).c_str(), stderr);
  return outcome.interrupted ? exit_code_of(ErrorKind::kInterrupted) : outcome.result.exit_code();
}

Result<json> read_json(const fs::path& path) {
  std::ifstream file(path);
  if (!file) return fail(ErrorKind::kInput, "{} can't be read", path.string());
  json value = json::parse(file, nullptr, false);
  if (value.is_discarded()) return fail(ErrorKind::kInput, "{} is no JSON", path.string());
  return value;
}

Result<int> merge(const MatrixOptions& options) {
  if (options.in.empty()) return fail(ErrorKind::kInput, "say which folders of shards to merge");
  const fs::path out = fs::absolute(options.out.empty() ? "merged" : options.out);
  std::error_code problem;
  fs::create_directories(out, problem);
  if (problem) return fail(ErrorKind::kHarness, "making {}: {}", out.string(), problem.message());
  std::vector<matrix::ShardResult> shards;
  for (const fs::path& folder : options.in) {
    const fs::path file = folder / kMatrixResultFile;
    shards.push_back({file.string(), fs::relative(fs::absolute(folder), out).string(),
                      CHAMBER_TRY(matrix::matrix_result_from_json(CHAMBER_TRY(read_json(file)), file.string()))});
  }
  // The plan comes with the shards, so that what they ran is what is asked for.
  const fs::path plan_file = options.in.front() / kPlanFile;
  const std::string text = CHAMBER_TRY(document::read_text(plan_file, kPlanLimits));
  const matrix::Plan plan = CHAMBER_TRY(matrix::plan_from_json(text, plan_file.string()));
  const matrix::MatrixResult merged = CHAMBER_TRY(matrix::merge(plan, std::move(shards)));
  CHAMBER_CHECK(report(merged, out, options.common));
  return merged.exit_code();
}

// A single run counts as a matrix of one cell that is not required.
Result<matrix::MatrixResult> result_of(const fs::path& given) {
  const fs::path path = fs::is_directory(given) ? given / kMatrixResultFile : given;
  const json value = CHAMBER_TRY(read_json(path));
  if (!value.is_object() || value.value("format", "") != "chamber-result/1") {
    return matrix::matrix_result_from_json(value, path.string());
  }
  matrix::Attempt attempt = CHAMBER_TRY(matrix::attempt_from_result(value, path.string()));
  matrix::CellResult cell{.id = value.at("run").value("run", "run")};
  cell.attempts.push_back(std::move(attempt));
  cell.status = cell.attempts.back().status;
  matrix::MatrixResult result{.matrix = cell.id, .about = "", .digest = ""};
  result.cells.push_back(std::move(cell));
  return result;
}

Result<int> judge_gate(const GateOptions& options) {
  const fs::path file = options.rules.empty() ? home_folder() / "ci/gate.yaml" : options.rules;
  const Gate gate = CHAMBER_TRY(read_gate(CHAMBER_TRY(document::read_text(file)), file.string()));
  std::vector<matrix::MatrixResult> results;
  for (const fs::path& path : options.results) results.push_back(CHAMBER_TRY(result_of(path)));
  const GateResult verdict =
      judge(gate, results, options.today.empty() ? wall_time_utc().substr(0, 10) : options.today);
  if (!options.out.empty()) {
    std::error_code problem;
    fs::create_directories(options.out, problem);
    CHAMBER_CHECK(write_private(options.out / "gate.json", render_gate_json(verdict)));
    CHAMBER_CHECK(write_private(options.out / "gate.md", render_gate_markdown(verdict)));
  }
  std::fputs(options.common.json ? render_gate_json(verdict).c_str() : render_gate_text(verdict).c_str(), stdout);
  return verdict.pass ? 0 : 1;
}

int finish(const Result<int>& code) {
  return code ? *code : report_error(code.error());
}

}  // namespace

int matrix_plan_command(const MatrixOptions& options) {
  return finish(plan(options));
}

int matrix_run_command(const MatrixOptions& options) {
  return finish(run(options));
}

int matrix_merge_command(const MatrixOptions& options) {
  return finish(merge(options));
}

int gate_command(const GateOptions& options) {
  return finish(judge_gate(options));
}

}  // namespace chamber
