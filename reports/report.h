// What every report is made from: the value of a run folder, without its operations.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/check/verdict.h"
#include "reports/run_record.h"
#include "reports/timeline.h"

namespace chamber {

struct Report {
  RunRecord record;
  Verdict verdict;
  Timeline timeline;
};

// Names inside a run folder.
inline constexpr const char* kRunFile = "run.json";
inline constexpr const char* kVerdictFile = "verdict.json";
inline constexpr const char* kHistoryFile = "history.bin";
inline constexpr const char* kHtmlFile = "report.html";
inline constexpr const char* kJunitFile = "junit.xml";
inline constexpr const char* kResultFile = "result.json";
inline constexpr const char* kMarkdownFile = "summary.md";

// Reads the three input files; the history is streamed, so memory does not grow with it. An error of kind kInput names
// the file and what is wrong in it.
[[nodiscard]] Result<Report> load_report(const std::filesystem::path& folder);

// What the run comes to: the checks' verdict, made worse by what no check sees. A failed clean-up or a secret in an
// artifact is a fail; a run that ended early, a history cut short, or a search for secrets or a clean-up that was not
// done is at best inconclusive.
struct Conclusion {
  Judgement judgement = Judgement::kInconclusive;
  std::vector<std::string> reasons;  // beyond the checks; one line each
};
[[nodiscard]] Conclusion conclude(const Report& report);

// "6 of 6 checks passed", "2 of 6 checks failed, 1 inconclusive".
[[nodiscard]] std::string checks_text(const Verdict& verdict);

// The components that a stand-in played, in order, and the engines that were broken on purpose.
[[nodiscard]] std::vector<std::string> stand_ins(const RunRecord& record);

}  // namespace chamber
