#include "chaos/host_link_faults.h"

#include <algorithm>
#include <utility>

#include "chaos/link_faults.h"
#include "harness/base/eventually.h"

namespace chamber {
namespace {

using std::chrono::milliseconds;

constexpr Duration kOpen = std::chrono::seconds(1);
// A connection that gets nowhere for so long is cut: a SYN that is lost stays lost.
constexpr Duration kCut = milliseconds(250);
// One of many that are tried until a packet of theirs is lost.
constexpr Duration kTry = milliseconds(50);

// Between the Kubernetes nodes that the targets are on and the others, when it starts.
class HostLinkFault final : public Fault {
 public:
  HostLinkFault(FaultRequest request, Substrate& substrate)
      : request_(std::move(request)), substrate_(substrate), hosts_(*substrate.hosts()), links_(hosts_.links()) {}

  [[nodiscard]] std::string describe() const override {
    return fmt::format("{} {}{}", request_.kind, fmt::join(request_.targets, ", "), in_direction(request_.direction));
  }

  Result<void> apply() override {
    CHAMBER_CHECK(choose());
    Result<void> outcome;
    if (request_.direction != "in") outcome = cut(targets_, others_);
    if (outcome && request_.direction != "out") outcome = cut(others_, targets_);
    if (outcome) return {};
    // Half a fault is none.
    if (const auto undone = undo(); !undone) outcome = std::move(outcome).context(undone.error().message());
    return outcome;
  }

  Result<std::string> prove(const std::stop_token& stop) override {
    if (ids_.empty()) return fail(ErrorKind::kSystem, "no link was hurt");
    std::uint64_t lost = 0;
    std::vector<std::string> links;
    for (const Way& way : ways_) {
      lost += CHAMBER_TRY(lost_on(way, stop));
      links.push_back(way.from + " > " + way.to);
    }
    std::string proof = fmt::format("{} packets lost between Kubernetes nodes: {}", lost, fmt::join(links, ", "));
    if (!request_.link.drop) return proof;
    for (const PodWay& way : pod_ways_) {
      const auto tried = substrate_.links()->connect_time(way.from, way.to, way.port, Deadline::in(kCut));
      if (tried) return fail(ErrorKind::kSystem, "{} still reaches port {} of {}", way.from, way.port, way.to);
      if (tried.error().kind() != ErrorKind::kTimeout) {
        return fail(ErrorKind::kSystem, "{} to port {} of {}: {}", way.from, way.port, way.to, tried.error().message());
      }
      proof += fmt::format("; {} to {}:{} got through in {} before, and not within {} now", way.from, way.to, way.port,
                           human(way.before), human(kCut));
    }
    return proof;
  }

  Result<void> undo() override {
    Result<void> outcome;
    std::erase_if(ids_, [&](LinkFaultId id) {
      Result<void> removed = links_.remove(id);
      if (!removed && outcome) outcome = removed;
      return removed.ok();
    });
    return outcome;
  }

 private:
  struct Way {
    std::string from;
    std::string to;
    std::uint64_t lost_before;
  };
  // Between pods that are on two Kubernetes nodes.
  struct PodWay {
    std::string from;
    std::string to;
    std::uint16_t port;
    Duration before;
  };

  Result<void> choose() {
    targets_ = CHAMBER_TRY(hosts_of(request_.targets));
    others_ = CHAMBER_TRY(request_.others.empty() ? hosts_.all() : hosts_of(request_.others));
    std::erase_if(others_, [&](const std::string& host) { return contains(targets_, host); });
    if (others_.empty()) {
      return fail(ErrorKind::kUnavailable, "{}: there is no other Kubernetes node on the other side", describe());
    }
    for (const std::string& target : targets_) {
      for (const std::string& other : others_) {
        if (request_.direction != "in") CHAMBER_CHECK(choose_way(target, other));
        if (request_.direction != "out") CHAMBER_CHECK(choose_way(other, target));
      }
    }
    return {};
  }

  Result<std::vector<std::string>> hosts_of(const std::vector<std::string>& nodes) {
    std::vector<std::string> names;
    for (const std::string& node : nodes) {
      const std::string name = CHAMBER_TRY(substrate_.pods()->host_of(node));
      if (name.empty()) return fail(ErrorKind::kUnavailable, "{} is on no Kubernetes node", node);
      if (!contains(names, name)) names.push_back(name);
    }
    return names;
  }

  Result<void> choose_way(const std::string& from, const std::string& to) {
    if (const auto open = links_.connect_time(from, to, hosts_.port(), Deadline::in(kOpen)); !open) {
      return fail(ErrorKind::kSystem, "{} did not reach {} before either: {}", from, to, open.error().message());
    }
    ways_.push_back({from, to, links_.counters(from, to).dropped});
    if (request_.link.drop) CHAMBER_CHECK(choose_pods(from, to));
    return {};
  }

  // Two that may talk to each other, which nodes of one component may.
  Result<void> choose_pods(const std::string& from, const std::string& to) {
    const std::vector<std::string> here = CHAMBER_TRY(hosts_.nodes_on(from));
    const std::vector<std::string> there = CHAMBER_TRY(hosts_.nodes_on(to));
    for (const NodeSpec& sender : substrate_.nodes()) {
      for (const NodeSpec& receiver : substrate_.nodes()) {
        if (!contains(here, sender.name) || !contains(there, receiver.name) || receiver.ports.empty()) continue;
        if (sender.component != receiver.component) continue;
        const std::uint16_t port = receiver.ports.front().number;
        const auto took = substrate_.links()->connect_time(sender.name, receiver.name, port, Deadline::in(kCut));
        if (!took) continue;
        pod_ways_.push_back({sender.name, receiver.name, port, *took});
        return {};
      }
    }
    return {};
  }

  Result<void> cut(const std::vector<std::string>& from, const std::vector<std::string>& to) {
    ids_.push_back(CHAMBER_TRY(links_.apply(from, to, request_.link, request_.time_to_live)));
    return {};
  }

  Result<std::uint64_t> lost_on(const Way& way, const std::stop_token& stop) {
    const bool all = request_.link.drop;
    const int tries = all ? 1 : tries_to_lose_one(request_.link.loss);
    for (int i = 0; i < tries && !stop.stop_requested(); ++i) {
      const bool through = links_.connect_time(way.from, way.to, hosts_.port(), Deadline::in(all ? kCut : kTry)).ok();
      if (all && through) return fail(ErrorKind::kSystem, "{} still reaches {}", way.from, way.to);
      const std::uint64_t lost = links_.counters(way.from, way.to).dropped;
      if (lost > way.lost_before) return lost - way.lost_before;
    }
    return fail(ErrorKind::kSystem, "no packet from {} to {} was lost in {} connections", way.from, way.to, tries);
  }

  static bool contains(const std::vector<std::string>& items, const std::string& item) {
    return std::find(items.begin(), items.end(), item) != items.end();
  }

  FaultRequest request_;
  Substrate& substrate_;
  Hosts& hosts_;
  Links& links_;
  std::vector<std::string> targets_;  // Kubernetes nodes, and the others
  std::vector<std::string> others_;
  std::vector<Way> ways_;
  std::vector<PodWay> pod_ways_;
  std::vector<LinkFaultId> ids_;
};

}  // namespace

Result<std::unique_ptr<Fault>> make_host_link_fault(const FaultRequest& request, Substrate& substrate) {
  FaultRequest full = request;
  if (full.kind == "partition_node") {
    full.link = LinkRule{.drop = true};
  } else if (full.kind != "loss_node") {
    return std::unique_ptr<Fault>();
  } else if (full.link.loss <= 0) {
    return fail(ErrorKind::kInput, "loss_node: share must be more than 0%");
  }
  CHAMBER_CHECK(check_direction(full.direction));
  return std::make_unique<HostLinkFault>(std::move(full), substrate);
}

}  // namespace chamber
