#include "harness/net/wire/link.h"

#include <algorithm>

namespace chamber::wire {

void Link::set_rule(const LinkRule& rule) {
  rule_ = rule;
  open_ = changes_nothing(rule);
  per_packet_ = judges_packets(rule);
  sender_free_ = Instant();
}

Fate Link::judge(std::size_t ethernet_bytes, Instant now) {
  Fate fate;
  fate.due = now;
  if (rule_.drop) {
    fate.end = Fate::End::kDropped;
    return fate;
  }
  if (chance(rule_.loss)) {
    fate.end = Fate::End::kLost;
    return fate;
  }
  if (rule_.rate_bits_per_second != 0) {
    const Instant starts = std::max(now, sender_free_);
    if (starts - now > rule_.queue_limit) {
      fate.end = Fate::End::kQueueFull;
      return fate;
    }
    const double nanoseconds =
        8e9 * static_cast<double>(ethernet_bytes) / static_cast<double>(rule_.rate_bits_per_second);
    sender_free_ = starts + Duration(static_cast<Duration::rep>(nanoseconds));
    fate.due = sender_free_;
  }
  fate.due += draw_delay();
  fate.reordered = chance(rule_.reorder);
  if (fate.reordered) fate.due += rule_.reorder_hold;
  fate.duplicated = chance(rule_.duplicate);
  fate.corrupted = chance(rule_.corrupt);
  return fate;
}

Duration Link::draw_delay() {
  if (rule_.jitter == Duration::zero()) return rule_.delay;
  const auto width = static_cast<std::uint64_t>(rule_.jitter.count()) * 2 + 1;
  const Duration offset = Duration(static_cast<Duration::rep>(random_.below(width))) - rule_.jitter;
  return std::max(Duration::zero(), rule_.delay + offset);
}

}  // namespace chamber::wire
