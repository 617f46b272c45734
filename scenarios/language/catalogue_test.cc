#include "scenarios/language/catalogue.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "scenarios/language/explain.h"
#include "scenarios/language/plan.h"

namespace chamber::language {
namespace {

namespace fs = std::filesystem;

class CatalogueTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "chamber-catalogue-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    write("failover/leader-killed.yaml", "name: leader-killed\nabout: It survives.\n");
    write("failover/twice.yaml", "about: One.\n");
    write("latency/twice.yaml", "about: Two.\n");
    write("latency/broken.yaml", "about: [\n");
    write("latency/notes.md", "no scenario");
    write("README.md", "no family");
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& file, const std::string& text) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }

  fs::path root_;
};

TEST_F(CatalogueTest, ListsByFamilyAndName) {
  const auto catalogue = Catalogue::open(root_);
  ASSERT_TRUE(catalogue.ok()) << catalogue.error().message();
  std::string shown;
  for (const CatalogueEntry& entry : catalogue->entries())
    shown += entry.family + "/" + entry.name + ": " + entry.about + "\n";
  EXPECT_EQ(shown,
            "failover/leader-killed: It survives.\nfailover/twice: One.\nlatency/broken: \nlatency/twice: Two.\n");
  EXPECT_EQ(catalogue->entries()[2].mistake,
            (root_ / "latency/broken.yaml").string() +
                ":1:8: not YAML (end of sequence flow not found): close the [ by a ], with commas between the items");
}

TEST_F(CatalogueTest, FindsByNameFamilyAndPath) {
  const auto catalogue = Catalogue::open(root_);
  ASSERT_TRUE(catalogue.ok());
  EXPECT_EQ(*catalogue->find("leader-killed"), root_ / "failover/leader-killed.yaml");
  EXPECT_EQ(*catalogue->find("latency/twice"), root_ / "latency/twice.yaml");
  const std::string path = (root_ / "failover/twice.yaml").string();
  EXPECT_EQ(*catalogue->find(path), fs::path(path));
  EXPECT_EQ(catalogue->find("twice").error().message(),
            "\"twice\" is in more than one family; write failover/twice or latency/twice");
  EXPECT_EQ(catalogue->find("leader-kiled").error().message(),
            "there is no scenario \"leader-kiled\" in " + root_.string() +
                "; did you mean \"leader-killed\"?; `chamber list` shows all");
  EXPECT_EQ(catalogue->find("none/x.yaml").error().message(), "there is no file \"none/x.yaml\"");
  EXPECT_EQ(catalogue->find("x").error().kind(), ErrorKind::kInput);
}

TEST_F(CatalogueTest, NeedsItsFolder) {
  EXPECT_EQ(Catalogue::open(root_ / "none").error().message(),
            "looking for scenarios in " + (root_ / "none").string() + ": No such file or directory");
}

// Whatever is in the repository is right.
TEST(Scenarios, AllAreValid) {
  const auto catalogue = Catalogue::open("scenarios");
  ASSERT_TRUE(catalogue.ok()) << catalogue.error().message();
  EXPECT_GE(catalogue->entries().size(), 2U);
  for (const CatalogueEntry& entry : catalogue->entries()) {
    EXPECT_FALSE(entry.about.empty()) << entry.file;
    const auto plan = make_plan({.file = entry.file}, standard_vocabulary());
    EXPECT_TRUE(plan.ok()) << plan.error().message();
    if (!plan || !plan->fails_when) continue;
    const auto broken = make_plan({.file = entry.file, .variant = Variant::kBroken}, standard_vocabulary());
    EXPECT_TRUE(broken.ok()) << broken.error().message();
  }
}

TEST(Scenarios, StandInTheTableOfTheDocumentation) {
  constexpr const char* kFile = "TESTING-FRAMEWORK.md";
  constexpr std::string_view kBegin = "<!-- begin: chamber list --markdown -->\n";
  constexpr std::string_view kEnd = "<!-- end -->\n";
  const auto catalogue = Catalogue::open("scenarios");
  ASSERT_TRUE(catalogue.ok()) << catalogue.error().message();
  std::vector<Plan> plans;
  for (const CatalogueEntry& entry : catalogue->entries()) {
    auto plan = make_plan({.file = entry.file}, standard_vocabulary());
    ASSERT_TRUE(plan.ok()) << plan.error().message();
    plans.push_back(*std::move(plan));
  }
  const std::string table = markdown_table(plans);
  std::ifstream file(kFile);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto begin = text.find(kBegin);
  const auto end = text.find(kEnd, begin);
  ASSERT_TRUE(begin != std::string::npos && end != std::string::npos) << kFile << " has lost the marks of its table";
  const std::size_t first = begin + kBegin.size();
  const std::string written = text.substr(first, end - first);
  if (std::getenv("CHAMBER_WRITE_SCHEMAS") != nullptr) std::ofstream(kFile) << text.replace(first, end - first, table);
  EXPECT_TRUE(written == table) << "the table of scenarios is not what the files give; put the output of\n"
                                << "  chamber list --markdown\n"
                                << "there, or run this test with CHAMBER_WRITE_SCHEMAS=1";
}

}  // namespace
}  // namespace chamber::language
