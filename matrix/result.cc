#include "matrix/result.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace chamber::matrix {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, kStatuses> kNames = {"passed", "failed", "inconclusive", "error", "not run"};
constexpr std::string_view kFormat = "chamber-matrix/1";

Status status_from(const json& value) {
  const auto text = value.get<std::string>();
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames.at(i) == text) return static_cast<Status>(i);
  }
  throw json::other_error::create(500, "no status: " + text, &value);
}

json services_json(const std::vector<Service>& services) {
  json list = json::array();
  for (const Service& service : services) {
    list.push_back({{"workload", service.workload},
                    {"operations", service.operations},
                    {"served", service.served},
                    {"p99_ms", service.p99_ms ? json(*service.p99_ms) : json(nullptr)}});
  }
  return list;
}

json budgets_json(const std::vector<BudgetSeen>& budgets) {
  json list = json::array();
  for (const BudgetSeen& budget : budgets) {
    list.push_back({{"name", budget.name},
                    {"limit", budget.limit},
                    {"observed", budget.observed},
                    {"unit", budget.unit},
                    {"kept", budget.kept}});
  }
  return list;
}

json facts_json(const Facts& facts) {
  return {{"bring_up_s", facts.bring_up_s},
          {"load_s", facts.load_s},
          {"operations", facts.operations},
          {"faults", facts.faults},
          {"faults_proved", facts.faults_proved},
          {"fault_s", facts.fault_s},
          {"services", services_json(facts.services)},
          {"budgets", budgets_json(facts.budgets)},
          {"engines", facts.engines},
          {"stand_ins", facts.stand_ins},
          {"seed", facts.seed},
          {"command", facts.command}};
}

Facts facts_from(const json& json_facts) {
  Facts facts;
  json_facts.at("bring_up_s").get_to(facts.bring_up_s);
  json_facts.at("load_s").get_to(facts.load_s);
  json_facts.at("operations").get_to(facts.operations);
  json_facts.at("faults").get_to(facts.faults);
  json_facts.at("faults_proved").get_to(facts.faults_proved);
  json_facts.at("fault_s").get_to(facts.fault_s);
  for (const json& one : json_facts.at("services")) {
    Service service{one.at("workload"), one.at("operations"), one.at("served"), {}};
    if (!one.at("p99_ms").is_null()) service.p99_ms = one.at("p99_ms").get<double>();
    facts.services.push_back(std::move(service));
  }
  for (const json& one : json_facts.at("budgets")) {
    facts.budgets.push_back({one.at("name"), one.at("limit"), one.at("observed"), one.at("unit"), one.at("kept")});
  }
  json_facts.at("engines").get_to(facts.engines);
  json_facts.at("stand_ins").get_to(facts.stand_ins);
  json_facts.at("seed").get_to(facts.seed);
  json_facts.at("command").get_to(facts.command);
  return facts;
}

Attempt attempt_from(const json& value) {
  Attempt attempt;
  value.at("number").get_to(attempt.number);
  attempt.status = status_from(value.at("status"));
  value.at("why").get_to(attempt.why);
  value.at("cause").get_to(attempt.cause);
  value.at("evidence").get_to(attempt.evidence);
  value.at("started").get_to(attempt.started);
  value.at("seconds").get_to(attempt.seconds);
  value.at("memory_mib").get_to(attempt.memory_mib);
  value.at("cpu_s").get_to(attempt.cpu_s);
  value.at("folder").get_to(attempt.folder);
  attempt.facts = facts_from(value.at("facts"));
  return attempt;
}

json cell_json(const CellResult& cell) {
  json attempts = json::array();
  for (const Attempt& attempt : cell.attempts) attempts.push_back(to_json(attempt));
  return {
      {"id", cell.id},   {"values", cell.values}, {"required", cell.required},       {"status", to_string(cell.status)},
      {"why", cell.why}, {"flaky", cell.flaky()}, {"interrupted", cell.interrupted}, {"attempts", std::move(attempts)}};
}

CellResult cell_from(const json& value) {
  CellResult cell;
  value.at("id").get_to(cell.id);
  value.at("values").get_to(cell.values);
  value.at("required").get_to(cell.required);
  cell.status = status_from(value.at("status"));
  value.at("why").get_to(cell.why);
  value.at("interrupted").get_to(cell.interrupted);
  for (const json& attempt : value.at("attempts")) cell.attempts.push_back(attempt_from(attempt));
  return cell;
}

MatrixResult result_from(const json& value) {
  MatrixResult result;
  if (value.at("format") != kFormat) throw json::other_error::create(501, "not " + std::string(kFormat), &value);
  value.at("matrix").get_to(result.matrix);
  value.at("about").get_to(result.about);
  value.at("digest").get_to(result.digest);
  value.at("axes").get_to(result.axes);
  value.at("shard").get_to(result.shard);
  value.at("of").get_to(result.of);
  value.at("started").get_to(result.started);
  value.at("wall_s").get_to(result.wall_s);
  value.at("jobs").get_to(result.jobs);
  result.host = {value.at("host").at("cpus"), value.at("host").at("memory_mib")};
  for (const json& cell : value.at("cells")) result.cells.push_back(cell_from(cell));
  for (const json& one : value.at("left_out")) {
    result.left_out.push_back({one.at("because"), one.at("count"), one.at("examples")});
  }
  const json& pairs = value.at("pairs");
  result.pairs = {pairs.at("all"), pairs.at("possible"), pairs.at("covered")};
  for (const CellResult& cell : result.cells) {
    if (cell.values.size() != result.axes.size()) {
      throw json::other_error::create(502, cell.id + ": as many values as axes belong here", &value);
    }
  }
  return result;
}

}  // namespace

std::string_view to_string(Status status) {
  return kNames.at(static_cast<std::size_t>(status));
}

double CellResult::seconds() const {
  double sum = 0;
  for (const Attempt& attempt : attempts) sum += attempt.seconds;
  return sum;
}

std::uint64_t MatrixResult::count(Status status) const {
  return static_cast<std::uint64_t>(
      std::count_if(cells.begin(), cells.end(), [&](const CellResult& cell) { return cell.status == status; }));
}

std::uint64_t MatrixResult::flakes() const {
  return static_cast<std::uint64_t>(
      std::count_if(cells.begin(), cells.end(), [](const CellResult& cell) { return cell.flaky(); }));
}

int MatrixResult::exit_code() const {
  if (count(Status::kFailed) > 0) return 1;
  if (count(Status::kError) > 0) return 3;
  return cells.empty() || count(Status::kPassed) < cells.size() ? 4 : 0;
}

CellResult result_of(const Cell& cell, std::vector<Attempt> attempts) {
  CellResult result{.id = cell.id, .values = cell.values, .required = cell.required};
  result.attempts = std::move(attempts);
  if (const Attempt* const last = result.last()) result.status = last->status;
  return result;
}

json to_json(const Attempt& attempt) {
  return {{"number", attempt.number},   {"status", to_string(attempt.status)}, {"why", attempt.why},
          {"cause", attempt.cause},     {"evidence", attempt.evidence},        {"started", attempt.started},
          {"seconds", attempt.seconds}, {"memory_mib", attempt.memory_mib},    {"cpu_s", attempt.cpu_s},
          {"folder", attempt.folder},   {"facts", facts_json(attempt.facts)}};
}

json to_json(const MatrixResult& result) {
  json cells = json::array();
  for (const CellResult& cell : result.cells) cells.push_back(cell_json(cell));
  json left_out = json::array();
  for (const LeftOut& one : result.left_out) {
    left_out.push_back({{"because", one.because}, {"count", one.count}, {"examples", one.examples}});
  }
  json counts = json::object();
  for (std::size_t i = 0; i < kStatuses; ++i) counts[std::string(kNames.at(i))] = result.count(static_cast<Status>(i));
  return {
      {"format", kFormat},
      {"matrix", result.matrix},
      {"about", result.about},
      {"digest", result.digest},
      {"axes", result.axes},
      {"shard", result.shard},
      {"of", result.of},
      {"started", result.started},
      {"wall_s", result.wall_s},
      {"jobs", result.jobs},
      {"host", {{"cpus", result.host.cpus}, {"memory_mib", result.host.memory_mib}}},
      {"counts", std::move(counts)},
      {"flakes", result.flakes()},
      {"exit_code", result.exit_code()},
      {"cells", std::move(cells)},
      {"left_out", std::move(left_out)},
      {"pairs", {{"all", result.pairs.all}, {"possible", result.pairs.possible}, {"covered", result.pairs.covered}}}};
}

Result<Attempt> attempt_from_json(const json& value, std::string_view name) {
  try {
    return attempt_from(value);
  } catch (const json::exception& problem) {
    return fail(ErrorKind::kInput, "{}: {}", name, problem.what());
  }
}

Result<MatrixResult> matrix_result_from_json(const json& value, std::string_view name) {
  try {
    return result_from(value);
  } catch (const json::exception& problem) {
    return fail(ErrorKind::kInput, "{} is no result of a matrix: {}", name, problem.what());
  }
}

}  // namespace chamber::matrix
