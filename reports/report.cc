#include "reports/report.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "reports/figures.h"

namespace chamber {
namespace {

Result<nlohmann::json> load_json(const std::filesystem::path& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorKind::kInput, "{}: {}", path.string(), errno_text(errno));
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    return fail(ErrorKind::kInput, "{}: not JSON: {}", path.string(), error.what());
  }
}

std::string joined(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

Result<Report> load_report(const std::filesystem::path& folder) {
  Report report;
  const auto run = CHAMBER_TRY(load_json(folder / kRunFile));
  report.record = CHAMBER_TRY(run_record_from_json(run).context((folder / kRunFile).string()));
  const auto verdict = CHAMBER_TRY(load_json(folder / kVerdictFile));
  report.verdict = CHAMBER_TRY(verdict_from_json(verdict).context((folder / kVerdictFile).string()));
  report.timeline = CHAMBER_TRY(load_timeline(folder / kHistoryFile).context((folder / kHistoryFile).string()));
  return report;
}

Conclusion conclude(const Report& report) {
  Conclusion conclusion{.judgement = report.verdict.overall, .reasons = {}};
  const auto worsen = [&](Judgement to, std::string reason) {
    if (conclusion.judgement != Judgement::kFail) conclusion.judgement = to;
    conclusion.reasons.push_back(std::move(reason));
  };
  const RunRecord& record = report.record;
  if (record.incomplete) worsen(Judgement::kInconclusive, "The run ended early: " + *record.incomplete);
  if (!report.timeline.complete) {
    worsen(Judgement::kInconclusive, "The history was cut short: " + report.timeline.incomplete_reason);
  }
  if (!record.cleanup) {
    worsen(Judgement::kInconclusive, "Nothing says that the clean-up was done.");
  } else if (!record.cleanup->ok) {
    worsen(Judgement::kFail, record.cleanup->left.empty() ? "The clean-up failed."
                                                          : "The clean-up left: " + joined(record.cleanup->left));
  }
  if (!record.secrets) {
    worsen(Judgement::kInconclusive, "The artifacts were not searched for secrets.");
  } else if (!record.secrets->found.empty()) {
    worsen(Judgement::kFail, "A secret stands in an artifact: " + joined(record.secrets->found));
  }
  return conclusion;
}

std::string checks_text(const Verdict& verdict) {
  const auto count = [&](Judgement judgement) {
    return static_cast<std::uint64_t>(
        std::count_if(verdict.results.begin(), verdict.results.end(),
                      [&](const CheckResult& result) { return result.judgement == judgement; }));
  };
  const std::uint64_t all = verdict.results.size();
  const std::uint64_t failed = count(Judgement::kFail);
  const std::uint64_t inconclusive = count(Judgement::kInconclusive);
  if (all == 0) return "No check was made";
  if (failed + inconclusive == 0) return fmt::format("{} of {} passed", all, plural(all, "check"));
  std::string text;
  if (failed > 0) text = fmt::format("{} of {} failed", failed, plural(all, "check"));
  if (inconclusive > 0) {
    text += failed > 0 ? fmt::format(", {} inconclusive", inconclusive)
                       : fmt::format("{} of {} inconclusive", inconclusive, plural(all, "check"));
  }
  return text;
}

std::vector<std::string> stand_ins(const RunRecord& record) {
  std::vector<std::string> names;
  for (const auto& engine : record.engines) {
    if (engine.engine == kStandIn) names.push_back(engine.component);
    // "vault (broken: drops_acknowledged_writes)"
    if (engine.engine.find("(broken: ") != std::string::npos) names.push_back(engine.engine);
  }
  return names;
}

}  // namespace chamber
