// The Internet checksum (RFC 1071).
#pragma once

#include <cstdint>
#include <span>

namespace chamber::wire {

// The one's complement sum of the bytes as big-endian 16-bit words, an odd last byte padded with zero, folded to 16
// bits. `initial` is such a sum of what comes before; that must have had an even length.
[[nodiscard]] std::uint16_t ones_sum(std::span<const std::uint8_t> bytes, std::uint32_t initial = 0);

// What a header carries: the complement of ones_sum().
[[nodiscard]] inline std::uint16_t internet_checksum(std::span<const std::uint8_t> bytes, std::uint32_t initial = 0) {
  return static_cast<std::uint16_t>(~ones_sum(bytes, initial));
}

}  // namespace chamber::wire
