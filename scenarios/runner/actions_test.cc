#include "fixtures/vault/actions.h"

#include <gtest/gtest.h>

#include "scenarios/language/vocabulary.h"

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

}  // namespace
}  // namespace chamber
