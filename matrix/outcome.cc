#include "matrix/outcome.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

namespace chamber::matrix {
namespace {

using nlohmann::json;

constexpr const char* kResultFile = "result.json";  // as reports/report.h names it
constexpr const char* kResultFormat = "chamber-result/1";
constexpr std::size_t kMostText = 300;
constexpr std::size_t kMostEvidence = 3;  // lines
constexpr std::streamoff kLogTail = 4096;

std::string shortened(std::string text) {
  if (text.size() <= kMostText) return text;
  std::size_t cut = kMostText;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;  // not inside of a character
  return text.substr(0, cut) + "…";
}

Status status_of(const std::string& judgement) {
  if (judgement == "pass") return Status::kPassed;
  return judgement == "fail" ? Status::kFailed : Status::kInconclusive;
}

Facts facts_of(const json& result) {
  Facts facts;
  const json& run = result.at("run");
  run.at("bring_up").at("total_s").get_to(facts.bring_up_s);
  run.at("duration_s").get_to(facts.load_s);
  run.at("seed").get_to(facts.seed);
  run.at("command").get_to(facts.command);
  for (const json& engine : run.at("engines")) {
    const auto component = engine.at("component").get<std::string>();
    const auto name = engine.at("engine").get<std::string>();
    facts.engines.push_back(fmt::format("{}: {} {}", component, name, engine.at("version").get<std::string>()));
    // As stand_ins() of reports/report.h has it.
    if (name == "standin" || name.find("(broken: ") != std::string::npos) facts.stand_ins.push_back(component);
  }
  for (const json& fault : run.at("faults")) {
    ++facts.faults;
    facts.faults_proved += fault.at("proof").get<std::string>().empty() ? 0 : 1;
  }
  for (const json& service : run.value("services", json::array())) {
    facts.services.push_back({service.at("workload"), service.at("operations"), service.at("served"), {}});
    if (service.contains("p99_ms")) facts.services.back().p99_ms = service.at("p99_ms").get<double>();
  }
  for (const json& check : result.at("verdict").at("results")) {
    const json budget = check.value("budget", json());
    if (!budget.is_object()) continue;
    BudgetSeen seen{budget.at("name"), budget.at("limit"), budget.at("observed"), budget.at("unit"), false};
    seen.kept = budget.at("upper").get<bool>() ? seen.observed <= seen.limit : seen.observed >= seen.limit;
    facts.budgets.push_back(std::move(seen));
  }
  const json& observed = result.at("observed");
  for (const json& workload : observed.at("workloads"))
    facts.operations += workload.at("operations").get<std::uint64_t>();
  for (const json& fault : observed.at("faults")) {
    if (fault.at("end_s").is_null()) continue;
    facts.fault_s += std::max(0.0, fault.at("end_s").get<double>() - fault.at("start_s").get<double>());
  }
  return facts;
}

// The first check of that judgement is the shortest sufficient evidence; what no check sees comes before.
void explain(const json& result, Attempt& attempt) {
  if (attempt.status == Status::kPassed) return;
  const auto reasons = result.at("reasons").get<std::vector<std::string>>();
  const std::string wanted = attempt.status == Status::kFailed ? "fail" : "inconclusive";
  for (const json& check : result.at("verdict").at("results")) {
    if (check.at("judgement") != wanted) continue;
    const auto summary = check.at("summary").get<std::string>();
    const auto name = check.at("check").get<std::string>();
    attempt.why = shortened(name + ": " + summary);
    attempt.cause = shortened(without_numbers(attempt.why));
    for (const json& line : check.at("evidence")) {
      if (attempt.evidence.size() == kMostEvidence) break;
      attempt.evidence.push_back(shortened(line.get<std::string>()));
    }
    return;
  }
  attempt.why = shortened(reasons.empty() ? "no check says why" : reasons.front());
  attempt.cause = without_numbers(attempt.why);
}

// The last line that says something; the harness's own message when there is one.
std::string last_words(const std::filesystem::path& log) {
  std::ifstream file(log, std::ios::binary | std::ios::ate);
  const std::streamoff size = file ? static_cast<std::streamoff>(file.tellg()) : 0;
  file.seekg(std::max<std::streamoff>(0, size - kLogTail));
  std::string last;
  std::string own;
  for (std::string line; std::getline(file, line);) {
    if (line.empty()) continue;
    last = line;
    if (line.starts_with("chamber: ")) own = line.substr(9);
  }
  return own.empty() ? last : own;
}

void fail_without_result(const Ended& ended, Attempt& attempt) {
  attempt.status = Status::kError;
  const std::string words = last_words(ended.log);
  if (ended.over_limit_s) {
    attempt.why = fmt::format("it took longer than its limit of {:.0f} s", *ended.over_limit_s);
  } else {
    attempt.why = shortened(words.empty() ? "no result: " + to_string(ended.exit) : words);
    // The system under test did what it must not before there was a verdict.
    if (ended.exit.signal == 0 && ended.exit.code == 1) attempt.status = Status::kFailed;
  }
  attempt.cause = without_numbers(attempt.why);
  if (!words.empty() && words != attempt.why) attempt.evidence.push_back(shortened(words));
  attempt.evidence.push_back(to_string(ended.exit));
}

}  // namespace

std::string without_numbers(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    const bool inside = !out.empty() && out.back() == '#';
    if (digit || (inside && (c == '.' || c == ','))) {
      if (!inside) out += '#';
    } else {
      out += c;
    }
  }
  return out;
}

Result<Attempt> attempt_from_result(const json& result, std::string_view name) {
  try {
    if (result.at("format") != kResultFormat) return fail(ErrorKind::kInput, "{} is not {}", name, kResultFormat);
    Attempt attempt;
    attempt.status = status_of(result.at("judgement").get<std::string>());
    attempt.facts = facts_of(result);
    attempt.started = result.at("run").at("started").get<std::string>();
    explain(result, attempt);
    return attempt;
  } catch (const json::exception& problem) {
    return fail(ErrorKind::kInput, "{}: {}", name, problem.what());
  }
}

Attempt attempt_of(const Ended& ended) {
  Attempt attempt;
  const std::filesystem::path path = ended.folder / kResultFile;
  std::ifstream file(path);
  // What was ended from outside has no verdict that counts, whatever is in its folder.
  const bool concluded = ended.exit.signal == 0 && !ended.over_limit_s &&
                         (ended.exit.code == 0 || ended.exit.code == 1 || ended.exit.code == 4);
  if (!concluded || !file) {
    fail_without_result(ended, attempt);
    return attempt;
  }
  const json result = json::parse(file, nullptr, false);
  Result<Attempt> read = attempt_from_result(result, path.string());
  if (!read) {
    attempt.status = Status::kError;
    attempt.why = shortened(read.error().message());
    attempt.cause = "the result can't be read";
    return attempt;
  }
  if ((read->status == Status::kPassed) != (ended.exit.code == 0)) {
    attempt.status = Status::kError;
    attempt.why =
        fmt::format("its result says {} and it ended with {}", to_string(read->status), to_string(ended.exit));
    attempt.cause = without_numbers(attempt.why);
    return attempt;
  }
  return *std::move(read);
}

}  // namespace chamber::matrix
