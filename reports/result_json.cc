#include <nlohmann/json.hpp>

#include "reports/render.h"

namespace chamber {
namespace {

using Json = nlohmann::json;

Json latency_json(const std::optional<LatencySummary>& latency) {
  if (!latency) return nullptr;
  return {{"least", latency->least},
          {"p50", latency->p50},
          {"p99", latency->p99},
          {"p999", latency->p999},
          {"greatest", latency->greatest}};
}

Json workload_json(const WorkloadTimeline& workload) {
  Json errors = Json::array();
  for (const ErrorCount& error : workload.errors) {
    errors.push_back({{"error", error.error},
                      {"outcome", to_string(error.outcome)},
                      {"count", error.count},
                      {"first_s", error.first_s},
                      {"last_s", error.last_s}});
  }
  return {{"name", workload.name},       {"operations", workload.operations()},
          {"ok", workload.ok},           {"fail", workload.fail},
          {"unknown", workload.unknown}, {"latency_ms", latency_json(workload.latency)},
          {"errors", std::move(errors)}};
}

Json timeline_json(const Timeline& timeline) {
  Json json = {{"origin", timeline.origin_wall}, {"complete", timeline.complete}};
  for (const char* part : {"workloads", "faults", "roles"}) json[part] = Json::array();
  for (const WorkloadTimeline& workload : timeline.workloads) json["workloads"].push_back(workload_json(workload));
  for (const FaultSpan& fault : timeline.faults) {
    json["faults"].push_back({{"name", fault.name},
                              {"start_s", fault.start_s},
                              {"end_s", fault.end_s ? Json(*fault.end_s) : Json(nullptr)},
                              {"proved", fault.proved.value_or(false)},
                              {"proof", fault.proof}});
  }
  for (const RoleSpan& role : timeline.roles) {
    json["roles"].push_back(
        {{"role", role.role}, {"holder", role.holder}, {"start_s", role.start_s}, {"end_s", role.end_s}});
  }
  return json;
}

}  // namespace

std::string render_json(const Report& report) {
  const Conclusion conclusion = conclude(report);
  const Json json = {{"format", "chamber-result/1"},
                     {"judgement", to_string(conclusion.judgement)},
                     {"exit_code", exit_code(conclusion.judgement)},
                     {"reasons", conclusion.reasons},
                     {"run", to_json(report.record)},
                     {"verdict", to_json(report.verdict)},
                     {"observed", timeline_json(report.timeline)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace chamber
