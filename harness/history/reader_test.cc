#include "harness/history/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "harness/base/random.h"
#include "harness/history/crc32c.h"
#include "harness/history/format.h"
#include "harness/history/recorder.h"
#include "harness/history/test_files.h"
#include "harness/history/test_histories.h"
#include "harness/history/transaction.h"

namespace chamber {
namespace {

using testing::HasSubstr;

std::vector<char> recorded(const TestFolder& folder, int operations) {
  auto recorder = Recorder::create(folder / "recorded", {.flush_every = std::chrono::microseconds(200)}).value();
  const std::uint16_t workload = recorder->name("w");
  for (int i = 0; i < operations; ++i) {
    const auto ticket = recorder->begin({.workload = workload, .function = Function::kAdd, .process = 1, .value = i});
    recorder->end(ticket, {.outcome = Outcome::kOk, .node = recorder->name("n" + std::to_string(i / 100))});
  }
  EXPECT_TRUE(recorder->close());
  return read_bytes(folder / "recorded");
}

Result<History> parse(std::span<const char> bytes) {
  return parse_history(std::as_bytes(bytes));
}

// Only a prefix of what one client did, without a gap.
void expect_prefix(const History& history) {
  std::int64_t next = 0;
  for (const Operation& operation : history.operations) {
    ASSERT_EQ(operation.value, next++);
    ASSERT_TRUE(operation.outcome == Outcome::kOk || operation.end == kNever);
  }
}

TEST(Reader, SavedHistoriesComeBackTheSame) {
  Random random(11);
  for (int round = 0; round < 200; ++round) {
    const TestFolder folder;
    History history = random_history(random);
    if (random.chance(0.3)) {
      history.complete = false;
      history.incomplete_reason = "cut";
    }
    ASSERT_TRUE(save_history(history, folder / "history"));
    const History again = load_history(folder / "history").value();
    expect_same(history, again);
  }
}

TEST(Reader, EveryTruncationIsAPrefixOrAClearError) {
  const TestFolder folder;
  const std::vector<char> bytes = recorded(folder, 2000);
  ASSERT_EQ(parse(bytes)->operations.size(), 2000);
  std::size_t longest = 0;
  for (std::size_t size = 0; size < bytes.size(); size += size < 200 ? 1 : 37) {
    const auto history = parse(std::span(bytes).first(size));
    if (!history) {
      EXPECT_EQ(history.error().kind(), ErrorKind::kInput);
      EXPECT_LT(size, 100);
      continue;
    }
    ASSERT_FALSE(history->complete);
    ASSERT_THAT(history->incomplete_reason, HasSubstr("offset "));
    ASSERT_GE(history->operations.size(), longest) << "more bytes never tell less";
    longest = history->operations.size();
    expect_prefix(*history);
  }
}

TEST(Reader, AFlippedBitIsNeverBelieved) {
  const TestFolder folder;
  const std::vector<char> bytes = recorded(folder, 500);
  Random random(5);
  for (int round = 0; round < 2000; ++round) {
    std::vector<char> broken = bytes;
    const std::size_t at = random.below(broken.size());
    broken[at] = static_cast<char>(broken[at] ^ (1 << random.below(8)));
    const auto history = parse(broken);
    if (!history) continue;
    EXPECT_FALSE(history->complete) << at;
    expect_prefix(*history);
  }
}

TEST(Reader, BytesBehindTheEndAreTold) {
  const TestFolder folder;
  std::vector<char> bytes = recorded(folder, 5);
  bytes.push_back('x');
  const History history = parse(bytes).value();
  EXPECT_FALSE(history.complete);
  EXPECT_EQ(history.operations.size(), 5);
  EXPECT_THAT(history.incomplete_reason, HasSubstr("behind the end mark"));
}

TEST(Reader, WhatIsNoHistoryIsSaid) {
  const TestFolder folder;
  EXPECT_THAT(load_history(folder / "none").error().message(), HasSubstr("No such file"));
  write_bytes(folder / "text", "hello");
  EXPECT_THAT(load_history(folder / "text").error().message(), HasSubstr("not a history"));
  EXPECT_THAT(load_history(folder / ".").error().message(), HasSubstr("not a regular file"));
  std::vector<char> later = recorded(folder, 1);
  later[8] = 2;
  EXPECT_THAT(parse(later).error().message(), HasSubstr("format version 2"));
}

// Blocks with right checksums and nonsense inside: what a bug of a writer, or a hostile one, would make.
TEST(Reader, NonsenseWithARightChecksumIsRefused) {
  const TestFolder folder;
  const std::vector<char> bytes = recorded(folder, 0);
  Random random(7);
  for (int round = 0; round < 20000; ++round) {
    format::Bytes payload(random.below(40));
    for (auto& byte : payload) byte = static_cast<std::uint8_t>(random.chance(0.3) ? 0xFF : random.next());
    const auto type = static_cast<std::uint8_t>(random.below(9));
    format::Bytes head;
    format::put_u32(head, static_cast<std::uint32_t>(payload.size()));
    format::put_u32(head, crc32c(payload, crc32c(std::span(&type, 1), crc32c(head))));
    head.push_back(type);
    std::vector<char> file = bytes;
    const std::size_t header = format::kHeaderFixed + static_cast<unsigned char>(bytes[12]);
    file.resize(header);
    file.insert(file.end(), head.begin(), head.end());
    file.insert(file.end(), payload.begin(), payload.end());
    const auto history = parse(file);
    ASSERT_TRUE(history) << history.error().message();
    for (const Operation& operation : history->operations) (void)history->describe(operation);
  }
}

// An answer that has no end would be one that no order needs to hold.
TEST(Reader, AnAnswerEndsAndNotBeforeItBegan) {
  struct Times {
    Outcome outcome;
    Instant end;
    bool right;
  };
  const Instant start(Duration(1000));
  for (const Times& times :
       {Times{Outcome::kOk, start, true}, Times{Outcome::kUnknown, kNever, true}, Times{Outcome::kOk, kNever, false},
        Times{Outcome::kFail, kNever, false}, Times{Outcome::kOk, start - Duration(1), false}}) {
    const TestFolder folder;
    History history;
    Operation operation;
    operation.start = operation.intended = start;
    operation.end = times.end;
    operation.outcome = times.outcome;
    history.operations.push_back(operation);
    ASSERT_TRUE(save_history(history, folder / "history"));
    const History again = load_history(folder / "history").value();
    EXPECT_EQ(again.complete, times.right);
    EXPECT_EQ(again.operations.size(), times.right ? 1U : 0U);
  }
}

TEST(Reader, ScanVisitsWithoutHolding) {
  const TestFolder folder;
  (void)recorded(folder, 300);
  std::int64_t sum = 0;
  const History rest =
      scan_history(folder / "recorded", [&](const Operation& operation, auto) { sum += *operation.value; }).value();
  EXPECT_EQ(sum, 299 * 300 / 2);
  EXPECT_TRUE(rest.operations.empty());
  EXPECT_TRUE(rest.complete);
}

}  // namespace
}  // namespace chamber
