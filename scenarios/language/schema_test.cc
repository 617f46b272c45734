#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "scenarios/language/scenario.h"

namespace chamber::language {
namespace {

constexpr const char* kCommitted = "harness/schemas/scenario.json";

TEST(ScenarioSchema, IsTheCommittedOne) {
  const std::string schema = scenario_schema(standard_vocabulary());
  // The way to make it again while there is no command for it.
  if (std::getenv("CHAMBER_WRITE_SCHEMAS") != nullptr) std::ofstream(kCommitted) << schema;
  std::ifstream file(kCommitted);
  const std::string committed{std::istreambuf_iterator<char>(file), {}};
  EXPECT_TRUE(committed == schema) << kCommitted << " is not what the definitions give; make it again by\n"
                                   << "  chamber describe --schema scenario > " << kCommitted << "\n"
                                   << "or by running this test with CHAMBER_WRITE_SCHEMAS=1";
}

// Every object is closed: an editor marks an unknown key as the parser does.
void expect_closed(const document::Json& schema, const std::string& path) {
  if (schema.is_object() && schema.contains("type") && schema["type"] == "object") {
    EXPECT_TRUE(schema.contains("additionalProperties")) << path;
  }
  for (const auto& [key, child] : schema.items()) {
    if (child.is_structured()) expect_closed(child, path + "/" + key);
  }
}

TEST(ScenarioSchema, LetsNoUnknownKeyPass) {
  expect_closed(document::Json::parse(scenario_schema(standard_vocabulary())), "");
}

TEST(ScenarioSchema, FollowsTheVocabulary) {
  Vocabulary vocabulary = standard_vocabulary();
  vocabulary.faults.push_back({"vault.seal", "Seals one node.", Lasting::kNo, {}});
  const auto schema = document::Json::parse(scenario_schema(vocabulary));
  const auto& faults = schema["properties"]["faults"]["items"]["oneOf"];
  EXPECT_EQ(faults.size(), vocabulary.faults.size());
  EXPECT_EQ(faults.back()["properties"]["do"]["const"], "vault.seal");
  EXPECT_EQ(faults.back()["required"].dump(), R"(["at","do","target"])");
  EXPECT_FALSE(faults.back()["properties"].contains("for"));
}

}  // namespace
}  // namespace chamber::language
