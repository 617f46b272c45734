// One directed link: the rule in force on it, and what that rule makes of a packet. Pure: time and randomness are
// handed in.
#pragma once

#include <cstdint>
#include <string_view>

#include "harness/base/clock.h"
#include "harness/base/random.h"
#include "harness/net/wire/rule.h"

namespace chamber::wire {

// What is to become of a packet.
struct Fate {
  enum class End { kDelivered, kDropped, kLost, kQueueFull };
  End end = End::kDelivered;
  // When it arrives. Not later than the `now` that was handed in: at once.
  Instant due;
  bool duplicated = false;
  bool corrupted = false;
  bool reordered = false;

  friend bool operator==(const Fate&, const Fate&) = default;
};

class Link {
 public:
  explicit Link(Random random) : random_(random) {}

  // Takes effect for the next packet; the queue of a rate starts empty.
  void set_rule(const LinkRule& rule);
  [[nodiscard]] const LinkRule& rule() const { return rule_; }
  // No rule in force: packets need not be judged.
  [[nodiscard]] bool open() const { return open_; }
  [[nodiscard]] bool cut() const { return rule_.drop; }
  // Super-frames must be segmented before they are judged.
  [[nodiscard]] bool per_packet() const { return per_packet_; }

  [[nodiscard]] Fate judge(std::size_t ethernet_bytes, Instant now);
  // A uniformly drawn number below `bound`: which bit of a packet is to be flipped.
  [[nodiscard]] std::uint64_t draw(std::uint64_t bound) { return random_.below(bound); }

 private:
  [[nodiscard]] bool chance(double probability) { return probability > 0 && random_.chance(probability); }
  [[nodiscard]] Duration draw_delay();

  LinkRule rule_;
  bool open_ = true;
  bool per_packet_ = false;
  Instant sender_free_;
  Random random_;
};

}  // namespace chamber::wire
