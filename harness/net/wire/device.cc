#include "harness/net/wire/device.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/veth.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include "harness/base/log.h"
#include "harness/base/random.h"
#include "harness/net/wire/frame.h"

namespace chamber {
namespace {

using wire::Netlink;
using wire::NetlinkRequest;

constexpr char kTunDevice[] = "/dev/net/tun";
constexpr std::uint32_t kLoopbackIndex = 1;
// Frames that the kernel keeps for a wire thread that is late; with super-frames far more than TCP has under way.
constexpr std::uint32_t kTransmitQueueFrames = 4096;
constexpr int kPacketSocketBytes = 8 << 20;

// Namespaces belong to threads: a scratch one leaves the caller's untouched.
Result<void> in_scratch_thread(const std::function<Result<void>()>& body) {
  Result<void> result;
  std::thread([&] { result = body(); }).join();
  return result;
}

ifinfomsg interface_message(std::uint32_t index) {
  ifinfomsg message{};
  message.ifi_family = AF_UNSPEC;
  message.ifi_index = static_cast<int>(index);
  return message;
}

Result<void> set_up(Netlink& netlink, std::uint32_t index, std::string_view doing) {
  ifinfomsg message = interface_message(index);
  message.ifi_flags = IFF_UP;
  message.ifi_change = IFF_UP;
  NetlinkRequest request(RTM_NEWLINK, 0);
  request.body(message);
  return netlink.request(std::move(request), doing);
}

Result<std::uint32_t> index_of(const std::string& interface) {
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return fail_errno(errno, "opening a socket");
  ifreq request{};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  if (ioctl(socket.get(), SIOCGIFINDEX, &request) < 0) return fail_errno(errno, "looking up interface {}", interface);
  return static_cast<std::uint32_t>(request.ifr_ifindex);
}

// The link-local address, and with it all of IPv6's own traffic: an interface without it stays silent.
Result<void> silence_ipv6(Netlink& netlink, std::uint32_t index) {
  NetlinkRequest request(RTM_NEWLINK, 0);
  request.body(interface_message(index));
  const std::size_t families = request.begin(IFLA_AF_SPEC);
  const std::size_t family = request.begin(AF_INET6);
  const std::uint8_t none = IN6_ADDR_GEN_MODE_NONE;
  request.attribute(IFLA_INET6_ADDR_GEN_MODE, &none, sizeof none);
  request.end(family);
  request.end(families);
  const int error = CHAMBER_TRY(netlink.try_request(std::move(request)));
  const bool kernel_without_ipv6 = error == EAFNOSUPPORT || error == EOPNOTSUPP;
  if (error != 0 && !kernel_without_ipv6) return fail_errno(error, "turning IPv6 off");
  return {};
}

NetlinkRequest route_request(std::uint32_t index, Ipv4 source, const std::string& congestion_control) {
  rtmsg message{};
  message.rtm_family = AF_INET;
  message.rtm_dst_len = kCellPrefixBits;
  message.rtm_table = RT_TABLE_MAIN;
  message.rtm_protocol = RTPROT_STATIC;
  message.rtm_scope = RT_SCOPE_LINK;
  message.rtm_type = RTN_UNICAST;
  NetlinkRequest request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
  request.body(message);
  request.attribute(RTA_DST, htonl(kCellNetwork.value));
  request.attribute(RTA_OIF, index);
  request.attribute(RTA_PREFSRC, htonl(source.value));
  if (!congestion_control.empty()) {
    const std::size_t metrics = request.begin(RTA_METRICS);
    request.attribute(RTAX_CC_ALGO, congestion_control);
    request.end(metrics);
  }
  return request;
}

// To the cell's network. The congestion control goes with the route: net.ipv4.tcp_congestion_control of a namespace
// takes only what the machine allows to its users, and /proc/sys may be read-only.
Result<void> add_route(Netlink& netlink, std::uint32_t index, const LinkOptions& options) {
  const int error = CHAMBER_TRY(netlink.try_request(route_request(index, options.address, options.congestion_control)));
  if (error == 0) return {};
  if (error != EINVAL) return fail_errno(error, "adding the route to the cell's network");
  log::info("TCP keeps the machine's congestion control: the kernel has no {}", options.congestion_control);
  return netlink.request(route_request(index, options.address, {}), "adding the route to the cell's network");
}

// In the node's namespace: MAC, MTU, queue, address, up.
Result<void> configure(const LinkOptions& options) {
  const std::uint32_t index = CHAMBER_TRY(index_of(options.interface));
  Netlink netlink = CHAMBER_TRY(Netlink::open());
  CHAMBER_CHECK(silence_ipv6(netlink, index));

  const Mac mac = mac_of(options.address);
  NetlinkRequest link(RTM_NEWLINK, 0);
  link.body(interface_message(index));
  link.attribute(IFLA_ADDRESS, mac.data(), mac.size());
  link.attribute(IFLA_MTU, options.mtu);
  link.attribute(IFLA_TXQLEN, kTransmitQueueFrames);
  CHAMBER_CHECK(netlink.request(std::move(link), "setting MAC and MTU"));

  ifaddrmsg message{};
  message.ifa_family = AF_INET;
  message.ifa_prefixlen = kCellPrefixBits;
  message.ifa_index = index;
  const std::uint32_t address = htonl(options.address.value);
  const std::uint32_t broadcast = htonl(kCellNetwork.value + kCellHosts - 1);
  NetlinkRequest assign(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
  assign.body(message);
  assign.attribute(IFA_LOCAL, address);
  assign.attribute(IFA_ADDRESS, address);
  assign.attribute(IFA_BROADCAST, broadcast);
  // The route of the prefix is add_route()'s, which can say more about it.
  assign.attribute(IFA_FLAGS, std::uint32_t{IFA_F_NOPREFIXROUTE});
  CHAMBER_CHECK(netlink.request(std::move(assign), "setting the address"));
  CHAMBER_CHECK(set_up(netlink, index, "setting it up"));
  return add_route(netlink, index, options);
}

Result<void> check(const LinkOptions& options) {
  if (!is_cell_address(options.address)) {
    return fail(ErrorKind::kInput, "{} is not a host's address in {}/{}", to_string(options.address),
                to_string(kCellNetwork), kCellPrefixBits);
  }
  if (options.mtu < 576 || options.mtu > 65521) {
    return fail(ErrorKind::kInput, "an MTU must be between 576 and 65521, not {}", options.mtu);
  }
  if (options.interface.empty() || options.interface.size() >= IFNAMSIZ) {
    return fail(ErrorKind::kInput, "'{}' can't be an interface's name", options.interface);
  }
  return {};
}

Result<Fd> make_tap(const std::string& interface) {
  Fd tap(open(kTunDevice, O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!tap.valid()) return fail_errno(errno, "opening {}", kTunDevice);
  ifreq request{};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  if (ioctl(tap.get(), TUNSETIFF, &request) < 0) return fail_errno(errno, "making TAP device {}", interface);
  int header_bytes = wire::kOffloadBytes;
  if (ioctl(tap.get(), TUNSETVNETHDRSZ, &header_bytes) < 0) return fail_errno(errno, "setting the header's size");
  const unsigned long offloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO_ECN;
  if (ioctl(tap.get(), TUNSETOFFLOAD, offloads) < 0) return fail_errno(errno, "setting offloads");
  return tap;
}

// A pair whose one end, with the node's name for it, is born in the node's namespace.
Result<void> make_veth_pair(Netlink& netlink, const std::string& own_name, const LinkOptions& options, int node_net) {
  NetlinkRequest request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  request.body(interface_message(0));
  request.attribute(IFLA_IFNAME, own_name);
  request.attribute(IFLA_MTU, options.mtu);
  const std::size_t info = request.begin(IFLA_LINKINFO);
  request.attribute(IFLA_INFO_KIND, "veth");
  const std::size_t data = request.begin(IFLA_INFO_DATA);
  const std::size_t peer = request.begin(VETH_INFO_PEER);
  request.body(interface_message(0));
  request.attribute(IFLA_IFNAME, options.interface);
  request.attribute(IFLA_NET_NS_FD, static_cast<std::uint32_t>(node_net));
  request.end(peer);
  request.end(data);
  request.end(info);
  return netlink.request(std::move(request), "making a veth pair");
}

Result<Fd> make_packet_socket(std::uint32_t index) {
  // Protocol zero: nothing is received before the socket is bound to its interface.
  Fd packets(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!packets.valid()) return fail_errno(errno, "opening a packet socket");
  const auto set = [&](int level, int option, int value) {
    return setsockopt(packets.get(), level, option, &value, sizeof value) == 0;
  };
  if (!set(SOL_PACKET, PACKET_VNET_HDR, 1)) return fail_errno(errno, "setting PACKET_VNET_HDR");
  if (!set(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)) return fail_errno(errno, "setting PACKET_IGNORE_OUTGOING");
  if (!set(SOL_PACKET, PACKET_QDISC_BYPASS, 1)) return fail_errno(errno, "setting PACKET_QDISC_BYPASS");
  // Beyond the system's limit only with privilege in the first user namespace; else as much as the limit allows.
  if (!set(SOL_SOCKET, SO_RCVBUFFORCE, kPacketSocketBytes) && !set(SOL_SOCKET, SO_RCVBUF, kPacketSocketBytes)) {
    return fail_errno(errno, "setting SO_RCVBUF");
  }
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(index);
  if (bind(packets.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
    return fail_errno(errno, "binding a packet socket");
  }
  return packets;
}

}  // namespace

std::string_view to_string(LinkKind kind) {
  return kind == LinkKind::kTap ? "tap" : "veth";
}

Result<NetNamespace> create_net_namespace(std::string_view hostname) {
  NetNamespace made;
  made.hostname = hostname;
  const auto body = [&]() -> Result<void> {
    if (unshare(CLONE_NEWNET | CLONE_NEWUTS) < 0) return fail_errno(errno, "unshare(CLONE_NEWNET | CLONE_NEWUTS)");
    if (sethostname(hostname.data(), hostname.size()) < 0) return fail_errno(errno, "sethostname");
    made.net = Fd(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    made.uts = Fd(open("/proc/thread-self/ns/uts", O_RDONLY | O_CLOEXEC));
    if (!made.net.valid() || !made.uts.valid()) return fail_errno(errno, "opening /proc/thread-self/ns");
    Netlink netlink = CHAMBER_TRY(Netlink::open());
    return set_up(netlink, kLoopbackIndex, "setting lo up");
  };
  CHAMBER_CHECK(in_scratch_thread(body).context(fmt::format("making a network namespace for {}", hostname)));
  return made;
}

Result<void> in_namespace(const NetNamespace& where, const std::function<Result<void>()>& body) {
  return in_scratch_thread([&]() -> Result<void> {
    if (setns(where.net.get(), CLONE_NEWNET) < 0 || setns(where.uts.get(), CLONE_NEWUTS) < 0) {
      return fail_errno(errno, "entering the namespaces of {}", where.hostname);
    }
    return body();
  });
}

VethEnd::~VethEnd() {
  if (index_ == 0) return;
  NetlinkRequest request(RTM_DELLINK, 0);
  request.body(interface_message(index_));
  // The one way to fail is that the pair went with the node's namespace already.
  static_cast<void>(netlink_.try_request(std::move(request)));
}

Result<void> tap_usable() {
  const Fd device(open(kTunDevice, O_RDWR | O_CLOEXEC));
  if (!device.valid()) return fail_errno(errno, "opening {}", kTunDevice);
  return {};
}

Result<WirePort> open_tap(const NetNamespace& where, const LinkOptions& options) {
  CHAMBER_CHECK(check(options));
  WirePort port;
  const auto body = [&]() -> Result<void> {
    port.fd = CHAMBER_TRY(make_tap(options.interface));
    return configure(options);
  };
  CHAMBER_CHECK(in_namespace(where, body).context(fmt::format("giving {} a TAP device", where.hostname)));
  return port;
}

Result<WirePort> open_veth(const NetNamespace& where, const LinkOptions& options) {
  CHAMBER_CHECK(check(options));
  const std::string doing = fmt::format("giving {} a veth pair", where.hostname);
  const std::string own_name = "cw-" + random_hex(4);
  Netlink netlink = CHAMBER_TRY(Netlink::open().context(doing));
  CHAMBER_CHECK(make_veth_pair(netlink, own_name, options, where.net.get()).context(doing));
  const std::uint32_t own_index = CHAMBER_TRY(index_of(own_name).context(doing));
  WirePort port;
  port.kind = LinkKind::kVeth;
  port.veth.emplace(std::move(netlink), own_index);
  Netlink own = CHAMBER_TRY(Netlink::open().context(doing));
  CHAMBER_CHECK(silence_ipv6(own, own_index).context(doing));
  port.fd = CHAMBER_TRY(make_packet_socket(own_index).context(doing));
  CHAMBER_CHECK(in_namespace(where, [&] { return configure(options); }).context(doing));
  CHAMBER_CHECK(set_up(own, own_index, doing));
  return port;
}

Result<WirePort> open_link(const NetNamespace& where, const LinkOptions& options) {
  if (tap_usable()) return open_tap(where, options);
  return open_veth(where, options);
}

}  // namespace chamber
