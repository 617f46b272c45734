// Everything that a run recorded, on one clock. A history is a value: it can be saved, loaded years later and judged
// again. Reading one from any of its formats: load_any() in load_any.h.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/clock.h"
#include "harness/history/operation.h"

namespace chamber {

// The numbers are part of the file format: only ever append.
enum class EventKind : std::uint8_t {
  kFaultStart,      // subject: "kill vault-0", the same for the four of one fault
  kFaultProved,     // detail: what was measured
  kFaultNotProved,  // detail: what was measured instead
  kFaultEnd,        // undone, and the undoing was seen
  kRoleChange,      // subject: the role, "vault.leader"; detail: the node or nodes that have it now, "" for none
  kPhase,           // subject: the phase; detail: "start", "end"
  kLoadStart,       // subject: the workload
  kLoadEnd,         // subject: the workload; detail: what could not be started in time, if any
  kNote,            // anything a person may want to read on the time line
  kHeld,            // subject: the kind of fault or action; detail: a promise that it saw held, and what was seen
  kBroken,          // the same, seen broken
  kFaultUndo,       // its undoing begins: from here on the harm may be gone
};
inline constexpr std::uint8_t kEventKinds = 12;

[[nodiscard]] std::string_view to_string(EventKind kind);
[[nodiscard]] std::optional<EventKind> event_kind_from(std::string_view text);

struct Event {
  Instant at;
  EventKind kind = EventKind::kNote;
  std::string subject;
  std::string detail;
};

struct History {
  std::vector<std::string> names = {""};  // what operations refer to by number; [0] is "", meaning none
  std::vector<std::string> texts;         // keys and values that are not numbers: see kTextKey
  std::vector<Operation> operations;      // by start, then process
  std::vector<std::int64_t> payload;      // words of operations that need more than one value
  std::vector<Event> events;              // by time

  Instant origin;           // when the recorder was opened: zero of the run's clock
  std::string origin_wall;  // the same in UTC, RFC 3339
  Instant complete_until;   // up to here nothing is missing; the end of the run when `complete`
  bool complete = true;     // false: cut short (crash, damage); operations are as they stood at complete_until
  std::string incomplete_reason;

  [[nodiscard]] std::string_view name(std::uint16_t index) const {
    return index < names.size() ? std::string_view(names[index]) : std::string_view();
  }
  // The number of a name, none when nothing bears it.
  [[nodiscard]] std::optional<std::uint16_t> find_name(std::string_view name) const;
  // The same, added if need be. 65,535 when there are too many: the caller's names are then not classes but data.
  std::uint16_t intern(std::string_view name);

  [[nodiscard]] std::span<const std::int64_t> payload_of(const Operation& operation) const {
    return std::span(payload).subspan(operation.payload_begin, operation.payload_size);
  }
  void set_payload(Operation& operation, std::span<const std::int64_t> words);

  // A key or value as people wrote it: the number, or its text.
  [[nodiscard]] std::string key_text(std::uint64_t key) const;
  [[nodiscard]] std::string value_text(std::int64_t value) const;
  [[nodiscard]] std::string value_text(std::optional<std::int64_t> value) const;  // "nothing" for none

  // Time on the run's clock, "12.345s".
  [[nodiscard]] std::string when(Instant at) const;
  // "write(x, 7)", "read(x) → 7", "txn{append(x, 1); read(y) → [2 3]}".
  [[nodiscard]] std::string call(const Operation& operation) const;
  // "process 3 write(x, 7) ok [1.200s … 1.204s] from vault-0", for evidence.
  [[nodiscard]] std::string describe(const Operation& operation) const;

  // Brings operations and events into the order promised above.
  void sort();
};

}  // namespace chamber
