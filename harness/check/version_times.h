// The order of a register's versions that real time tells: where a transaction that wrote or read one had ended before
// one that wrote or read another began, the one came before the other. At strict serializability alone, which is what
// makes it so (Elle calls such keys linearizable).
#pragma once

#include <cstdint>
#include <vector>

#include "harness/check/anomalies.h"

namespace chamber {

// That a transaction wrote a version, or read it.
struct VersionTouch {
  std::uint32_t writer = 0;
  std::uint32_t transaction = 0;  // the writer itself, or a reader
  std::int64_t value = 0;
};

// Adds an edge from each version's writer and readers to the writer of each that is later by time, in space that grows
// with the touches. Where two versions are later than each other (a violation by itself), not all edges, but a cycle.
void order_versions_by_time(TransactionGraph& graph, std::uint32_t key, std::vector<VersionTouch> touches);

}  // namespace chamber
