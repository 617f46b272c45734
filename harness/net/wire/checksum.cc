#include "harness/net/wire/checksum.h"

#include <bit>
#include <cstddef>
#include <cstring>

namespace chamber::wire {
namespace {

std::uint16_t fold(std::uint64_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

std::uint16_t swap_bytes(std::uint16_t value) {
  return static_cast<std::uint16_t>(value << 8 | value >> 8);
}

}  // namespace

std::uint16_t ones_sum(std::span<const std::uint8_t> bytes, std::uint32_t initial) {
  // The sum does not depend on the byte order of its words (RFC 1071, 2B): add native words, four bytes at a time into
  // 64 bits, which can't overflow below 16 GiB, and swap the result once.
  std::uint64_t sum = 0;
  std::size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    sum += word;
  }
  std::uint32_t tail = 0;
  if (at < bytes.size()) std::memcpy(&tail, bytes.data() + at, bytes.size() - at);
  std::uint16_t folded = fold(sum + tail);
  if constexpr (std::endian::native == std::endian::little) folded = swap_bytes(folded);
  return fold(std::uint64_t{folded} + initial);
}

}  // namespace chamber::wire
