// The wire: the switch, in user space, between the nodes of a cell, and the rules on its links.
//
// One thread reads every node's port and writes to the receiver's. ARP is answered by the wire itself: the MAC follows
// from the address, so who has it is arithmetic. IPv4 passes; IPv6 and the rest are dropped and counted. Where no rule
// is in force a frame is written from the buffer that it was read into, offloads and all.
//
// A rule is in force when add_rule() returns, and no longer in force when remove_rule() returns; one with an expiry is
// taken back by the wire's own thread, whatever became of its owner. When the process ends, so does the wire, and
// with it every rule: the kernel removes the devices.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/result.h"
#include "harness/net/wire/address.h"
#include "harness/net/wire/capture.h"
#include "harness/net/wire/device.h"
#include "harness/net/wire/rule.h"

namespace chamber {

struct WireOptions {
  std::uint64_t seed = 1;  // of all that rules decide by chance; each directed link draws numbers of its own
  // How long the thread looks for the next frame before it sleeps, while that pays (see busy_wait.h). Zero: never.
  Duration busy_wait = std::chrono::microseconds(15);
  std::size_t held_bytes_max = std::size_t{256} << 20;  // frames that wait for delay, rate or a full receiver
};

// Counters of one directed link since its nodes were added. They only grow: take the difference of two readings.
// A super-frame is one frame; `packets` are what rules judged, after segmentation where a rule asked for it.
struct LinkStats {
  std::string from;
  std::string to;
  std::uint64_t frames = 0;  // that the sender handed over, with their Ethernet bytes
  std::uint64_t bytes = 0;
  std::uint64_t delivered_frames = 0;  // that the receiver's kernel took
  std::uint64_t delivered_bytes = 0;
  std::uint64_t packets_judged = 0;    // while a rule was in force
  std::uint64_t dropped_by_rule = 0;   // `drop`
  std::uint64_t lost = 0;              // `loss`
  std::uint64_t dropped_by_queue = 0;  // tail drop: a rate's queue, a receiver that does not keep up, held_bytes_max
  std::uint64_t delayed = 0;           // held for a delay, a rate or a reordering
  std::uint64_t duplicated = 0;
  std::uint64_t reordered = 0;
  std::uint64_t corrupted = 0;
};

// Frames of a node that belong to no link.
struct NodeStats {
  std::string name;
  Ipv4 address;
  bool attached = false;                  // false once removed, or when its interface was taken away
  std::uint64_t arp_answered = 0;         //
  std::uint64_t unknown_destination = 0;  // IPv4 to an address that no node has
  std::uint64_t other_traffic = 0;        // IPv6, broadcast, multicast and other ethertypes
  std::uint64_t malformed = 0;            // offload headers that do not fit their frame
  std::uint64_t refused = 0;              // frames that the node's interface did not take (down, gone)
  std::uint64_t lost_before_wire = 0;     // veth only: the packet socket's queue was full
};

struct WireStats {
  std::vector<LinkStats> links;  // only those that ever saw a frame
  std::vector<NodeStats> nodes;
  std::uint64_t frames_held = 0;  // now
  std::uint64_t bytes_held = 0;   // now

  // Zeroes when the link saw no frame yet.
  [[nodiscard]] LinkStats link(std::string_view from, std::string_view to) const;
};

struct ActiveRule {
  RuleId id{};
  LinkSelector links;
  LinkRule rule;
  std::optional<Instant> expires_at;
};

// The CPU time that this process's wires spent so far in handing frames to receivers' kernels, which runs the
// receivers' network stacks (delivery_cost.h): an estimate from one frame in 31. Any thread.
[[nodiscard]] Duration cpu_in_receivers();

// All functions may be called from any thread; each is carried out by the wire's thread between two frames.
class Wire {
 public:
  static Result<std::unique_ptr<Wire>> start(const WireOptions& options);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // kInput when the name or the address is taken or the address is not in the cell's network. A name that was removed
  // may come back, with its rules and counters.
  Result<void> add_node(const std::string& name, Ipv4 address, WirePort port);
  // Closes the port. Its address is then one that nobody has. kInput for an unknown name.
  Result<void> remove_node(const std::string& name);

  // kInput when a value is out of range or a name is unknown. An expiry that has passed is no error.
  Result<RuleId> add_rule(const LinkSelector& links, const LinkRule& rule,
                          std::optional<Instant> expires_at = std::nullopt);
  // False when it was no longer there: removed or expired. Frames under way keep the instant at which they arrive.
  bool remove_rule(RuleId id);
  [[nodiscard]] std::vector<ActiveRule> rules() const;

  [[nodiscard]] WireStats stats() const;

  // One capture at a time: kInput while another runs, when the file exists, or for unknown names.
  Result<void> start_capture(const CaptureOptions& options);
  // kInput when none runs; else what was recorded, or the error that writing met.
  Result<CaptureSummary> stop_capture();

 private:
  class Thread;
  explicit Wire(std::unique_ptr<Thread> thread);

  std::unique_ptr<Thread> thread_;
};

}  // namespace chamber
