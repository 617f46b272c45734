#include "harness/process/channel.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

namespace chamber {
namespace {

Deadline soon() {
  return Deadline::in(std::chrono::seconds(10));
}

TEST(Channel, CarriesMessagesAndDescriptors) {
  auto ends = Channel::pair();
  ASSERT_TRUE(ends);
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(pipe(pipe_ends.data()), 0);
  const Fd read_end(pipe_ends[0]);
  {
    const Fd write_end(pipe_ends[1]);
    ASSERT_TRUE(ends->first.send({{"do", "exec"}, {"text", "ü"}}, {write_end.get()}));
  }
  {
    auto got = ends->second.receive(soon());
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->body["text"], "ü");
    ASSERT_EQ(got->descriptors.size(), 1U);
    ASSERT_EQ(write(got->descriptors[0].get(), "hi", 2), 2);
  }
  std::array<char, 8> buffer{};
  EXPECT_EQ(read(read_end.get(), buffer.data(), buffer.size()), 2);
  EXPECT_EQ(read(read_end.get(), buffer.data(), buffer.size()), 0) << "a descriptor was left open";
}

TEST(Channel, TellsAClosedPeerFromSilence) {
  auto ends = Channel::pair();
  ASSERT_TRUE(ends);
  EXPECT_EQ(ends->first.receive(Deadline::in(std::chrono::milliseconds(5))).error().kind(), ErrorKind::kTimeout);
  ends->second.shut_down();
  EXPECT_EQ(ends->first.receive(soon()).error().kind(), ErrorKind::kUnavailable);
}

TEST(Channel, ListensUnderAPathLongerThanASocketNameCanBe) {
  std::string pattern = std::filesystem::temp_directory_path() / "chamber-channel-XXXXXX";
  const std::filesystem::path root = mkdtemp(pattern.data());
  const std::filesystem::path folder = root / std::string(120, 'x');
  std::filesystem::create_directory(folder);
  auto listener = ChannelListener::bind(folder / "control.sock");
  ASSERT_TRUE(listener) << listener.error().message();
  std::jthread server([&] {
    auto accepted = listener->accept();
    ASSERT_TRUE(accepted);
    ASSERT_TRUE(accepted->send({{"hello", 1}}));
    EXPECT_EQ(listener->accept().error().kind(), ErrorKind::kUnavailable);
  });
  auto client = Channel::connect(folder / "control.sock");
  ASSERT_TRUE(client) << client.error().message();
  EXPECT_EQ(client->receive(soon())->body["hello"], 1);
  listener->shut_down();
  server.join();
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace chamber
