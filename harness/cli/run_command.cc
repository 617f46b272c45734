// `chamber run`: a scenario in a cell of its own, or in one that lives.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "harness/base/fd.h"
#include "harness/base/home.h"
#include "harness/base/random.h"
#include "harness/cli/cell_client.h"
#include "harness/cli/cells.h"
#include "harness/cli/commands.h"
#include "harness/cli/progress.h"
#include "harness/cli/run_artifacts.h"
#include "harness/cli/wire_format.h"
#include "reports/render.h"
#include "reports/report.h"
#include "scenarios/language/catalogue.h"
#include "scenarios/language/cell_stack.h"
#include "scenarios/language/plan.h"
#include "scenarios/runner/checks_of.h"

namespace chamber {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

Result<language::Plan> plan_of(const RunOptions& options) {
  const auto catalogue = CHAMBER_TRY(language::Catalogue::open(home_folder() / "scenarios"));
  language::PlanRequest request{.file = CHAMBER_TRY(catalogue.find(options.scenario)),
                                .overrides = options.overrides,
                                .variant = options.broken ? language::Variant::kBroken : language::Variant::kHealthy};
  // Small enough to be read aloud; drawn only when nobody said one.
  request.drawn_seed = std::stoull(random_hex(4), nullptr, 16);
  if (options.seed) request.overrides.push_back(fmt::format("seed={}", *options.seed));
  return language::make_plan(request, language::standard_vocabulary());
}

// What repeats this run, as it would be typed.
std::string command_line(const RunOptions& options, const language::Plan& plan) {
  std::string text = fmt::format("chamber run {} --seed {}", options.scenario, *plan.seed);
  if (plan.is_broken) text += " --broken";
  for (const std::string& override_text : options.overrides) text += fmt::format(" --set '{}'", override_text);
  if (!options.until.empty()) text += " --until " + options.until;
  return text;
}

Result<void> check_servers(const Stack& stack, const CommonOptions& common) {
  return require_servers(stack, common.servers);
}

// Breaks the clean-up: what is to be removed is not known any more, and that nothing is left can't be noted.
void break_clean_up(const fs::path& folder, const language::Plan& plan) {
  if (*plan.broken != "clean_up_fails") return;
  fs::rename(folder / kLedger, folder / "ledger.lost");
  fs::create_directory(folder / kLedger);
}

json run_message(const RunOptions& options, const language::Plan& plan, const fs::path& folder,
                 const std::string& started) {
  return {{"do", options.until.empty() ? "run" : "judge"},
          {"plan", language::to_json(plan).dump()},
          {"run", folder.filename().string()},
          {"started", started},
          {"command", command_line(options, plan)},
          {"capture", options.capture}};
}

// Of the variant that is broken on purpose: 0 when the checks that must fail did. Anything else means that they can't
// be trusted with what is not broken.
int conclude_broken(const language::Plan& plan, const Report& report, Progress& progress) {
  const std::vector<std::string> unnoticed = not_noticed(plan, report.verdict);
  if (unnoticed.empty()) {
    progress.line(fmt::format("broken as stated, and noticed: {}", fmt::join(*plan.fails_when->checks, ", ")));
    return exit_code(Judgement::kPass);
  }
  progress.line(fmt::format("broken as stated, and NOT noticed by: {}", fmt::join(unnoticed, ", ")));
  return exit_code(Judgement::kFail);
}

// Adds the clean-up to the record, writes the reports as they will stay, and says what came out.
Result<int> conclude_run(const language::Plan& plan, const fs::path& folder, const Result<void>& cleaned,
                         const CommonOptions& common, Progress& progress) {
  Report report = CHAMBER_TRY(load_report(folder));
  report.record.cleanup = RunRecord::Cleanup{cleaned.ok(), {}};
  if (!cleaned) report.record.cleanup->left.push_back(cleaned.error().message());
  CHAMBER_CHECK(write_private(folder / kRunFile, to_json(report.record).dump(2)));
  CHAMBER_CHECK(write_all(report, folder));
  if (common.json) {
    std::fputs((render_json(report) + "\n").c_str(), stdout);
  } else {
    std::fputs(verdict_table(report, {.colour = isatty(STDOUT_FILENO) != 0}).c_str(), stdout);
    std::fputs(fmt::format("report: {}\n", (folder / kHtmlFile).string()).c_str(), stdout);
  }
  if (interrupted()) return exit_code_of(ErrorKind::kInterrupted);
  if (plan.is_broken && cleaned) return conclude_broken(plan, report, progress);
  return exit_code(conclude(report).judgement);
}

Result<int> run_in_own_cell(const RunOptions& options, const language::Plan& plan, Progress& progress) {
  const Stack stack = CHAMBER_TRY(language::cell_stack(plan.stack));
  CHAMBER_CHECK(check_servers(stack, options.common));
  const fs::path folder = options.out.empty() ? new_run_path(options.common.runs, *plan.name) : options.out;
  const std::string started = wall_time_utc();
  const std::string until = options.until.empty() ? "applications" : options.until;
  CHAMBER_CHECK(check_phase(until));
  auto cell = CHAMBER_TRY(OwnedCell::start({.folder = folder, .keep_visible = visible_paths()}));
  const fs::path run_folder = cell->folder().path();
  const auto on_event = [&](const json& event) { progress.event(event); };
  const Result<void> ran = [&]() -> Result<void> {
    CHAMBER_TRY(cell->open(stack, options.common.servers));
    const auto limit = std::chrono::duration_cast<std::chrono::seconds>(*plan.timeouts.start);
    const json up = CHAMBER_TRY(
        cell->connection().command({{"do", "up"}, {"until", until}, {"timeout_s", limit.count()}}, on_event));
    progress.line(critical_path_text(up.at("bring_up")));
    CHAMBER_TRY(cell->connection().command(run_message(options, plan, run_folder, started), on_event));
    return {};
  }();
  break_clean_up(run_folder, plan);
  const Instant closing = now();
  const Result<void> cleaned = cell->close();
  if (cleaned) progress.line(fmt::format("down in {}", human(now() - closing)));
  if (!ran) {
    progress.line(fmt::format("logs: {}", (run_folder / "logs").string()));
    return tl::unexpected(ran.error());
  }
  return conclude_run(plan, run_folder, cleaned, options.common, progress);
}

Result<int> run_in_cell(const RunOptions& options, const language::Plan& plan, Progress& progress) {
  const fs::path cell = CHAMBER_TRY(find_cell(options.common.runs, options.in));
  RunFolder folder =
      CHAMBER_TRY(RunFolder::create(options.out.empty() ? new_run_path(options.common.runs, *plan.name) : options.out));
  // By descriptor: the cell may see another folder under this path, or none.
  const Fd opened(open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.valid()) return fail_errno(errno, "opening {}", folder.path().string());
  const Result<void> ran = [&]() -> Result<void> {
    CellConnection connection = CHAMBER_TRY(CellConnection::to(cell));
    CHAMBER_TRY(connection.command(run_message(options, plan, folder.path(), wall_time_utc()),
                                   [&](const json& event) { progress.event(event); }, {opened.get()}));
    return {};
  }();
  break_clean_up(folder.path(), plan);
  const Result<void> cleaned = folder.close();
  if (!ran) return tl::unexpected(ran.error());
  return conclude_run(plan, folder.path(), cleaned, options.common, progress);
}

}  // namespace

int run_command(const RunOptions& options) {
  if (!options.until.empty() && !options.in.empty()) {
    return report_error(Error(ErrorKind::kInput, "--until is for a cell of its own; leave out --in"));
  }
  const auto plan = plan_of(options);
  if (!plan) return report_error(plan.error());
  Progress progress(options.common.json ? ProgressStyle::kQuiet : default_progress_style());
  const auto code =
      options.in.empty() ? run_in_own_cell(options, *plan, progress) : run_in_cell(options, *plan, progress);
  return code ? *code : report_error(code.error());
}

}  // namespace chamber
