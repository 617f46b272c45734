// The sections of the page, each as markup that is safe to join. Internal to this folder.
#pragma once

#include <string>

#include "reports/report.h"

namespace chamber::html {

[[nodiscard]] std::string icon(Judgement judgement);

// Verdict first.
[[nodiscard]] std::string head(const Report& report, const Conclusion& conclusion);
[[nodiscard]] std::string checks(const Verdict& verdict);
// The violation that a check found, as bars per process; "" when there is none.
[[nodiscard]] std::string drawing(const std::vector<Bar>& bars);

// What the charts are drawn into, with the totals that stand there without a script.
[[nodiscard]] std::string charts(const Timeline& timeline);
[[nodiscard]] std::string chart_data(const Timeline& timeline);  // JSON

[[nodiscard]] std::string faults(const Report& report);
[[nodiscard]] std::string setting(const Report& report);
[[nodiscard]] std::string bring_up(const RunRecord::BringUp& bring_up);
[[nodiscard]] std::string after(const RunRecord& record);

}  // namespace chamber::html
