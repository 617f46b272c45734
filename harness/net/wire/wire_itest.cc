// The wire between real kernels' network stacks. Needs namespaces: as root, or where a user may make user namespaces.
// CHAMBER_REQUIRE_CAPABILITIES=1 turns a missing capability from a skip into a failure.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <thread>

#include "harness/base/eventually.h"
#include "harness/base/random.h"
#include "harness/base/test_capability.h"
#include "harness/net/wire/capture_testing.h"
#include "harness/net/wire/socket_testing.h"
#include "harness/net/wire/switch.h"

namespace chamber {
namespace {

using std::chrono::milliseconds;

constexpr Duration kPatience = std::chrono::seconds(20);
constexpr std::uint16_t kPort = 7000;

Result<void> write_file(const char* path, const std::string& text) {
  const Fd file(open(path, O_WRONLY | O_CLOEXEC));
  if (!file.valid() || write(file.get(), text.data(), text.size()) < 0) return fail_errno(errno, "writing {}", path);
  return {};
}

// Moves this process, which has one thread, to namespaces of its own: what the tests make can't touch the machine.
Result<void> isolate() {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  if (user != 0) {
    if (unshare(CLONE_NEWUSER) < 0) return fail_errno(errno, "unshare(CLONE_NEWUSER)");
    CHAMBER_CHECK(write_file("/proc/self/setgroups", "deny"));
    CHAMBER_CHECK(write_file("/proc/self/uid_map", fmt::format("0 {} 1", user)));
    CHAMBER_CHECK(write_file("/proc/self/gid_map", fmt::format("0 {} 1", group)));
  }
  if (unshare(CLONE_NEWNET) < 0) return fail_errno(errno, "unshare(CLONE_NEWNET)");
  return {};
}

struct TestNode {
  std::string name;
  Ipv4 address;
  NetNamespace space;
};

Result<TestNode> make_node(Wire& wire, int number, LinkKind kind) {
  TestNode node;
  node.name = fmt::format("node-{}", number);
  node.address = Ipv4::of(198, 18, 0, static_cast<std::uint8_t>(10 + number));
  node.space = CHAMBER_TRY(create_net_namespace(node.name));
  const LinkOptions options{.address = node.address};
  WirePort port = CHAMBER_TRY(kind == LinkKind::kTap ? open_tap(node.space, options) : open_veth(node.space, options));
  CHAMBER_CHECK(wire.add_node(node.name, node.address, std::move(port)));
  return node;
}

std::size_t interfaces_here() {
  struct if_nameindex* all = if_nameindex();
  std::size_t count = 0;
  while (all != nullptr && all[count].if_index != 0) ++count;
  if_freenameindex(all);
  return count;
}

std::uint8_t pattern_at(std::size_t position) {
  return static_cast<std::uint8_t>(position * 131 + position / 4096);
}

// Sends `bytes` of a known pattern from one node to another and checks each of them. Bytes per second.
Result<double> transfer(const TestNode& from, const TestNode& to, std::size_t bytes) {
  const Fd listener = CHAMBER_TRY(wire::open_socket(to.space, SOCK_STREAM, kPort));
  Result<void> sent;
  const Instant start = now();
  std::jthread sender([&] {
    sent = [&]() -> Result<void> {
      const Fd socket = CHAMBER_TRY(wire::connect_tcp(from.space, to.address, kPort));
      std::vector<std::uint8_t> chunk(1 << 18);
      for (std::size_t at = 0; at < bytes;) {
        const std::size_t size = std::min(chunk.size(), bytes - at);
        for (std::size_t i = 0; i < size; ++i) chunk[i] = pattern_at(at + i);
        const ssize_t count = send(socket.get(), chunk.data(), size, MSG_NOSIGNAL);
        if (count < 0) return fail_errno(errno, "send");
        at += static_cast<std::size_t>(count);
      }
      return {};
    }();
  });
  const Fd socket = CHAMBER_TRY(wire::accept_tcp(listener, kPatience));
  std::vector<std::uint8_t> chunk(1 << 18);
  std::size_t at = 0;
  while (true) {
    CHAMBER_CHECK(wire::wait_readable(socket, kPatience));
    const ssize_t count = recv(socket.get(), chunk.data(), chunk.size(), 0);
    if (count < 0) return fail_errno(errno, "recv");
    if (count == 0) break;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i, ++at) {
      if (chunk[i] != pattern_at(at)) return fail(ErrorKind::kSystem, "byte {} is wrong", at);
    }
  }
  const Duration took = now() - start;
  sender.join();
  CHAMBER_CHECK(std::move(sent));
  if (at != bytes) return fail(ErrorKind::kSystem, "{} of {} bytes arrived", at, bytes);
  return static_cast<double>(bytes) / seconds(took);
}

// Datagrams from one node to another.
class Datagrams {
 public:
  static Result<Datagrams> between(const TestNode& from, const TestNode& to) {
    Datagrams made;
    made.sender_ = CHAMBER_TRY(wire::open_socket(from.space, SOCK_DGRAM));
    made.receiver_ = CHAMBER_TRY(wire::open_socket(to.space, SOCK_DGRAM, kPort));
    const int one = 1;
    setsockopt(made.receiver_.get(), SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
    const int room = 4 << 20;
    setsockopt(made.receiver_.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    const sockaddr_in address = wire::socket_address(to.address, kPort);
    if (connect(made.sender_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
      return fail_errno(errno, "connect");
    }
    return made;
  }

  [[nodiscard]] bool send(std::uint64_t value) const {
    return ::send(sender_.get(), &value, sizeof value, MSG_NOSIGNAL) == sizeof value;
  }

  struct Arrival {
    std::uint64_t value = 0;
    std::int64_t wall_ns = 0;  // when the kernel received it
  };
  [[nodiscard]] Result<Arrival> receive(Duration patience) const {
    CHAMBER_CHECK(wire::wait_readable(receiver_, patience));
    Arrival arrival;
    iovec data{&arrival.value, sizeof arrival.value};
    alignas(cmsghdr) char control[256];
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    if (recvmsg(receiver_.get(), &message, 0) < 0) return fail_errno(errno, "recvmsg");
    const cmsghdr* stamp = CMSG_FIRSTHDR(&message);
    if (stamp == nullptr || stamp->cmsg_type != SCM_TIMESTAMPNS) return fail(ErrorKind::kHarness, "no time stamp");
    timespec at{};
    std::memcpy(&at, CMSG_DATA(stamp), sizeof at);
    arrival.wall_ns = at.tv_sec * 1'000'000'000 + at.tv_nsec;
    return arrival;
  }
  [[nodiscard]] std::size_t drain(Duration patience) const {
    std::size_t count = 0;
    while (receive(patience)) ++count;
    return count;
  }

 private:
  Fd sender_;
  Fd receiver_;
};

std::int64_t wall_ns() {
  timespec at{};
  clock_gettime(CLOCK_REALTIME, &at);
  return at.tv_sec * 1'000'000'000 + at.tv_nsec;
}

class WireITest : public ::testing::TestWithParam<LinkKind> {
 protected:
  void SetUp() override {
    static const Result<void> isolated = isolate();
    Result<void> able = isolated;
    if (able && GetParam() == LinkKind::kTap) able = tap_usable();
    if (!able) CHAMBER_LACKS(able.error().message());
    interfaces_before_ = interfaces_here();
    Result<std::unique_ptr<Wire>> started = Wire::start({.seed = 5});
    ASSERT_TRUE(started.ok()) << started.error().message();
    wire_ = std::move(*started);
    for (int number = 0; number < 3; ++number) {
      Result<TestNode> node = make_node(*wire_, number, GetParam());
      ASSERT_TRUE(node.ok()) << node.error().message();
      nodes_.push_back(std::move(*node));
    }
  }

  void TearDown() override {
    if (!wire_) return;
    nodes_.clear();
    wire_.reset();
    EXPECT_EQ(interfaces_here(), interfaces_before_);
  }

  RuleId rule(const LinkSelector& links, const LinkRule& what) {
    const Result<RuleId> id = wire_->add_rule(links, what);
    EXPECT_TRUE(id.ok());
    return *id;
  }

  void expect_transfer(int from, int to, std::size_t bytes) {
    const Result<double> rate =
        transfer(nodes_[static_cast<std::size_t>(from)], nodes_[static_cast<std::size_t>(to)], bytes);
    EXPECT_TRUE(rate.ok()) << rate.error().message();
  }

  std::size_t interfaces_before_ = 0;
  std::unique_ptr<Wire> wire_;
  std::vector<TestNode> nodes_;
};

TEST_P(WireITest, CarriesTcpInSuperFrames) {
  expect_transfer(0, 1, 20 << 20);
  expect_transfer(2, 0, 1 << 20);
  const WireStats stats = wire_->stats();
  const LinkStats link = stats.link("node-0", "node-1");
  EXPECT_GT(link.bytes, 20U << 20);
  EXPECT_GT(link.bytes / link.frames, 5'000U) << "segmentation offload is off";
  for (const NodeStats& node : stats.nodes) {
    EXPECT_EQ(node.other_traffic, 0U) << node.name << " talks IPv6 or broadcasts";
    EXPECT_EQ(node.malformed, 0U);
    EXPECT_GT(node.arp_answered, 0U);
  }
}

TEST_P(WireITest, CongestionControlIsNotTheMachines) {
  const Result<Fd> listener = wire::open_socket(nodes_[1].space, SOCK_STREAM, kPort);
  ASSERT_TRUE(listener.ok());
  const Result<Fd> active = wire::connect_tcp(nodes_[0].space, nodes_[1].address, kPort);
  ASSERT_TRUE(active.ok()) << active.error().message();
  const Result<Fd> passive = wire::accept_tcp(*listener, kPatience);
  ASSERT_TRUE(passive.ok());
  for (const int socket : {active->get(), passive->get()}) {
    char name[16] = {};
    socklen_t bytes = sizeof name;
    ASSERT_EQ(getsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, name, &bytes), 0);
    EXPECT_STREQ(name, "cubic");
  }
}

TEST_P(WireITest, NodesHaveTheirHostName) {
  std::string name(64, '\0');
  const Result<void> asked = in_namespace(nodes_[2].space, [&]() -> Result<void> {
    if (gethostname(name.data(), name.size()) < 0) return fail_errno(errno, "gethostname");
    return {};
  });
  ASSERT_TRUE(asked.ok());
  EXPECT_STREQ(name.c_str(), "node-2");
}

TEST_P(WireITest, CutsOneWayBothWaysAndHeals) {
  const auto forth = Datagrams::between(nodes_[0], nodes_[1]);
  const auto back = Datagrams::between(nodes_[1], nodes_[0]);
  ASSERT_TRUE(forth.ok() && back.ok());
  const auto passes = [](const Datagrams& way) {
    EXPECT_TRUE(way.send(1));
    return way.receive(milliseconds(200)).ok();
  };
  EXPECT_TRUE(passes(*forth));
  EXPECT_TRUE(passes(*back));

  const RuleId one_way = rule({.from = {"node-0"}, .to = {"node-1"}}, {.drop = true});
  EXPECT_FALSE(passes(*forth));
  EXPECT_TRUE(passes(*back));
  EXPECT_EQ(wire_->stats().link("node-0", "node-1").dropped_by_rule, 1U);

  const RuleId both_ways = rule({.from = {"node-0"}, .to = {"node-1"}, .both_ways = true}, {.drop = true});
  EXPECT_TRUE(wire_->remove_rule(one_way));
  EXPECT_FALSE(passes(*forth));
  EXPECT_FALSE(passes(*back));
  expect_transfer(0, 2, 1 << 20);

  EXPECT_TRUE(wire_->remove_rule(both_ways));
  EXPECT_TRUE(passes(*forth));
  EXPECT_TRUE(passes(*back));
}

TEST_P(WireITest, TcpOutlivesACutThatExpires) {
  ASSERT_TRUE(wire_
                  ->add_rule({.from = {"node-0"}, .to = {"node-1"}, .both_ways = true}, {.drop = true},
                             now() + milliseconds(700))
                  .ok());
  const Instant start = now();
  expect_transfer(0, 1, 1 << 20);
  EXPECT_GE(now() - start, milliseconds(700));
  EXPECT_TRUE(wire_->rules().empty());
}

TEST_P(WireITest, DelayIsWithinHalfAMillisecondOfASleepAtP99) {
  const auto way = Datagrams::between(nodes_[0], nodes_[1]);
  ASSERT_TRUE(way.ok());
  ASSERT_TRUE(way->send(0));  // so that ARP is done
  ASSERT_TRUE(way->receive(kPatience).ok());
  rule({.from = {"node-0"}}, {.delay = milliseconds(50)});
  // The promise is for a machine that runs a thread when it wants to run. How late it does is seen beside: in the
  // thread that sends, which sleeps between packets. The best of a few rounds.
  double best_ms = 1e9;
  for (int round = 0; round < 5 && best_ms > 0.5; ++round) {
    std::vector<double> errors_ms;
    std::vector<double> sleeps_late_ms;
    std::jthread sender([&] {
      Instant next = now();
      for (int i = 0; i < 300; ++i) {
        EXPECT_TRUE(way->send(static_cast<std::uint64_t>(wall_ns())));
        next += milliseconds(3);
        std::this_thread::sleep_until(next);
        sleeps_late_ms.push_back(seconds(now() - next) * 1e3);
      }
    });
    for (int i = 0; i < 300; ++i) {
      const auto arrival = way->receive(kPatience);
      ASSERT_TRUE(arrival.ok()) << arrival.error().message();
      const auto took = static_cast<double>(arrival->wall_ns - static_cast<std::int64_t>(arrival->value)) / 1e6;
      EXPECT_GE(took, 50.0);
      errors_ms.push_back(took - 50.0);
    }
    sender.join();
    std::ranges::sort(errors_ms);
    std::ranges::sort(sleeps_late_ms);
    best_ms = std::min(best_ms, errors_ms[297] - sleeps_late_ms[297]);
    RecordProperty(fmt::format("round_{}_error_ms", round),
                   fmt::format("p50 {:.3f} p99 {:.3f} max {:.3f}; a sleep's p99 {:.3f}", errors_ms[150], errors_ms[297],
                               errors_ms.back(), sleeps_late_ms[297]));
  }
  EXPECT_LT(best_ms, 0.5);
}

TEST_P(WireITest, LosesTheShareThatItShould) {
  const auto way = Datagrams::between(nodes_[0], nodes_[1]);
  ASSERT_TRUE(way.ok());
  rule({.from = {"node-0"}}, {.loss = 0.1});
  constexpr std::uint64_t kDatagrams = 10'000;
  std::size_t received = 0;
  for (std::uint64_t i = 0; i < kDatagrams; ++i) {
    ASSERT_TRUE(way->send(i));
    if (i % 100 == 99) received += way->drain(milliseconds(1));
  }
  received += way->drain(milliseconds(100));
  const LinkStats link = wire_->stats().link("node-0", "node-1");
  EXPECT_EQ(link.packets_judged, kDatagrams);
  EXPECT_EQ(link.lost, kDatagrams - received);
  // Five standard deviations of a binomial distribution.
  EXPECT_NEAR(static_cast<double>(link.lost), 1000, 150);
}

TEST_P(WireITest, LossIsPerPacketOfASuperFrame) {
  rule({.from = {"node-0"}}, {.loss = 0.01, .duplicate = 0.01, .reorder = 0.01, .corrupt = 0.01});
  expect_transfer(0, 1, 8 << 20);
  const LinkStats link = wire_->stats().link("node-0", "node-1");
  EXPECT_GE(link.packets_judged, (8U << 20) / 1448U);
  const double packets = static_cast<double>(link.packets_judged);
  for (const std::uint64_t hit : {link.lost, link.duplicated, link.reordered, link.corrupted}) {
    EXPECT_NEAR(static_cast<double>(hit), packets * 0.01, packets * 0.01 * 0.5);
  }
  EXPECT_EQ(wire_->stats().nodes[0].malformed, 0U);
}

TEST_P(WireITest, RateIsNeverExceeded) {
  rule({.from = {"node-0"}}, {.rate_bits_per_second = 80'000'000});
  const Result<double> rate = transfer(nodes_[0], nodes_[1], 10 << 20);
  ASSERT_TRUE(rate.ok()) << rate.error().message();
  // 1448 of 1514 bytes are payload, which makes 9.56 MB/s. How far below it stays is TCP's and a busy machine's doing:
  // link_test.cc has the exact times.
  EXPECT_LT(*rate, 9.6e6);
  EXPECT_GT(wire_->stats().link("node-0", "node-1").delayed, 7'000U);
  RecordProperty("megabytes_per_second", static_cast<int>(*rate / 1e6));
}

TEST_P(WireITest, TenRulesElsewhereLeaveALinkAlone) {
  rule({.from = {"node-2"}}, {.delay = milliseconds(20), .jitter = milliseconds(5)});
  rule({.from = {"node-2"}, .to = {"node-0"}}, {.loss = 0.2});
  rule({.from = {"node-1"}, .to = {"node-2"}}, {.drop = true});
  rule({.to = {"node-2"}}, {.rate_bits_per_second = 1'000'000});
  for (int i = 0; i < 6; ++i) rule({.from = {"node-0"}, .to = {"node-1"}, .both_ways = true}, {});
  const Result<double> rate = transfer(nodes_[0], nodes_[1], 64 << 20);
  ASSERT_TRUE(rate.ok()) << rate.error().message();
  const LinkStats link = wire_->stats().link("node-0", "node-1");
  EXPECT_EQ(link.packets_judged, 0U);
  EXPECT_EQ(link.delivered_frames, link.frames);
  RecordProperty("megabytes_per_second", static_cast<int>(*rate / 1e6));
}

TEST_P(WireITest, CaptureIsReadByOthers) {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / ("chamber-wire-" + random_hex(6));
  ASSERT_TRUE(wire_->start_capture({.path = path}).ok());
  expect_transfer(0, 1, 1 << 20);
  const Result<CaptureSummary> summary = wire_->stop_capture();
  ASSERT_TRUE(summary.ok());
  const wire::CaptureFile file = wire::CaptureReader::read(path);
  EXPECT_EQ(file.frames.size(), summary->frames);
  EXPECT_EQ(file.interfaces.size(), 3U);
  std::uint64_t last = 0;
  for (const wire::CapturedFrame& frame : file.frames) {
    EXPECT_GE(frame.nanoseconds, last);
    last = frame.nanoseconds;
  }
  // 127: no such program here.
  const int status = std::system(fmt::format("tcpdump -nr {} >/dev/null 2>&1", path.string()).c_str());
  EXPECT_TRUE(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 127) << status;
  std::filesystem::remove(path);
}

TEST_P(WireITest, NodeIsTakenAwayAndBroughtBack) {
  expect_transfer(0, 1, 1 << 20);
  ASSERT_TRUE(wire_->remove_node("node-1").ok());
  const Result<void> gone = in_namespace(nodes_[1].space, []() -> Result<void> {
    if (interfaces_here() == 1) return {};
    return fail(ErrorKind::kSystem, "{} interfaces", interfaces_here());
  });
  EXPECT_TRUE(gone.ok()) << gone.error().message();
  const LinkOptions options{.address = nodes_[1].address};
  Result<WirePort> port =
      GetParam() == LinkKind::kTap ? open_tap(nodes_[1].space, options) : open_veth(nodes_[1].space, options);
  ASSERT_TRUE(port.ok()) << port.error().message();
  ASSERT_TRUE(wire_->add_node("node-1", nodes_[1].address, std::move(*port)).ok());
  expect_transfer(0, 1, 1 << 20);
}

INSTANTIATE_TEST_SUITE_P(Links, WireITest, ::testing::Values(LinkKind::kTap, LinkKind::kVeth),
                         [](const auto& kind) { return std::string(to_string(kind.param)); });

// What the tests above do as root must also work for a user.
Result<void> transfer_as_nobody(bool& may_isolate) {
  if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0) {
    return fail_errno(errno, "becoming nobody");
  }
  // Or /proc/self would belong to root.
  if (prctl(PR_SET_DUMPABLE, 1) < 0) return fail_errno(errno, "PR_SET_DUMPABLE");
  const Result<void> isolated = isolate();
  may_isolate = isolated.ok();
  CHAMBER_CHECK(isolated);
  const LinkKind kind = tap_usable() ? LinkKind::kTap : LinkKind::kVeth;
  std::unique_ptr<Wire> wire = CHAMBER_TRY(Wire::start({}));
  const TestNode one = CHAMBER_TRY(make_node(*wire, 0, kind));
  const TestNode other = CHAMBER_TRY(make_node(*wire, 1, kind));
  static_cast<void>(CHAMBER_TRY(transfer(one, other, 4 << 20)));
  return {};
}

TEST(WireUnprivilegedITest, WorksInAUserNamespace) {
  if (geteuid() != 0) GTEST_SKIP() << "the other tests run without privileges already";
  constexpr int kNoUserNamespaces = 77;
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    bool may_isolate = true;
    const Result<void> result = transfer_as_nobody(may_isolate);
    if (!result) fmt::print(stderr, "as a user: {}\n", result.error().message());
    _exit(result ? 0 : may_isolate ? 1 : kNoUserNamespaces);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNoUserNamespaces && !capabilities_required()) {
    GTEST_SKIP() << "users may not make user namespaces here";
  }
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace chamber
