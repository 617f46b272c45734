#include "harness/net/wire/loop.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include "harness/base/log.h"
#include "harness/net/wire/segment.h"

namespace chamber::wire {
namespace {

// Frames read from one port before the others, and what is due, get their turn.
constexpr int kFramesPerTurn = 16;
// Frames that wait for a receiver's interface; as many as a TAP device's own queue has by default.
constexpr std::size_t kBacklogFrames = 1000;

// An ARP packet for IPv4 over Ethernet (RFC 826), offsets from its start.
constexpr std::size_t kArpBytes = 28;
constexpr std::uint32_t kArpEthernetIpv4[] = {0x00010800, 0x06040001};  // … of operation "request"
constexpr std::size_t kArpOperation = 6;
constexpr std::size_t kArpSenderMac = 8;
constexpr std::size_t kArpSenderIp = 14;
constexpr std::size_t kArpTargetMac = 18;
constexpr std::size_t kArpTargetIp = 24;

}  // namespace

bool Loop::turn() {
  arm_timer();
  std::array<epoll_event, 64> space{};
  bool woken = false;
  for (const epoll_event& event : wait(space)) {
    if (event.data.u64 == kWakeTag) {
      woken = true;
    } else if (event.data.u64 != kTimerTag) {
      const auto slot = static_cast<std::uint32_t>(event.data.u64);
      if ((event.events & EPOLLOUT) != 0) drain_backlog(slot);
      if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0) read_port(slot);
    }
    release_due();
  }
  expire_rules();
  return woken;
}

std::span<epoll_event> Loop::wait(std::span<epoll_event> space) {
  const auto poll = [&](int timeout_ms) -> std::size_t {
    const int count = epoll_wait(epoll_.get(), space.data(), static_cast<int>(space.size()), timeout_ms);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EINTR) return 0;
    log::error("the wire can't wait for its ports: {}", errno_text(errno));
    std::abort();  // only a wrong argument gets here
  };
  std::size_t count = 0;
  if (busy_wait_longest_ > Duration::zero() && busy_wait_.worth_trying()) {
    const Instant until = now() + busy_wait_longest_;
    while (count == 0 && now() < until) count = poll(0);
    busy_wait_.learn(count > 0);
  }
  if (count == 0) count = poll(-1);
  return space.first(count);
}

void Loop::read_port(std::uint32_t from) {
  Node& node = *nodes_[from];
  for (int i = 0; i < kFramesPerTurn; ++i) {
    if (!node.port) return;
    const Bytes room = read_buffer_.room();
    const ssize_t got = read(node.port->fd.get(), room.data(), room.size());
    if (got > 0) {
      handle(from, room.first(static_cast<std::size_t>(got)));
      continue;
    }
    // ENETDOWN is told once when the interface is set down; it may come up again.
    if (got < 0 && (errno == EAGAIN || errno == ENETDOWN)) return;
    if (got < 0 && errno == EINTR) continue;
    detach(from);
  }
}

void Loop::handle(std::uint32_t from, Bytes frame) {
  Node& node = *nodes_[from];
  if (frame.size() < kIpAt) {
    ++node.stats.malformed;
    return;
  }
  const std::uint16_t type = ether_type(frame);
  if (capture_) record(node, Capture::Direction::kOutbound, frame);
  if (type == kEtherTypeArp) {
    answer_arp(node, frame);
    return;
  }
  Ipv4 address;
  if (type != kEtherTypeIpv4 || !address_of_mac(frame.data() + kOffloadBytes, address)) {
    ++node.stats.other_traffic;
    return;
  }
  const std::uint32_t to = node_of(address);
  if (to == kNobody || to == from) {
    ++node.stats.unknown_destination;
    return;
  }
  forward({from, to}, frame);
}

void Loop::answer_arp(Node& node, Bytes frame) {
  std::uint8_t* arp = frame.data() + kIpAt;
  const bool request =
      frame.size() >= kIpAt + kArpBytes && load32(arp) == kArpEthernetIpv4[0] && load32(arp + 4) == kArpEthernetIpv4[1];
  const Ipv4 target{request ? load32(arp + kArpTargetIp) : 0};
  // A node that asks for its own address looks for a rival (RFC 5227) and must get no answer.
  if (!request || target == node.stats.address || node_of(target) == kNobody) {
    ++node.stats.other_traffic;
    return;
  }
  const Mac mac = mac_of(target);
  store16(arp + kArpOperation, 2);
  std::memcpy(arp + kArpTargetMac, arp + kArpSenderMac, 10);
  std::memcpy(arp + kArpSenderMac, mac.data(), mac.size());
  store32(arp + kArpSenderIp, target.value);
  std::uint8_t* ethernet = frame.data() + kOffloadBytes;
  std::memcpy(ethernet, arp + kArpTargetMac, mac.size());
  std::memcpy(ethernet + mac.size(), mac.data(), mac.size());
  set_offload(frame, OffloadHeader{});
  if (send(node, frame) != Sent::kYes) {
    ++node.stats.refused;
    return;
  }
  ++node.stats.arp_answered;
  if (capture_) record(node, Capture::Direction::kInbound, frame);
}

void Loop::forward(LinkIndex index, Bytes frame) {
  LinkState& on = state(index);
  ++on.stats.frames;
  on.stats.bytes += ethernet_bytes(frame);
  if (on.link.open()) {
    deliver(index, frame);
    return;
  }
  const Instant at = now();
  if (on.link.per_packet() && is_super_frame(frame)) {
    judge_each(index, frame, at);
  } else {
    carry_out(index, frame, judge(index, ethernet_bytes(frame), at), at);
  }
}

// Packets in a row with the same fate stay together: what a rule leaves alone moves on as fast as it came.
void Loop::judge_each(LinkIndex index, Bytes frame, Instant at) {
  const std::optional<SuperFrame> packets = SuperFrame::parse(frame);
  if (!packets) {
    ++nodes_[index.from]->stats.malformed;
    return;
  }
  Fate fate = judge(index, packets->ethernet_bytes(0), at);
  std::size_t first = 0;
  for (std::size_t i = 1; i <= packets->packets(); ++i) {
    const bool end = i == packets->packets();
    const Fate next = end ? Fate{} : judge(index, packets->ethernet_bytes(i), at);
    if (!end && !fate.corrupted && !fate.duplicated && next == fate) continue;
    const std::size_t count = i - first;
    if (count == packets->packets() && count > 1) {
      carry_out(index, frame, fate, at);
    } else if (fate.end == Fate::End::kDelivered) {
      carry_out(index, packets->slice(first, count, slice_buffer_.room()), fate, at);
    }
    first = i;
    fate = next;
  }
}

Fate Loop::judge(LinkIndex index, std::size_t bytes, Instant at) {
  LinkState& on = state(index);
  const Fate fate = on.link.judge(bytes, at);
  ++on.stats.packets_judged;
  on.stats.dropped_by_rule += fate.end == Fate::End::kDropped ? 1 : 0;
  on.stats.lost += fate.end == Fate::End::kLost ? 1 : 0;
  on.stats.dropped_by_queue += fate.end == Fate::End::kQueueFull ? 1 : 0;
  if (fate.end != Fate::End::kDelivered) return fate;
  on.stats.delayed += fate.due > at ? 1 : 0;
  on.stats.duplicated += fate.duplicated ? 1 : 0;
  on.stats.reordered += fate.reordered ? 1 : 0;
  on.stats.corrupted += fate.corrupted ? 1 : 0;
  return fate;
}

void Loop::carry_out(LinkIndex index, Bytes frame, const Fate& fate, Instant at) {
  if (fate.end != Fate::End::kDelivered) return;
  if (fate.corrupted && !corrupt(index, frame)) {
    ++nodes_[index.from]->stats.malformed;
    return;
  }
  if (fate.due > at) {
    if (fate.duplicated) hold_copy(index, frame, fate.due);
    hold(index, frame, fate.due);
    return;
  }
  if (fate.duplicated) deliver(index, frame);
  deliver(index, frame);
}

bool Loop::corrupt(LinkIndex index, Bytes packet) {
  // Without checksums in it, a damaged packet would pass for a good one.
  if (!complete_checksum(packet)) return false;
  const std::uint64_t bit = state(index).link.draw((packet.size() - kIpAt) * 8);
  packet[kIpAt + bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
  return true;
}

void Loop::hold(LinkIndex index, Bytes frame, Instant due) {
  if (frame.data() != read_buffer_.room().data() || frame.size() <= FramePool::kSmallBytes) {
    hold_copy(index, frame, due);
    return;
  }
  // A large frame moves with the buffer that it was read into; the next read gets another.
  std::optional<FrameBuffer> fresh = pool_.take(kFrameBytesMax);
  if (!fresh) {
    ++state(index).stats.dropped_by_queue;
    return;
  }
  std::swap(*fresh, read_buffer_);
  fresh->resize(frame.size());
  queue_.push(due, index, std::move(*fresh));
}

void Loop::hold_copy(LinkIndex index, Bytes frame, Instant due) {
  std::optional<FrameBuffer> copy = pool_.copy(frame);
  if (!copy) {
    ++state(index).stats.dropped_by_queue;
    return;
  }
  queue_.push(due, index, std::move(*copy));
}

void Loop::deliver(LinkIndex index, Bytes frame) {
  Node& receiver = *nodes_[index.to];
  const Sent sent = receiver.backlog.empty() ? send(receiver, frame) : Sent::kNoRoom;
  if (sent == Sent::kYes) {
    count_delivered(index, frame);
  } else if (sent == Sent::kNoRoom) {
    wait_for_room(index, frame);
  } else {
    ++receiver.stats.refused;
  }
}

Loop::Sent Loop::send(Node& node, ConstBytes frame) {
  if (!node.port) return Sent::kRefused;
  const int fd = node.port->fd.get();
  while (delivery_cost_.of([&] { return write(fd, frame.data(), frame.size()); }) < 0) {
    if (errno == EAGAIN) return Sent::kNoRoom;
    if (errno != EINTR) return Sent::kRefused;
  }
  return Sent::kYes;
}

void Loop::count_delivered(LinkIndex index, ConstBytes frame) {
  LinkStats& stats = state(index).stats;
  ++stats.delivered_frames;
  stats.delivered_bytes += ethernet_bytes(frame);
  if (capture_) record(*nodes_[index.to], Capture::Direction::kInbound, frame);
}

void Loop::wait_for_room(LinkIndex index, Bytes frame) {
  Node& receiver = *nodes_[index.to];
  std::optional<FrameBuffer> copy;
  if (receiver.backlog.size() < kBacklogFrames) copy = pool_.copy(frame);
  if (!copy) {
    ++state(index).stats.dropped_by_queue;
    return;
  }
  if (receiver.backlog.empty()) watch_for_room(index.to, true);
  receiver.backlog.push_back({index, std::move(*copy)});
}

void Loop::drain_backlog(std::uint32_t to) {
  Node& receiver = *nodes_[to];
  while (!receiver.backlog.empty()) {
    Waiting& waiting = receiver.backlog.front();
    const Sent sent = send(receiver, waiting.buffer.frame());
    if (sent == Sent::kNoRoom) return;
    if (sent == Sent::kYes) {
      count_delivered(waiting.link, waiting.buffer.frame());
    } else {
      ++receiver.stats.refused;
    }
    pool_.give_back(std::move(waiting.buffer));
    receiver.backlog.pop_front();
  }
  if (receiver.port) watch_for_room(to, false);
}

void Loop::release_due() {
  if (!queue_.next_due()) return;
  const Instant at = now();
  while (std::optional<DelayQueue::Held> held = queue_.pop(at)) {
    LinkState& on = state(held->link);
    if (on.link.cut()) {
      ++on.stats.dropped_by_rule;
    } else {
      deliver(held->link, held->buffer.frame());
    }
    pool_.give_back(std::move(held->buffer));
  }
}

void Loop::arm_timer() {
  std::optional<Instant> next = queue_.next_due();
  for (const ActiveRule& rule : rules_) {
    if (rule.expires_at && (!next || *rule.expires_at < *next)) next = rule.expires_at;
  }
  if (next == timer_set_for_) return;
  timer_set_for_ = next;
  // All zeroes would disarm: an instant that has passed is as good as any other.
  const Duration since_boot = next ? std::max(next->time_since_epoch(), Duration(1)) : Duration::zero();
  itimerspec when{};
  when.it_value.tv_sec = since_boot.count() / 1'000'000'000;
  when.it_value.tv_nsec = since_boot.count() % 1'000'000'000;
  if (timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr) < 0) {
    log::error("the wire can't set its timer: {}", errno_text(errno));
    std::abort();  // only a wrong argument gets here
  }
}

void Loop::record(Node& node, Capture::Direction direction, ConstBytes frame) {
  if (node.capture_interface) capture_->record(*node.capture_interface, direction, now(), frame);
}

}  // namespace chamber::wire
