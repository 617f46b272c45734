// What hurt the run, what ran where, how it came up and what was left.
#include <algorithm>
#include <cmath>
#include <vector>

#include "reports/escape.h"
#include "reports/figures.h"
#include "reports/html_parts.h"

namespace chamber::html {
namespace {

std::string pair(std::string_view name, const std::string& markup) {
  return fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, markup);
}

std::string fault_row(const std::string& name, const std::string& resolved, const std::string& when,
                      const std::string& proof) {
  const bool proven = !proof.empty();
  return fmt::format(
      "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"small\">{}</td><td class=\"small\"><span class=\"{}\">{} "
      "{}</span>{}{}</td></tr>\n",
      escape_markup(name), escape_markup(resolved.empty() ? "nothing" : resolved), when,
      proven ? "pass" : "inconclusive", icon(proven ? Judgement::kPass : Judgement::kInconclusive),
      proven ? "proven" : "not proven", proven ? ": " : "", escape_markup(proof));
}

// The span in the history that belongs to the fault of the record: the n-th of them, if the numbers agree.
std::string when(const Timeline& timeline, std::size_t index, std::size_t faults) {
  if (timeline.faults.size() != faults) return "";
  const FaultSpan& span = timeline.faults[index];
  return fmt::format("{} to {}", clock_text(span.start_s), span.end_s ? clock_text(*span.end_s) : "the end");
}

std::string engines(const RunRecord& record) {
  std::string out =
      "<div class=\"card scroll\"><table><thead><tr><th scope=\"col\">Component</th><th scope=\"col\">Engine</th>"
      "<th scope=\"col\">Version</th><th scope=\"col\">From</th><th scope=\"col\">Nodes</th></tr></thead><tbody>\n";
  for (const auto& engine : record.engines) {
    const bool stand_in = engine.engine == kStandIn;
    out += fmt::format(
        "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"mono\">{}</td><td>{}</td><td "
        "class=\"small\">{}</td></tr>\n",
        escape_markup(engine.component),
        stand_in ? "<span class=\"standin\">stand-in</span>" : escape_markup(engine.engine),
        escape_markup(engine.version), escape_markup(engine.source),
        escape_markup(fmt::format("{}", fmt::join(engine.nodes, ", "))));
  }
  return out + "</tbody></table></div>\n";
}

// The critical tasks by start: what one would have to make faster.
std::string critical_chain(const std::vector<RunRecord::BringUpTask>& tasks) {
  std::vector<std::string> parts;
  for (const auto& task : tasks) {
    if (task.critical) {
      parts.push_back(fmt::format("<b>{}</b> {}", escape_markup(task.name),
                                  seconds_text(std::max(0.0, task.end_s - task.start_s))));
    }
  }
  if (parts.empty()) return "";
  return fmt::format("<p class=\"chain small\">Critical path: {}</p>\n", fmt::join(parts, " → "));
}

// Seconds over the bars, four or five of them.
std::string waterfall_axis(double total_s) {
  double step = 0.01;
  for (int i = 0; step * 5 < total_s && std::isfinite(total_s); ++i) step *= i % 3 == 1 ? 2.5 : 2;
  std::string out = "<tr class=\"phase\"><th></th><td><svg aria-hidden=\"true\">";
  for (int i = 0; step * i <= total_s; ++i) {
    out += fmt::format("<text x=\"{:.2f}%\" y=\"12\" text-anchor=\"{}\">{}</text>", step * i / total_s * 100,
                       i == 0 ? "start" : "middle", i == 0 ? "0" : seconds_text(step * i));
  }
  return out + "</svg></td><td></td></tr>\n";
}

std::string waterfall_row(const RunRecord::BringUpTask& task, double total_s) {
  const auto share = [&](double seconds) { return std::clamp(seconds / total_s * 100, 0.0, 100.0); };
  const double left = share(task.start_s);
  const std::string after =
      task.after.empty() ? "at once"
                         : fmt::format("after {}", escape_markup(fmt::format("{}", fmt::join(task.after, ", "))));
  return fmt::format(
      "<tr{}><th scope=\"row\" title=\"{}\">{}</th><td><svg aria-hidden=\"true\"><title>{}</title><rect "
      "x=\"{:.2f}%\" width=\"{:.2f}%\" height=\"11\" rx=\"2\"/></svg></td><td class=\"number\">{}</td></tr>\n",
      task.critical ? " class=\"critical\"" : "", escape_markup(task.name), escape_markup(task.name), after, left,
      std::max(0.15, share(task.end_s) - left), seconds_text(std::max(0.0, task.end_s - task.start_s)));
}

// The work of the nodes' kernels stands on the wire's thread, so it is named beside what is our own.
std::string harness_cost(const RunRecord::Harness& harness) {
  std::string text = fmt::format("{} of CPU, {} of one core during the load", quantity_text(harness.cpu_seconds, "s"),
                                 quantity_text(harness.cpu_share * 100, "%"));
  if (harness.receivers_cpu_seconds && harness.cpu_seconds > 0) {
    const double share = harness.cpu_share * *harness.receivers_cpu_seconds / harness.cpu_seconds;
    text += fmt::format(" (of it {} in the network stacks of the cell's nodes)", quantity_text(share * 100, "%"));
  }
  return text + fmt::format(", {} memory at most", bytes_text(harness.peak_rss_bytes));
}

}  // namespace

std::string faults(const Report& report) {
  if (report.record.faults.empty()) return "";
  std::string out =
      "<h2 id=\"faults\">Faults</h2>\n<div class=\"card scroll\"><table><thead><tr><th scope=\"col\">Fault</th><th "
      "scope=\"col\">Hit</th><th scope=\"col\">When</th><th scope=\"col\">Proof</th></tr></thead><tbody>\n";
  const auto& all = report.record.faults;
  for (std::size_t i = 0; i < all.size(); ++i) {
    out += fault_row(all[i].name, all[i].resolved, when(report.timeline, i, all.size()), all[i].proof);
  }
  return out + "</tbody></table></div>\n";
}

std::string setting(const Report& report) {
  const RunRecord& record = report.record;
  std::string out = "<h2 id=\"setting\">What ran where</h2>\n";
  out += fmt::format(
      "<div class=\"card command\"><div><p class=\"soft small\">Repeat this run</p><code id=\"command\">{}</code></div>"
      "<button type=\"button\" data-copy=\"command\" hidden aria-live=\"polite\">Copy</button></div>\n",
      escape_markup(record.command));
  out += engines(record);
  std::vector<std::string> counts;
  for (const auto& [component, nodes] : record.stack.components)
    counts.push_back(fmt::format("{} ×{}", component, nodes));
  const RunRecord::Host& host = record.host;
  out += "<div class=\"card\"><dl class=\"pairs\">\n";
  out += pair("Stack", escape_markup(fmt::format("{}: {}", record.stack.profile, fmt::join(counts, ", "))));
  out += pair("Substrate", escape_markup(record.substrate));
  out += pair("Seed", std::to_string(record.seed));
  if (!record.scenario.file.empty()) {
    out += pair("Scenario", fmt::format("<code>{}</code>", escape_markup(record.scenario.file)));
  }
  out += pair("Host", escape_markup(fmt::format("{}, Linux {}, {}, {} memory, as {}", host.os, host.kernel,
                                                plural(static_cast<std::uint64_t>(host.cpus), "CPU"),
                                                bytes_text(host.memory_bytes), host.privilege)));
  out += pair("Harness's own cost", harness_cost(record.harness));
  if (record.footprint) {
    const RunRecord::Footprint& f = *record.footprint;
    out += pair("While the run went on",
                fmt::format("memory {} early, {} late (of it for disks {} and {}); descriptors {} early, "
                            "{} late; threads {} early, {} late; woke at "
                            "most {} late",
                            bytes_text(f.rss_bytes_early), bytes_text(f.rss_bytes_late), bytes_text(f.disk_bytes_early),
                            bytes_text(f.disk_bytes_late), f.descriptors_early, f.descriptors_late, f.threads_early,
                            f.threads_late, quantity_text(f.latest_wake_s, "s")));
  }
  return out + "</dl></div>\n";
}

std::string bring_up(const RunRecord::BringUp& bring_up) {
  if (bring_up.tasks.empty()) return "";
  std::vector<RunRecord::BringUpTask> tasks = bring_up.tasks;
  std::stable_sort(tasks.begin(), tasks.end(), [](const auto& a, const auto& b) { return a.start_s < b.start_s; });
  double total_s = std::max(bring_up.total_s, 1e-6);
  std::vector<std::string> phases;
  for (const auto& task : tasks) {
    total_s = std::max(total_s, task.end_s);
    if (std::find(phases.begin(), phases.end(), task.phase) == phases.end()) phases.push_back(task.phase);
  }
  std::string out =
      fmt::format("<h2 id=\"bring-up\">Bring-up, {}</h2>\n<div class=\"card\">", seconds_text(bring_up.total_s));
  out += critical_chain(tasks);
  out +=
      "<table class=\"waterfall\"><colgroup><col class=\"name\"><col><col class=\"took\"></colgroup>"
      "<thead class=\"hidden\"><tr><th scope=\"col\">Task</th><th scope=\"col\">When</th><th scope=\"col\">Took</th>"
      "</tr></thead>\n";
  out += "<tbody>" + waterfall_axis(total_s) + "</tbody>\n";
  for (const std::string& phase : phases) {
    out += fmt::format("<tbody><tr class=\"phase\"><th scope=\"rowgroup\" colspan=\"3\">{}</th></tr>\n",
                       escape_markup(phase));
    for (const auto& task : tasks) {
      if (task.phase == phase) out += waterfall_row(task, total_s);
    }
    out += "</tbody>\n";
  }
  return out + "</table></div>\n";
}

std::string after(const RunRecord& record) {
  const auto line = [](Judgement judgement, const std::string& text) {
    return fmt::format("<p><span class=\"{}\">{}</span> {}</p>\n", to_string(judgement), icon(judgement),
                       escape_markup(text));
  };
  std::string out = "<h2 id=\"after\">What was left</h2>\n<div class=\"card\">\n";
  if (!record.cleanup) {
    out += line(Judgement::kInconclusive, "The clean-up was not done when this was written.");
  } else if (record.cleanup->ok) {
    out += line(Judgement::kPass, "Nothing was left behind.");
  } else {
    out += line(Judgement::kFail, "The clean-up failed.");
    for (const std::string& left : record.cleanup->left) out += line(Judgement::kFail, "Left: " + left);
  }
  if (!record.secrets) {
    out += line(Judgement::kInconclusive, "The artifacts were not searched for secrets.");
    return out + "</div>\n";
  }
  const std::string searched = fmt::format("{} with {}", plural(record.secrets->searched_files, "file"),
                                           bytes_text(record.secrets->searched_bytes));
  if (record.secrets->found.empty()) {
    out += line(Judgement::kPass, "No secret of the run stands in its artifacts: " + searched + " searched.");
  } else {
    for (const std::string& found : record.secrets->found) out += line(Judgement::kFail, "Secret found: " + found);
  }
  return out + "</div>\n";
}

}  // namespace chamber::html
