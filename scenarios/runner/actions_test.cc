#include "fixtures/vault/actions.h"

#include <gtest/gtest.h>

#include "scenarios/language/vocabulary.h"
#include "scenarios/runner/checks_of.h"

namespace chamber {
namespace {

std::vector<std::string> names_of(const std::vector<language::FaultSpec>& specs) {
  std::vector<std::string> names;
  for (const language::FaultSpec& spec : specs) names.push_back(spec.name);
  return names;
}

// What is documented can be done, and what can be done is documented.
TEST(Actions, OfEachComponentAreThoseOfTheLanguage) {
  EXPECT_EQ(names_of(language::vault_actions()), vault_action_names());
}

language::Plan failing_when(std::vector<std::string> checks) {
  language::Plan plan;
  plan.fails_when = language::FailsWhen{};
  plan.fails_when->checks.value = std::move(checks);
  return plan;
}

CheckResult result(const char* check, Judgement judgement) {
  CheckResult result;
  result.check = check;
  result.judgement = judgement;
  return result;
}

TEST(NotNoticed, IsWhatShouldHaveFailedAndDidNot) {
  const Verdict verdict = Verdict::of({result("linearizable vault.register", Judgement::kFail),
                                       result("latency vault.register p99", Judgement::kFail),
                                       result("outage vault.register", Judgement::kInconclusive)});
  EXPECT_TRUE(not_noticed(failing_when({"linearizable", "latency vault.register"}), verdict).empty());
  EXPECT_EQ(not_noticed(failing_when({"linearizable identity.token", "outage", "linear"}), verdict),
            (std::vector<std::string>{"linearizable identity.token", "outage", "linear"}));
}

}  // namespace
}  // namespace chamber
