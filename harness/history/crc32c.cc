#include "harness/history/crc32c.h"

#include <array>
#include <cstring>

namespace chamber {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0x82F63B78U : 0U);
    table[byte] = value;
  }
  return table;
}

constexpr auto kTable = make_table();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_processor(std::span<const std::uint8_t> bytes, std::uint32_t seed) {
  std::uint64_t value = ~seed;
  while (bytes.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    value = __builtin_ia32_crc32di(value, word);
    bytes = bytes.subspan(sizeof word);
  }
  auto narrow = static_cast<std::uint32_t>(value);
  for (const std::uint8_t byte : bytes) narrow = __builtin_ia32_crc32qi(narrow, byte);
  return ~narrow;
}
#endif

}  // namespace

std::uint32_t crc32c_portable(std::span<const std::uint8_t> bytes, std::uint32_t seed) {
  std::uint32_t value = ~seed;
  for (const std::uint8_t byte : bytes) value = kTable[(value ^ byte) & 0xFFU] ^ (value >> 8);
  return ~value;
}

std::uint32_t crc32c(std::span<const std::uint8_t> bytes, std::uint32_t seed) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  if (has_instruction) return by_processor(bytes, seed);
#endif
  return crc32c_portable(bytes, seed);
}

}  // namespace chamber
