#include "harness/net/forwarder.h"

#include <gtest/gtest.h>

#include <array>
#include <latch>
#include <string>
#include <vector>

#include "harness/base/eventually.h"
#include "harness/net/stream.h"
#include "harness/net/test_peer.h"

namespace chamber {
namespace {

using std::chrono::seconds;

Deadline soon() {
  return Deadline::in(seconds(30));
}

SocketAddress local(std::uint16_t port) {
  return SocketAddress::ip("127.0.0.1", port).value();
}

std::string read_all(Stream& stream) {
  std::string text;
  std::array<char, 65536> chunk;
  while (true) {
    const std::size_t got = stream.read(chunk, soon()).value();
    if (got == 0) return text;
    text.append(chunk.data(), got);
  }
}

Result<void> wait_until_none_open(const Forwarder& forwarder) {
  return eventually({.what = "connections to end", .deadline = soon()}, [&]() -> Result<void> {
    const auto open = forwarder.counters().open;
    if (open != 0) return fail(ErrorKind::kUnavailable, "{} open", open);
    return {};
  });
}

class ForwarderTest : public testing::Test {
 protected:
  // The port at which the target is published.
  std::uint16_t publish(const SocketAddress& target) {
    HeldListener listener = HeldListener::open().value();
    const std::uint16_t port = listener.port();
    id_ = forwarder_->add(listener.release(), target).value();
    return port;
  }

  std::unique_ptr<Forwarder> forwarder_ = Forwarder::start().value();
  Forwarder::Id id_ = 0;
};

TEST_F(ForwarderTest, PassesBytesBothWays) {
  ScriptedServer server([](Peer& peer, int) {
    const std::string line = peer.read_until("\n");
    peer.write("heard " + line);
  });
  Stream stream = Stream::connect(local(publish(local(server.port()))), soon()).value();
  ASSERT_TRUE(stream.write("me\n", soon()).result.ok());
  EXPECT_EQ(read_all(stream), "heard me\n");
  EXPECT_EQ(forwarder_->counters().accepted, 1U);
}

TEST_F(ForwarderTest, PassesOnTheEndOfOneDirectionAlone) {
  ScriptedServer server([](Peer& peer, int) {
    const std::string all = peer.read_all();  // ends only when the client's end has come through
    peer.write(fmt::format("{} bytes", all.size()));
  });
  Stream stream = Stream::connect(local(publish(local(server.port()))), soon()).value();
  ASSERT_TRUE(stream.write(std::string(1'000'000, 'x'), soon()).result.ok());
  stream.shutdown_write();
  EXPECT_EQ(read_all(stream), "1000000 bytes");
  EXPECT_TRUE(wait_until_none_open(*forwarder_).ok());
}

TEST_F(ForwarderTest, MakesTheWriterWaitForASlowReader) {
  std::latch read_now(1);
  constexpr std::size_t kSize = 30'000'000;
  ScriptedServer server([&](Peer& peer, int) {
    read_now.wait();
    peer.write(fmt::format("{}", peer.read_all().size()));
  });
  Stream stream = Stream::connect(local(publish(local(server.port()))), soon()).value();
  const std::string bulk(kSize, 'y');
  // Socket buffers and 64 KiB hold far less than this, so it can't go through while nobody reads.
  EXPECT_FALSE(stream.write(bulk, Deadline::in(std::chrono::milliseconds(200))).result.ok());
  EXPECT_LT(forwarder_->counters().bytes, kSize);
  read_now.count_down();
  stream.shutdown_write();
  EXPECT_GT(std::stoul(read_all(stream)), 0U);
  EXPECT_TRUE(wait_until_none_open(*forwarder_).ok());
}

TEST_F(ForwarderTest, PassesOnAReset) {
  ScriptedServer server([&](Peer& peer, int) {
    peer.read_until("\n");
    peer.reset();
  });
  Stream stream = Stream::connect(local(publish(local(server.port()))), soon()).value();
  ASSERT_TRUE(stream.write("x\n", soon()).result.ok());
  std::array<char, 16> buffer;
  const auto got = stream.read(buffer, soon());
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().kind(), ErrorKind::kUnavailable);
  EXPECT_TRUE(wait_until_none_open(*forwarder_).ok());
}

TEST_F(ForwarderTest, ResetsClientsOfATargetThatIsNotThere) {
  const DeadPort dead;
  Result<Stream> stream = Stream::connect(local(publish(local(dead.port()))), soon());
  // The reset may come while the client still asks whether it is connected.
  if (stream.ok()) {
    std::array<char, 16> buffer;
    EXPECT_FALSE(stream->read(buffer, soon()).ok());
  }
  EXPECT_EQ(forwarder_->counters().unreachable, 1U);
}

TEST_F(ForwarderTest, SendsNewConnectionsToANewTarget) {
  const auto speak = [](const char* name) { return [name](Peer& peer, int) { peer.write(name); }; };
  ScriptedServer first(speak("first"));
  ScriptedServer second(speak("second"));
  const std::uint16_t port = publish(local(first.port()));
  Stream a = Stream::connect(local(port), soon()).value();
  EXPECT_EQ(read_all(a), "first");
  ASSERT_TRUE(forwarder_->retarget(id_, local(second.port())).ok());
  Stream b = Stream::connect(local(port), soon()).value();
  EXPECT_EQ(read_all(b), "second");
  EXPECT_FALSE(forwarder_->retarget(id_ + 100, local(second.port())).ok());
}

TEST_F(ForwarderTest, ClosesWhatIsRemoved) {
  ScriptedServer server([](Peer& peer, int) {
    peer.write("!");
    peer.wait_for_end();
  });
  const std::uint16_t port = publish(local(server.port()));
  Stream stream = Stream::connect(local(port), soon()).value();
  std::array<char, 16> buffer;
  ASSERT_EQ(stream.read(buffer, soon()).value(), 1U);
  ASSERT_TRUE(forwarder_->remove(id_).ok());
  EXPECT_FALSE(stream.read(buffer, soon()).ok());
  EXPECT_FALSE(Stream::connect(local(port), soon()).ok());
  EXPECT_EQ(forwarder_->counters().open, 0U);
}

TEST_F(ForwarderTest, ServesManyConnectionsAtOnce) {
  constexpr int kConnections = 200;
  ScriptedServer server([](Peer& peer, int) { peer.write(peer.read_until("\n")); });
  const std::uint16_t port = publish(local(server.port()));
  std::vector<Stream> streams;
  for (int i = 0; i < kConnections; ++i) streams.push_back(Stream::connect(local(port), soon()).value());
  for (int i = 0; i < kConnections; ++i) {
    ASSERT_TRUE(streams[static_cast<std::size_t>(i)].write(fmt::format("{}\n", i), soon()).result.ok());
  }
  for (int i = 0; i < kConnections; ++i)
    EXPECT_EQ(read_all(streams[static_cast<std::size_t>(i)]), fmt::format("{}\n", i));
  EXPECT_EQ(forwarder_->counters().accepted, static_cast<std::uint64_t>(kConnections));
}

TEST_F(ForwarderTest, ResetsWhatStandsWhenItEnds) {
  ScriptedServer server([](Peer& peer, int) {
    peer.write("!");
    peer.wait_for_end();
  });
  Stream stream = Stream::connect(local(publish(local(server.port()))), soon()).value();
  std::array<char, 16> buffer;
  ASSERT_EQ(stream.read(buffer, soon()).value(), 1U);
  forwarder_.reset();
  EXPECT_FALSE(stream.read(buffer, soon()).ok());
}

}  // namespace
}  // namespace chamber
