#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "scenarios/language/scenario.h"

namespace chamber::language {
namespace {

TEST(ScenarioSchema, IsTheCommittedOne) {
  const std::pair<std::string, std::string> schemas[] = {{"scenario", scenario_schema(standard_vocabulary())},
                                                         {"part", part_schema(standard_vocabulary())}};
  for (const auto& [name, schema] : schemas) {
    const std::string committed_file = "harness/schemas/" + name + ".json";
    if (std::getenv("CHAMBER_WRITE_SCHEMAS") != nullptr) std::ofstream(committed_file) << schema;
    std::ifstream file(committed_file);
    const std::string committed{std::istreambuf_iterator<char>(file), {}};
    EXPECT_TRUE(committed == schema) << committed_file << " is not what the definitions give; make it again by\n"
                                     << "  chamber describe --schema " << name << " > " << committed_file << "\n"
                                     << "or by running this test with CHAMBER_WRITE_SCHEMAS=1";
  }
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
