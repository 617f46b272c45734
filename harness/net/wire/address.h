// IPv4 addresses of a cell and the MAC addresses that follow from them.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "harness/base/result.h"

namespace chamber {

// In host byte order, so that addresses compare and count as numbers.
struct Ipv4 {
  std::uint32_t value = 0;

  [[nodiscard]] static constexpr Ipv4 of(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return Ipv4{std::uint32_t{a} << 24 | std::uint32_t{b} << 16 | std::uint32_t{c} << 8 | d};
  }
  // Four decimal numbers without leading zeros; kInput otherwise.
  [[nodiscard]] static Result<Ipv4> parse(std::string_view text);

  friend auto operator<=>(const Ipv4&, const Ipv4&) = default;
};

[[nodiscard]] std::string to_string(Ipv4 address);

// The network of every cell: 198.18.0.0/15, set aside for benchmarks of devices (RFC 2544) and so never a real peer.
inline constexpr Ipv4 kCellNetwork = Ipv4::of(198, 18, 0, 0);
inline constexpr unsigned kCellPrefixBits = 15;
inline constexpr std::uint32_t kCellHosts = 1U << (32 - kCellPrefixBits);

// True for a host's address in the cell's network: neither its first (the network) nor its last (broadcast).
[[nodiscard]] constexpr bool is_cell_address(Ipv4 address) {
  const std::uint32_t host = address.value - kCellNetwork.value;
  return address.value >= kCellNetwork.value && host > 0 && host < kCellHosts - 1;
}

using Mac = std::array<std::uint8_t, 6>;

// 02:00:a:b:c:d for a.b.c.d: locally administered, unicast, and the address can be read back from it.
[[nodiscard]] constexpr Mac mac_of(Ipv4 address) {
  return {0x02,
          0x00,
          static_cast<std::uint8_t>(address.value >> 24),
          static_cast<std::uint8_t>(address.value >> 16),
          static_cast<std::uint8_t>(address.value >> 8),
          static_cast<std::uint8_t>(address.value)};
}

}  // namespace chamber
