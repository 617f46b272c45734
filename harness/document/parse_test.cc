#include "harness/document/parse.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace chamber::document {
namespace {

// What parse() says of a text; empty when it finds nothing wrong.
std::string complaint(std::string_view text, const Limits& limits = {}) {
  Mistakes mistakes;
  const auto node = parse(text, "a.yaml", mistakes, limits);
  EXPECT_TRUE(node.has_value() || !mistakes.none()) << text;
  return mistakes.none() ? "" : mistakes.error().message();
}

Node tree(std::string_view text) {
  Mistakes mistakes;
  std::optional<Node> node = parse(text, "a.yaml", mistakes);
  EXPECT_TRUE(mistakes.none()) << mistakes.error().message();
  return node.value_or(Node{});
}

TEST(Parse, GivesEveryValueItsPlace) {
  const Node root = tree("name: x\nload:\n  - {rate: 200/s, keys: 20}\n  - rate: \"3\"\nempty:\nlast: ~\n");
  ASSERT_EQ(root.kind, Node::Kind::kMap);
  EXPECT_EQ(root.find("name")->source.text(), "a.yaml:1:7");
  const Node& load = *root.find("load");
  ASSERT_EQ(load.kind, Node::Kind::kList);
  ASSERT_EQ(load.items.size(), 2U);
  EXPECT_EQ(load.items[0].find("keys")->source.text(), "a.yaml:3:25");
  EXPECT_EQ(load.items[0].entries[1].key_source.text(), "a.yaml:3:19");
  EXPECT_TRUE(load.items[1].find("rate")->quoted);
  EXPECT_FALSE(load.items[0].find("keys")->quoted);
  EXPECT_EQ(root.find("empty")->kind, Node::Kind::kNothing);
  EXPECT_EQ(root.find("empty")->source.text(), "a.yaml:5:1");
  EXPECT_EQ(root.find("last")->kind, Node::Kind::kNothing);
}

TEST(Parse, ColumnsCountCodePoints) {
  EXPECT_EQ(tree("{é: ü, ß: x}").find("ß")->source.text(), "a.yaml:1:11");
  // A byte order mark is no column.
  EXPECT_EQ(tree("\xEF\xBB\xBFname: x").find("name")->source.text(), "a.yaml:1:7");
  EXPECT_EQ(tree("a: 1\r\nb: 2\r\n").find("b")->source.text(), "a.yaml:2:4");
}

TEST(Parse, ReadsJson) {
  const Node root = tree(R"({"name": "a \"b\" \\ \u00e9", "list": [1, true, null]})");
  EXPECT_EQ(root.find("name")->text, "a \"b\" \\ é");
  EXPECT_EQ(root.find("list")->items[1].text, "true");
}

TEST(Parse, SaysWhatIsNoYaml) {
  EXPECT_EQ(complaint("a: {b: 1"),
            "a.yaml:1:4: not YAML (end of map flow not found): close the { by a }, with commas between the entries");
  EXPECT_EQ(complaint("a: [1, 2\nb: 3"),
            "a.yaml:1:4: not YAML (end of sequence flow not found): close the [ by a ], with commas between the items");
  EXPECT_EQ(complaint("about: kill: the leader"),
            "a.yaml:1:12: not YAML (illegal map value): put text that holds \": \" in quotes, and check the "
            "indentation");
  EXPECT_EQ(complaint("a: 1\n b: 2"),
            "a.yaml:2:3: not YAML (illegal map value): put text that holds \": \" in quotes, and check the "
            "indentation");
  EXPECT_EQ(complaint("a: \"x"), "a.yaml:1:6: not YAML (illegal EOF in scalar): close the quote");
  EXPECT_EQ(complaint(""), "a.yaml:1:1: there is nothing in this document");
  EXPECT_EQ(complaint("# only a comment\n"), "a.yaml:1:1: there is nothing in this document");
}

TEST(Parse, RefusesWhatConfigurationDoesNotNeed) {
  EXPECT_EQ(complaint("a: 1\nb: 2\na: 3"),
            "a.yaml:3:1: the key \"a\" is there twice, first at a.yaml:1:1; leave one of them out");
  EXPECT_EQ(complaint("a: &x 1\nb: *x"),
            "a.yaml:1:4: anchors (&name) are not allowed; write the value where it is used\n"
            "a.yaml:2:4: aliases (*name) are not allowed; write the value out");
  EXPECT_EQ(complaint("a: !!python/object x"),
            "a.yaml:1:4: tags (\"tag:yaml.org,2002:python/object\") are not allowed; leave it out");
  EXPECT_EQ(complaint("{<<: {a: 1}}"), "a.yaml:1:2: merge keys (<<) are not allowed; write the values out");
  EXPECT_EQ(complaint("{[1]: 2}"), "a.yaml:1:2: a key must be a name, not a list");
  EXPECT_EQ(complaint("a: 1\n---\nb: 2"), "a.yaml:2:1: a second document begins here; write one document in a file");
}

TEST(Parse, RefusesBytesThatAreNoText) {
  EXPECT_EQ(complaint(std::string_view("a: \0b", 5)),
            "a.yaml:1:4: the control character 0x00 is not allowed; leave it out");
  EXPECT_EQ(complaint("a: 1\nb: \xC3("), "a.yaml:2:4: byte 0xc3 is not UTF-8; save the file as UTF-8");
  EXPECT_EQ(complaint("\xFF\xFE\x61"), "a.yaml:1:1: byte 0xff is not UTF-8; save the file as UTF-8");
  EXPECT_EQ(complaint(R"(a: "x\0y")"),
            "a.yaml:1:4: an escape in this text is refused: the control character 0x00 is not allowed; leave it out");
  EXPECT_EQ(complaint(R"(a: "x\Ny")"),
            "a.yaml:1:4: an escape in this text is refused: byte 0x85 is not UTF-8; save the file as UTF-8");
  EXPECT_EQ(complaint(R"(a: "x\u00e9\ny")"), "");
  for (const char* overlong :
       {"\xC0\xAF", "\xE0\x80\xAF", "\xF0\x80\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"}) {
    EXPECT_NE(complaint(overlong).find("is not UTF-8"), std::string::npos);
  }
}

TEST(Parse, KeepsItsLimits) {
  EXPECT_EQ(complaint("a: 123456789", {.bytes = 10}), "a.yaml:1:1: 12 bytes are too many; at most 10");
  EXPECT_EQ(complaint("[1, 2, 3]", {.nodes = 3}), "a.yaml:1:8: more than 3 values in one document");
  EXPECT_EQ(complaint("[[[1]]]", {.depth = 2}), "a.yaml:1:3: more than 2 lists and maps inside each other");
  EXPECT_EQ(complaint("{abcdef: 1}", {.key_bytes = 5}), "a.yaml:1:2: a key of 6 bytes; at most 5");
}

TEST(Parse, SurvivesHostileShapes) {
  constexpr std::size_t kSize = 200'000;
  for (const char* unit : {"[", "{", "- ", "? ", "a: ", "{a: ", "&a ", "!", "*a ", "\"", "'", "|\n", "[a,", "a:\n "}) {
    std::string text;
    while (text.size() < kSize) text += unit;
    complaint(text);
  }
  // The alias bomb: nine levels of ten references each.
  std::string bomb = "a0: &a0 [x]\n";
  for (int i = 1; i < 10; ++i) bomb += fmt::format("a{0}: &a{0} [*a{1},*a{1},*a{1},*a{1},*a{1},*a{1}]\n", i, i - 1);
  EXPECT_NE(complaint(bomb).find("aliases (*name) are not allowed"), std::string::npos);
}

class ReadText : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "chamber-read-text-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(ReadText, ReadsRegularFilesOnly) {
  const auto file = folder_ / "a.yaml";
  std::ofstream(file) << "name: x\n";
  EXPECT_EQ(*read_text(file), "name: x\n");
  EXPECT_EQ(read_text(file, {.bytes = 3}).error().message(), file.string() + ": larger than 3 bytes");
  EXPECT_EQ(read_text(folder_ / "none").error().message(), (folder_ / "none").string() + ": No such file or directory");
  EXPECT_EQ(read_text(folder_).error().message(), folder_.string() + ": not a regular file");
  // A named pipe without a writer would wait for ever.
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_text(folder_ / "pipe").error().message(), (folder_ / "pipe").string() + ": not a regular file");
  EXPECT_EQ(read_text(folder_ / "pipe").error().kind(), ErrorKind::kInput);
}

}  // namespace
}  // namespace chamber::document
