// `chamber run`: a scenario in a cell of its own, or in one that lives.
#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "harness/base/fd.h"
#include "harness/base/home.h"
#include "harness/cli/cell_client.h"
#include "harness/cli/cells.h"
#include "harness/cli/commands.h"
#include "harness/cli/plan_run.h"
#include "harness/cli/progress.h"
#include "scenarios/language/catalogue.h"
#include "scenarios/language/plan.h"
#include "scenarios/runner/checks_of.h"

namespace chamber {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

Result<language::Plan> plan_of(const RunOptions& options) {
  const fs::path scenarios = home_folder() / "scenarios";
  const auto catalogue = CHAMBER_TRY(language::Catalogue::open(scenarios));
  language::PlanRequest request{.file = CHAMBER_TRY(catalogue.find(options.scenario)),
                                .overrides = options.overrides,
                                .variant = options.broken ? language::Variant::kBroken : language::Variant::kHealthy,
                                .drawn_seed = draw_seed(),
                                .scenarios = scenarios};
  if (options.seed) request.overrides.push_back(fmt::format("seed={}", *options.seed));
  return language::make_plan(request, language::standard_vocabulary());
}

// What repeats this run, as it would be typed.
std::string command_line(const RunOptions& options, const language::Plan& plan) {
  std::string servers;
  for (const auto& [name, path] : options.common.servers)
    servers += fmt::format(" --server {}={}", name, path.string());
  return fmt::format("chamber{} run {} --seed {}{}", servers, options.scenario, *plan.seed,
                     plan.is_broken ? " --broken" : "") +
         set_arguments(options.overrides) + (options.until.empty() ? "" : " --until " + options.until) +
         (options.on == kLocal ? "" : " --on " + options.on);
}

Result<PlanRunEnd> run_in_cell(const PlanRun& run, const std::string& in, Progress& progress) {
  const fs::path cell = CHAMBER_TRY(find_cell(run.common.runs, in));
  RunFolder folder =
      CHAMBER_TRY(RunFolder::create(run.out.empty() ? new_run_path(run.common.runs, *run.plan.name) : run.out));
  // By descriptor: the cell may see another folder under this path, or none.
  const Fd opened(open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.valid()) return fail_errno(errno, "opening {}", folder.path().string());
  const Result<void> ran = [&]() -> Result<void> {
    CellConnection connection = CHAMBER_TRY(CellConnection::to(cell));
    const Fd plan_text = CHAMBER_TRY(plan_file(run.plan));
    CHAMBER_TRY(connection.command(run_message(run, folder.path(), wall_time_utc()),
                                   [&](const json& event) { progress.event(event); }, {plan_text.get(), opened.get()}));
    return {};
  }();
  break_clean_up(folder.path(), run.plan);
  const Result<void> cleaned = folder.close();
  if (!ran) return tl::unexpected(ran.error());
  return conclude_run(run, folder.path(), cleaned, progress);
}

}  // namespace

int run_command(const RunOptions& options) {
  if (!options.until.empty() && !options.in.empty()) {
    return report_error(Error(ErrorKind::kInput, "--until is for a cell of its own; leave out --in"));
  }
  const auto plan = plan_of(options);
  if (!plan) return report_error(plan.error());
  Progress progress(options.common.json ? ProgressStyle::kQuiet : default_progress_style());
  const PlanRun run{.common = options.common,
                    .plan = *plan,
                    .command = command_line(options, *plan),
                    .out = options.out,
                    .capture = options.capture,
                    .until = options.until,
                    .on = options.on};
  const auto end = options.in.empty() ? run_in_own_cell(run, progress) : run_in_cell(run, options.in, progress);
  return end ? end->code : report_error(end.error());
}

}  // namespace chamber
