// What the wire's thread does. Of one thread: Wire (switch.h) is what others use.
#pragma once

#include <sys/epoll.h>

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/base/fd.h"
#include "harness/net/wire/busy_wait.h"
#include "harness/net/wire/delivery_cost.h"
#include "harness/net/wire/held.h"
#include "harness/net/wire/link.h"
#include "harness/net/wire/switch.h"

namespace chamber::wire {

class Loop {
 public:
  static Result<std::unique_ptr<Loop>> create(const WireOptions& options, int wake_fd);

  // Waits until something happens and deals with it. True when the wake descriptor was readable.
  [[nodiscard]] bool turn();

  Result<void> add_node(const std::string& name, Ipv4 address, WirePort port);
  Result<void> remove_node(const std::string& name);
  Result<RuleId> add_rule(const LinkSelector& links, const LinkRule& rule, std::optional<Instant> expires_at);
  bool remove_rule(RuleId id);
  [[nodiscard]] std::vector<ActiveRule> rules() const { return rules_; }
  [[nodiscard]] WireStats stats();
  Result<void> start_capture(const CaptureOptions& options);
  Result<CaptureSummary> stop_capture();

 private:
  // What epoll tells about: a node's slot or one of these.
  static constexpr std::uint64_t kWakeTag = ~std::uint64_t{0};
  static constexpr std::uint64_t kTimerTag = kWakeTag - 1;
  static constexpr std::uint16_t kNobody = 0xffff;

  struct LinkState {
    explicit LinkState(Random random) : link(random) {}
    Link link;
    LinkStats stats;
  };

  struct Waiting {
    LinkIndex link;
    FrameBuffer buffer;
  };

  // Nodes keep their slot, and so their links, rules and counters, when they are removed.
  struct Node {
    NodeStats stats;
    std::optional<WirePort> port;
    std::vector<LinkState> links;  // by the receiver's slot
    std::deque<Waiting> backlog;   // what its interface did not take yet
    std::optional<std::uint32_t> capture_interface;
  };

  Loop(const WireOptions& options, Fd epoll, Fd timer);

  [[nodiscard]] std::span<epoll_event> wait(std::span<epoll_event> space);
  void read_port(std::uint32_t from);
  void handle(std::uint32_t from, Bytes frame);
  void answer_arp(Node& node, Bytes frame);
  void forward(LinkIndex index, Bytes frame);
  void judge_each(LinkIndex index, Bytes frame, Instant at);
  Fate judge(LinkIndex index, std::size_t ethernet_bytes, Instant at);
  void carry_out(LinkIndex index, Bytes frame, const Fate& fate, Instant at);
  void hold(LinkIndex index, Bytes frame, Instant due);
  void hold_copy(LinkIndex index, Bytes frame, Instant due);
  void deliver(LinkIndex index, Bytes frame);
  void wait_for_room(LinkIndex index, Bytes frame);
  void drain_backlog(std::uint32_t to);
  [[nodiscard]] bool corrupt(LinkIndex index, Bytes packet);

  enum class Sent { kYes, kNoRoom, kRefused };
  Sent send(Node& node, ConstBytes frame);
  void count_delivered(LinkIndex index, ConstBytes frame);

  void release_due();
  void expire_rules();
  void arm_timer();
  void apply_rules();

  [[nodiscard]] std::optional<std::uint32_t> slot_of(std::string_view name) const;
  Result<void> check_names(const std::vector<std::string>& names) const;
  [[nodiscard]] std::uint32_t add_slot(const std::string& name);
  void watch_for_room(std::uint32_t slot, bool wanted);
  void detach(std::uint32_t slot);
  void record(Node& node, Capture::Direction direction, ConstBytes frame);
  void give_interface(Node& node);
  [[nodiscard]] std::uint32_t node_of(Ipv4 address) const {
    const std::uint32_t host = address.value - kCellNetwork.value;
    return host < kCellHosts ? slot_of_host_[host] : kNobody;
  }
  [[nodiscard]] LinkState& state(LinkIndex index) { return nodes_[index.from]->links[index.to]; }

  Random random_;
  Duration busy_wait_longest_;
  BusyWait busy_wait_;
  Fd epoll_;
  Fd timer_;
  std::optional<Instant> timer_set_for_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::uint16_t> slot_of_host_;  // by the last 17 bits of the address; kNobody where there is none
  std::vector<ActiveRule> rules_;
  std::uint64_t next_rule_ = 1;
  FramePool pool_;
  DelayQueue queue_;
  std::optional<Capture> capture_;
  FrameBuffer read_buffer_;
  FrameBuffer slice_buffer_;
  DeliveryCost delivery_cost_;
};

}  // namespace chamber::wire
