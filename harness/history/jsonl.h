// Histories as JSON Lines: for people, and for histories that other tools made. Nothing is lost either way.
//
// One object a line; each operation is two lines, its invocation and its completion, matched by process:
//   {"process":3,"kind":"invoke","op":"write","key":"x","value":7,"time_ns":1000}
//   {"process":3,"kind":"ok","time_ns":2000}
// process   a client, 0 to 4294967295; it has one operation at a time
// kind      invoke; then ok, fail (certainly not done) or unknown (may have been done, now or later)
// op        read, write, cas, append, add, remove, enqueue, dequeue, transfer, txn, issue, revoke, use, delete, renew;
//           needed in an invocation; in a completion it may stand, and must then be the same
// key       a number from 0 to 2^63 - 1, or a text; 0 when left out
// value     a number, a text or null for nothing; of a read it stands in the completion, of a write in the invocation.
//           cas: [expected, new]. A read of a set or a list, transfer: an array. txn: an array of ["r", key, value],
//           ["w", key, value], ["append", key, value]; in a list-append history a read's value is an array. What
//           stands in a completion replaces what stood in the invocation.
// time_ns   on any one clock; for a completion null says "never", and so does a completion that is missing
// intended_ns, workload, final (invocation), node, error (completion): may stand, see operation.h
//
// Beside operations: a first line {"chamber":1,"origin_ns":…,"origin_wall":…,"complete":…,"complete_until_ns":…,
// "incomplete_reason":…,"lines":…}, which makes the times count from that origin, and events,
// {"kind":"event","event":"fault_start","subject":…,"detail":…,"time_ns":…}. "lines" is how many lines are behind the
// first, empty ones not counted; when fewer are there, the file was cut short and so is the history. Without it a file
// that ends behind a whole line can't be told from one that is whole: tools that write their own should say it. Lines
// have no checksum: of what may be damaged keep the binary format.
#pragma once

#include <iosfwd>
#include <string_view>

#include "harness/base/result.h"
#include "harness/history/history.h"

namespace chamber {

// kInput when a process has two operations at once: they could not be told apart again.
[[nodiscard]] Result<void> export_jsonl(const History& history, std::ostream& out);

// Errors are of kind kInput: "file:line:column: what is wrong, what would be right".
[[nodiscard]] Result<History> import_jsonl(std::istream& in, std::string_view file);

}  // namespace chamber
