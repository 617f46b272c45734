#include "harness/base/secret_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace chamber {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(SecretSearch, NamesTheSecretAndTheFileButNotTheValue) {
  std::string pattern = fs::temp_directory_path() / "chamber-secrets-XXXXXX";
  const fs::path folder = mkdtemp(pattern.data());
  fs::create_directory(folder / "logs");
  fs::create_directory(folder / "volumes");
  std::ofstream(folder / "logs/vault-0.log") << "token is hvs.abcdefgh1234 ok";
  std::ofstream(folder / "volumes/data") << "hvs.abcdefgh1234";
  std::ofstream(folder / "empty");
  const std::vector<Secret> secrets{{"vault.root_token", "hvs.abcdefgh1234"}, {"other", "never-written-anywhere"}};
  const auto found = search_secrets(folder, secrets, {"volumes"});
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_THAT(found->found, ElementsAre("vault.root_token in logs/vault-0.log"));
  EXPECT_EQ(found->files, 2U);
  EXPECT_THAT(search_secrets(folder, {secrets[1]})->found, IsEmpty());
  fs::remove_all(folder);
}

TEST(SecretFinder, FindsEachOfManyOnceWhereverTheyStand) {
  std::vector<Secret> secrets;
  for (int i = 0; i < 300; ++i)
    secrets.push_back({"s" + std::to_string(i), "same-beginning-" + std::to_string(i) + "!"});
  const SecretFinder finder(secrets);
  EXPECT_THAT(finder.find_in("same-beginning-7!same-beginning-7! and same-beginning-299!"), ElementsAre("s7", "s299"));
  EXPECT_THAT(finder.find_in("same-beginning-300! same-beginning-7"), IsEmpty());
  EXPECT_THAT(finder.find_in(""), IsEmpty());
}

TEST(SecretRegistry, RedactsWhatItKnowsAndRefusesShortOnes) {
  SecretRegistry registry;
  registry.add("password", "correct-horse");
  registry.add("pin", "1234");
  EXPECT_EQ(registry.redact("a correct-horse and 1234, correct-horse"), "a ‹password› and 1234, ‹password›");
  EXPECT_EQ(registry.all().size(), 1U);
}

}  // namespace
}  // namespace chamber
