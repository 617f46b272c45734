// A node's network namespace and the end of its link that the harness holds.
//
// Needs CAP_SYS_ADMIN and CAP_NET_ADMIN in the user namespace that owns the caller's network namespace: as root, or as
// the first user of an unprivileged user namespace. Everything made here is the kernel's to remove: a namespace goes
// when its last process and descriptor are gone, a TAP device when its descriptor is closed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "harness/base/fd.h"
#include "harness/base/result.h"
#include "harness/net/wire/address.h"
#include "harness/net/wire/netlink.h"

namespace chamber {

// A network and a UTS namespace that belong together. Whoever is to live there calls setns(2) with both.
struct NetNamespace {
  std::string hostname;
  Fd net;
  Fd uts;
};

// New namespaces with their host name set and `lo` up, made in a thread of their own: the caller stays where it is.
// /proc must be mounted.
Result<NetNamespace> create_net_namespace(std::string_view hostname);

// Runs `body` in a thread of its own inside of the namespaces and waits for it. Sockets that it opens stay there.
Result<void> in_namespace(const NetNamespace& where, const std::function<Result<void>()>& body);

struct LinkOptions {
  Ipv4 address;                    // of the node, in the cell's network; its MAC follows from it
  std::string interface = "eth0";  // its name inside of the node's namespace
  std::uint32_t mtu = 1500;        // 576 to 65521
  // Of TCP on this link: what a run shows must not depend on the machine's default. Linux's own; where the kernel has
  // not got it, or for an empty name, the machine's default.
  std::string congestion_control = "cubic";
};

enum class LinkKind { kTap, kVeth };
[[nodiscard]] std::string_view to_string(LinkKind kind);

// The harness's end of a veth pair, in the network namespace in which it was made. Deletes the pair.
class VethEnd {
 public:
  VethEnd(wire::Netlink netlink, std::uint32_t index) : netlink_(std::move(netlink)), index_(index) {}
  VethEnd(VethEnd&& other) noexcept : netlink_(std::move(other.netlink_)), index_(std::exchange(other.index_, 0U)) {}
  VethEnd& operator=(VethEnd&&) = delete;
  ~VethEnd();

 private:
  wire::Netlink netlink_;
  std::uint32_t index_;
};

// The harness's end of a node's link. read(2) and write(2) on `fd`, which is non-blocking, move whole frames with a
// virtio_net_hdr of 10 bytes in front. Destroying it takes the node's interface away.
struct WirePort {
  LinkKind kind = LinkKind::kTap;
  Fd fd;
  std::optional<VethEnd> veth = {};
};

// Ok when /dev/net/tun can be opened here; else why not.
Result<void> tap_usable();

// A TAP device with checksum and TCP segmentation offload.
Result<WirePort> open_tap(const NetNamespace& where, const LinkOptions& options);

// For where /dev/net/tun is closed: a veth pair whose other end, in the caller's network namespace, is read and written
// through a packet socket. Slower than a TAP, and its frames can be lost when the reader is late (see NodeStats).
Result<WirePort> open_veth(const NetNamespace& where, const LinkOptions& options);

// The best of the two that this machine offers.
Result<WirePort> open_link(const NetNamespace& where, const LinkOptions& options);

}  // namespace chamber
