// The graph of dependencies between transactions (Adya, "Weak consistency: a generalized theory and optimistic
// implementations for distributed transactions", 1999) and the cycles in it.
//
// Nodes are numbers. Beside those of transactions there may be helpers that stand for many edges at once: an edge into
// a helper carries the kind, the edge out of it continues it (see Edge::kind), and cycles are given without helpers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/check/limits.h"

namespace chamber {

enum class Dependency : std::uint8_t {
  kWriteWrite = 1,     // `to` wrote the version that follows one of `from`
  kWriteRead = 2,      // `to` read a version of `from`
  kReadWrite = 4,      // `to` wrote a version that follows one that `from` read
  kRealTime = 8,       // `from` had ended before `to` began
  kTimedVersion = 16,  // `to` wrote a version that real time shows to be later than one that `from` read or wrote
};
using Dependencies = std::uint8_t;  // several, or-ed
inline constexpr Dependencies kWritesOnly = 1;
inline constexpr Dependencies kWritesAndReads = 3;
inline constexpr Dependencies kAllButTime = 7;
inline constexpr Dependencies kAllAndTime = 31;

struct Edge {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::uint32_t key = 0;   // for the words; not used here
  std::int64_t value = 0;  // the same: the version
  Dependency kind = Dependency::kWriteWrite;
};

class DependencyGraph {
 public:
  // `edges` between nodes below `nodes`; those from a node to itself are left out. Nodes from `first_helper` on are
  // helpers; the edges out of a helper that is reached by different kinds must have the kind kWriteWrite, those out of
  // helpers of time the kind by which they are reached.
  DependencyGraph(std::uint32_t nodes, std::uint32_t first_helper, std::vector<Edge> edges);

  using Component = std::vector<std::uint32_t>;
  // The strongly connected components of more than one node, by edges of the given kinds (Tarjan, 1972; iterative).
  [[nodiscard]] std::vector<Component> components(Dependencies kinds) const;

  // A short cycle within a component: through one of its first nodes, as short as one through it can be.
  [[nodiscard]] std::vector<Edge> cycle(const Component& component, Dependencies kinds);

  // A cycle within a component that has exactly one kReadWrite and otherwise the given kinds; empty when there is none.
  // None at all when the meter ran out first.
  [[nodiscard]] std::optional<std::vector<Edge>> cycle_with_one_anti_dependency(const Component& component,
                                                                                Dependencies others, Meter& meter);

  // A short way within a component with one kReadWrite at most and no edges of time; empty when there is none, or when
  // the meter ran out first.
  [[nodiscard]] std::vector<Edge> way_with_one_anti_dependency(const Component& component, std::uint32_t from,
                                                               std::uint32_t to, Meter& meter);

 private:
  [[nodiscard]] std::span<const Edge> out(std::uint32_t node) const {
    return std::span(edges_).subspan(first_[node], first_[node + 1] - first_[node]);
  }
  void mark(const Component& component);
  // The shortest way between two nodes of the marked component; a cycle when they are the same. Empty: none.
  std::vector<Edge> way(std::uint32_t from, std::uint32_t to, Dependencies kinds);
  [[nodiscard]] std::vector<Edge> without_helpers(const std::vector<Edge>& cycle) const;

  std::uint32_t first_helper_;
  std::vector<Edge> edges_;  // by from
  std::vector<std::uint32_t> first_;
  std::vector<std::uint32_t> member_;  // of the component marked last
  std::uint32_t mark_ = 0;
  std::vector<std::uint32_t> visited_;  // in the search made last
  std::uint32_t search_ = 0;
  std::vector<std::uint32_t> came_by_;  // edge
};

}  // namespace chamber
