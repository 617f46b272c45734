// `chamber check FILE --model`, `chamber export`: histories without the run that they came from.
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "harness/check/judge.h"
#include "harness/cli/commands.h"
#include "harness/history/edn.h"
#include "harness/history/jsonl.h"
#include "harness/history/load_any.h"
#include "harness/history/reader.h"
#include "reports/render.h"
#include "reports/report.h"

namespace chamber {
namespace {

namespace fs = std::filesystem;

fs::path history_file(const fs::path& path) {
  return fs::is_directory(path) ? path / kHistoryFile : path;
}

Result<int> judge(const JudgeCommandOptions& options) {
  if (options.judge.model.empty()) {
    std::string models;
    for (const JudgeModel& model : judge_models()) models += fmt::format("  {:16} {}\n", model.name, model.about);
    return fail(ErrorKind::kInput, "{} is a history: say by which --model it is to be judged:\n{}",
                options.path.string(), models);
  }
  const Check check = CHAMBER_TRY(judge_of(options.judge));
  const fs::path file = history_file(options.path);
  const History history = CHAMBER_TRY(load_any(file));
  const Verdict verdict = run_checks(history, std::span(&check, 1));
  if (!options.html.empty()) CHAMBER_CHECK(write_verdict_html(verdict, file.string(), options.html));
  if (options.common.json) {
    std::puts(to_json(verdict).dump(2).c_str());
  } else {
    const TableOptions table{.colour = isatty(STDOUT_FILENO) != 0, .evidence_lines = SIZE_MAX};
    std::fputs(verdict_lines(verdict, table).c_str(), stdout);
  }
  return exit_code(verdict.overall);
}

Result<int> export_as(const ExportCommandOptions& options) {
  const History history = CHAMBER_TRY(load_any(history_file(options.path)));
  if (options.format == "binary") {
    if (options.out.empty()) return fail(ErrorKind::kInput, "binary needs --out FILE");
    CHAMBER_CHECK(save_history(history, options.out));
    return 0;
  }
  std::ofstream file;
  if (!options.out.empty()) {
    file.open(options.out, std::ios::binary | std::ios::trunc);
    if (!file) return fail(ErrorKind::kInput, "{} can't be written", options.out.string());
  }
  std::ostream& out = options.out.empty() ? std::cout : file;
  if (options.format == "jsonl") {
    CHAMBER_CHECK(export_jsonl(history, out));
  } else if (options.format == "edn") {
    CHAMBER_CHECK(export_edn(history, options.workload, out));
  } else {
    return fail(ErrorKind::kInput, "there is no format '{}'; right would be jsonl, edn or binary", options.format);
  }
  return 0;
}

}  // namespace

int judge_command(const JudgeCommandOptions& options) {
  const Result<int> code = judge(options);
  return code ? *code : report_error(code.error());
}

int export_command(const ExportCommandOptions& options) {
  const Result<int> code = export_as(options);
  return code ? *code : report_error(code.error());
}

}  // namespace chamber
