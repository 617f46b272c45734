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

TEST(Noticed, IsWhatFailedAsItMust) {
  const Verdict verdict = Verdict::of({result("linearizable vault.register", Judgement::kFail),
                                       result("latency vault.register p99", Judgement::kFail),
                                       result("no_lost_acks vault.register", Judgement::kPass),
                                       result("outage vault.register", Judgement::kInconclusive)});
  const auto of = [&](std::vector<std::string> checks) { return noticed(failing_when(std::move(checks)), verdict); };
  EXPECT_EQ(of({"linearizable", "latency vault.register"}).judgement, Judgement::kPass);
  EXPECT_EQ(of({"linearizable", "outage"}).judgement, Judgement::kInconclusive);
  EXPECT_EQ(of({"outage", "no_lost_acks"}).judgement, Judgement::kFail);
  EXPECT_EQ(of({"linearizable identity.token", "outage", "linear", "linearizable"}).missed,
            (std::vector<std::string>{"linearizable identity.token", "outage", "linear"}));
}

}  // namespace
}  // namespace chamber
