// One client call as the client saw it. The recorder writes these, checkers judge them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "harness/base/clock.h"

namespace chamber {

// A client never retries: one operation, one outcome.
enum class Outcome : std::uint8_t {
  kOk,       // the system said that it is done
  kFail,     // certainly not done, and never will be
  kUnknown,  // may have been done, may be done later, may never be done (time-out, closed connection, crash)
};

// What was asked for. The numbers are part of the file format: only ever append.
enum class Function : std::uint8_t {
  kRead,      // value: what was read, none when there was nothing; a read of a set or a list: payload
  kWrite,     // value: what was written
  kCas,       // value: what was written, if `expected` was there before (none: if nothing was there)
  kAppend,    // value: what was appended to the list or the log under `key`
  kAdd,       // value: the element that was added to the set under `key`
  kRemove,    // value: the element that was removed from the set under `key`
  kEnqueue,   // value: what was put at the tail of the queue under `key`
  kDequeue,   // value: what was taken from the head, none when the queue was empty
  kTransfer,  // payload: from, to, amount
  kTxn,       // payload: micro-operations, see transaction.h
  kIssue,     // value: the credential or token that was handed out (an identifier, never the secret)
  kRevoke,    // value: the credential or token that was revoked
  kUse,       // value: the credential or token that was presented; ok: accepted, fail: refused
  kDelete,    // what was under `key` was deleted
  kRenew,     // value: the credential whose lease was renewed
};
inline constexpr std::uint8_t kFunctions = 15;

[[nodiscard]] std::string_view to_string(Outcome outcome);
[[nodiscard]] std::string_view to_string(Function function);
[[nodiscard]] std::optional<Outcome> outcome_from(std::string_view text);
[[nodiscard]] std::optional<Function> function_from(std::string_view text);

// The class of errors with which a system says no in good health: a compare-and-set that lost, a revoked credential.
inline constexpr std::string_view kConflict = "conflict";
// Whether the client was served: ok, or failed with kConflict.
[[nodiscard]] inline bool is_served(Outcome outcome, std::string_view error) {
  return outcome == Outcome::kOk || (outcome == Outcome::kFail && error == kConflict);
}

// The end of an operation that never came back.
inline constexpr Instant kNever = Instant::max();

// Keys and values are numbers. What is text (an imported history) is an index into History::texts plus one of these.
inline constexpr std::uint64_t kTextKey = 1ULL << 63;
inline constexpr std::int64_t kTextValue = 1LL << 62;

struct Operation {
  Instant intended;  // when the schedule wanted it to start; latency counts from here
  Instant start;     // when the client really began
  Instant end;       // when the client knew the outcome or gave up; kNever when it never did

  std::uint64_t key = 0;
  std::optional<std::int64_t> value;     // written, appended, added or read: see Function
  std::optional<std::int64_t> expected;  // kCas alone

  std::uint32_t process = 0;        // the logical client: it has one operation at a time
  std::uint32_t payload_begin = 0;  // into History::payload …
  std::uint32_t payload_size = 0;   // … in words; 0 for most

  std::uint16_t workload = 0;  // index into History::names
  std::uint16_t error = 0;     // index into History::names: the class of the error, 0 for none
  std::uint16_t node = 0;      // index into History::names: what answered, 0 for unknown

  Function function = Function::kRead;
  Outcome outcome = Outcome::kUnknown;
  bool final = false;  // made after the load ended and every fault was undone: the state that was left
};

[[nodiscard]] inline Duration latency(const Operation& operation) {
  return operation.end - operation.intended;
}

}  // namespace chamber
