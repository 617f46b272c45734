#include "harness/check/dependency_graph.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace chamber {
namespace {

constexpr std::size_t kPlacesPerLook = 4096;  // between two looks at the clock

bool allowed(const Edge& edge, Dependencies kinds) {
  return (static_cast<Dependencies>(edge.kind) & kinds) != 0;
}

}  // namespace

DependencyGraph::DependencyGraph(std::uint32_t nodes, std::uint32_t first_helper, std::vector<Edge> edges)
    : first_helper_(first_helper), first_(nodes + 1), member_(nodes), visited_(nodes), came_by_(nodes) {
  // A counting sort: there are millions.
  for (const Edge& edge : edges) {
    if (edge.from != edge.to) ++first_[edge.from + 1];
  }
  for (std::uint32_t node = 0; node < nodes; ++node) first_[node + 1] += first_[node];
  edges_.resize(first_[nodes]);
  std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
  for (const Edge& edge : edges) {
    if (edge.from != edge.to) edges_[next[edge.from]++] = edge;
  }
}

std::vector<DependencyGraph::Component> DependencyGraph::components(Dependencies kinds) const {
  constexpr std::uint32_t kUnseen = UINT32_MAX;
  const auto nodes = static_cast<std::uint32_t>(first_.size() - 1);
  std::vector<std::uint32_t> index(nodes, kUnseen);
  std::vector<std::uint32_t> low(nodes);
  std::vector<bool> on_stack(nodes);
  std::vector<std::uint32_t> stack;
  struct Visit {
    std::uint32_t node;
    std::uint32_t edge;
  };
  std::vector<Visit> visits;
  std::vector<Component> result;
  std::uint32_t next_index = 0;
  const auto enter = [&](std::uint32_t node) {
    index[node] = low[node] = next_index++;
    stack.push_back(node);
    on_stack[node] = true;
    visits.push_back({node, first_[node]});
  };
  for (std::uint32_t root = 0; root < nodes; ++root) {
    if (index[root] != kUnseen) continue;
    enter(root);
    while (!visits.empty()) {
      const std::uint32_t node = visits.back().node;
      if (visits.back().edge < first_[node + 1]) {
        const Edge& edge = edges_[visits.back().edge++];
        if (!allowed(edge, kinds)) continue;
        if (index[edge.to] == kUnseen) {
          enter(edge.to);
        } else if (on_stack[edge.to]) {
          low[node] = std::min(low[node], index[edge.to]);
        }
        continue;
      }
      visits.pop_back();
      if (!visits.empty()) low[visits.back().node] = std::min(low[visits.back().node], low[node]);
      if (low[node] != index[node]) continue;
      Component component;
      std::uint32_t member = kUnseen;
      while (member != node) {
        member = stack.back();
        stack.pop_back();
        on_stack[member] = false;
        component.push_back(member);
      }
      if (component.size() < 2) continue;
      std::sort(component.begin(), component.end());
      result.push_back(std::move(component));
    }
  }
  std::sort(result.begin(), result.end());
  return result;
}

void DependencyGraph::mark(const Component& component) {
  ++mark_;
  for (const std::uint32_t node : component) member_[node] = mark_;
}

std::vector<Edge> DependencyGraph::way(std::uint32_t from, std::uint32_t to, Dependencies kinds) {
  ++search_;
  std::vector<std::uint32_t> queue = {from};
  for (std::size_t head = 0; head < queue.size(); ++head) {
    const std::uint32_t node = queue[head];
    for (std::uint32_t number = first_[node]; number < first_[node + 1]; ++number) {
      const Edge& edge = edges_[number];
      if (!allowed(edge, kinds) || member_[edge.to] != mark_ || visited_[edge.to] == search_) continue;
      visited_[edge.to] = search_;
      came_by_[edge.to] = number;
      if (edge.to != to) {
        queue.push_back(edge.to);
        continue;
      }
      std::vector<Edge> found;
      std::uint32_t at = to;
      do {
        found.push_back(edges_[came_by_[at]]);
        at = found.back().from;
      } while (at != from);
      std::reverse(found.begin(), found.end());
      return found;
    }
  }
  return {};
}

std::vector<Edge> DependencyGraph::cycle(const Component& component, Dependencies kinds) {
  constexpr std::size_t kStarts = 20;
  mark(component);
  std::vector<Edge> best;
  std::size_t starts = 0;
  for (const std::uint32_t start : component) {
    if (start >= first_helper_) continue;
    if (starts++ == kStarts) break;
    std::vector<Edge> found = without_helpers(way(start, start, kinds));
    if (!found.empty() && (best.empty() || found.size() < best.size())) best = std::move(found);
  }
  return best;
}

std::optional<std::vector<Edge>> DependencyGraph::cycle_with_one_anti_dependency(const Component& component,
                                                                                 Dependencies others, Meter& meter) {
  mark(component);
  for (const std::uint32_t node : component) {
    for (const Edge& edge : out(node)) {
      if (edge.kind != Dependency::kReadWrite || member_[edge.to] != mark_) continue;
      if (!meter.in_time()) return std::nullopt;
      std::vector<Edge> back = way(edge.to, edge.from, others);
      if (back.empty()) continue;
      back.insert(back.begin(), edge);
      return without_helpers(back);
    }
  }
  return std::vector<Edge>();
}

std::vector<Edge> DependencyGraph::way_with_one_anti_dependency(const Component& component, std::uint32_t from,
                                                                std::uint32_t to, Meter& meter) {
  mark(component);
  // A place is a node, and whether an anti-dependency lies behind.
  struct Place {
    std::uint32_t node;
    bool behind;
  };
  const auto number = [](Place place) { return std::uint64_t{place.node} << 1 | (place.behind ? 1U : 0U); };
  struct Came {
    Place from;
    Edge by;
  };
  std::unordered_map<std::uint64_t, Came> came;
  std::vector<Place> queue = {{from, false}};
  for (std::size_t head = 0; head < queue.size(); ++head) {
    if (head % kPlacesPerLook == 0 && !meter.in_time()) return {};
    const Place here = queue[head];
    for (const Edge& edge : out(here.node)) {
      const bool anti = edge.kind == Dependency::kReadWrite;
      if (!allowed(edge, kAllButTime) || member_[edge.to] != mark_ || (anti && here.behind) || edge.to == from)
        continue;
      const Place next{edge.to, here.behind || anti};
      if (!came.emplace(number(next), Came{here, edge}).second) continue;
      if (next.node != to) {
        queue.push_back(next);
        continue;
      }
      std::vector<Edge> way;
      for (Place at = next; at.node != from; at = came.at(number(at)).from) way.push_back(came.at(number(at)).by);
      std::reverse(way.begin(), way.end());
      return without_helpers(way);
    }
  }
  return {};
}

std::vector<Edge> DependencyGraph::without_helpers(const std::vector<Edge>& cycle) const {
  // Begin at a transaction, so that no helper's two edges lie apart.
  const auto begin =
      std::find_if(cycle.begin(), cycle.end(), [&](const Edge& edge) { return edge.from < first_helper_; });
  std::vector<Edge> turned(begin, cycle.end());
  turned.insert(turned.end(), cycle.begin(), begin);
  std::vector<Edge> result;
  for (const Edge& edge : turned) {
    if (edge.from < first_helper_) {
      result.push_back(edge);
      continue;
    }
    result.back().to = edge.to;
    if (edge.to < first_helper_ && edge.kind != Dependency::kRealTime) {
      result.back().key = edge.key;
      result.back().value = edge.value;
    }
  }
  return result;
}

}  // namespace chamber
