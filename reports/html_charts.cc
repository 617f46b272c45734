// What the charts are drawn into and from.
#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/escape.h"
#include "reports/figures.h"
#include "reports/html_parts.h"

namespace chamber::html {
namespace {

using Json = nlohmann::json;

// Four significant digits: less than a pixel.
double rounded(double value) {
  if (value == 0 || !std::isfinite(value)) return 0;
  const double scale = std::pow(10.0, 3 - std::floor(std::log10(std::fabs(value))));
  return std::round(value * scale) / scale;
}

double microsecond(double seconds) {
  return std::round(seconds * 1e6) / 1e6;
}

std::string totals(const WorkloadTimeline& workload) {
  std::string out =
      "<div class=\"scroll\"><table class=\"totals small\"><thead><tr><th scope=\"col\">operations</th><th "
      "scope=\"col\">ok</th><th scope=\"col\">fail</th><th scope=\"col\">unknown</th><th scope=\"col\">p50</th><th "
      "scope=\"col\">p99</th><th scope=\"col\">p99.9</th><th scope=\"col\">max</th></tr></thead><tbody><tr>";
  for (const std::uint64_t count : {workload.operations(), workload.ok, workload.fail, workload.unknown}) {
    out += fmt::format("<td>{}</td>", count_text(count));
  }
  const LatencySummary latency = workload.latency.value_or(LatencySummary{});
  for (const double value : {latency.p50, latency.p99, latency.p999, latency.greatest}) {
    out += fmt::format("<td>{}</td>", workload.latency ? milliseconds_text(value) : "–");
  }
  return out + "</tr></tbody></table></div>\n";
}

std::string errors(const WorkloadTimeline& workload) {
  if (workload.errors.empty()) return "";
  constexpr std::size_t kMost = 8;
  std::string out = "<ul class=\"errors\">\n";
  for (std::size_t i = 0; i < workload.errors.size() && i < kMost; ++i) {
    const ErrorCount& error = workload.errors[i];
    out += fmt::format("<li><b>{}</b> {}: {} <span class=\"soft\">{} to {}</span></li>\n", count_text(error.count),
                       to_string(error.outcome), escape_markup(error.error.empty() ? "no error named" : error.error),
                       clock_text(error.first_s), clock_text(error.last_s));
  }
  if (workload.errors.size() > kMost) {
    out += fmt::format("<li class=\"soft\">and {} of other classes</li>\n",
                       plural(workload.errors.size() - kMost, "kind"));
  }
  return out + "</ul>\n";
}

std::string workload_card(const WorkloadTimeline& workload, std::size_t index) {
  std::string out = fmt::format("<section class=\"card workload\"><h3>{}</h3>\n", escape_markup(workload.name));
  out += totals(workload);
  out += fmt::format("<div data-workload=\"{}\"></div>\n", index);
  out += errors(workload);
  if (!workload.not_started.empty()) {
    out += fmt::format("<p class=\"small\"><b>The load fell behind:</b> {}</p>\n", escape_markup(workload.not_started));
  }
  if (workload.final_operations > 0) {
    out += fmt::format("<p class=\"small soft\">{} more after the load, to see what was left.</p>\n",
                       plural(workload.final_operations, "operation"));
  }
  return out + "</section>\n";
}

Json workload_json(const WorkloadTimeline& workload) {
  Json columns = {{"name", workload.name},
                  {"first", microsecond(workload.first_s)},
                  {"bin", workload.bin_s},
                  {"until", microsecond(workload.until_s)}};
  for (const char* column : {"ok", "fail", "unknown", "max", "wait", "p50", "p99"}) columns[column] = Json::array();
  const auto optional_ms = [](const std::optional<double>& value) {
    return value ? Json(rounded(*value)) : Json(nullptr);
  };
  for (const TimelineBin& bin : workload.bins) {
    columns["ok"].push_back(bin.ok);
    columns["fail"].push_back(bin.fail);
    columns["unknown"].push_back(bin.unknown);
    columns["max"].push_back(optional_ms(bin.greatest_ms));
    columns["wait"].push_back(optional_ms(bin.wait_ms));
  }
  columns["join"] = workload.bins_per_quantile;
  for (const std::optional<LatencySummary>& latency : workload.quantiles) {
    columns["p50"].push_back(latency ? Json(rounded(latency->p50)) : Json(nullptr));
    columns["p99"].push_back(latency ? Json(rounded(latency->p99)) : Json(nullptr));
  }
  return columns;
}

}  // namespace

std::string charts(const Timeline& timeline) {
  std::string out =
      "<h2 id=\"time\">Over time</h2>\n<div class=\"controls\" id=\"controls\" hidden>"
      "<fieldset><legend>Latency axis</legend><label><input type=\"radio\" name=\"scale\" value=\"log\" checked> "
      "logarithmic</label><label><input type=\"radio\" name=\"scale\" value=\"linear\"> linear</label></fieldset>"
      "<span>Drag to zoom, double-click for all</span><button id=\"reset\" type=\"button\" hidden>Show all</button>"
      "</div>\n";
  if (!timeline.faults.empty() || !timeline.roles.empty()) {
    out += "<section class=\"card\"><h3 class=\"hidden\">Faults and roles</h3><div id=\"lanes\"></div></section>\n";
  }
  for (std::size_t i = 0; i < timeline.workloads.size(); ++i) out += workload_card(timeline.workloads[i], i);
  if (timeline.workloads.empty()) out += "<p class=\"card\">No operation was recorded.</p>\n";
  return out +
         "<noscript><p class=\"notice\">The charts need the page's own script, which did not run here. "
         "Everything else is complete without it.</p></noscript>\n";
}

std::string chart_data(const Timeline& timeline) {
  Json data = {{"from", microsecond(timeline.from_s)}, {"until", microsecond(timeline.until_s)}};
  for (const char* part : {"workloads", "faults", "roles", "marks"}) data[part] = Json::array();
  for (const WorkloadTimeline& workload : timeline.workloads) data["workloads"].push_back(workload_json(workload));
  for (const FaultSpan& fault : timeline.faults) {
    Json json = {{"name", fault.name}, {"from", microsecond(fault.start_s)}};
    json["until"] = fault.end_s ? Json(microsecond(*fault.end_s)) : Json(nullptr);
    json["proved"] = fault.proved ? Json(*fault.proved) : Json(nullptr);
    data["faults"].push_back(std::move(json));
  }
  std::string before;
  for (const RoleSpan& role : timeline.roles) {
    data["roles"].push_back({{"role", role.role},
                             {"holder", role.holder},
                             {"from", microsecond(role.start_s)},
                             {"until", microsecond(role.end_s)},
                             {"first", role.role != before}});
    before = role.role;
  }
  for (const Mark& mark : timeline.marks) {
    data["marks"].push_back({{"at", microsecond(mark.at_s)}, {"text", mark.text}});
  }
  return data.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace chamber::html
