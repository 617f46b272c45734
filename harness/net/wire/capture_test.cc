#include "harness/net/wire/capture.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <numeric>

#include "harness/base/random.h"
#include "harness/net/wire/capture_testing.h"

namespace chamber::wire {
namespace {

class CaptureTest : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directory(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  CaptureOptions options() const { return {.path = folder_ / "wire.pcapng"}; }

  static std::vector<std::uint8_t> frame(std::size_t ethernet_bytes) {
    std::vector<std::uint8_t> bytes(kOffloadBytes + ethernet_bytes);
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
    return bytes;
  }

  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("chamber-capture-" + random_hex(6));
};

TEST_F(CaptureTest, ReadsBackWhatWasRecorded) {
  Result<Capture> capture = Capture::create(options());
  ASSERT_TRUE(capture.ok());
  const std::uint32_t first = capture->add_interface("vault-0");
  const std::uint32_t second = capture->add_interface("postgres-0");
  const Instant at = now();
  for (const std::size_t size : {60U, 61U, 62U, 63U}) {
    capture->record(first, Capture::Direction::kOutbound, at, frame(size));
    capture->record(second, Capture::Direction::kInbound, at + std::chrono::microseconds(7), frame(size));
  }
  const Result<CaptureSummary> summary = capture->finish();
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->frames, 8U);
  EXPECT_EQ(summary->file_bytes, std::filesystem::file_size(options().path));

  const CaptureFile file = CaptureReader::read(options().path);
  EXPECT_EQ(file.interfaces, (std::vector<std::string>{"vault-0", "postgres-0"}));
  ASSERT_EQ(file.frames.size(), 8U);
  EXPECT_EQ(file.frames[0].interface, "vault-0");
  EXPECT_EQ(file.frames[0].direction, 2U);
  EXPECT_EQ(file.frames[1].interface, "postgres-0");
  EXPECT_EQ(file.frames[1].direction, 1U);
  EXPECT_EQ(file.frames[1].nanoseconds - file.frames[0].nanoseconds, 7000U);
  EXPECT_EQ(file.frames[2].bytes.size(), 61U);
  EXPECT_EQ(file.frames[2].bytes.front(), kOffloadBytes) << "without the offload header";
}

TEST_F(CaptureTest, StampsAreWallTimeAndTheCommentLeadsBack) {
  Result<Capture> capture = Capture::create(options());
  ASSERT_TRUE(capture.ok());
  capture->add_interface("a");
  const Instant at = now();
  capture->record(0, Capture::Direction::kInbound, at, frame(60));
  ASSERT_TRUE(capture->finish().ok());
  const CaptureFile file = CaptureReader::read(options().path);
  const std::string before = "CLOCK_MONOTONIC is the time stamp minus ";
  ASSERT_EQ(file.comment.rfind(before, 0), 0U) << file.comment;
  const std::uint64_t offset = std::stoull(file.comment.substr(before.size()));
  EXPECT_EQ(file.frames.at(0).nanoseconds - offset, static_cast<std::uint64_t>(at.time_since_epoch().count()));
}

TEST_F(CaptureTest, SnapKeepsTheFirstBytesAndTheOriginalLength) {
  CaptureOptions snapped = options();
  snapped.snap_bytes = 33;
  Result<Capture> capture = Capture::create(snapped);
  ASSERT_TRUE(capture.ok());
  capture->add_interface("a");
  capture->record(0, Capture::Direction::kInbound, now(), frame(1000));
  ASSERT_TRUE(capture->finish().ok());
  const CaptureFile file = CaptureReader::read(snapped.path);
  EXPECT_EQ(file.frames.at(0).bytes.size(), 33U);
  EXPECT_EQ(file.frames.at(0).original_bytes, 1000U);
}

TEST_F(CaptureTest, NeverGrowsBeyondItsLimit) {
  CaptureOptions limited = options();
  limited.file_bytes_max = 10'000;
  Result<Capture> capture = Capture::create(limited);
  ASSERT_TRUE(capture.ok());
  capture->add_interface("a");
  for (int i = 0; i < 100; ++i) capture->record(0, Capture::Direction::kInbound, now(), frame(1000));
  const Result<CaptureSummary> summary = capture->finish();
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->frames + summary->frames_skipped, 100U);
  EXPECT_EQ(summary->frames, 9U);
  EXPECT_LE(std::filesystem::file_size(limited.path), 10'000U);
  EXPECT_EQ(CaptureReader::read(limited.path).frames.size(), 9U);
}

TEST_F(CaptureTest, IsForItsOwnerOnlyAndNeverOverwrites) {
  ASSERT_TRUE(Capture::create(options()).ok());
  struct stat status {};
  ASSERT_EQ(stat(options().path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const Result<Capture> again = Capture::create(options());
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().kind(), ErrorKind::kInput);
}

TEST_F(CaptureTest, FileThatCannotGrowIsReported) {
  Result<Capture> capture = Capture::create(options());
  ASSERT_TRUE(capture.ok());
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 16;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const Result<CaptureSummary> summary = capture->finish();
  std::signal(SIGXFSZ, handler);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_FALSE(summary.ok());
  EXPECT_EQ(summary.error().kind(), ErrorKind::kHarness);
  EXPECT_NE(summary.error().message().find("File too large"), std::string::npos) << summary.error().message();
}

}  // namespace
}  // namespace chamber::wire
