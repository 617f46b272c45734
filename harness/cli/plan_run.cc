#include "harness/cli/plan_run.h"

#include <fmt/ranges.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "fixtures/platform/platform.h"
#include "harness/base/random.h"
#include "harness/cli/cell_client.h"
#include "harness/cli/cells.h"
#include "harness/cli/run_artifacts.h"
#include "harness/cli/wire_format.h"
#include "reports/render.h"
#include "reports/report.h"
#include "scenarios/language/cell_stack.h"
#include "scenarios/runner/checks_of.h"

namespace chamber {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

// Of the variant that is broken on purpose: 0 when the checks that must fail did. Anything else means that they can't
// be trusted with what is not broken.
int conclude_broken(const language::Plan& plan, const Report& report, Progress& progress) {
  const auto [judgement, missed] = noticed(plan, report.verdict);
  if (judgement == Judgement::kPass) {
    progress.line(fmt::format("broken as stated, and noticed: {}", fmt::join(*plan.fails_when->checks, ", ")));
  } else {
    const char* const how =
        judgement == Judgement::kFail ? "NOT noticed by" : "it can't be told whether it is noticed by";
    progress.line(fmt::format("broken as stated, and {}: {}", how, fmt::join(missed, ", ")));
  }
  return exit_code(judgement);
}

}  // namespace

void break_clean_up(const fs::path& folder, const language::Plan& plan) {
  if (*plan.broken != "clean_up_fails") return;
  fs::rename(folder / kLedger, folder / "ledger.lost");
  fs::create_directory(folder / kLedger);
}

json run_message(const PlanRun& run, const fs::path& folder, const std::string& started) {
  return {{"do", run.until.empty() ? "run" : "judge"},
          {"run", folder.filename().string()},
          {"started", started},
          {"command", run.command},
          {"capture", run.capture}};
}

Result<Fd> plan_file(const language::Plan& plan) {
  Fd file(memfd_create("chamber-plan", MFD_CLOEXEC));
  if (!file.valid()) return fail_errno(errno, "memfd_create");
  const std::string text = language::to_json(plan).dump();
  for (std::size_t written = 0; written < text.size();) {
    const ssize_t wrote = write(file.get(), text.data() + written, text.size() - written);
    if (wrote < 0) return fail_errno(errno, "handing the plan over");
    written += static_cast<std::size_t>(wrote);
  }
  return file;
}

Result<PlanRunEnd> conclude_run(const PlanRun& run, const fs::path& folder, const Result<void>& cleaned,
                                Progress& progress) {
  Report report = CHAMBER_TRY(load_report(folder));
  report.record.cleanup = RunRecord::Cleanup{cleaned.ok(), {}};
  if (!cleaned) report.record.cleanup->left.push_back(cleaned.error().message());
  CHAMBER_CHECK(write_private(folder / kRunFile, to_json(report.record).dump(2)));
  CHAMBER_CHECK(write_all(report, folder));
  if (run.common.json) {
    std::fputs((render_json(report) + "\n").c_str(), stdout);
  } else {
    std::fputs(verdict_table(report, {.colour = isatty(STDOUT_FILENO) != 0}).c_str(), stdout);
    std::fputs(fmt::format("report: {}\n", (folder / kHtmlFile).string()).c_str(), stdout);
  }
  // What is said next on standard error comes after it, also where both go to one file.
  std::fflush(stdout);
  int code = exit_code(conclude(report).judgement);
  if (run.plan.is_broken && cleaned) code = conclude_broken(run.plan, report, progress);
  if (interrupted()) code = exit_code_of(ErrorKind::kInterrupted);
  return PlanRunEnd{code, std::move(report.verdict), folder};
}

Result<PlanRunEnd> run_in_own_cell(const PlanRun& run, Progress& progress) {
  const language::Plan& plan = run.plan;
  const Stack stack = CHAMBER_TRY(language::cell_stack(plan));
  CHAMBER_CHECK(require_possible(run.on, plan));
  const fs::path folder = run.out.empty() ? new_run_path(run.common.runs, *plan.name) : run.out;
  const std::string started = wall_time_utc();
  const std::string until = run.until.empty() ? "applications" : run.until;
  CHAMBER_CHECK(check_phase(until));
  const auto on_event = [&](const json& event) { progress.event(event); };
  auto cell =
      CHAMBER_TRY(start_cell(run.on, {.folder = folder, .keep_visible = CHAMBER_TRY(visible_paths(run.common.servers))},
                             stack, run.common.servers, on_event));
  const fs::path run_folder = cell->folder().path();
  const Result<void> ran = [&]() -> Result<void> {
    CHAMBER_TRY(cell->open(stack, run.common.servers));
    const auto limit = std::chrono::duration_cast<std::chrono::seconds>(*plan.timeouts.start);
    const json up = CHAMBER_TRY(
        cell->connection().command({{"do", "up"}, {"until", until}, {"timeout_s", limit.count()}}, on_event));
    progress.line(critical_path_text(up.at("bring_up")));
    const Fd plan_text = CHAMBER_TRY(plan_file(plan));
    CHAMBER_TRY(cell->connection().command(run_message(run, run_folder, started), on_event, {plan_text.get()}));
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
  return conclude_run(run, run_folder, cleaned, progress);
}

std::uint64_t draw_seed() {
  return std::stoull(random_hex(4), nullptr, 16);
}

std::string set_arguments(const std::vector<std::string>& overrides) {
  std::string text;
  for (const std::string& override_text : overrides) text += fmt::format(" --set '{}'", override_text);
  return text;
}

}  // namespace chamber
