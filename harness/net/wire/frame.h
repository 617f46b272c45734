// A frame as it passes through the wire: the kernel's virtio_net_hdr, which says what checksum and segmentation work
// is still to be done, then the Ethernet frame. TAP devices and packet sockets exchange exactly these bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "harness/net/wire/address.h"

namespace chamber::wire {

// struct virtio_net_hdr of the virtio specification (5.1.6), in this machine's byte order. Its Linux header file is
// not C++ (a field is called `class`).
struct OffloadHeader {
  std::uint8_t flags;             // kNeedsChecksum
  std::uint8_t gso_type;          // kGso…
  std::uint16_t header_bytes;     // a hint: Ethernet, IP and transport headers
  std::uint16_t gso_bytes;        // payload of each packet
  std::uint16_t checksum_start;   // from the Ethernet header: where to begin to sum
  std::uint16_t checksum_offset;  // from there: where the checksum goes
};

inline constexpr std::uint8_t kNeedsChecksum = 1;
inline constexpr std::uint8_t kGsoNone = 0;
inline constexpr std::uint8_t kGsoTcpIpv4 = 1;
inline constexpr std::uint8_t kGsoUdp = 5;
inline constexpr std::uint8_t kGsoEcn = 0x80;  // a flag beside kGsoTcpIpv4

inline constexpr std::size_t kOffloadBytes = sizeof(OffloadHeader);
inline constexpr std::size_t kEthernetBytes = 14;
inline constexpr std::size_t kIpAt = kOffloadBytes + kEthernetBytes;
inline constexpr std::size_t kIpBytesMax = 65535;
inline constexpr std::size_t kFrameBytesMax = kIpAt + kIpBytesMax;

inline constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherTypeArp = 0x0806;
inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;

static_assert(kOffloadBytes == 10, "the layout that TAP devices and packet sockets are set to");

using Bytes = std::span<std::uint8_t>;
using ConstBytes = std::span<const std::uint8_t>;

[[nodiscard]] inline std::uint16_t load16(const std::uint8_t* at) {
  return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}
[[nodiscard]] inline std::uint32_t load32(const std::uint8_t* at) {
  return std::uint32_t{load16(at)} << 16 | load16(at + 2);
}
inline void store16(std::uint8_t* at, std::uint16_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}
inline void store32(std::uint8_t* at, std::uint32_t value) {
  store16(at, static_cast<std::uint16_t>(value >> 16));
  store16(at + 2, static_cast<std::uint16_t>(value));
}

[[nodiscard]] inline OffloadHeader offload_of(ConstBytes frame) {
  OffloadHeader header;
  std::memcpy(&header, frame.data(), sizeof header);
  return header;
}
inline void set_offload(Bytes frame, const OffloadHeader& header) {
  std::memcpy(frame.data(), &header, sizeof header);
}

// The functions below need a frame of at least kIpAt bytes.
[[nodiscard]] inline std::uint16_t ether_type(ConstBytes frame) {
  return load16(frame.data() + kOffloadBytes + 12);
}

// The address behind a MAC that mac_of() made; false for any other (broadcast, multicast, strangers).
[[nodiscard]] inline bool address_of_mac(const std::uint8_t* mac, Ipv4& address) {
  if (mac[0] != 0x02 || mac[1] != 0x00) return false;
  address.value = load32(mac + 2);
  return true;
}

// What Ethernet would carry of it: without the offload header.
[[nodiscard]] inline std::size_t ethernet_bytes(ConstBytes frame) {
  return frame.size() - kOffloadBytes;
}

}  // namespace chamber::wire
