#include <gtest/gtest.h>

#include "harness/document/parse.h"

namespace chamber::document {
namespace {

class Override : public testing::Test {
 protected:
  void SetUp() override {
    root_ = *parse("duration: 40s\nload:\n  - {workload: a, rate: 1/s}\nstack: production\n", "a.yaml", mistakes_);
  }
  // What is said of an assignment; empty when it is taken.
  std::string set(std::string_view assignment) {
    Mistakes mistakes;
    apply_override(root_, assignment, mistakes);
    return mistakes.none() ? "" : mistakes.error().message();
  }

  Mistakes mistakes_;
  Node root_;
};

TEST_F(Override, ReplacesAndAdds) {
  EXPECT_EQ(set("load[0].rate=300/s"), "");
  EXPECT_EQ(root_.find("load")->items[0].find("rate")->text, "300/s");
  EXPECT_EQ(root_.find("load")->items[0].find("rate")->source.text(), "--set load[0].rate");
  EXPECT_EQ(root_.find("load")->items[0].find("workload")->source.text(), "a.yaml:3:16");
  EXPECT_EQ(set("stack={postgres: {nodes: 3}}"), "");
  EXPECT_EQ(set("stack.postgres.replication=asynchronous"), "");
  EXPECT_EQ(root_.find("stack")->find("postgres")->find("replication")->text, "asynchronous");
  EXPECT_EQ(root_.find("stack")->find("postgres")->find("nodes")->source.text(), "--set stack");
  EXPECT_EQ(set("timeouts.start=2m"), "");
  EXPECT_EQ(root_.find("timeouts")->find("start")->text, "2m");
  EXPECT_EQ(set("about=a=b"), "");
  EXPECT_EQ(root_.find("about")->text, "a=b");
}

TEST_F(Override, SaysWhatIsWrong) {
  EXPECT_EQ(set("load[1].rate=1/s"), "--set load[1].rate: load has 1 entries, counted from 0; there is no [1]");
  EXPECT_EQ(set("duration[0]=1/s"), "--set duration[0]: duration is \"40s\", not a list; leave [0] out");
  EXPECT_EQ(set("load.rate=1/s"),
            "--set load.rate: load is a list, not a map; name one of its entries, counted from 0, as load[0]");
  EXPECT_EQ(set("load.0.rate=1/s"),
            "--set load.0.rate: load is a list, not a map; name one of its entries, counted from 0, as load[0]");
  EXPECT_EQ(set("duration.rate=1/s"),
            "--set duration.rate: duration is \"40s\", not a map; set it as a whole: --set 'duration={rate: …}'");
  EXPECT_EQ(set("a={b: 1"),
            "--set a: value:1:1: not YAML (end of map flow not found): close the { by a }, with commas between the "
            "entries");
  for (const char* wrong : {"", "=", "a", "a=", "=b", ".a=1", "a..b=1", "a.=1", "a[=1", "a[x]=1", "a[1=1", "[0]=1",
                            "a[-1]=1", "a b=1", "a[99999999999999999999]=1", "a[0]b=1"}) {
    EXPECT_EQ(set(wrong), std::string("--set ") + wrong +
                              ": not of the form path=value, such as duration=20s or load[0].rate=300/s");
  }
}

}  // namespace
}  // namespace chamber::document
