// What nodes run on. `local` starts processes in namespaces; `kind` will apply manifests. Everything above a cell uses
// only this interface. All functions may be called from any thread; those on one node are serialized inside.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/result.h"
#include "harness/base/seen_processes.h"
#include "harness/cell/node.h"
#include "harness/disk/power_loss.h"
#include "harness/net/wire/rule.h"

namespace chamber {

struct ProcessState {
  bool started = false;   // ever
  bool running = false;   // a paused process runs
  bool planned = false;   // its end was asked for through this interface
  std::string ended_how;  // "exit code 1", "signal 9 (Killed)"; empty while it runs
};

struct Address {
  std::string ip;      // IPv4, reachable from the harness
  std::uint16_t port;  //
};

struct ExecResult {
  int exit_code = 0;   // 128 + signal when it was killed
  std::string output;  // standard output and error, in order, at most 1 MiB
};

struct LinkCounters {
  std::uint64_t packets = 0;  // delivered
  std::uint64_t dropped = 0;  // by a fault
  std::uint64_t delayed = 0;  // by a fault
};

using LinkFaultId = std::uint64_t;

// The links between nodes. The harness is the node "harness"; its links are left alone unless they are named.
class Links {
 public:
  virtual ~Links() = default;
  // Both lists are node names. One direction: packets from any of `from` to any of `to`. Ends by itself after
  // `time_to_live`, whatever becomes of the caller.
  virtual Result<LinkFaultId> apply(const std::vector<std::string>& from, const std::vector<std::string>& to,
                                    const LinkRule& fault, Duration time_to_live) = 0;
  virtual Result<void> remove(LinkFaultId id) = 0;
  [[nodiscard]] virtual LinkCounters counters(std::string_view from, std::string_view to) const = 0;
  // The time a TCP connection from one node to a port of another takes to be established; kUnavailable when refused,
  // kTimeout when nothing came back. Runs inside the node `from`: proof of a link fault from the outside of the wire.
  virtual Result<Duration> connect_time(std::string_view from, std::string_view to, std::uint16_t port,
                                        Deadline deadline) = 0;
  virtual Result<void> start_capture(const std::string& file) = 0;
  virtual Result<void> stop_capture() = 0;
};

// The objects of a component's ApiUse::kKeepsState are named after this.
[[nodiscard]] inline std::string state_name(const std::string& component) {
  return component + "-primary";
}

// Kubernetes' API as pods see it.
struct PodApi {
  std::string url;         // "https://kubernetes.default.svc"
  std::string name_space;  // that the pods are in, and their ServiceAccounts, which are named as the components
  std::string token_file;  // ApiUse::kProvesItself: a token of the pod's ServiceAccount …
  std::string audience;    // … that is good only for this one
};

// What Kubernetes does to nodes that are pods. What the harness had written into them by write_file() is in the pod
// that comes in place of one that went, too; its processes are for start() to start.
class Pods {
 public:
  virtual ~Pods() = default;
  // What tells the pod from those of the same name before and after it. kUnavailable when there is none.
  virtual Result<std::string> uid(const std::string& node) = 0;
  // Asks for its end; it has its grace period. Its processes' end is planned.
  virtual Result<void> remove(const std::string& node) = 0;
  // The same by the Eviction API. False when the PodDisruptionBudget of its component forbids it.
  virtual Result<bool> evict(const std::string& node) = 0;
  // How many pods of its component the PodDisruptionBudget lets go now.
  virtual Result<int> may_go(const std::string& node) = 0;
  // Waits until the pod with this uid is no more.
  virtual Result<void> await_gone(const std::string& node, const std::string& uid, Deadline deadline) = 0;
  // The Kubernetes node that the pod is on; empty while it waits for one.
  virtual Result<std::string> host_of(const std::string& node) = 0;
  // Waits until a pod with another uid has its containers.
  virtual Result<void> await_successor(const std::string& node, const std::string& uid, Deadline deadline) = 0;
  // Waits until a pod whose containers all ended with its Kubernetes node has them again.
  virtual Result<void> await_containers(const std::string& node, Deadline deadline) = 0;
  // What Kubernetes tells of the cell to who may not read its Secrets: all other objects of its, and events of all
  // that is in the cluster, by what they are, as JSON.
  virtual Result<std::map<std::string, std::string>> records() = 0;
};

// A Kubernetes node, seen from outside during `over`.
struct HostReading {
  std::size_t processes = 0;  // its own and its pods'
  std::uint64_t turns = 0;    // how often any of them was given a processor meanwhile
  bool answers = false;       // one of its own servers did, within that time
  Duration over{};
};

// The Kubernetes nodes, by their names in Kubernetes (Pods::host_of). What is done to one ends by
// itself after `time_to_live`, whatever becomes of the caller; undoing what has ended is no error.
class Hosts {
 public:
  virtual ~Hosts() = default;
  // The cell's nodes that are on it.
  virtual Result<std::vector<std::string>> nodes_on(const std::string& host) = 0;
  // From now on no pod is put on it.
  virtual Result<void> cordon(const std::string& host, Duration time_to_live) = 0;
  virtual Result<void> uncordon(const std::string& host) = 0;
  virtual Result<bool> is_cordoned(const std::string& host) = 0;
  // Freezes all its processes. kInput for the control-plane node, here and for stop(): with it the cluster would go.
  virtual Result<void> pause(const std::string& host, Duration time_to_live) = 0;
  virtual Result<void> resume(const std::string& host) = 0;
  // Ends all its processes at once; its disk stays. The end of its pods' processes is planned.
  virtual Result<void> stop(const std::string& host, Duration time_to_live) = 0;
  virtual Result<void> start(const std::string& host) = 0;
  virtual Result<HostReading> look(const std::string& host) = 0;
  // All that there are, also those that no pod of the cell is on.
  virtual Result<std::vector<std::string>> all() = 0;
  // Between Kubernetes nodes, by their names: all that passes between them, their own packets and their pods'. What
  // passes between the load and pods is left alone.
  virtual Links& links() = 0;
  // That each of them listens on by itself, for Links::connect_time().
  [[nodiscard]] virtual std::uint16_t port() const = 0;
};

class Substrate {
 public:
  virtual ~Substrate() = default;

  [[nodiscard]] virtual std::string name() const = 0;  // "local"

  // Makes a folder of this machine visible to every node, wherever it lies and whoever may enter it there; before
  // create(). Returns where nodes see it.
  virtual Result<std::string> show(std::string_view name, const std::string& folder) = 0;

  // Makes the nodes with their names, addresses, files and volumes; starts nothing. Once per cell, with all nodes.
  virtual Result<void> create(const std::vector<NodeSpec>& nodes) = 0;
  [[nodiscard]] virtual const std::vector<NodeSpec>& nodes() const = 0;

  virtual Result<void> start(std::string_view node, std::string_view process) = 0;
  // Sends a signal to one process of a node, not to its children. A deadly signal marks the end as planned.
  virtual Result<void> signal(std::string_view node, std::string_view process, int signal) = 0;
  // Sends a signal to every process in the node, children and side-cars too (a host that is lost: SIGKILL; frozen:
  // SIGSTOP). For SIGKILL it returns when none is left.
  virtual Result<void> signal_all(std::string_view node, int signal) = 0;
  // Sends a signal to every process in the node that runs this program, by the name that the kernel shows ("postgres"),
  // and leaves the others alone: a server dies under its supervisor. kUnavailable when nothing runs it.
  virtual Result<void> signal_program(std::string_view node, std::string_view program, int signal) = 0;
  // Cuts the power of a node that was made with can_lose_power: every process of it is gone, as after SIGKILL, and its
  // volumes have what was synced, and what survived of the rest.
  virtual Result<PowerLoss> lose_power(std::string_view node, const Survival& survival);
  // What nodes with can_lose_power wrote until now is on their disks: what a kernel does by itself within half a
  // minute.
  virtual Result<void> settle_disks() { return {}; }
  // Waits until the process ended.
  virtual Result<void> wait_ended(std::string_view node, std::string_view process, Deadline deadline) = 0;
  [[nodiscard]] virtual ProcessState state(std::string_view node, std::string_view process) const = 0;
  // Ids and names of every process in the node now, for proofs: {"412 vault", …}.
  [[nodiscard]] virtual std::vector<std::string> processes_in(std::string_view node) const = 0;

  // Those of them that stand still (SIGSTOP).
  [[nodiscard]] virtual std::vector<std::string> stopped_in(std::string_view node) const = 0;

  // Files under the node's folder; writing replaces atomically.
  virtual Result<void> write_file(std::string_view node, const NodeFile& file) = 0;
  [[nodiscard]] virtual Result<std::string> read_file(std::string_view node, std::string_view path) const = 0;

  // Runs a program in the node and waits for it. The environment is PATH, HOME=/node and what is given.
  virtual Result<ExecResult> exec(std::string_view node, const ProcessSpec& process, std::string_view standard_input,
                                  Deadline deadline) = 0;

  // The same with the caller's own standard input, output and error; waits until it ends. Its exit code.
  virtual Result<int> attach(std::string_view node, const ProcessSpec& process, const std::array<int, 3>& streams) = 0;

  [[nodiscard]] virtual Result<Address> address(std::string_view node, std::string_view port) const = 0;
  // Where a port with `publish_as` can be reached from outside the cell: 127.0.0.1 and the port the kernel picked.
  [[nodiscard]] virtual Result<Address> published(std::string_view name) const = 0;

  // The last lines of what a process wrote, for errors.
  [[nodiscard]] virtual std::string log_tail(std::string_view node, std::string_view process, int lines) const = 0;
  // Where the process's whole log is, as a file that outlives the cell.
  [[nodiscard]] virtual std::string log_path(std::string_view node, std::string_view process) const = 0;

  // Every process of the cell's nodes, of what they run on, and of the harness, by their ids here: those that no secret
  // may be seen in. Here: all that this process sees, which in a process-id namespace of the cell's own are no others.
  [[nodiscard]] virtual std::vector<pid_t> processes() { return seen_processes(); }

  // Null where nodes aren't pods.
  [[nodiscard]] virtual Pods* pods() { return nullptr; }
  // Nothing where nodes aren't pods.
  [[nodiscard]] virtual std::optional<PodApi> pod_api() const { return std::nullopt; }

  // Null with a reason in why_no_links() where the substrate can't touch packets.
  [[nodiscard]] virtual Links* links() = 0;
  [[nodiscard]] virtual std::string why_no_links() const = 0;

  // What pods run on; null where nodes aren't pods.
  [[nodiscard]] virtual Hosts* hosts() { return nullptr; }
};

// Of what a substrate published, by name: 127.0.0.1 and the port. kHarness for a name that it did not publish.
Result<Address> published_address(const std::map<std::string, std::uint16_t, std::less<>>& ports,
                                  std::string_view name);

// Those of a node's processes that run now, in the order of its description.
[[nodiscard]] std::vector<std::string> running_processes(const Substrate& substrate, std::string_view node);

// Starts it unless it runs; kUnavailable while a file that it needs is not there.
Result<void> ensure_running(Substrate& substrate, std::string_view node, std::string_view process);

// Starts again what ran on a node, side-cars first. What lacks a file that a side-car has yet to write is left to the
// node's recovery (Component::recover), which comes after.
Result<void> start_again(Substrate& substrate, std::string_view node, const std::vector<std::string>& processes);

// kHarness with the log's tail when the process has ended, success while it runs: for readiness waits, so that an early
// exit is noticed at once instead of at the deadline.
Result<void> still_running(const Substrate& substrate, std::string_view node, std::string_view process);

}  // namespace chamber
