#include "harness/history/format.h"

#include <limits>

namespace chamber::format {
namespace {

enum Flag : std::uint8_t {
  kHasExpected = 1,
  kHasPayload = 2,
  kFinal = 4,
  kHasError = 8,
  kSameNode = 16,
  kSameWorkload = 32,
  kWasBegun = 64,
  kNeverEnded = 128,
};

constexpr std::uint8_t kFunctionBits = 0x1F;
constexpr std::uint8_t kOutcomeShift = 5;
constexpr std::uint8_t kHasValue = 0x80;
constexpr std::size_t kLongestVarint = 10;
// Two bytes, process, seven 64-bit numbers, three names, the payload's count.
constexpr std::size_t kLongestRecord = 2 + kLongestVarint * 12;

std::uint8_t* write_varint(std::uint8_t* out, std::uint64_t value) {
  while (value >= 0x80) {
    *out++ = static_cast<std::uint8_t>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<std::uint8_t>(value);
  return out;
}

std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

std::uint8_t* write_signed(std::uint8_t* out, std::int64_t value) {
  return write_varint(out, zigzag(value));
}

// Wraps instead of overflowing: any two 64-bit numbers have a difference that adds up again.
std::int64_t wrapping_difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

std::int64_t wrapping_sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

std::int64_t ticks(Instant at) {
  return at.time_since_epoch().count();
}

std::uint16_t get_name(Cursor& cursor) {
  const std::uint64_t name = cursor.varint();
  if (name > std::numeric_limits<std::uint16_t>::max()) cursor.spoil();
  return static_cast<std::uint16_t>(name);
}

}  // namespace

void put_u32(Bytes& bytes, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
}

void put_varint(Bytes& bytes, std::uint64_t value) {
  std::array<std::uint8_t, kLongestVarint> buffer;
  bytes.insert(bytes.end(), buffer.data(), write_varint(buffer.data(), value));
}

void put_signed(Bytes& bytes, std::int64_t value) {
  put_varint(bytes, zigzag(value));
}

void put_text(Bytes& bytes, std::string_view text) {
  put_varint(bytes, text.size());
  bytes.insert(bytes.end(), text.begin(), text.end());
}

std::uint8_t Cursor::byte() {
  if (bytes_.empty()) {
    spoil();
    return 0;
  }
  const std::uint8_t value = bytes_.front();
  bytes_ = bytes_.subspan(1);
  return value;
}

std::uint32_t Cursor::u32() {
  std::uint32_t value = 0;
  for (int shift = 0; shift < 32; shift += 8) value |= static_cast<std::uint32_t>(byte()) << shift;
  return good_ ? value : 0;
}

std::uint64_t Cursor::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t next = byte();
    value |= static_cast<std::uint64_t>(next & 0x7F) << shift;
    if ((next & 0x80) == 0) return good_ ? value : 0;
  }
  spoil();
  return 0;
}

std::int64_t Cursor::signed_varint() {
  return unzigzag(varint());
}

std::string_view Cursor::text() {
  const std::uint64_t size = varint();
  if (size > bytes_.size()) {
    spoil();
    return {};
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes_.data()), size);
  bytes_ = bytes_.subspan(size);
  return text;
}

bool time_fits(std::int64_t since_origin) {
  return since_origin > -kTimeLimit && since_origin < kTimeLimit;
}

void OperationCoder::encode(Bytes& bytes, const Operation& operation, std::span<const std::int64_t> payload,
                            bool was_begun) {
  std::uint8_t flags = 0;
  if (operation.expected) flags |= kHasExpected;
  if (!payload.empty()) flags |= kHasPayload;
  if (operation.final) flags |= kFinal;
  if (operation.error != 0) flags |= kHasError;
  if (operation.node == previous_node_) flags |= kSameNode;
  if (operation.workload == previous_workload_) flags |= kSameWorkload;
  if (was_begun) flags |= kWasBegun;
  if (operation.end == kNever) flags |= kNeverEnded;

  std::array<std::uint8_t, kLongestRecord> record;
  std::uint8_t* out = record.data();
  *out++ = static_cast<std::uint8_t>(static_cast<unsigned>(operation.function) |
                                     static_cast<unsigned>(operation.outcome) << kOutcomeShift |
                                     (operation.value ? kHasValue : 0U));
  *out++ = flags;
  out = write_varint(out, operation.process);
  const std::int64_t start = ticks(operation.start);
  out = write_signed(out, wrapping_difference(start, ticks(previous_start_)));
  out = write_signed(out, wrapping_difference(start, ticks(operation.intended)));
  if (operation.end != kNever) out = write_signed(out, wrapping_difference(ticks(operation.end), start));
  out = write_varint(out, operation.key);
  if (operation.value) out = write_signed(out, *operation.value);
  if (operation.expected)
    out = write_signed(out, wrapping_difference(*operation.expected, operation.value.value_or(0)));
  if ((flags & kSameWorkload) == 0) out = write_varint(out, operation.workload);
  if ((flags & kSameNode) == 0) out = write_varint(out, operation.node);
  if (operation.error != 0) out = write_varint(out, operation.error);
  if (!payload.empty()) out = write_varint(out, payload.size());
  bytes.insert(bytes.end(), record.data(), out);
  for (const std::int64_t word : payload) put_signed(bytes, word);

  previous_start_ = operation.start;
  previous_workload_ = operation.workload;
  previous_node_ = operation.node;
}

OperationCoder::Decoded OperationCoder::decode(Cursor& cursor, std::vector<std::int64_t>& payload) {
  payload.clear();
  Operation operation;
  const std::uint8_t head = cursor.byte();
  const std::uint8_t flags = cursor.byte();
  const std::uint8_t function = head & kFunctionBits;
  const std::uint8_t outcome = (head >> kOutcomeShift) & 3;
  if (function >= kFunctions || outcome > static_cast<std::uint8_t>(Outcome::kUnknown)) cursor.spoil();
  operation.function = static_cast<Function>(function);
  operation.outcome = static_cast<Outcome>(outcome);
  operation.final = (flags & kFinal) != 0;

  const std::uint64_t process = cursor.varint();
  if (process > std::numeric_limits<std::uint32_t>::max()) cursor.spoil();
  operation.process = static_cast<std::uint32_t>(process);

  const std::int64_t zero = ticks(origin_);
  const auto checked = [&](std::int64_t at) {
    if (!time_fits(wrapping_difference(at, zero))) {
      cursor.spoil();
      return origin_;
    }
    return Instant(Duration(at));
  };
  operation.start = checked(wrapping_sum(ticks(previous_start_), cursor.signed_varint()));
  operation.intended = checked(wrapping_difference(ticks(operation.start), cursor.signed_varint()));
  operation.end = kNever;
  if ((flags & kNeverEnded) == 0) operation.end = checked(wrapping_sum(ticks(operation.start), cursor.signed_varint()));
  // What is known has an end, and no end comes before its start: a checker could take it for optional.
  const bool known = operation.outcome != Outcome::kUnknown;
  if (operation.end < operation.start || (known && operation.end == kNever)) cursor.spoil();

  operation.key = cursor.varint();
  if ((head & kHasValue) != 0) operation.value = cursor.signed_varint();
  if ((flags & kHasExpected) != 0)
    operation.expected = wrapping_sum(cursor.signed_varint(), operation.value.value_or(0));
  operation.workload = (flags & kSameWorkload) != 0 ? previous_workload_ : get_name(cursor);
  operation.node = (flags & kSameNode) != 0 ? previous_node_ : get_name(cursor);
  operation.error = (flags & kHasError) != 0 ? get_name(cursor) : std::uint16_t{0};
  if ((flags & kHasPayload) != 0) {
    const std::uint64_t words = cursor.varint();
    // Every word takes a byte at least: more words than bytes is damage, found before memory is taken for them.
    if (words > cursor.left()) cursor.spoil();
    for (std::uint64_t i = 0; i < words && cursor.good(); ++i) payload.push_back(cursor.signed_varint());
  }
  previous_start_ = operation.start;
  previous_workload_ = operation.workload;
  previous_node_ = operation.node;
  return {operation, (flags & kWasBegun) != 0};
}

void put_event(Bytes& bytes, const Event& event, Instant origin) {
  put_signed(bytes, (event.at - origin).count());
  bytes.push_back(static_cast<std::uint8_t>(event.kind));
  put_text(bytes, event.subject);
  put_text(bytes, event.detail);
}

std::optional<Event> get_event(Cursor& cursor, Instant origin) {
  const std::int64_t since_origin = cursor.signed_varint();
  const std::uint8_t kind = cursor.byte();
  const std::string_view subject = cursor.text();
  const std::string_view detail = cursor.text();
  if (!cursor.good() || kind >= kEventKinds || !time_fits(since_origin)) return std::nullopt;
  return Event{origin + Duration(since_origin), static_cast<EventKind>(kind), std::string(subject),
               std::string(detail)};
}

}  // namespace chamber::format
