// The whole switch without privileges: a pair of sockets that keep message boundaries stands for a node's interface.
#include "harness/net/wire/switch.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <bit>
#include <cerrno>
#include <filesystem>
#include <map>
#include <thread>

#include "harness/base/eventually.h"
#include "harness/base/random.h"
#include "harness/net/wire/capture_testing.h"
#include "harness/net/wire/frame.h"

namespace chamber {
namespace {

using std::chrono::milliseconds;
using wire::kIpAt;
using wire::kOffloadBytes;

constexpr Duration kPatience = std::chrono::seconds(20);

Ipv4 address_of(int node) {
  return Ipv4::of(198, 18, 0, static_cast<std::uint8_t>(node));
}

std::vector<std::uint8_t> ip_frame(Ipv4 from, Ipv4 to, std::uint8_t mark, std::size_t payload = 40) {
  std::vector<std::uint8_t> frame(kIpAt + 20 + payload, mark);
  wire::set_offload(frame, {});
  std::ranges::copy(mac_of(to), frame.begin() + kOffloadBytes);
  std::ranges::copy(mac_of(from), frame.begin() + kOffloadBytes + 6);
  wire::store16(frame.data() + kOffloadBytes + 12, wire::kEtherTypeIpv4);
  return frame;
}

class SwitchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Result<std::unique_ptr<Wire>> started = Wire::start({.seed = 11});
    ASSERT_TRUE(started.ok()) << started.error().message();
    wire_ = std::move(*started);
    for (int node = 1; node <= 3; ++node) attach(node);
  }

  static std::string name_of(int node) { return std::string(1, static_cast<char>('a' + node - 1)); }

  void attach(int node) {
    int pair[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    ends_[node] = Fd(pair[0]);
    WirePort port;
    port.fd = Fd(pair[1]);
    const Result<void> added = wire_->add_node(name_of(node), address_of(node), std::move(port));
    ASSERT_TRUE(added.ok()) << added.error().message();
  }

  void send(int from, const std::vector<std::uint8_t>& frame) {
    pollfd waits{ends_[from].get(), POLLOUT, 0};
    ASSERT_EQ(poll(&waits, 1, Deadline::in(kPatience).remaining_ms()), 1);
    ASSERT_EQ(write(ends_[from].get(), frame.data(), frame.size()), static_cast<ssize_t>(frame.size()));
  }
  void send(int from, int to, std::uint8_t mark) { send(from, ip_frame(address_of(from), address_of(to), mark)); }

  // The next frame that arrives; empty when none does in time.
  std::vector<std::uint8_t> receive(int node, Duration patience = kPatience) {
    pollfd waits{ends_[node].get(), POLLIN, 0};
    if (poll(&waits, 1, Deadline::in(patience).remaining_ms()) <= 0) return {};
    std::vector<std::uint8_t> frame(wire::kFrameBytesMax);
    const ssize_t got = read(ends_[node].get(), frame.data(), frame.size());
    frame.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return frame;
  }
  // Its mark, or -1.
  int receive_mark(int node, Duration patience = kPatience) {
    const std::vector<std::uint8_t> frame = receive(node, patience);
    return frame.empty() ? -1 : frame.back();
  }

  RuleId rule(const LinkSelector& links, const LinkRule& what) {
    const Result<RuleId> id = wire_->add_rule(links, what);
    EXPECT_TRUE(id.ok());
    return *id;
  }

  LinkStats link(int from, int to) { return wire_->stats().link(name_of(from), name_of(to)); }

  std::map<int, Fd> ends_;
  std::unique_ptr<Wire> wire_;
};

TEST_F(SwitchTest, PassesFramesUnchanged) {
  const std::vector<std::uint8_t> frame = ip_frame(address_of(1), address_of(2), 5, 9000);
  send(1, frame);
  EXPECT_EQ(receive(2), frame);
  const LinkStats stats = link(1, 2);
  EXPECT_EQ(stats.frames, 1U);
  EXPECT_EQ(stats.delivered_bytes, frame.size() - kOffloadBytes);
  EXPECT_EQ(stats.packets_judged, 0U);
}

TEST_F(SwitchTest, AnswersArpForNodesOnly) {
  std::vector<std::uint8_t> request(kIpAt + 28);
  std::fill_n(request.begin() + kOffloadBytes, 6, std::uint8_t{0xff});
  std::ranges::copy(mac_of(address_of(1)), request.begin() + kOffloadBytes + 6);
  wire::store16(request.data() + kOffloadBytes + 12, wire::kEtherTypeArp);
  std::uint8_t* arp = request.data() + kIpAt;
  wire::store32(arp, 0x00010800);
  wire::store32(arp + 4, 0x06040001);
  std::ranges::copy(mac_of(address_of(1)), arp + 8);
  wire::store32(arp + 14, address_of(1).value);

  for (const Ipv4 nobody : {address_of(9), address_of(1), Ipv4::of(10, 0, 0, 1)}) {
    wire::store32(arp + 24, nobody.value);
    send(1, request);
  }
  wire::store32(arp + 24, address_of(2).value);
  send(1, request);

  const std::vector<std::uint8_t> reply = receive(1);
  ASSERT_EQ(reply.size(), request.size());
  EXPECT_EQ(wire::load32(reply.data() + kIpAt + 14), address_of(2).value) << "the answer to the one who exists";
  EXPECT_EQ(wire::load16(reply.data() + kIpAt + 6), 2);
  const Mac mac = mac_of(address_of(2));
  EXPECT_TRUE(std::equal(mac.begin(), mac.end(), reply.begin() + kIpAt + 8));
  EXPECT_TRUE(std::equal(mac.begin(), mac.end(), reply.begin() + kOffloadBytes + 6));
  EXPECT_TRUE(std::ranges::equal(mac_of(address_of(1)), std::span(reply).subspan(kOffloadBytes, 6)));
  EXPECT_EQ(wire_->stats().nodes.at(0).arp_answered, 1U);
  EXPECT_EQ(wire_->stats().nodes.at(0).other_traffic, 3U);
}

TEST_F(SwitchTest, CountsWhatGoesNowhere) {
  send(1, ip_frame(address_of(1), address_of(77), 1));
  send(1, ip_frame(address_of(1), address_of(1), 1));
  std::vector<std::uint8_t> ipv6 = ip_frame(address_of(1), address_of(2), 1);
  wire::store16(ipv6.data() + kOffloadBytes + 12, 0x86dd);
  send(1, ipv6);
  send(1, std::vector<std::uint8_t>(kIpAt - 1));
  send(1, 2, 9);
  EXPECT_EQ(receive_mark(2), 9);
  const NodeStats stats = wire_->stats().nodes.at(0);
  EXPECT_EQ(stats.unknown_destination, 2U);
  EXPECT_EQ(stats.other_traffic, 1U);
  EXPECT_EQ(stats.malformed, 1U);
}

TEST_F(SwitchTest, CutsOneWayThenHeals) {
  const RuleId cut = rule({.from = {"a"}, .to = {"b"}}, {.drop = true});
  send(1, 2, 1);
  send(2, 1, 2);
  send(1, 3, 3);
  EXPECT_EQ(receive_mark(1), 2);
  EXPECT_EQ(receive_mark(3), 3);
  EXPECT_EQ(link(1, 2).dropped_by_rule, 1U);
  EXPECT_TRUE(wire_->remove_rule(cut));
  EXPECT_FALSE(wire_->remove_rule(cut));
  send(1, 2, 4);
  EXPECT_EQ(receive_mark(2), 4) << "and nothing of what was dropped";
}

TEST_F(SwitchTest, RulesCompose) {
  const RuleId slow = rule({}, {.delay = milliseconds(1)});
  const RuleId cut = rule({.from = {"a"}, .to = {"b"}, .both_ways = true}, {.drop = true});
  send(2, 1, 1);
  send(3, 1, 2);
  EXPECT_EQ(receive_mark(1), 2);
  EXPECT_EQ(link(2, 1).dropped_by_rule, 1U);
  EXPECT_EQ(link(3, 1).delayed, 1U);
  wire_->remove_rule(cut);
  wire_->remove_rule(slow);
  EXPECT_TRUE(wire_->rules().empty());
  send(2, 1, 3);
  EXPECT_EQ(receive_mark(1), 3);
  EXPECT_EQ(link(2, 1).delayed, 0U);
}

TEST_F(SwitchTest, RuleExpiresByItself) {
  const Result<RuleId> cut = wire_->add_rule({.from = {"a"}}, {.drop = true}, now() + milliseconds(30));
  ASSERT_TRUE(cut.ok());
  send(1, 2, 1);
  const Result<void> gone =
      eventually({.what = "the rule to expire", .deadline = Deadline::in(kPatience)}, [&]() -> Result<void> {
        if (wire_->rules().empty()) return {};
        return fail(ErrorKind::kUnavailable, "still there");
      });
  ASSERT_TRUE(gone.ok());
  send(1, 2, 2);
  EXPECT_EQ(receive_mark(2), 2);
  EXPECT_FALSE(wire_->remove_rule(*cut));
}

TEST_F(SwitchTest, DelayKeepsTheOrder) {
  rule({.from = {"a"}}, {.delay = milliseconds(5)});
  const Instant start = now();
  for (int i = 0; i < 50; ++i) send(1, 2, static_cast<std::uint8_t>(i));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(receive_mark(2), i);
  EXPECT_GE(now() - start, milliseconds(5));
  EXPECT_EQ(link(1, 2).delayed, 50U);
  EXPECT_EQ(wire_->stats().bytes_held, 0U);
}

TEST_F(SwitchTest, LargeFramesSurviveADelay) {
  rule({.from = {"a"}}, {.delay = milliseconds(5)});
  std::vector<std::vector<std::uint8_t>> sent;
  for (std::uint8_t i = 0; i < 8; ++i) {
    sent.push_back(ip_frame(address_of(1), address_of(2), i, i % 2 == 0 ? 60'000 : 100));
    send(1, sent.back());
  }
  for (const std::vector<std::uint8_t>& frame : sent) EXPECT_EQ(receive(2), frame);
}

TEST_F(SwitchTest, CutReachesFramesUnderWay) {
  rule({.from = {"a"}}, {.delay = milliseconds(50)});
  send(1, 2, 1);
  send(1, 3, 2);
  const Result<void> held =
      eventually({.what = "two frames to be held", .deadline = Deadline::in(kPatience)}, [&]() -> Result<void> {
        if (link(1, 2).delayed + link(1, 3).delayed == 2) return {};
        return fail(ErrorKind::kUnavailable, "not yet");
      });
  ASSERT_TRUE(held.ok());
  rule({.from = {"a"}, .to = {"b"}}, {.drop = true});
  EXPECT_EQ(receive_mark(3), 2);
  EXPECT_EQ(link(1, 2).dropped_by_rule, 1U);
  EXPECT_EQ(receive_mark(2, milliseconds(1)), -1);
}

TEST_F(SwitchTest, LosesDuplicatesAndCorrupts) {
  RuleId id = rule({.from = {"a"}}, {.loss = 1});
  send(1, 2, 1);
  send(1, 3, 1);
  send(2, 3, 2);
  EXPECT_EQ(receive_mark(3), 2);
  wire_->remove_rule(id);
  EXPECT_EQ(link(1, 2).lost, 1U);

  id = rule({.from = {"a"}}, {.duplicate = 1});
  send(1, 2, 3);
  EXPECT_EQ(receive_mark(2), 3);
  EXPECT_EQ(receive_mark(2), 3);
  wire_->remove_rule(id);

  rule({.from = {"a"}}, {.corrupt = 1});
  const std::vector<std::uint8_t> frame = ip_frame(address_of(1), address_of(2), 4);
  send(1, frame);
  const std::vector<std::uint8_t> damaged = receive(2);
  ASSERT_EQ(damaged.size(), frame.size());
  int flipped = 0;
  for (std::size_t i = 0; i < frame.size(); ++i) flipped += std::popcount(static_cast<unsigned>(frame[i] ^ damaged[i]));
  EXPECT_EQ(flipped, 1);
  EXPECT_TRUE(std::equal(frame.begin(), frame.begin() + kIpAt, damaged.begin()));
  EXPECT_EQ(link(1, 2).corrupted, 1U);
}

TEST_F(SwitchTest, ReorderedFrameIsOvertaken) {
  const RuleId id = rule({.from = {"a"}}, {.reorder = 1, .reorder_hold = milliseconds(20)});
  send(1, 2, 1);
  const Result<void> held =
      eventually({.what = "the frame to be held", .deadline = Deadline::in(kPatience)}, [&]() -> Result<void> {
        if (link(1, 2).reordered == 1) return {};
        return fail(ErrorKind::kUnavailable, "not yet");
      });
  ASSERT_TRUE(held.ok());
  wire_->remove_rule(id);
  send(1, 2, 2);
  EXPECT_EQ(receive_mark(2), 2);
  EXPECT_EQ(receive_mark(2), 1);
}

TEST_F(SwitchTest, FullReceiverIsWaitedForThenTailDropped) {
  std::size_t sent = 0;
  // The receiver does not read: its socket fills, then the wire's backlog, then frames are dropped and counted.
  while (link(1, 2).dropped_by_queue == 0) {
    const std::vector<std::uint8_t> frame = ip_frame(address_of(1), address_of(2), 1, 1000);
    if (write(ends_[1].get(), frame.data(), frame.size()) > 0) ++sent;
  }
  const Result<void> taken =
      eventually({.what = "the wire to read all", .deadline = Deadline::in(kPatience)}, [&]() -> Result<void> {
        if (link(1, 2).frames == sent) return {};
        return fail(ErrorKind::kUnavailable, "not yet");
      });
  ASSERT_TRUE(taken.ok());
  const std::size_t dropped = link(1, 2).dropped_by_queue;
  std::size_t received = 0;
  while (received < sent - dropped && !receive(2).empty()) ++received;
  EXPECT_EQ(received, sent - dropped);
  EXPECT_EQ(link(1, 2).delivered_frames, received);
  EXPECT_EQ(wire_->stats().bytes_held, 0U);
}

TEST_F(SwitchTest, NodeThatWentMayComeBackWithItsRules) {
  rule({.from = {"a"}, .to = {"b"}}, {.drop = true});
  ASSERT_TRUE(wire_->remove_node("b").ok());
  EXPECT_FALSE(wire_->remove_node("b").ok());
  send(1, 2, 1);
  send(1, 3, 2);
  EXPECT_EQ(receive_mark(3), 2);
  EXPECT_EQ(wire_->stats().nodes.at(0).unknown_destination, 1U);
  attach(2);
  send(1, 2, 3);
  send(3, 2, 4);
  EXPECT_EQ(receive_mark(2), 4);
}

TEST_F(SwitchTest, ClosedInterfaceDetachesTheNode) {
  ends_[2].reset();
  const Result<void> noticed =
      eventually({.what = "the wire to notice", .deadline = Deadline::in(kPatience)}, [&]() -> Result<void> {
        if (!wire_->stats().nodes.at(1).attached) return {};
        return fail(ErrorKind::kUnavailable, "not yet");
      });
  EXPECT_TRUE(noticed.ok());
}

TEST_F(SwitchTest, RefusesMistakesWithTheirReason) {
  const auto refused = [](const auto& result, std::string_view why) {
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().kind(), ErrorKind::kInput);
    EXPECT_NE(result.error().message().find(why), std::string::npos) << result.error().message();
  };
  refused(wire_->add_node("a", address_of(9), {}), "on the wire already");
  refused(wire_->add_node("z", address_of(1), {}), "is the address of a");
  refused(wire_->add_node("z", Ipv4::of(10, 0, 0, 1), {}), "198.18.0.0/15");
  refused(wire_->add_node("", address_of(9), {}), "name");
  refused(wire_->remove_node("z"), "no node 'z' on the wire; there are: a, b, c");
  refused(wire_->add_rule({.from = {"vault-0"}}, {.drop = true}), "vault-0");
  refused(wire_->add_rule({}, {.loss = 2}), "loss");
  refused(wire_->stop_capture(), "no capture");
  refused(wire_->start_capture({.path = "/nowhere/x", .nodes = {"z"}}), "no node 'z'");
  refused(wire_->start_capture({.path = "/nowhere/x"}), "/nowhere/x");
}

TEST_F(SwitchTest, CaptureShowsWhatLeftAndWhatArrived) {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / ("chamber-switch-" + random_hex(6));
  ASSERT_TRUE(wire_->start_capture({.path = path, .nodes = {"a", "b"}}).ok());
  rule({.from = {"b"}, .to = {"a"}}, {.drop = true});
  send(1, 2, 1);
  EXPECT_EQ(receive_mark(2), 1);
  send(2, 1, 2);
  send(2, 3, 3);
  EXPECT_EQ(receive_mark(3), 3);
  const Result<CaptureSummary> summary = wire_->stop_capture();
  ASSERT_TRUE(summary.ok());
  const wire::CaptureFile file = wire::CaptureReader::read(path);
  std::filesystem::remove(path);
  std::string story;
  for (const wire::CapturedFrame& frame : file.frames) {
    story += fmt::format("{}{}{} ", frame.interface, frame.direction == 2 ? ">" : "<", frame.bytes.back());
  }
  EXPECT_EQ(story, "a>1 b<1 b>2 b>3 ");
}

TEST_F(SwitchTest, MayBeUsedFromManyThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      for (int round = 0; round < 50; ++round) {
        const Result<RuleId> id = wire_->add_rule({.from = {"a"}}, {.delay = milliseconds(1)});
        EXPECT_TRUE(id.ok());
        EXPECT_GE(wire_->rules().size(), 1U);
        EXPECT_TRUE(wire_->remove_rule(*id));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(wire_->rules().empty());
}

}  // namespace
}  // namespace chamber
