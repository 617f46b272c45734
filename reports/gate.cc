#include "reports/gate.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/document/parse.h"
#include "reports/gate_rules.h"

namespace chamber {
namespace {

using document::Mistakes;
using document::Node;
using document::Object;
using document::Shape;
using matrix::CellResult;
using matrix::MatrixResult;

constexpr std::array<std::string_view, 3> kVerdicts = {"pass", "fail", "waived"};

// "2026-12-31", and there is such a day.
bool is_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const auto number = [&](std::size_t at, std::size_t length) {
    int value = -1;
    const char* const end = text.data() + at + length;
    const auto [last, error] = std::from_chars(text.data() + at, end, value);
    return error == std::errc() && last == end ? value : -1;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  return number(0, 4) > 0 && day.ok();
}

Shape<std::string> day_shape() {
  const auto read = [](const Node& node, Mistakes& mistakes) -> std::optional<std::string> {
    if (node.kind == Node::Kind::kScalar && is_day(node.text)) return node.text;
    mistakes.add(node.source, fmt::format("expected a day such as 2026-12-31, found {}", describe(node)));
    return std::nullopt;
  };
  return {"a day", document::Json{{"type", "string"}, {"format", "date"}}, read,
          [](const std::string& day) { return document::Json(day); }};
}

void check_names(const Gate& gate, const Node&, Mistakes& mistakes) {
  std::set<std::string> names;
  for (const GateRule& rule : gate.rules) {
    if (names.insert(rule.title()).second) continue;
    mistakes.add(rule.kind.source, fmt::format("there is a rule {} already; give this one a `name`", rule.title()));
  }
  const std::vector<std::string> known(names.begin(), names.end());
  for (const Waiver& waiver : gate.waivers) {
    if (names.contains(*waiver.rule)) continue;
    mistakes.add(waiver.rule.source, fmt::format("no rule is called {}{}", document::quote(*waiver.rule),
                                                 document::did_you_mean(*waiver.rule, known)));
  }
}

bool waives(const Waiver& waiver, const CellResult& cell) {
  return waiver.cells.empty() || std::any_of(waiver.cells.begin(), waiver.cells.end(), [&](const std::string& pattern) {
           return matrix::fits_pattern(pattern, cell.id);
         });
}

std::string words_of(const Waiver& waiver) {
  return fmt::format("{} is waived{} until {}: {} ({})", *waiver.rule,
                     waiver.cells.empty() ? "" : fmt::format(" for {}", fmt::join(waiver.cells, ", ")), *waiver.until,
                     waiver.reason, waiver.owner);
}

class Judge {
 public:
  Judge(const Gate& gate, const std::vector<MatrixResult>& results, std::string_view today)
      : gate_(gate), today_(today) {
    for (const MatrixResult& result : results) {
      for (const CellResult& cell : result.cells) cells_.push_back(&cell);
    }
    used_.resize(gate.waivers.size());
  }

  GateResult judge() {
    GateResult result{.gate = *gate_.name, .about = *gate_.about, .judged = std::string(today_), .pass = true};
    for (const GateRule& rule : gate_.rules) {
      result.rules.push_back(judge(rule));
      result.pass = result.pass && result.rules.back().verdict != RuleVerdict::kFail;
    }
    result.notes = notes();
    return result;
  }

 private:
  RuleResult judge(const GateRule& rule) {
    const auto& kinds = gate::rule_kinds();
    const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto& one) { return one.name == *rule.kind; });
    gate::Cells cells;
    for (const CellResult* const cell : cells_) {
      if (!rule.cells || matrix::fits_pattern(*rule.cells, cell->id)) cells.push_back(cell);
    }
    const gate::Finding finding = kind->look(rule, cells);
    RuleResult result{.rule = rule.title(), .says = kind->says(rule)};
    result.evidence = finding.evidence;
    for (const gate::Offender& offender : finding.offenders) {
      result.offenders.push_back(offender.cell.empty() ? offender.what : offender.cell + ": " + offender.what);
    }
    result.verdict = finding.holds ? RuleVerdict::kPass : RuleVerdict::kFail;
    if (!finding.holds && waived(rule, *kind, cells, result)) result.verdict = RuleVerdict::kWaived;
    return result;
  }

  // Whether the rule holds for what no waiver in force takes out; a waiver without cells takes out the whole rule.
  bool waived(const GateRule& rule, const gate::RuleKind& kind, gate::Cells cells, RuleResult& result) {
    bool whole = false;
    for (std::size_t i = 0; i < gate_.waivers.size(); ++i) {
      const Waiver& waiver = gate_.waivers[i];
      if (*waiver.rule != rule.title() || *waiver.until < today_) continue;
      whole = whole || waiver.cells.empty();
      const auto taken = std::erase_if(cells, [&](const CellResult* cell) { return waives(waiver, *cell); });
      if (taken == 0 && !waiver.cells.empty()) continue;
      used_[i] = true;
      result.waivers.push_back(words_of(waiver));
    }
    return whole || (!result.waivers.empty() && kind.look(rule, cells).holds);
  }

  [[nodiscard]] std::vector<std::string> notes() const {
    std::vector<std::string> notes;
    for (std::size_t i = 0; i < gate_.waivers.size(); ++i) {
      const Waiver& waiver = gate_.waivers[i];
      if (*waiver.until < today_) {
        notes.push_back(fmt::format("The waiver of {} by {} ran out on {} and counts no more.", *waiver.rule,
                                    waiver.owner, *waiver.until));
      } else if (used_[i]) {
        notes.push_back("WAIVED: " + words_of(waiver));
      } else {
        notes.push_back(fmt::format("The waiver of {} by {} is not needed any more.", *waiver.rule, waiver.owner));
      }
    }
    return notes;
  }

  const Gate& gate_;
  std::string_view today_;
  gate::Cells cells_;
  std::vector<bool> used_;
};

}  // namespace

Shape<Gate> gate_shape() {
  std::vector<document::Case<GateRule>> cases;
  for (const gate::RuleKind& kind : gate::rule_kinds()) cases.push_back({kind.name, kind.shape});
  const Shape<GateRule> rule = document::case_by_value<GateRule>("a rule", "rule", std::move(cases),
                                                                 [](const GateRule& one) { return *one.kind; });
  const Shape<Waiver> waiver =
      Object<Waiver>("a waiver", "Lets a rule be broken until a day; shown wherever the gate is.")
          .required("rule", &Waiver::rule, document::text(100), "The name of the rule.")
          .optional("cells", &Waiver::cells, document::list_of(document::text(200), "a list of patterns", 1),
                    "Only for cells whose id fits one of these; the whole rule when left out.")
          .required("owner", &Waiver::owner, document::text(100), "Who answers for it.")
          .required("reason", &Waiver::reason, document::text(500), "Why.")
          .required("until", &Waiver::until, day_shape(), "The last day on which it holds (UTC).");
  return Object<Gate>("a gate")
      .required("name", &Gate::name, document::label("a gate's name"), "What it is called.")
      .required("about", &Gate::about, document::text(), "What it is for, in one sentence.")
      .required("rules", &Gate::rules, document::list_of(rule, "a list of rules", 1, 100), "What must hold.")
      .optional("waivers", &Gate::waivers, document::list_of(waiver, "a list of waivers", 0, 100), "")
      .rule(check_names);
}

Result<Gate> read_gate(std::string_view text, std::string_view shown) {
  Mistakes mistakes;
  const std::optional<Node> root = document::parse(text, shown, mistakes);
  std::optional<Gate> gate;
  if (root) gate = gate_shape().read(*root, mistakes);
  CHAMBER_CHECK(mistakes.result());
  return *std::move(gate);
}

std::string gate_schema() {
  return document::json_schema(gate_shape(), {"gate.json", "A release gate of chamber"}).dump(2) + "\n";
}

std::string_view to_string(RuleVerdict verdict) {
  return kVerdicts.at(static_cast<std::size_t>(verdict));
}

GateResult judge(const Gate& gate, const std::vector<MatrixResult>& results, std::string_view today) {
  return Judge(gate, results, today).judge();
}

}  // namespace chamber
