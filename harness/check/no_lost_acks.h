// Whether everything that was acknowledged is still there at the end: the cheapest proof of durability, and the one
// that scales to any number of operations.
//
// Written in any of two ways:
// - elements under a key (append, add, enqueue): an element whose operation was ok must be in every final read of its
//   key that shows a list, once; where final reads show one element each, in one of them. An element whose operation
//   certainly failed, or that nobody tried to write, must be in none.
// - a value under a key (write, cas, delete): the final read of the key must not show a value that nobody wrote, nor
//   one that an acknowledged write had replaced for certain: one whose writes all ended before the start of another
//   write that was ok. A delete writes that there is nothing.
// A final read is an ok read with Operation::final, of a list (payload) or of one value. Reads must begin after every
// ok write of the key ended; others are not used.
#pragma once

#include <cstdint>
#include <string>

#include "harness/check/verdict.h"
#include "harness/history/history.h"

namespace chamber {

struct NoLostAcksOptions {
  std::string workload = {};
  std::uint64_t least_operations = 1;  // fewer acknowledged: inconclusive
  bool duplicates_fail = true;         // an element twice in one read: a write that was done twice
};

// fail names each lost, duplicated or invented element with its operation. A key that was written to and has no final
// read, or an element without a value: inconclusive. The summary says how many unknown ones turned out to be done.
[[nodiscard]] CheckResult check_no_lost_acks(const History& history, const NoLostAcksOptions& options);

}  // namespace chamber
