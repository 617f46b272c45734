// What the inside of a cell sees of the machine's files: this program starts itself again as process 1, with the
// same test.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "harness/base/test_capability.h"
#include "harness/process/isolation.h"

namespace chamber {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStem = "CHAMBER_ISOLATION_ITEST";  // says to the inside where its files lie

void write_text(const fs::path& path, std::string_view text) {
  std::ofstream(path) << text;
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Three entries directly in /tmp: STEM (a file), STEM-link (to it), STEM-other; removed at the end.
class Entries {
 public:
  Entries() : stem_("/tmp/chamber-isolation-XXXXXX") {
    close(mkstemp(stem_.data()));
    write_text(stem_, "alone");
    write_text(other(), "nobody's");
    fs::create_symlink(stem_, link());
  }
  ~Entries() {
    for (const std::string& path : {stem_, link(), other()}) fs::remove(path);
  }
  Entries(const Entries&) = delete;
  Entries& operator=(const Entries&) = delete;

  [[nodiscard]] std::string stem() const { return stem_; }
  [[nodiscard]] std::string link() const { return stem_ + "-link"; }
  [[nodiscard]] std::string other() const { return stem_ + "-other"; }

 private:
  std::string stem_;
};

void look_from_inside(const std::string& stem) {
  EXPECT_EQ(getpid(), 1);
  EXPECT_EQ(text_of(stem), "alone");
  EXPECT_EQ(text_of(stem + "-link"), "alone");
  EXPECT_FALSE(fs::exists(stem + "-other"));
}

TEST(Isolation, ShowsSingleFilesOfAFolderThatIsTheCellsOwn) {
  if (const char* const stem = getenv(kStem)) return look_from_inside(stem);
  const Entries entries;
  setenv(kStem, entries.stem().c_str(), 1);
  const auto inside = start_isolated({.arguments = {"--gtest_filter=*ShowsSingleFiles*"},
                                      .inherited = {},
                                      .keep_visible = {"/tmp", entries.stem(), entries.link()}});
  unsetenv(kStem);
  if (!inside) CHAMBER_LACKS(inside.error().message());
  const auto status = inside->wait(Deadline::in(std::chrono::seconds(60)));
  ASSERT_TRUE(status) << status.error().message();
  EXPECT_TRUE(status->success()) << to_string(*status);
}

TEST(Isolation, SaysWhatIsNotThere) {
  const std::string missing = "/tmp/chamber-isolation-missing/program";
  const auto inside = start_isolated({.arguments = {}, .inherited = {}, .keep_visible = {missing}});
  ASSERT_FALSE(inside);
  const std::string& told = inside.error().message();
  if (told.find(missing) == std::string::npos) CHAMBER_LACKS(told);
}

}  // namespace
}  // namespace chamber
