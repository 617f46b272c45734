#include "harness/history/jsonl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "harness/history/edn.h"
#include "harness/history/load_any.h"
#include "harness/history/reader.h"
#include "harness/history/test_files.h"
#include "harness/history/test_histories.h"

namespace chamber {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

Result<History> import(const std::string& text) {
  std::istringstream in(text);
  return import_jsonl(in, "h.jsonl");
}

// Texts and names may be numbered anew: what they stand for is compared.
void expect_same_meaning(const History& a, const History& b) {
  EXPECT_EQ(a.origin, b.origin);
  EXPECT_EQ(a.origin_wall, b.origin_wall);
  EXPECT_EQ(a.complete, b.complete);
  EXPECT_EQ(a.complete_until, b.complete_until);
  EXPECT_EQ(a.incomplete_reason, b.incomplete_reason);
  ASSERT_EQ(a.events.size(), b.events.size());
  for (std::size_t i = 0; i < a.events.size(); ++i) {
    EXPECT_EQ(a.when(a.events[i].at), b.when(b.events[i].at));
    EXPECT_EQ(a.events[i].subject, b.events[i].subject);
  }
  ASSERT_EQ(a.operations.size(), b.operations.size());
  for (std::size_t i = 0; i < a.operations.size(); ++i) {
    const Operation& x = a.operations[i];
    const Operation& y = b.operations[i];
    EXPECT_EQ(a.describe(x), b.describe(y));
    EXPECT_EQ(x.start, y.start);
    EXPECT_EQ(x.end, y.end);
    EXPECT_EQ(x.intended, y.intended);
    EXPECT_EQ(x.final, y.final);
    EXPECT_EQ(x.function, y.function);
    EXPECT_EQ(a.name(x.workload), b.name(y.workload));
    EXPECT_EQ(a.value_text(x.value), b.value_text(y.value));
    EXPECT_EQ(x.expected.has_value(), y.expected.has_value());
  }
}

TEST(JsonLines, NothingIsLost) {
  Random random(21);
  for (int round = 0; round < 500; ++round) {
    History history = random_history(random);
    // A cas without a value, a value behind a transaction: what no client makes and JSON Lines doesn't hold.
    for (Operation& operation : history.operations) {
      if (operation.function == Function::kTxn) operation.value.reset();
    }
    if (random.chance(0.3)) {
      history.complete = false;
      history.incomplete_reason = "cut";
    }
    std::stringstream text;
    ASSERT_TRUE(export_jsonl(history, text));
    const auto again = import_jsonl(text, "again");
    ASSERT_TRUE(again) << again.error().message();
    expect_same_meaning(history, *again);
  }
}

TEST(JsonLines, AHistoryMadeByHandIsRead) {
  const History history = import(R"({"process":1,"kind":"invoke","op":"write","key":"x","value":7,"time_ns":10}
{"process":2,"kind":"invoke","op":"read","key":"x","time_ns":15}

{"process":1,"kind":"ok","op":"write","key":"x","value":7,"time_ns":20}
{"process":2,"kind":"ok","value":7,"time_ns":30}
{"process":1,"kind":"invoke","op":"cas","key":"x","value":[7,null],"time_ns":40}
{"process":2,"kind":"invoke","op":"txn","value":[["append","l",1],["r","l",null]],"time_ns":50}
{"process":2,"kind":"ok","value":[["append","l",1],["r","l",[3,1]]],"time_ns":60}
)")
                              .value();
  ASSERT_EQ(history.operations.size(), 4);
  EXPECT_TRUE(history.complete);
  EXPECT_EQ(history.call(history.operations[0]), "write(x, 7)");
  EXPECT_EQ(history.call(history.operations[1]), "read(x) → 7");
  EXPECT_EQ(history.operations[1].end, Instant(Duration(30)));
  EXPECT_EQ(history.call(history.operations[2]), "cas(x, 7 → nothing)");
  EXPECT_EQ(history.operations[2].outcome, Outcome::kUnknown);
  EXPECT_EQ(history.operations[2].end, kNever);
  EXPECT_EQ(history.call(history.operations[3]), "txn{append(l, 1); read(l) → [3 1]}");
}

TEST(JsonLines, EveryMistakeIsToldWithItsPlace) {
  const std::string begin = R"({"process":1,"kind":"invoke","op":"write","value":7,"time_ns":10})"
                            "\n";
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {"{\"process\":1,}", "h.jsonl:1:14: this is no JSON; each line is one JSON object"},
      {"[]", "h.jsonl:1:1: this is no JSON object"},
      {R"({"process":1e400})", "h.jsonl:1:1: a number is larger than any that can be read"},
      {R"({"process":1})", "h.jsonl:1:1: \"kind\" is missing"},
      {R"({"kind":"ok"})", "h.jsonl:1:1: \"process\" is a number"},
      {R"({"process":-1,"kind":"ok"})", "h.jsonl:1:2: \"process\" is a number"},
      {R"({"process":1,"kind":"info"})", "h.jsonl:1:14: \"info\" is no kind; it is invoke, ok, fail"},
      {R"({"process":1,"kind":"invoke","op":"put","time_ns":1})", "h.jsonl:1:30: \"put\" is no operation; it is read"},
      {R"({"process":1,"kind":"invoke","op":"read"})", "h.jsonl:1:1: \"time_ns\" is a whole number"},
      {R"({"process":1,"kind":"invoke","op":"read","time_ns":1.5})", "h.jsonl:1:42: \"time_ns\" is a whole number"},
      {R"({"process":1,"kind":"invoke","op":"read","time_ns":18446744073709551615})",
       "is a whole number of nanoseconds"},
      {R"({"process":1,"kind":"invoke","op":"read","time_ns":1,"key":9223372036854775808})",
       "a key is a number from 0 to 2^63 - 1, or a text"},
      {R"({"process":1,"kind":"invoke","op":"read","time_ns":1,"kez":1})", "h.jsonl:1:54: \"kez\" does not belong"},
      {R"({"process":1,"kind":"invoke","op":"cas","time_ns":1,"value":1})", "the value of a cas is [expected, new]"},
      {R"({"process":1,"kind":"invoke","op":"write","time_ns":1,"value":{}})", "a value is a whole number"},
      {R"({"process":1,"kind":"ok","time_ns":1})", "ends an operation that it did not begin"},
      {begin + begin, "h.jsonl:2:2: process 1 begins an operation before that of line 1 has ended"},
      {begin + R"({"process":1,"kind":"ok","time_ns":9})", "h.jsonl:2:26: it ends before it began in line 1"},
      {begin + R"({"process":1,"kind":"ok","op":"read","time_ns":20})",
       "h.jsonl:2:26: process 1 began a write in line 1"},
      {begin + R"({"process":1,"kind":"ok","time_ns":null})", "only an unknown outcome may never come"},
      {begin + R"({"chamber":1})", "h.jsonl:2:2: a header stands in the first line only"},
      {R"({"process":1,"kind":"invoke","op":"txn","time_ns":1,"value":[["x",1,2]]})", "a transaction is an array of"},
  };
  for (const auto& [text, error] : mistakes) {
    const auto history = import(text);
    ASSERT_FALSE(history) << text;
    EXPECT_EQ(history.error().kind(), ErrorKind::kInput);
    EXPECT_THAT(history.error().message(), HasSubstr(error)) << text;
  }
}

// At whatever line it is cut, nobody takes what is left for the whole.
TEST(JsonLines, AFileThatWasCutBehindALineIsIncomplete) {
  Random random(22);
  for (int round = 0; round < 100; ++round) {
    const History history = random_history(random);
    std::stringstream text;
    ASSERT_TRUE(export_jsonl(history, text));
    const std::string whole = text.str();
    for (std::size_t end = whole.find('\n'); end + 1 < whole.size(); end = whole.find('\n', end + 1)) {
      const History cut = import(whole.substr(0, end + 1)).value();
      EXPECT_FALSE(cut.complete);
      EXPECT_THAT(cut.incomplete_reason, StartsWith("the file ends after "));
    }
    EXPECT_TRUE(import(whole).value().complete);
    EXPECT_FALSE(import(whole + whole.substr(whole.find('\n') + 1) + R"({"kind":"event","event":"note","time_ns":1})"));
  }
}

TEST(JsonLines, TwoOperationsOfAProcessAtOnceCannotBeExported) {
  History history;
  Operation operation;
  operation.end = Instant(Duration(10));
  history.operations = {operation, operation};
  std::ostringstream out;
  EXPECT_THAT(export_jsonl(history, out).error().message(), HasSubstr("two operations at once"));
}

TEST(LoadAny, KnowsTheFormatsApart) {
  const TestFolder folder;
  Random random(2);
  const History history = random_history(random);
  ASSERT_TRUE(save_history(history, folder / "binary"));
  EXPECT_EQ(load_any(folder / "binary")->operations.size(), history.operations.size());
  std::ostringstream text;
  ASSERT_TRUE(export_jsonl(history, text));
  write_bytes(folder / "lines", text.str());
  EXPECT_EQ(load_any(folder / "lines")->operations.size(), history.operations.size());
  write_bytes(folder / "yaml", "name: x\n");
  EXPECT_THAT(load_any(folder / "yaml").error().message(), HasSubstr("yaml:1:1: this is no history"));
  write_bytes(folder / "empty", "");
  EXPECT_THAT(load_any(folder / "empty").error().message(), HasSubstr("this is no history"));
  EXPECT_THAT(load_any(folder / "none").error().message(), HasSubstr("No such file"));
}

TEST(Edn, IsWhatJepsenReads) {
  const History history = import(R"({"process":1,"kind":"invoke","op":"write","key":1,"value":7,"time_ns":10}
{"process":2,"kind":"invoke","op":"read","key":1,"time_ns":15}
{"process":1,"kind":"unknown","time_ns":20}
{"process":2,"kind":"ok","value":7,"time_ns":30}
{"process":2,"kind":"invoke","op":"txn","key":1,"value":[["append","a\"b",1],["r",5,null]],"time_ns":50}
{"process":2,"kind":"ok","value":[["append","a\"b",1],["r",5,[3,1]]],"time_ns":60}
)")
                              .value();
  std::ostringstream out;
  ASSERT_TRUE(export_edn(history, "", out));
  EXPECT_EQ(out.str(), R"({:type :invoke, :f :write, :value 7, :process 1, :time 10, :index 0}
{:type :invoke, :f :read, :value nil, :process 2, :time 15, :index 1}
{:type :info, :f :write, :value 7, :process 1, :time 20, :index 2}
{:type :ok, :f :read, :value 7, :process 2, :time 30, :index 3}
{:type :invoke, :f :txn, :value [[:append "a\"b" 1] [:r 5 nil]], :process 2, :time 50, :index 4}
{:type :ok, :f :txn, :value [[:append "a\"b" 1] [:r 5 [3 1]]], :process 2, :time 60, :index 5}
)");
}

}  // namespace
}  // namespace chamber
