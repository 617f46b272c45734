#include "harness/document/mistakes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>

namespace chamber::document {
namespace {

Source at(const char* file, int line, int column) {
  return Source::at(std::make_shared<const std::string>(file), line, column);
}

TEST(Mistakes, AreToldInTheOrderOfTheTextEachOnce) {
  Mistakes mistakes;
  mistakes.add(Source::setting("duration"), "late");
  mistakes.add(at("a.yaml", 10, 1), "third");
  mistakes.add(at("a.yaml", 2, 9), "second");
  mistakes.add(at("a.yaml", 2, 3), "first");
  mistakes.add(at("a.yaml", 2, 3), "first");
  const Error error = mistakes.error();
  EXPECT_EQ(error.kind(), ErrorKind::kInput);
  EXPECT_EQ(error.message(), "a.yaml:2:3: first\na.yaml:2:9: second\na.yaml:10:1: third\n--set duration: late");
}

TEST(Mistakes, NoneIsNoError) {
  EXPECT_TRUE(Mistakes{}.result().ok());
}

TEST(Mistakes, AreBounded) {
  Mistakes mistakes;
  for (int i = 1; i <= 5000; ++i) mistakes.add(at("a", i, 1), "wrong");
  const std::string text = mistakes.error().message();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 50);
  EXPECT_TRUE(text.ends_with("\nand 4950 more mistakes")) << text.substr(text.size() - 40);
}

TEST(Quote, ShowsWhatATerminalWouldHide) {
  EXPECT_EQ(quote("a\tb\nc\x1b[31m"), "\"a\\tb\\nc\\x1b[31m\"");
  EXPECT_EQ(quote(std::string(100, 'x')), "\"" + std::string(80, 'x') + "…\"");
  // Cut between code points: 80 bytes and the rest of the one that is begun.
  EXPECT_EQ(quote(std::string(79, 'x') + "éé"), "\"" + std::string(79, 'x') + "é…\"");
}

TEST(DidYouMean, FindsTheNearest) {
  const std::vector<std::string> known = {"workload", "rate", "keys", "clients"};
  EXPECT_EQ(did_you_mean("rte", known), "; did you mean \"rate\"?");
  EXPECT_EQ(did_you_mean("raet", known), "; did you mean \"rate\"?");
  EXPECT_EQ(did_you_mean("worklaod", known), "; did you mean \"workload\"?");
  EXPECT_EQ(did_you_mean("colour", known), "; known: clients, keys, rate, workload");
  EXPECT_EQ(did_you_mean(std::string(5000, 'a'), known), "; known: clients, keys, rate, workload");
  EXPECT_EQ(did_you_mean("x", {}), "");
}

TEST(SourceText, SaysWhereAValueIsFrom) {
  EXPECT_EQ(Source{}.text(), "default");
  EXPECT_EQ(Source::said("default"), Source{});
  EXPECT_EQ(Source::setting("load[0].rate").text(), "--set load[0].rate");
  EXPECT_EQ(at("x.yaml", 6, 12).text(), "x.yaml:6:12");
}

}  // namespace
}  // namespace chamber::document
