#include "harness/check/verdict.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace chamber {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 3> kJudgementNames = {"pass", "fail", "inconclusive"};

template <typename T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

json to_json(const Budget& budget) {
  return {{"name", budget.name},     {"limit", budget.limit}, {"observed", budget.observed}, {"unit", budget.unit},
          {"source", budget.source}, {"upper", budget.upper}, {"kept", budget.kept()}};
}

json to_json(const Bar& bar) {
  json object = {{"process", bar.process},
                 {"label", bar.label},
                 {"start_ns", bar.start.count()},
                 {"outcome", bar.outcome},
                 {"rank", or_null(bar.rank)}};
  object["end_ns"] = bar.end ? json(bar.end->count()) : json(nullptr);
  return object;
}

json to_json(const CheckResult& result) {
  json object = {{"check", result.check},           {"judgement", to_string(result.judgement)},
                 {"summary", result.summary},       {"evidence", result.evidence},
                 {"operations", result.operations}, {"took_ns", result.took.count()}};
  if (result.budget) object["budget"] = to_json(*result.budget);
  if (!result.drawing.empty()) {
    json bars = json::array();
    for (const Bar& bar : result.drawing) bars.push_back(to_json(bar));
    object["drawing"] = std::move(bars);
  }
  return object;
}

Judgement judgement_from(const json& text) {
  const auto found = std::find(kJudgementNames.begin(), kJudgementNames.end(), text.get<std::string>());
  if (found == kJudgementNames.end()) {
    throw json::other_error::create(500, "a judgement is pass, fail or inconclusive", &text);
  }
  return static_cast<Judgement>(found - kJudgementNames.begin());
}

Budget budget_from(const json& object) {
  return {object.at("name"), object.at("limit"),  object.at("observed"),
          object.at("unit"), object.at("source"), object.at("upper")};
}

Bar bar_from(const json& object) {
  Bar bar;
  bar.process = object.at("process");
  bar.label = object.at("label");
  bar.start = Duration(object.at("start_ns").get<std::int64_t>());
  if (!object.at("end_ns").is_null()) bar.end = Duration(object.at("end_ns").get<std::int64_t>());
  bar.outcome = object.at("outcome");
  if (!object.at("rank").is_null()) bar.rank = object.at("rank").get<std::uint32_t>();
  return bar;
}

CheckResult result_from(const json& object) {
  CheckResult result;
  result.check = object.at("check");
  result.judgement = judgement_from(object.at("judgement"));
  result.summary = object.at("summary");
  result.evidence = object.at("evidence").get<std::vector<std::string>>();
  result.operations = object.at("operations");
  result.took = Duration(object.at("took_ns").get<std::int64_t>());
  if (object.contains("budget")) result.budget = budget_from(object.at("budget"));
  if (object.contains("drawing")) {
    for (const json& bar : object.at("drawing")) result.drawing.push_back(bar_from(bar));
  }
  return result;
}

}  // namespace

std::string_view to_string(Judgement judgement) {
  return kJudgementNames.at(static_cast<std::size_t>(judgement));
}

int exit_code(Judgement judgement) {
  switch (judgement) {
    case Judgement::kPass:
      return 0;
    case Judgement::kFail:
      return 1;
    case Judgement::kInconclusive:
      return 4;
  }
  return 4;
}

Verdict Verdict::of(std::vector<CheckResult> results) {
  const auto any = [&](Judgement judgement) {
    return std::any_of(results.begin(), results.end(),
                       [&](const CheckResult& result) { return result.judgement == judgement; });
  };
  Verdict verdict;
  if (any(Judgement::kFail)) {
    verdict.overall = Judgement::kFail;
  } else if (!results.empty() && !any(Judgement::kInconclusive)) {
    verdict.overall = Judgement::kPass;
  }
  verdict.results = std::move(results);
  return verdict;
}

json to_json(const Verdict& verdict) {
  json results = json::array();
  for (const CheckResult& result : verdict.results) results.push_back(to_json(result));
  return {{"overall", to_string(verdict.overall)}, {"results", std::move(results)}};
}

Result<Verdict> verdict_from_json(const json& object) {
  try {
    std::vector<CheckResult> results;
    for (const json& result : object.at("results")) results.push_back(result_from(result));
    Verdict verdict = Verdict::of(std::move(results));
    if (verdict.overall != judgement_from(object.at("overall"))) {
      return fail(ErrorKind::kInput, "the verdict's \"overall\" does not follow from its results");
    }
    return verdict;
  } catch (const json::exception& error) {
    return fail(ErrorKind::kInput, "not a verdict: {}", error.what());
  }
}

}  // namespace chamber
