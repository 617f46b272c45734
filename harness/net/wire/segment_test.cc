#include "harness/net/wire/segment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "harness/net/wire/checksum.h"

namespace chamber::wire {
namespace {

constexpr std::size_t kTcpAt = kIpAt + 20;
constexpr std::uint8_t kFin = 0x01;
constexpr std::uint8_t kPsh = 0x08;
constexpr std::uint8_t kAck = 0x10;
constexpr std::uint8_t kCwr = 0x80;

// Deliberately not the library's algorithm: 16 bits at a time, as RFC 1071 writes it.
std::uint16_t plain_sum(ConstBytes bytes, std::uint32_t sum = 0) {
  sum = (sum & 0xffff) + (sum >> 16);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8 : bytes[i];
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(sum);
}

// All ones when the transport checksum in the packet is right.
std::uint16_t transport_sum(ConstBytes packet, std::uint8_t protocol) {
  const ConstBytes transport = packet.subspan(kTcpAt);
  const std::uint16_t pseudo =
      plain_sum(packet.subspan(kIpAt + 12, 8), static_cast<std::uint32_t>(protocol + transport.size()));
  return plain_sum(transport, pseudo);
}

std::vector<std::uint8_t> super_frame(std::uint8_t protocol, std::size_t transport_header, std::size_t payload,
                                      std::uint16_t payload_per_packet) {
  std::vector<std::uint8_t> frame(kTcpAt + transport_header + payload);
  std::uint8_t* at = frame.data() + kOffloadBytes;
  const Mac to = mac_of(Ipv4::of(198, 18, 0, 2));
  const Mac from = mac_of(Ipv4::of(198, 18, 0, 1));
  std::ranges::copy(to, at);
  std::ranges::copy(from, at + 6);
  store16(at + 12, kEtherTypeIpv4);
  std::uint8_t* ip = frame.data() + kIpAt;
  ip[0] = 0x45;
  store16(ip + 2, static_cast<std::uint16_t>(20 + transport_header + payload));
  store16(ip + 4, 0xfffe);  // wraps within the frame
  ip[8] = 64;
  ip[9] = protocol;
  store32(ip + 12, Ipv4::of(198, 18, 0, 1).value);
  store32(ip + 16, Ipv4::of(198, 18, 0, 2).value);
  const std::size_t checksum_offset = protocol == kProtocolTcp ? 16 : 6;
  if (protocol == kProtocolTcp) {
    store32(frame.data() + kTcpAt + 4, 0xfffffff0);  // so does the sequence number
    frame[kTcpAt + 12] = static_cast<std::uint8_t>(transport_header / 4 << 4);
    frame[kTcpAt + 13] = kFin | kPsh | kAck | kCwr;
    for (std::size_t i = 20; i < transport_header; ++i) frame[kTcpAt + i] = 1;  // options: "no operation"
  }
  std::iota(frame.end() - static_cast<std::ptrdiff_t>(payload), frame.end(), std::uint8_t{0});
  OffloadHeader offload{};
  offload.flags = kNeedsChecksum;
  offload.gso_type = protocol == kProtocolTcp ? kGsoTcpIpv4 | kGsoEcn : kGsoUdp;
  offload.gso_bytes = payload_per_packet;
  offload.checksum_start = kTcpAt - kOffloadBytes;
  offload.checksum_offset = static_cast<std::uint16_t>(checksum_offset);
  set_offload(frame, offload);
  return frame;
}

std::vector<std::uint8_t> slice_of(const SuperFrame& frame, std::size_t first, std::size_t count) {
  std::vector<std::uint8_t> scratch(kFrameBytesMax);
  const Bytes slice = frame.slice(first, count, scratch);
  return {slice.begin(), slice.end()};
}

std::vector<std::vector<std::uint8_t>> segments_of(ConstBytes bytes) {
  const std::optional<SuperFrame> frame = SuperFrame::parse(bytes);
  EXPECT_TRUE(frame.has_value());
  std::vector<std::vector<std::uint8_t>> packets;
  for (std::size_t i = 0; frame && i < frame->packets(); ++i) {
    packets.push_back(slice_of(*frame, i, 1));
    EXPECT_EQ(frame->ethernet_bytes(i), packets.back().size() - kOffloadBytes);
  }
  return packets;
}

TEST(ChecksumTest, KnownVector) {
  // RFC 1071, section 3: the sum of 00 01 f2 03 f4 f5 f6 f7 is ddf2.
  const std::vector<std::uint8_t> bytes{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(ones_sum(bytes), 0xddf2);
  EXPECT_EQ(internet_checksum(bytes), 0x220d);
}

TEST(ChecksumTest, AgreesWithTheDefinitionAtEveryLength) {
  std::vector<std::uint8_t> bytes(300);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{17});
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const ConstBytes part = ConstBytes(bytes).first(size);
    EXPECT_EQ(ones_sum(part), plain_sum(part)) << size;
    EXPECT_EQ(ones_sum(part, 0x1fffe), plain_sum(part, 0x1fffe)) << size;
  }
}

TEST(ChecksumTest, OfManyOnesDoesNotOverflow) {
  const std::vector<std::uint8_t> bytes(65536, 0xff);
  EXPECT_EQ(ones_sum(bytes), 0xffff);
}

TEST(SegmentTest, TcpPacketsCarryThePayloadInOrder) {
  const std::vector<std::uint8_t> frame = super_frame(kProtocolTcp, 32, 3000, 1448);
  const auto packets = segments_of(frame);
  ASSERT_EQ(packets.size(), 3U);
  const std::size_t payload_at = kTcpAt + 32;
  std::vector<std::uint8_t> joined;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const std::vector<std::uint8_t>& packet = packets[i];
    const std::uint8_t* ip = packet.data() + kIpAt;
    EXPECT_EQ(load16(ip + 2), packet.size() - kIpAt);
    EXPECT_EQ(load16(ip + 4), static_cast<std::uint16_t>(0xfffe + i));
    EXPECT_EQ(plain_sum({ip, 20}), 0xffff) << "the header's checksum is wrong";
    EXPECT_EQ(load32(packet.data() + kTcpAt + 4), static_cast<std::uint32_t>(0xfffffff0 + joined.size()));
    EXPECT_TRUE(std::equal(packet.begin() + kTcpAt + 20, packet.begin() + static_cast<std::ptrdiff_t>(payload_at),
                           frame.begin() + kTcpAt + 20))
        << "options are repeated";
    joined.insert(joined.end(), packet.begin() + static_cast<std::ptrdiff_t>(payload_at), packet.end());
  }
  EXPECT_EQ(packets[0].size(), payload_at + 1448);
  EXPECT_EQ(packets[2].size(), payload_at + 104);
  EXPECT_TRUE(
      std::equal(joined.begin(), joined.end(), frame.begin() + static_cast<std::ptrdiff_t>(payload_at), frame.end()));
}

TEST(SegmentTest, TcpFlagsStayWhereTheyMeanSomething) {
  const auto packets = segments_of(super_frame(kProtocolTcp, 20, 3000, 1000));
  ASSERT_EQ(packets.size(), 3U);
  EXPECT_EQ(packets[0][kTcpAt + 13], kAck | kCwr);
  EXPECT_EQ(packets[1][kTcpAt + 13], kAck);
  EXPECT_EQ(packets[2][kTcpAt + 13], kAck | kFin | kPsh);
}

TEST(SegmentTest, ChecksumsAreOffloadedAndCompleteToRightOnes) {
  for (const std::uint8_t protocol : {kProtocolTcp, kProtocolUdp}) {
    const std::size_t header = protocol == kProtocolTcp ? 20 : 8;
    for (std::vector<std::uint8_t>& packet : segments_of(super_frame(protocol, header, 2901, 1000))) {
      EXPECT_EQ(offload_of(packet).flags, kNeedsChecksum);
      EXPECT_EQ(offload_of(packet).gso_type, kGsoNone);
      ASSERT_TRUE(complete_checksum(packet));
      EXPECT_EQ(offload_of(packet).flags, 0);
      EXPECT_EQ(transport_sum(packet, protocol), 0xffff);
    }
  }
}

TEST(SegmentTest, UdpPacketsHaveTheirOwnLength) {
  const auto packets = segments_of(super_frame(kProtocolUdp, 8, 2500, 1000));
  ASSERT_EQ(packets.size(), 3U);
  EXPECT_EQ(load16(packets[0].data() + kTcpAt + 4), 1008);
  EXPECT_EQ(load16(packets[2].data() + kTcpAt + 4), 508);
}

TEST(SegmentTest, SlicesOfSeveralPacketsSegmentToTheSamePackets) {
  for (const std::uint8_t protocol : {kProtocolTcp, kProtocolUdp}) {
    const std::vector<std::uint8_t> bytes = super_frame(protocol, protocol == kProtocolTcp ? 32 : 8, 5500, 1000);
    const auto packets = segments_of(bytes);
    ASSERT_EQ(packets.size(), 6U);
    const std::optional<SuperFrame> frame = SuperFrame::parse(bytes);
    for (const auto& [first, count] : {std::pair{0, 2}, {1, 3}, {4, 2}, {0, 6}}) {
      const auto begin = static_cast<std::size_t>(first);
      const std::vector<std::uint8_t> slice = slice_of(*frame, begin, static_cast<std::size_t>(count));
      EXPECT_EQ(plain_sum(ConstBytes(slice).subspan(kIpAt, 20)), 0xffff);
      EXPECT_EQ(offload_of(slice).gso_bytes, 1000);
      EXPECT_EQ((offload_of(slice).gso_type & kGsoEcn) != 0, protocol == kProtocolTcp && first == 0);
      const auto again = segments_of(slice);
      ASSERT_EQ(again.size(), static_cast<std::size_t>(count));
      for (std::size_t i = 0; i < again.size(); ++i) EXPECT_EQ(again[i], packets[begin + i]) << first << "+" << i;
    }
  }
}

TEST(SegmentTest, OnePacketWhenThePayloadFits) {
  EXPECT_EQ(segments_of(super_frame(kProtocolTcp, 20, 1000, 1000)).size(), 1U);
  EXPECT_EQ(segments_of(super_frame(kProtocolTcp, 20, 0, 1000)).size(), 1U);
}

TEST(SegmentTest, LargestFrame) {
  const auto packets = segments_of(super_frame(kProtocolTcp, 20, kIpBytesMax - 40, 536));
  EXPECT_EQ(packets.size(), 123U);
  EXPECT_EQ(packets.back().size(), kTcpAt + 20 + (kIpBytesMax - 40) % 536);
}

TEST(SegmentTest, RefusesWhatDoesNotFitItsHeader) {
  const auto refuses = [](const std::string& what, auto change) {
    std::vector<std::uint8_t> frame = super_frame(kProtocolTcp, 20, 3000, 1000);
    change(frame);
    EXPECT_FALSE(SuperFrame::parse(frame).has_value()) << what;
  };
  using Frame = std::vector<std::uint8_t>;
  refuses("cut off", [](Frame& frame) { frame.resize(kTcpAt + 10); });
  refuses("shorter than it says", [](Frame& frame) { frame.resize(frame.size() - 1); });
  refuses("not IPv4", [](Frame& frame) { frame[kIpAt] = 0x65; });
  refuses("an IP header that is too short", [](Frame& frame) { frame[kIpAt] = 0x44; });
  refuses("an IP header beyond the packet", [](Frame& frame) { store16(frame.data() + kIpAt + 2, 30); });
  refuses("another protocol", [](Frame& frame) { frame[kIpAt + 9] = kProtocolUdp; });
  refuses("a TCP header that is too short", [](Frame& frame) { frame[kTcpAt + 12] = 0x40; });
  refuses("another ethertype", [](Frame& frame) { store16(frame.data() + kOffloadBytes + 12, 0x86dd); });
  refuses("packets without payload", [](Frame& frame) {
    OffloadHeader offload = offload_of(frame);
    offload.gso_bytes = 0;
    set_offload(frame, offload);
  });
  refuses("an unknown kind", [](Frame& frame) {
    OffloadHeader offload = offload_of(frame);
    offload.gso_type = 4;
    set_offload(frame, offload);
  });
}

TEST(CompleteChecksumTest, LeavesFinishedFramesAlone) {
  std::vector<std::uint8_t> frame = super_frame(kProtocolTcp, 20, 10, 1000);
  set_offload(frame, OffloadHeader{});
  const std::vector<std::uint8_t> before = frame;
  EXPECT_TRUE(complete_checksum(frame));
  EXPECT_EQ(frame, before);
}

TEST(CompleteChecksumTest, RefusesAFieldOutsideOfTheFrame) {
  for (const std::uint16_t start : {std::uint16_t{60}, std::uint16_t{65535}}) {
    std::vector<std::uint8_t> frame(kTcpAt + 30);
    OffloadHeader offload{};
    offload.flags = kNeedsChecksum;
    offload.checksum_start = start;
    offload.checksum_offset = 6;
    set_offload(frame, offload);
    EXPECT_FALSE(complete_checksum(frame));
  }
}

}  // namespace
}  // namespace chamber::wire
