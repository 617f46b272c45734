// The file format, version 1. All numbers are little-endian; "varint" is LEB128, "signed" a zigzag varint.
//
//   header   magic "CHAMBERH", u32 version, u32 length of the rest, then: i64 origin (ns of CLOCK_MONOTONIC),
//            the origin's wall time (text), u32 CRC-32C of all before it
//   block    u32 length of the payload, u32 CRC-32C of length, type and payload, u8 type, payload
//
// A block is read without any other, but for the names it refers to, which stand in earlier blocks:
//   names       varint first index, varint count, then each: varint length, bytes
//   texts       the same, for keys and values that are text
//   ended       operations that ended, coded as below against the one before in the same block
//   begun       operations in flight at a checkpoint; each will come again as ended, flagged kWasBegun
//   events      each: signed ns since origin, u8 kind, varint length, subject, varint length, detail
//   checkpoint  signed T: every operation that started before T is in the file by now
//   end         u8 complete, signed end (or the time up to which it is complete), varint count of operations,
//               varint length, reason
//
// An operation: u8 function (5 bits), outcome (2 bits), has-value; u8 flags; varint process; signed start since that
// of the operation before (of the origin for the first); signed start - intended; signed end - start unless never;
// varint key; signed value; signed expected - value (expected, where there is no value); varint workload, node, error
// as the flags say; varint count of payload words, each signed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "harness/base/clock.h"
#include "harness/history/history.h"

namespace chamber::format {

inline constexpr std::array<std::uint8_t, 8> kMagic = {'C', 'H', 'A', 'M', 'B', 'E', 'R', 'H'};
inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::size_t kHeaderFixed = 16;
inline constexpr std::size_t kBlockHeader = 9;
// Times further than this from the origin (some 36 years) are damage: sums and differences of times can't overflow.
inline constexpr std::int64_t kTimeLimit = 1LL << 60;

enum class Block : std::uint8_t {
  kNames = 1,
  kTexts = 2,
  kEnded = 3,
  kBegun = 4,
  kEvents = 5,
  kCheckpoint = 6,
  kEnd = 7,
};

using Bytes = std::vector<std::uint8_t>;

void put_u32(Bytes& bytes, std::uint32_t value);
void put_varint(Bytes& bytes, std::uint64_t value);
void put_signed(Bytes& bytes, std::int64_t value);
void put_text(Bytes& bytes, std::string_view text);

// Reads from the front; the first thing that doesn't fit makes it bad for good, and everything read after that zero.
class Cursor {
 public:
  explicit Cursor(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  [[nodiscard]] bool at_end() const { return bytes_.empty(); }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::size_t left() const { return bytes_.size(); }
  void spoil() {
    good_ = false;
    bytes_ = {};
  }

  std::uint8_t byte();
  std::uint32_t u32();
  std::uint64_t varint();
  std::int64_t signed_varint();
  std::string_view text();

 private:
  std::span<const std::uint8_t> bytes_;
  bool good_ = true;
};

// Codes the operations of one block, in its order.
class OperationCoder {
 public:
  explicit OperationCoder(Instant origin) : origin_(origin), previous_start_(origin) {}
  void restart() { *this = OperationCoder(origin_); }

  void encode(Bytes& bytes, const Operation& operation, std::span<const std::int64_t> payload, bool was_begun);

  struct Decoded {
    Operation operation;
    bool was_begun = false;
  };
  // Leaves the cursor bad when the bytes are not an operation. `payload` is replaced.
  Decoded decode(Cursor& cursor, std::vector<std::int64_t>& payload);

 private:
  Instant origin_;
  Instant previous_start_;
  std::uint16_t previous_workload_ = 0;
  std::uint16_t previous_node_ = 0;
};

// The payload of an event, of a name list.
void put_event(Bytes& bytes, const Event& event, Instant origin);
[[nodiscard]] std::optional<Event> get_event(Cursor& cursor, Instant origin);
// False when a time is further from the origin than the format holds.
[[nodiscard]] bool time_fits(std::int64_t since_origin);

}  // namespace chamber::format
