#include "reports/gate_rules.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "reports/figures.h"

namespace chamber::gate {
namespace {

using document::Object;
using document::Shape;
using matrix::Attempt;
using matrix::CellResult;
using matrix::Status;

// The attempt whose figures count: the last, of a cell that came to a verdict.
const Attempt* judged(const CellResult& cell) {
  const Attempt* const last = cell.last();
  return cell.status == Status::kError || cell.status == Status::kNotRun ? nullptr : last;
}

std::string why_of(const CellResult& cell) {
  const Attempt* const last = cell.last();
  return cell.status == Status::kNotRun || last == nullptr ? cell.why : last->why;
}

Offender offender(const CellResult& cell) {
  return {cell.id, fmt::format("{}: {}", to_string(cell.status), why_of(cell))};
}

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

bool wanted(const GateRule& rule, std::string_view workload) {
  return matrix::fits_pattern(rule.workload.value_or("*"), workload);
}

std::string seconds_of(const document::Located<Duration>& limit) {
  return seconds_text(seconds(*limit));
}

Finding required_cells(const GateRule&, const Cells& cells) {
  Finding finding;
  std::uint64_t required = 0;
  for (const CellResult* const cell : cells) {
    required += cell->required ? 1 : 0;
    if (cell->required && cell->status != Status::kPassed) finding.offenders.push_back(offender(*cell));
  }
  finding.holds = required > 0 && finding.offenders.empty();
  finding.evidence = required == 0 ? "no cell is required, so that nothing was shown"
                                   : fmt::format("{} of {} passed", count_text(required - finding.offenders.size()),
                                                 plural(required, "required cell"));
  return finding;
}

Finding nothing_inconclusive(const GateRule&, const Cells& cells) {
  Finding finding;
  for (const CellResult* const cell : cells) {
    if (cell->status == Status::kInconclusive) finding.offenders.push_back(offender(*cell));
  }
  finding.holds = finding.offenders.empty();
  finding.evidence =
      fmt::format("{} of {} inconclusive", count_text(finding.offenders.size()), plural(cells.size(), "cell"));
  return finding;
}

Finding availability(const GateRule& rule, const Cells& cells) {
  struct Sum {
    std::uint64_t operations = 0;
    std::uint64_t served = 0;
    std::vector<Offender> lost;
  };
  std::map<std::string, Sum> sums;
  for (const CellResult* const cell : cells) {
    const Attempt* const attempt = judged(*cell);
    if (attempt == nullptr) continue;
    for (const matrix::Service& service : attempt->facts.services) {
      if (!wanted(rule, service.workload)) continue;
      Sum& sum = sums[service.workload];
      sum.operations += service.operations;
      sum.served += service.served;
      if (service.served < service.operations) {
        sum.lost.push_back(
            {cell->id, fmt::format("{}: {} of {} operations were not served", service.workload,
                                   count_text(service.operations - service.served), count_text(service.operations))});
      }
    }
  }
  Finding finding;
  const double least = (**rule.at_least).percent;
  for (auto& [workload, sum] : sums) {
    const double share = percent(sum.served, sum.operations);
    finding.evidence += fmt::format("{}{} {:.3f} % of {}", finding.evidence.empty() ? "" : "; ", workload, share,
                                    count_text(sum.operations));
    if (sum.operations > 0 && share >= least) continue;
    finding.offenders.push_back({"", fmt::format("{}: {:.3f} %, at least {} %", workload, share, least)});
    finding.offenders.insert(finding.offenders.end(), sum.lost.begin(), sum.lost.end());
  }
  finding.holds = !sums.empty() && finding.offenders.empty();
  if (sums.empty()) finding.evidence = "nothing was measured outside of faults";
  return finding;
}

Finding latency(const GateRule& rule, const Cells& cells) {
  Finding finding;
  double worst = 0;
  std::uint64_t measured = 0;
  const double most = seconds(**rule.limit) * 1000;
  for (const CellResult* const cell : cells) {
    const Attempt* const attempt = judged(*cell);
    if (attempt == nullptr) continue;
    for (const matrix::Service& service : attempt->facts.services) {
      if (!wanted(rule, service.workload) || !service.p99_ms) continue;
      ++measured;
      worst = std::max(worst, *service.p99_ms);
      if (*service.p99_ms < most) continue;
      finding.offenders.push_back(
          {cell->id, fmt::format("{}: p99 {}", service.workload, milliseconds_text(*service.p99_ms))});
    }
  }
  finding.holds = measured > 0 && finding.offenders.empty();
  finding.evidence = measured == 0
                         ? "nothing was measured outside of faults"
                         : fmt::format("worst p99 {} in {}", milliseconds_text(worst), plural(measured, "measurement"));
  return finding;
}

Finding outages(const GateRule&, const Cells& cells) {
  Finding finding;
  std::uint64_t measured = 0;
  for (const CellResult* const cell : cells) {
    const Attempt* const attempt = judged(*cell);
    if (attempt == nullptr) continue;
    for (const matrix::BudgetSeen& budget : attempt->facts.budgets) {
      if (!budget.name.starts_with("outage")) continue;
      ++measured;
      if (budget.kept) continue;
      finding.offenders.push_back(
          {cell->id, fmt::format("{}: {}, at most {}", budget.name, quantity_text(budget.observed, budget.unit),
                                 quantity_text(budget.limit, budget.unit))});
    }
  }
  finding.holds = measured > 0 && finding.offenders.empty();
  finding.evidence = measured == 0
                         ? "no outage was measured against a budget"
                         : fmt::format("{} of {} within budget", count_text(measured - finding.offenders.size()),
                                       plural(measured, "outage"));
  return finding;
}

Finding bring_up(const GateRule& rule, const Cells& cells) {
  Finding finding;
  double worst = 0;
  std::uint64_t measured = 0;
  for (const CellResult* const cell : cells) {
    const Attempt* const attempt = judged(*cell);
    if (attempt == nullptr || attempt->facts.bring_up_s <= 0) continue;
    ++measured;
    worst = std::max(worst, attempt->facts.bring_up_s);
    if (attempt->facts.bring_up_s < seconds(**rule.limit)) continue;
    finding.offenders.push_back({cell->id, seconds_text(attempt->facts.bring_up_s)});
  }
  finding.holds = measured > 0 && finding.offenders.empty();
  finding.evidence = measured == 0
                         ? "no deployment was measured"
                         : fmt::format("slowest of {}: {}", plural(measured, "deployment"), seconds_text(worst));
  return finding;
}

Finding flakes(const GateRule& rule, const Cells& cells) {
  Finding finding;
  std::uint64_t ran = 0;
  for (const CellResult* const cell : cells) {
    ran += cell->attempts.empty() ? 0 : 1;
    if (cell->flaky()) finding.offenders.push_back({cell->id, "first " + cell->attempts.front().why});
  }
  const double share = percent(finding.offenders.size(), ran);
  finding.evidence = ran == 0 ? "nothing was run"
                              : fmt::format("{} of {} ({:.2f} %)", plural(finding.offenders.size(), "flake"),
                                            plural(ran, "cell"), share);
  finding.holds = ran > 0 && share <= (**rule.at_most).percent;
  if (finding.holds) finding.offenders.clear();
  return finding;
}

Finding chaos(const GateRule& rule, const Cells& cells) {
  Finding finding;
  double survived_s = 0;
  std::uint64_t faults = 0;
  for (const CellResult* const cell : cells) {
    const Attempt* const attempt = judged(*cell);
    if (attempt == nullptr || attempt->facts.faults == 0) continue;
    if (cell->status == Status::kFailed) finding.offenders.push_back(offender(*cell));
    // A fault that is not proven hurt nobody, as far as is known.
    if (cell->status != Status::kPassed || attempt->facts.faults_proved < attempt->facts.faults) continue;
    survived_s += attempt->facts.load_s;
    faults += attempt->facts.faults;
  }
  const double least = seconds(**rule.limit);
  if (survived_s < least) {
    finding.offenders.push_back(
        {"", fmt::format("{}, at least {}", seconds_text(survived_s), seconds_of(*rule.limit))});
  }
  finding.holds = finding.offenders.empty();
  finding.evidence = fmt::format("{} under load with {}", seconds_text(survived_s), plural(faults, "proven fault"));
  return finding;
}

Finding real_engines(const GateRule& rule, const Cells& cells) {
  Finding finding;
  std::uint64_t ran = 0;
  for (const CellResult* const cell : cells) {
    const Attempt* const attempt = judged(*cell);
    if (attempt == nullptr) continue;
    ++ran;
    for (const std::string& component : attempt->facts.stand_ins) {
      const auto& asked = rule.components;
      if (!asked.empty() && std::find(asked.begin(), asked.end(), component) == asked.end()) continue;
      finding.offenders.push_back({cell->id, component + " was not the real engine"});
    }
  }
  finding.holds = ran > 0 && finding.offenders.empty();
  finding.evidence = ran == 0
                         ? "nothing was run"
                         : fmt::format("{} in {}", plural(finding.offenders.size(), "stand-in"), plural(ran, "cell"));
  return finding;
}

// Each with the keys that all rules have.
Object<GateRule> rule_object(const std::string& name, const std::string& doc) {
  Object<GateRule> object("a rule of " + name, doc);
  object.required("rule", &GateRule::kind, document::exactly(name), doc)
      .optional("name", &GateRule::name, document::text(100), "Tells it from another rule of its kind.")
      .optional("cells", &GateRule::cells, document::text(200), "Only cells whose id fits this pattern.");
  return object;
}

Object<GateRule> with_workload(Object<GateRule> object) {
  object.optional("workload", &GateRule::workload, document::text(100), "Only workloads that fit this pattern.");
  return object;
}

Shape<GateRule> with_time(Object<GateRule> object, const char* key, const char* doc) {
  const Shape<Duration> any = document::duration({std::chrono::milliseconds(1), std::chrono::hours(24 * 365)});
  object.required(key, &GateRule::limit, any, doc);
  return object;
}

std::string which(const GateRule& rule, const char* all) {
  return rule.workload ? "of " + *rule.workload : all;
}

std::vector<RuleKind> make_kinds() {
  std::vector<RuleKind> kinds;
  const auto add = [&kinds](const std::string& name, const std::string& doc, Shape<GateRule> shape,
                            std::string (*says)(const GateRule&), Finding (*look)(const GateRule&, const Cells&)) {
    kinds.push_back({name, doc, std::move(shape), says, look});
  };
  std::string doc = "Every cell that the matrix calls required ran and passed.";
  add(
      "required_cells", doc, rule_object("required_cells", doc),
      [](const GateRule&) { return std::string("Every required cell ran and passed"); }, required_cells);
  doc = "The share of operations outside of declared faults that were served, of each workload over all cells.";
  Object<GateRule> object = with_workload(rule_object("availability", doc));
  object.required("at_least", &GateRule::at_least, document::percentage(), "Such as 99.9%.");
  add(
      "availability", doc, object,
      [](const GateRule& rule) {
        return fmt::format("Availability {} outside of declared faults is at least {} %",
                           which(rule, "of every workload"), (**rule.at_least).percent);
      },
      availability);
  doc = "The p99 of each cell outside of declared faults, from the intended start.";
  add(
      "latency", doc, with_time(with_workload(rule_object("latency", doc)), "p99", "Below this."),
      [](const GateRule& rule) {
        return fmt::format("The p99 {} outside of declared faults is below {}", which(rule, "of every workload"),
                           seconds_of(*rule.limit));
      },
      latency);
  doc = "Each outage that a scenario gives a budget was within it.";
  add(
      "outages", doc, rule_object("outages", doc),
      [](const GateRule&) { return std::string("Every outage after a fault was within its budget"); }, outages);
  doc = "How long a deployment takes until it is semantically ready.";
  add(
      "bring_up", doc, with_time(rule_object("bring_up", doc), "at_most", "Less than this."),
      [](const GateRule& rule) {
        return fmt::format("A deployment{} is ready in less than {}", rule.cells ? " of " + *rule.cells : "",
                           seconds_of(*rule.limit));
      },
      bring_up);
  doc = "The share of cells that passed only when they were run again.";
  object = rule_object("flakes", doc);
  object.required("at_most", &GateRule::at_most, document::percentage(), "Such as 2%.");
  add(
      "flakes", doc, object,
      [](const GateRule& rule) {
        return fmt::format("At most {} % of the cells are flakes", (**rule.at_most).percent);
      },
      flakes);
  doc = "Time under load in cells with faults, all proven, that passed; a violation in one of them breaks the rule.";
  add(
      "chaos", doc, with_time(rule_object("chaos", doc), "at_least", "Such as 8h."),
      [](const GateRule& rule) {
        return fmt::format("At least {} under load with faults, and no violation", seconds_of(*rule.limit));
      },
      chaos);
  doc = "No cell is inconclusive.";
  add(
      "nothing_inconclusive", doc, rule_object("nothing_inconclusive", doc),
      [](const GateRule&) { return std::string("No verdict is inconclusive"); }, nothing_inconclusive);
  doc = "No stand-in took the place of a real engine, and none was broken on purpose.";
  object = rule_object("real_engines", doc);
  object.optional("components", &GateRule::components, document::list_of(document::text(100), "a list of components"),
                  "Only these; all when left out.");
  add(
      "real_engines", doc, object,
      [](const GateRule& rule) {
        return fmt::format("Only real engines ran{}",
                           rule.components.empty() ? "" : fmt::format(" of {}", fmt::join(rule.components, ", ")));
      },
      real_engines);
  return kinds;
}

}  // namespace

const std::vector<RuleKind>& rule_kinds() {
  static const std::vector<RuleKind> kinds = make_kinds();
  return kinds;
}

}  // namespace chamber::gate
