// `chamber chaos` and `chamber replay`.
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "chaos/draw.h"
#include "chaos/shrink.h"
#include "harness/base/home.h"
#include "harness/cli/cell_client.h"
#include "harness/cli/cells.h"
#include "harness/cli/commands.h"
#include "harness/cli/plan_run.h"
#include "harness/cli/progress.h"
#include "harness/document/parse.h"
#include "reports/report.h"
#include "scenarios/language/plan.h"
#include "scenarios/runner/chaos_plan.h"

namespace chamber {
namespace {

namespace fs = std::filesystem;

Result<Duration> duration_from(const std::string& text, const char* option) {
  document::Mistakes mistakes;
  const auto parsed = document::duration({Duration(0), std::chrono::hours(24)})
                          .read(document::Node::scalar(text, document::Source::said(option)), mistakes);
  if (!parsed) return tl::unexpected(mistakes.error());
  return *parsed;
}

ProgressStyle style_of(const CommonOptions& common) {
  return common.json ? ProgressStyle::kQuiet : default_progress_style();
}

// A run of a plan that someone else made, and what repeats it.
PlanRun run_of(const ChaosOptions& options, const language::Plan& plan, const fs::path& folder) {
  return {.common = options.common,
          .plan = plan,
          .command = "chamber replay " + folder.string(),
          .out = folder,
          .on = options.on};
}

// Runs smaller and smaller parts of a schedule that failed, until the time is over or nothing more can be left out.
// Each trial is a run of its own, below the failed one's folder.
class Shrinking {
 public:
  Shrinking(const ChaosOptions& options, const language::Plan& plan, const PlanRunEnd& failed, Duration time)
      : options_(options), plan_(plan), failed_(failed), until_(now() + time), progress_(style_of(options.common)) {}

  Result<void> run() {
    const auto smallest = shrink(
        plan_.faults.size(), [this](const auto& kept) { return fails(kept); },
        [this] { return now() < until_ && !interrupted(); });
    if (!smallest) return tl::unexpected(smallest.error());
    if (smallest_folder_.empty()) {
      progress_.line(fmt::format("no smaller schedule failed in {} trials", trials_));
    } else if (smallest->empty()) {
      progress_.line(fmt::format("it fails without any fault, too: chamber replay {}", smallest_folder_.string()));
    } else {
      progress_.line(fmt::format("{} of {} faults still fail: chamber replay {}", smallest->size(), plan_.faults.size(),
                                 smallest_folder_.string()));
    }
    return {};
  }

 private:
  Result<bool> fails(const std::vector<std::size_t>& kept) {
    const language::Plan plan = with_faults(plan_, kept);
    const fs::path folder = failed_.folder.string() + fmt::format("-shrink-{:02}", ++trials_);
    progress_.line(
        fmt::format("trial {}: {} of {} faults, {}", trials_, kept.size(), plan_.faults.size(), human(*plan.duration)));
    const PlanRunEnd end = CHAMBER_TRY(run_in_own_cell(run_of(options_, plan, folder), progress_));
    if (!same_failure(end.verdict)) return false;
    smallest_folder_ = end.folder;
    return true;
  }

  // Some check that failed at first fails again: another failure would be another story.
  [[nodiscard]] bool same_failure(const Verdict& verdict) const {
    for (const CheckResult& first : failed_.verdict.results) {
      if (first.judgement != Judgement::kFail) continue;
      for (const CheckResult& again : verdict.results) {
        if (again.check == first.check && again.judgement == Judgement::kFail) return true;
      }
    }
    return false;
  }

  const ChaosOptions& options_;
  const language::Plan& plan_;
  const PlanRunEnd& failed_;
  const Instant until_;
  Progress progress_;
  int trials_ = 0;
  fs::path smallest_folder_;
};

std::string command_line(const ChaosOptions& options, std::uint64_t seed) {
  std::string text =
      fmt::format("chamber chaos --for {} --seed {} --profile {}", options.length, seed, options.profile);
  if (!options.base.empty()) text += " --like " + options.base;
  if (options.on != kLocal) text += " --on " + options.on;
  return text + set_arguments(options.overrides);
}

Result<int> chaos(const ChaosOptions& options) {
  CHAMBER_CHECK(require_substrate(options.on));
  const std::uint64_t seed = options.seed.value_or(draw_seed());
  ChaosPlanRequest request{.length = CHAMBER_TRY(duration_from(options.length, "--for")),
                           .seed = seed,
                           .profile = CHAMBER_TRY(chaos_profile_from(options.profile)),
                           .scenarios = home_folder() / "scenarios",
                           .on = options.on,
                           .overrides = options.overrides};
  if (!options.base.empty()) request.base = options.base;
  const Duration shrink_for = CHAMBER_TRY(duration_from(options.shrink_for, "--shrink-for"));
  const ChaosPlan made = CHAMBER_TRY(make_chaos_plan(request, language::standard_vocabulary()));
  if (options.plan_only) {
    std::fputs(
        options.common.json ? (language::to_json(made.plan).dump(2) + "\n").c_str() : describe(made.schedule).c_str(),
        stdout);
    return 0;
  }
  const PlanRun run{.common = options.common,
                    .plan = made.plan,
                    .command = command_line(options, seed),
                    .out = options.out,
                    .on = options.on};
  const auto end = [&] {
    Progress progress(style_of(options.common));
    progress.line(fmt::format("seed {}: {} faults, {} quiet periods", seed, made.schedule.faults.size(),
                              made.schedule.quiet.size()));
    return run_in_own_cell(run, progress);
  }();
  if (!end) return tl::unexpected(end.error());
  if (end->verdict.overall == Judgement::kFail && shrink_for > Duration::zero() && !interrupted()) {
    CHAMBER_CHECK(Shrinking(options, made.plan, *end, shrink_for).run());
  }
  return end->code;
}

// Where a run was; one that ended before it could be judged doesn't say, and is repeated on `local`.
std::string substrate_of(const fs::path& folder) {
  const auto text = document::read_text(folder / kRunFile);
  const auto record = text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
  return record.is_object() ? record.value("substrate", kLocal) : kLocal;
}

Result<int> replay(const ReplayOptions& options) {
  std::error_code error;
  const fs::path below = options.common.runs / options.run;
  const fs::path folder = fs::exists(fs::path(options.run) / "plan.json", error) ? fs::path(options.run) : below;
  const fs::path file = folder / "plan.json";
  if (!fs::exists(file, error)) {
    return fail(ErrorKind::kInput, "there is no run {}: neither {} nor {} has a plan.json", options.run, options.run,
                below.string());
  }
  // A plan is larger than any scenario may be.
  const std::string text = CHAMBER_TRY(document::read_text(file, {.bytes = 16 << 20}));
  const auto plan = CHAMBER_TRY(language::plan_from_json(text, file.string()));
  Progress progress(style_of(options.common));
  const PlanRun run{.common = options.common,
                    .plan = plan,
                    .command = "chamber replay " + folder.string(),
                    .out = options.out,
                    .capture = options.capture,
                    .on = substrate_of(folder)};
  return CHAMBER_TRY(run_in_own_cell(run, progress)).code;
}

}  // namespace

int chaos_command(const ChaosOptions& options) {
  const auto code = chaos(options);
  return code ? *code : report_error(code.error());
}

int replay_command(const ReplayOptions& options) {
  const auto code = replay(options);
  return code ? *code : report_error(code.error());
}

}  // namespace chamber
