// `chamber check FILE --model` and `chamber export` on histories that no run of ours made.
#include <gmock/gmock.h>

#include "harness/cli/test_program.h"

namespace chamber::test {
namespace {

using testing::HasSubstr;
using testing::Not;

// Two transactions, each of which did not see what the other wrote.
constexpr const char* kWriteSkew =
    R"({"process":0,"kind":"invoke","op":"txn","value":[["r","x",null],["append","y",1]],"time_ns":0}
{"process":1,"kind":"invoke","op":"txn","value":[["r","y",null],["append","x",1]],"time_ns":1}
{"process":0,"kind":"ok","value":[["r","x",[]],["append","y",1]],"time_ns":10}
{"process":1,"kind":"ok","value":[["r","y",[]],["append","x",1]],"time_ns":11}
{"process":2,"kind":"invoke","op":"txn","value":[["r","x",null],["r","y",null]],"time_ns":12}
{"process":2,"kind":"ok","value":[["r","x",[1]],["r","y",[1]]],"time_ns":20}
)";

class HistoryFileTest : public ProgramTest {};

TEST_F(HistoryFileTest, IsJudgedByAModelAtALevelWithTheCycleInWords) {
  const fs::path file = write("skew.jsonl", kWriteSkew);
  const Ended serializable = chamber({"check", file, "--model", "list-append", "--html", root_ / "skew.html"});
  EXPECT_EQ(serializable.code, 1) << serializable.err;
  EXPECT_THAT(serializable.out, HasSubstr("G2, write skew"));
  EXPECT_THAT(serializable.out, HasSubstr("T1 < T2: T1 did not yet see 1 on x, which T2 wrote"));
  EXPECT_THAT(text_of(root_ / "skew.html"), HasSubstr("T2 did not yet see 1 on y"));
  const Ended snapshot = chamber({"check", file, "--model", "list-append", "--level", "repeatable-read"});
  EXPECT_EQ(snapshot.code, 0) << snapshot.out;
  EXPECT_THAT(snapshot.out, HasSubstr("allowed and seen: G2"));
}

TEST_F(HistoryFileTest, GoesFromFormatToFormat) {
  const fs::path file = write("skew.jsonl", kWriteSkew);
  EXPECT_EQ(chamber({"export", file, "--as", "binary", "--out", root_ / "skew.bin"}).code, 0);
  const Ended back = chamber({"export", root_ / "skew.bin"});
  EXPECT_EQ(back.code, 0) << back.err;
  EXPECT_EQ(chamber({"export", write("again.jsonl", back.out)}).out, back.out);
  EXPECT_EQ(chamber({"check", root_ / "skew.bin", "--model", "list-append"}).code, 1);
  EXPECT_THAT(chamber({"export", root_ / "skew.bin", "--as", "edn"}).out,
              HasSubstr(":f :txn, :value [[:r \"x\" []] [:append \"y\" 1]], :process 0"));
}

TEST_F(HistoryFileTest, WrongInputIsExplained) {
  const fs::path file = write("skew.jsonl", kWriteSkew);
  const auto expect_input_error = [&](const std::vector<std::string>& arguments, const char* words) {
    const Ended ended = chamber(arguments);
    EXPECT_EQ(ended.code, 2) << ended.out;
    EXPECT_THAT(ended.err, HasSubstr(words));
    EXPECT_THAT(ended.out, Not(HasSubstr("pass")));
  };
  expect_input_error({"check", file}, "say by which --model");
  expect_input_error({"check", file, "--model", "stack"}, "there is no model 'stack'");
  expect_input_error({"check", file, "--model", "list-append", "--level", "perfect"}, "there is no isolation level");
  expect_input_error({"check", root_ / "none", "--model", "register"}, "none");
  expect_input_error({"check", write("bad.jsonl", "{\"process\":0}\n"), "--model", "register"}, "bad.jsonl:1:");
  expect_input_error({"check", write("bad", "CHAMBERH?"), "--model", "register"}, "bad");
  expect_input_error({"export", file, "--as", "xml"}, "there is no format 'xml'");
}

TEST_F(HistoryFileTest, ALimitMakesItInconclusive) {
  std::string lines;
  for (int i = 0; i < 3000; ++i) {
    lines += fmt::format(
        "{{\"process\":{0},\"kind\":\"invoke\",\"op\":\"{1}\",\"value\":{2},\"time_ns\":{3}}}\n"
        "{{\"process\":{0},\"kind\":\"ok\",\"value\":{2},\"time_ns\":{4}}}\n",
        i, i % 2 == 0 ? "write" : "read", i % 3, i, i + 100);
  }
  const Ended ended = chamber({"check", write("hard.jsonl", lines), "--model", "register", "--memory-limit", "0"});
  EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("the memory limit"));
}

}  // namespace
}  // namespace chamber::test
