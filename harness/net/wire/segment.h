// Doing in user space what segmentation and checksum offload leave to the network card.
#pragma once

#include <optional>

#include "harness/net/wire/frame.h"

namespace chamber::wire {

// True when the frame stands for several packets: its offload header has a gso_type.
[[nodiscard]] inline bool is_super_frame(ConstBytes frame) {
  return offload_of(frame).gso_type != kGsoNone;
}

// A super-frame of TCP (RFC 9293) or UDP over IPv4, seen as the packets that Ethernet would carry. A view: the frame's
// bytes must outlive it.
class SuperFrame {
 public:
  // Nothing when the frame is not what its offload header says.
  [[nodiscard]] static std::optional<SuperFrame> parse(ConstBytes frame);

  [[nodiscard]] std::size_t packets() const { return packets_; }
  // What Ethernet would carry of packet `index`.
  [[nodiscard]] std::size_t ethernet_bytes(std::size_t index) const;

  // `count` packets from `first` on, written to `to`, which must hold kFrameBytesMax bytes: a packet when it is one, a
  // smaller super-frame when there are more. Done as Linux does it
  // (Documentation/networking/segmentation-offloads.rst): headers are repeated; length, identification, sequence number
  // and header checksum are each packet's own; FIN and PSH stay with the last packet, CWR with the first. The transport
  // checksum stays offloaded.
  [[nodiscard]] Bytes slice(std::size_t first, std::size_t count, Bytes to) const;

 private:
  SuperFrame() = default;

  ConstBytes frame_;
  std::uint8_t protocol_ = 0;
  // Offsets count from the start of the offload header.
  std::size_t transport_at_ = 0;
  std::size_t checksum_at_ = 0;
  std::size_t payload_at_ = 0;
  std::size_t end_ = 0;
  std::size_t payload_per_packet_ = 0;
  std::size_t packets_ = 0;
};

// Computes the transport checksum that the offload header asks for and takes the request back. Nothing to do is
// success; false when the header points outside of the frame. Not for super-frames.
[[nodiscard]] bool complete_checksum(Bytes frame);

}  // namespace chamber::wire
