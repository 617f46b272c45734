// What others ask of the loop between two frames: nodes, rules, counters, captures.
#include <linux/if_packet.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "harness/base/log.h"
#include "harness/net/wire/loop.h"

namespace chamber::wire {
namespace {

// Links grow with the square of the nodes.
constexpr std::size_t kNodesMax = 512;

// Frames that the packet socket of a veth port dropped since the last call: reading resets the kernel's counter.
std::uint64_t newly_lost(const WirePort& port) {
  tpacket_stats counters{};
  socklen_t bytes = sizeof counters;
  if (port.kind != LinkKind::kVeth || getsockopt(port.fd.get(), SOL_PACKET, PACKET_STATISTICS, &counters, &bytes) < 0) {
    return 0;
  }
  return counters.tp_drops;
}

}  // namespace

Result<std::unique_ptr<Loop>> Loop::create(const WireOptions& options, int wake_fd) {
  Fd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return fail_errno(errno, "epoll_create1");
  Fd timer(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!timer.valid()) return fail_errno(errno, "timerfd_create");
  epoll_event event{};
  // Edge-triggered: an expiry is news once and the timer need not be read.
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = kTimerTag;
  if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, timer.get(), &event) < 0) return fail_errno(errno, "watching the timer");
  event.events = EPOLLIN;
  event.data.u64 = kWakeTag;
  if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake_fd, &event) < 0) return fail_errno(errno, "watching for commands");
  return std::unique_ptr<Loop>(new Loop(options, std::move(epoll), std::move(timer)));
}

Loop::Loop(const WireOptions& options, Fd epoll, Fd timer)
    : random_(options.seed),
      busy_wait_longest_(options.busy_wait),
      epoll_(std::move(epoll)),
      timer_(std::move(timer)),
      slot_of_host_(kCellHosts, kNobody),
      pool_(options.held_bytes_max),
      read_buffer_(kFrameBytesMax),
      slice_buffer_(kFrameBytesMax) {}

Result<void> Loop::add_node(const std::string& name, Ipv4 address, WirePort port) {
  if (!is_cell_address(address)) {
    return fail(ErrorKind::kInput, "{} is not a host's address in {}/{}", to_string(address), to_string(kCellNetwork),
                kCellPrefixBits);
  }
  if (const std::uint32_t holder = node_of(address); holder != kNobody) {
    return fail(ErrorKind::kInput, "{} is the address of {} already", to_string(address), nodes_[holder]->stats.name);
  }
  std::optional<std::uint32_t> slot = slot_of(name);
  if (slot && nodes_[*slot]->stats.attached) return fail(ErrorKind::kInput, "{} is on the wire already", name);
  if (!slot) {
    if (name.empty()) return fail(ErrorKind::kInput, "a node needs a name");
    if (nodes_.size() == kNodesMax) return fail(ErrorKind::kInput, "a wire has at most {} nodes", kNodesMax);
    slot = add_slot(name);
  } else if (nodes_[*slot]->port) {
    detach(*slot);
  }
  Node& node = *nodes_[*slot];
  node.stats.address = address;
  node.port.emplace(std::move(port));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = *slot;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, node.port->fd.get(), &event) < 0) {
    const int error = errno;
    node.port.reset();
    return fail_errno(error, "watching the port of {}", name);
  }
  node.stats.attached = true;
  slot_of_host_[address.value - kCellNetwork.value] = static_cast<std::uint16_t>(*slot);
  apply_rules();
  return {};
}

std::uint32_t Loop::add_slot(const std::string& name) {
  auto added = std::make_unique<Node>();
  added->stats.name = name;
  const auto link = [&](const std::string& from, const std::string& to) {
    LinkState state(random_.fork(from + ">" + to));
    state.stats.from = from;
    state.stats.to = to;
    return state;
  };
  for (const std::unique_ptr<Node>& other : nodes_) {
    added->links.push_back(link(name, other->stats.name));
    other->links.push_back(link(other->stats.name, name));
  }
  added->links.push_back(link(name, name));
  if (capture_) give_interface(*added);
  nodes_.push_back(std::move(added));
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

Result<void> Loop::remove_node(const std::string& name) {
  CHAMBER_CHECK(check_names({name}));
  const std::uint32_t slot = *slot_of(name);
  if (!nodes_[slot]->port) return fail(ErrorKind::kInput, "{} was removed from the wire already", name);
  detach(slot);
  return {};
}

void Loop::detach(std::uint32_t slot) {
  Node& node = *nodes_[slot];
  node.stats.lost_before_wire += newly_lost(*node.port);
  node.stats.attached = false;
  node.port.reset();  // closing it ends the watch
  for (Waiting& waiting : node.backlog) {
    ++node.stats.refused;
    pool_.give_back(std::move(waiting.buffer));
  }
  node.backlog.clear();
  slot_of_host_[node.stats.address.value - kCellNetwork.value] = kNobody;
}

void Loop::watch_for_room(std::uint32_t slot, bool wanted) {
  epoll_event event{};
  event.events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u64 = slot;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, nodes_[slot]->port->fd.get(), &event) < 0) {
    log::error("the wire can't watch the port of {}: {}", nodes_[slot]->stats.name, errno_text(errno));
    std::abort();  // only a wrong argument gets here
  }
}

std::optional<std::uint32_t> Loop::slot_of(std::string_view name) const {
  const auto found = std::ranges::find_if(nodes_, [&](const auto& node) { return node->stats.name == name; });
  if (found == nodes_.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - nodes_.begin());
}

Result<void> Loop::check_names(const std::vector<std::string>& names) const {
  for (const std::string& name : names) {
    if (slot_of(name)) continue;
    std::vector<std::string_view> known;
    for (const std::unique_ptr<Node>& node : nodes_) known.push_back(node->stats.name);
    return fail(ErrorKind::kInput, "no node '{}' on the wire; there are: {}", name, fmt::join(known, ", "));
  }
  return {};
}

Result<RuleId> Loop::add_rule(const LinkSelector& links, const LinkRule& rule, std::optional<Instant> expires_at) {
  CHAMBER_CHECK(validate(rule));
  CHAMBER_CHECK(check_names(links.from));
  CHAMBER_CHECK(check_names(links.to));
  const RuleId id{next_rule_++};
  rules_.push_back({id, links, rule, expires_at});
  expire_rules();
  apply_rules();
  return id;
}

bool Loop::remove_rule(RuleId id) {
  expire_rules();
  if (std::erase_if(rules_, [id](const ActiveRule& rule) { return rule.id == id; }) == 0) return false;
  apply_rules();
  return true;
}

void Loop::expire_rules() {
  if (std::ranges::none_of(rules_, [](const ActiveRule& rule) { return rule.expires_at.has_value(); })) return;
  const Instant at = now();
  if (std::erase_if(rules_, [at](const ActiveRule& rule) { return rule.expires_at && *rule.expires_at <= at; }) > 0) {
    apply_rules();
  }
}

void Loop::apply_rules() {
  for (const std::unique_ptr<Node>& sender : nodes_) {
    for (LinkState& on : sender->links) {
      LinkRule effective;
      for (const ActiveRule& active : rules_) {
        if (active.links.matches(on.stats.from, on.stats.to)) effective = compose(effective, active.rule);
      }
      // A rule elsewhere must not empty this link's queue.
      if (effective != on.link.rule()) on.link.set_rule(effective);
    }
  }
}

WireStats Loop::stats() {
  WireStats all;
  for (const std::unique_ptr<Node>& node : nodes_) {
    if (node->port) node->stats.lost_before_wire += newly_lost(*node->port);
    all.nodes.push_back(node->stats);
    for (const LinkState& on : node->links) {
      if (on.stats.frames > 0) all.links.push_back(on.stats);
    }
  }
  all.frames_held = queue_.size();
  for (const std::unique_ptr<Node>& node : nodes_) all.frames_held += node->backlog.size();
  all.bytes_held = pool_.bytes_out();
  return all;
}

Result<void> Loop::start_capture(const CaptureOptions& options) {
  if (capture_) {
    return fail(ErrorKind::kInput, "a capture to {} runs already", capture_->options().path.string());
  }
  CHAMBER_CHECK(check_names(options.nodes));
  capture_.emplace(CHAMBER_TRY(Capture::create(options)));
  for (const std::unique_ptr<Node>& node : nodes_) give_interface(*node);
  return {};
}

void Loop::give_interface(Node& node) {
  const std::vector<std::string>& wanted = capture_->options().nodes;
  node.capture_interface.reset();
  if (wanted.empty() || std::ranges::find(wanted, node.stats.name) != wanted.end()) {
    node.capture_interface = capture_->add_interface(node.stats.name);
  }
}

Result<CaptureSummary> Loop::stop_capture() {
  if (!capture_) return fail(ErrorKind::kInput, "no capture runs");
  Result<CaptureSummary> summary = capture_->finish();
  capture_.reset();
  return summary;
}

}  // namespace chamber::wire
