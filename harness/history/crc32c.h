// CRC-32C (Castagnoli, polynomial 0x1EDC6F41 reflected), as in RFC 3720 appendix B.4; by the processor where it can.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace chamber {

// `seed` is the result for the bytes before these, 0 at the beginning.
[[nodiscard]] std::uint32_t crc32c(std::span<const std::uint8_t> bytes, std::uint32_t seed = 0);

// The table-driven form that is used where the processor has no instruction; here for the test that compares them.
[[nodiscard]] std::uint32_t crc32c_portable(std::span<const std::uint8_t> bytes, std::uint32_t seed = 0);

}  // namespace chamber
