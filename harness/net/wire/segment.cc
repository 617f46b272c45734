#include "harness/net/wire/segment.h"

#include <algorithm>

#include "harness/net/wire/checksum.h"

namespace chamber::wire {
namespace {

constexpr std::uint8_t kTcpFin = 0x01;
constexpr std::uint8_t kTcpPsh = 0x08;
constexpr std::uint8_t kTcpCwr = 0x80;

// The sum over the pseudo-header (RFC 9293, 3.1), which is what the checksum field holds while the rest is offloaded.
std::uint16_t pseudo_header_sum(const std::uint8_t* ip, std::uint8_t protocol, std::size_t transport_bytes) {
  return ones_sum({ip + 12, 8}, static_cast<std::uint32_t>(protocol + transport_bytes));
}

}  // namespace

std::optional<SuperFrame> SuperFrame::parse(ConstBytes frame) {
  if (frame.size() < kIpAt + 20 || ether_type(frame) != kEtherTypeIpv4) return std::nullopt;
  const OffloadHeader offload = offload_of(frame);
  const std::uint8_t* ip = frame.data() + kIpAt;
  const std::size_t ip_header = (ip[0] & 0x0fU) * 4U;
  SuperFrame parsed;
  parsed.frame_ = frame;
  parsed.protocol_ = ip[9];
  parsed.transport_at_ = kIpAt + ip_header;
  parsed.end_ = kIpAt + load16(ip + 2);
  parsed.payload_per_packet_ = offload.gso_bytes;
  if (ip[0] >> 4 != 4 || ip_header < 20 || parsed.end_ > frame.size()) return std::nullopt;

  const std::uint8_t kind = offload.gso_type & static_cast<std::uint8_t>(~kGsoEcn);
  const bool tcp = kind == kGsoTcpIpv4 && parsed.protocol_ == kProtocolTcp;
  const bool udp = kind == kGsoUdp && parsed.protocol_ == kProtocolUdp;
  const std::size_t transport_least = tcp ? 20 : 8;
  if ((!tcp && !udp) || parsed.transport_at_ + transport_least > parsed.end_) return std::nullopt;

  const std::size_t transport_header = tcp ? (frame[parsed.transport_at_ + 12] >> 4) * 4U : transport_least;
  parsed.payload_at_ = parsed.transport_at_ + transport_header;
  parsed.checksum_at_ = parsed.transport_at_ + (tcp ? 16 : 6);
  if (transport_header < transport_least || parsed.payload_at_ > parsed.end_ || parsed.payload_per_packet_ == 0) {
    return std::nullopt;
  }
  const std::size_t payload = parsed.end_ - parsed.payload_at_;
  parsed.packets_ = std::max<std::size_t>(1, (payload + parsed.payload_per_packet_ - 1) / parsed.payload_per_packet_);
  return parsed;
}

std::size_t SuperFrame::ethernet_bytes(std::size_t index) const {
  const std::size_t from = payload_at_ + index * payload_per_packet_;
  return payload_at_ - kOffloadBytes + std::min(payload_per_packet_, end_ - from);
}

Bytes SuperFrame::slice(std::size_t first, std::size_t count, Bytes to) const {
  const std::size_t skipped = first * payload_per_packet_;
  const std::size_t payload = std::min(count * payload_per_packet_, end_ - payload_at_ - skipped);
  const bool has_last = first + count == packets_;
  const Bytes out = to.first(payload_at_ + payload);
  std::memcpy(out.data(), frame_.data(), payload_at_);
  std::memcpy(out.data() + payload_at_, frame_.data() + payload_at_ + skipped, payload);

  std::uint8_t* ip = out.data() + kIpAt;
  store16(ip + 2, static_cast<std::uint16_t>(out.size() - kIpAt));
  store16(ip + 4, static_cast<std::uint16_t>(load16(ip + 4) + first));
  store16(ip + 10, 0);
  store16(ip + 10, internet_checksum({ip, transport_at_ - kIpAt}));

  std::uint8_t* transport = out.data() + transport_at_;
  const std::size_t transport_bytes = out.size() - transport_at_;
  if (protocol_ == kProtocolTcp) {
    store32(transport + 4, static_cast<std::uint32_t>(load32(transport + 4) + skipped));
    const int elsewhere = (has_last ? 0 : kTcpFin | kTcpPsh) | (first == 0 ? 0 : kTcpCwr);
    transport[13] = static_cast<std::uint8_t>(transport[13] & ~elsewhere);
  } else {
    store16(transport + 4, static_cast<std::uint16_t>(transport_bytes));
  }
  store16(out.data() + checksum_at_, pseudo_header_sum(ip, protocol_, transport_bytes));

  OffloadHeader offload{};
  offload.flags = kNeedsChecksum;
  offload.checksum_start = static_cast<std::uint16_t>(transport_at_ - kOffloadBytes);
  offload.checksum_offset = static_cast<std::uint16_t>(checksum_at_ - transport_at_);
  if (count > 1) {
    const std::uint8_t kind = offload_of(frame_).gso_type;
    offload.gso_type = first == 0 ? kind : static_cast<std::uint8_t>(kind & ~kGsoEcn);
    offload.gso_bytes = static_cast<std::uint16_t>(payload_per_packet_);
    offload.header_bytes = static_cast<std::uint16_t>(payload_at_ - kOffloadBytes);
  }
  set_offload(out, offload);
  return out;
}

bool complete_checksum(Bytes frame) {
  OffloadHeader offload = offload_of(frame);
  if ((offload.flags & kNeedsChecksum) == 0) return true;
  const std::size_t start = kOffloadBytes + offload.checksum_start;
  const std::size_t at = start + offload.checksum_offset;
  if (at + 2 > frame.size()) return false;
  // The field holds the pseudo-header's sum, so summing over it is summing over both.
  std::uint16_t checksum = internet_checksum(frame.subspan(start));
  // UDP (RFC 768): zero would mean "no checksum". For TCP the two are the same number.
  if (checksum == 0) checksum = 0xffff;
  store16(frame.data() + at, checksum);
  offload.flags &= static_cast<std::uint8_t>(~kNeedsChecksum);
  offload.checksum_start = 0;
  offload.checksum_offset = 0;
  set_offload(frame, offload);
  return true;
}

}  // namespace chamber::wire
