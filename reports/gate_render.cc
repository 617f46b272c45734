#include <nlohmann/json.hpp>

#include "reports/escape.h"
#include "reports/figures.h"
#include "reports/gate.h"

namespace chamber {
namespace {

constexpr std::size_t kMostOffenders = 10;  // of one rule, for people; programs get all

std::string_view sign(RuleVerdict verdict) {
  return verdict == RuleVerdict::kPass ? "✅" : verdict == RuleVerdict::kFail ? "❌" : "⚠️";
}

std::string more(std::size_t offenders) {
  return offenders > kMostOffenders ? fmt::format("and {} more", count_text(offenders - kMostOffenders)) : "";
}

}  // namespace

std::string render_gate_text(const GateResult& result) {
  std::string out = fmt::format("gate {}: {}\n", result.gate, result.pass ? "YES" : "NO");
  for (const RuleResult& rule : result.rules) {
    out += fmt::format("  {:6} {}\n         {}\n", to_string(rule.verdict), escape_terminal(rule.says),
                       escape_terminal(rule.evidence));
    for (std::size_t i = 0; i < std::min(rule.offenders.size(), kMostOffenders); ++i) {
      out += fmt::format("         - {}\n", escape_terminal(rule.offenders[i]));
    }
    if (const std::string rest = more(rule.offenders.size()); !rest.empty()) out += "         - " + rest + "\n";
  }
  for (const std::string& note : result.notes) out += fmt::format("  ! {}\n", escape_terminal(note));
  return out;
}

std::string render_gate_markdown(const GateResult& result) {
  std::string out = fmt::format("## {} Gate {}: {}\n\n{}\n", result.pass ? "✅" : "❌", escape_markdown(result.gate),
                                result.pass ? "yes" : "no", escape_markdown(result.about));
  for (const std::string& note : result.notes) out += fmt::format("\n> **{}**\n", escape_markdown(note));
  out += "\n| | Rule | Evidence |\n|---|---|---|\n";
  for (const RuleResult& rule : result.rules) {
    out += fmt::format("| {} {} | {} | {} |\n", sign(rule.verdict), to_string(rule.verdict), escape_markdown(rule.says),
                       escape_markdown(rule.evidence));
  }
  for (const RuleResult& rule : result.rules) {
    if (rule.offenders.empty()) continue;
    out += fmt::format("\n**{}** ({}):\n\n", escape_markdown(rule.says), to_string(rule.verdict));
    for (std::size_t i = 0; i < std::min(rule.offenders.size(), kMostOffenders); ++i) {
      out += fmt::format("- {}\n", escape_markdown(rule.offenders[i]));
    }
    if (const std::string rest = more(rule.offenders.size()); !rest.empty()) out += "- " + rest + "\n";
  }
  return out;
}

std::string render_gate_json(const GateResult& result) {
  nlohmann::json rules = nlohmann::json::array();
  for (const RuleResult& rule : result.rules) {
    rules.push_back({{"rule", rule.rule},
                     {"says", rule.says},
                     {"verdict", to_string(rule.verdict)},
                     {"evidence", rule.evidence},
                     {"offenders", rule.offenders},
                     {"waivers", rule.waivers}});
  }
  const nlohmann::json json = {{"format", "chamber-gate/1"}, {"gate", result.gate}, {"about", result.about},
                               {"judged", result.judged},    {"pass", result.pass}, {"rules", std::move(rules)},
                               {"notes", result.notes}};
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace chamber
