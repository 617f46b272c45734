#include "harness/net/wire/segment.h"

#include <algorithm>

#include "harness/net/wire/checksum.h"

namespace chamber::wire {
namespace {

constexpr std::uint8_t kTcpFin = 0x01;
constexpr std::uint8_t kTcpPsh = 0x08;
constexpr std::uint8_t kTcpCwr = 0x80;

// Where the parts of a super-frame lie. Offsets count from the start of the offload header.
struct Layout {
  std::uint8_t protocol = 0;
  std::size_t transport_at = 0;
  std::size_t payload_at = 0;
  std::size_t end = 0;
  std::size_t checksum_at = 0;
  std::size_t payload_per_packet = 0;
};

bool parse(ConstBytes frame, Layout& layout) {
  if (frame.size() < kIpAt + 20 || ether_type(frame) != kEtherTypeIpv4) return false;
  const OffloadHeader offload = offload_of(frame);
  const std::uint8_t* ip = frame.data() + kIpAt;
  const std::size_t ip_header = (ip[0] & 0x0fU) * 4U;
  const std::size_t ip_total = load16(ip + 2);
  layout.protocol = ip[9];
  layout.transport_at = kIpAt + ip_header;
  layout.end = kIpAt + ip_total;
  if (ip[0] >> 4 != 4 || ip_header < 20 || layout.end > frame.size()) return false;

  const std::uint8_t kind = offload.gso_type & static_cast<std::uint8_t>(~kGsoEcn);
  const bool tcp = kind == kGsoTcpIpv4 && layout.protocol == kProtocolTcp;
  const bool udp = kind == kGsoUdp && layout.protocol == kProtocolUdp;
  if ((!tcp && !udp) || layout.transport_at + (tcp ? 20 : 8) > layout.end) return false;

  const std::size_t transport_header = tcp ? (frame[layout.transport_at + 12] >> 4) * 4U : 8U;
  layout.payload_at = layout.transport_at + transport_header;
  layout.checksum_at = layout.transport_at + (tcp ? 16 : 6);
  layout.payload_per_packet = offload.gso_bytes;
  return transport_header >= 8 && (!tcp || transport_header >= 20) && layout.payload_at <= layout.end &&
         layout.payload_per_packet > 0;
}

// The sum over the pseudo-header (RFC 9293, 3.1), which is what the checksum field holds while the rest is offloaded.
std::uint16_t pseudo_header_sum(const std::uint8_t* ip, std::uint8_t protocol, std::size_t transport_bytes) {
  return ones_sum({ip + 12, 8}, static_cast<std::uint32_t>(protocol + transport_bytes));
}

void fix_ip_header(Bytes packet, const Layout& layout, std::uint16_t identification) {
  std::uint8_t* ip = packet.data() + kIpAt;
  store16(ip + 2, static_cast<std::uint16_t>(packet.size() - kIpAt));
  store16(ip + 4, identification);
  store16(ip + 10, 0);
  store16(ip + 10, internet_checksum({ip, layout.transport_at - kIpAt}));
}

}  // namespace

bool is_super_frame(ConstBytes frame) {
  return offload_of(frame).gso_type != kGsoNone;
}

bool segment(ConstBytes frame, Bytes scratch, const std::function<void(Bytes packet)>& emit) {
  Layout layout;
  if (!parse(frame, layout)) return false;
  const std::uint16_t first_identification = load16(frame.data() + kIpAt + 4);
  const std::uint32_t first_sequence = load32(frame.data() + layout.transport_at + 4);
  const std::uint8_t flags = frame[layout.transport_at + 13];

  std::size_t index = 0;
  for (std::size_t at = layout.payload_at; at < layout.end || index == 0; ++index) {
    const std::size_t payload = std::min(layout.payload_per_packet, layout.end - at);
    const bool last = at + payload == layout.end;
    const Bytes packet = scratch.first(layout.payload_at + payload);
    std::memcpy(packet.data(), frame.data(), layout.payload_at);
    std::memcpy(packet.data() + layout.payload_at, frame.data() + at, payload);

    fix_ip_header(packet, layout, static_cast<std::uint16_t>(first_identification + index));
    std::uint8_t* transport = packet.data() + layout.transport_at;
    if (layout.protocol == kProtocolTcp) {
      store32(transport + 4, static_cast<std::uint32_t>(first_sequence + (at - layout.payload_at)));
      const std::uint8_t not_here =
          static_cast<std::uint8_t>((last ? 0 : kTcpFin | kTcpPsh) | (at == layout.payload_at ? 0 : kTcpCwr));
      transport[13] = static_cast<std::uint8_t>(flags & ~not_here);
    } else {
      store16(transport + 4, static_cast<std::uint16_t>(packet.size() - layout.transport_at));
    }
    store16(packet.data() + layout.checksum_at,
            pseudo_header_sum(packet.data() + kIpAt, layout.protocol, packet.size() - layout.transport_at));
    OffloadHeader offload{};
    offload.flags = kNeedsChecksum;
    offload.checksum_start = static_cast<std::uint16_t>(layout.transport_at - kOffloadBytes);
    offload.checksum_offset = static_cast<std::uint16_t>(layout.checksum_at - layout.transport_at);
    set_offload(packet, offload);
    at += payload;
    emit(packet);
  }
  return true;
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
