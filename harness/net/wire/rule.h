// What can be done to the packets of a link, and to which links.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/result.h"

namespace chamber {

// Probabilities are in [0, 1] and hold for each packet of at most the link's MTU: while one of them or a rate is in
// force, the large TCP frames that a node hands over (segmentation offload) are judged packet by packet.
struct LinkRule {
  // Every IP packet vanishes, those already under way as well. ARP is still answered, as with a cable cut further on.
  bool drop = false;
  // Added to every packet's way. The wire's own error is some ten microseconds.
  Duration delay{0};
  // Uniform in [delay - jitter, delay + jitter], never below zero, drawn for each packet: packets may overtake each
  // other. Without jitter a link keeps their order.
  Duration jitter{0};
  // The packet vanishes.
  double loss = 0;
  // The packet arrives twice, the copy right behind.
  double duplicate = 0;
  // The packet is held back for `reorder_hold` longer, so that those behind it overtake it.
  double reorder = 0;
  Duration reorder_hold = std::chrono::milliseconds(2);
  // One bit behind the Ethernet header is flipped, after its checksums were made complete: the receiver's kernel drops
  // and counts the packet.
  double corrupt = 0;
  // Zero is unlimited. Counts what Ethernet carries without preamble and frame check: the MAC header and what follows.
  std::uint64_t rate_bits_per_second = 0;
  // The longest that a packet waits for its turn under a rate; one that would wait longer is dropped (tail drop).
  Duration queue_limit = std::chrono::milliseconds(100);

  friend bool operator==(const LinkRule&, const LinkRule&) = default;
};

// kInput with the field and its limits when a value is out of range.
Result<void> validate(const LinkRule& rule);

// Both rules on one link: a drop wins, delays and jitters add, probabilities combine as independent events
// (1 - (1-a)(1-b)), the lower rate with its queue limit rules, the longer hold as well.
[[nodiscard]] LinkRule compose(const LinkRule& one, const LinkRule& other);

// True when no packet is treated differently for it.
[[nodiscard]] bool changes_nothing(const LinkRule& rule);

// True when it must see packets as Ethernet would carry them, see above.
[[nodiscard]] bool judges_packets(const LinkRule& rule);

// Directed links, by the names of nodes; an empty list is every node. A node has no link to itself.
struct LinkSelector {
  std::vector<std::string> from = {};
  std::vector<std::string> to = {};
  // The links from `to` to `from` too.
  bool both_ways = false;

  [[nodiscard]] bool matches(std::string_view sender, std::string_view receiver) const;
};

enum class RuleId : std::uint64_t {};

}  // namespace chamber
