#include "chaos/host_faults.h"

#include <algorithm>

#include "harness/base/eventually.h"

namespace chamber {
namespace {

// Until nothing of it is left, or moves, on a busy machine.
constexpr Duration kBites = std::chrono::seconds(10);
// Until a Kubernetes node that was started has its pods again, or one that stood still answers.
constexpr Duration kReturn = std::chrono::seconds(120);

// Of the Kubernetes nodes that the targets are on, when it starts.
class HostFault : public Fault {
 public:
  HostFault(FaultRequest request, Substrate& substrate)
      : request_(std::move(request)), substrate_(substrate), pods_(*substrate.pods()), hosts_(*substrate.hosts()) {}

  [[nodiscard]] std::string describe() const override {
    return fmt::format("{} {}", request_.kind, fmt::join(request_.targets, ", "));
  }

  Result<void> apply() override {
    CHAMBER_CHECK(choose());
    for (std::size_t i = 0; i < hurt_.size(); ++i) {
      const Result<void> done = hurt(hurt_[i].name, request_.time_to_live);
      if (done) continue;
      // Half a fault is none.
      Result<void> outcome = done;
      hurt_.resize(i);
      if (const auto undone = undo(); !undone) outcome = std::move(outcome).context(undone.error().message());
      return outcome;
    }
    return {};
  }

  Result<std::string> prove(const std::stop_token& stop) override {
    std::string proof;
    for (const Host& host : hurt_) {
      if (!host.before.answers) {
        return fail(ErrorKind::kSystem, "the Kubernetes node {} did not answer before either", host.name);
      }
      HostReading reading;
      CHAMBER_CHECK(eventually({.what = fmt::format("the Kubernetes node {} to be hurt", host.name),
                                .deadline = Deadline::in(kBites),
                                .stop = stop},
                               [&]() -> Result<void> {
                                 reading = CHAMBER_TRY(hosts_.look(host.name));
                                 if (is_hurt(reading)) return {};
                                 return fail(ErrorKind::kUnavailable, "{} processes, given a processor {} times, {}",
                                             reading.processes, reading.turns, words(reading.answers));
                               }));
      proof += fmt::format(
          "{}the Kubernetes node {} with {}: {} processes before, {} now, given a processor {} times in "
          "{:.1f} s ({} before); it {}",
          proof.empty() ? "" : "; ", host.name, fmt::join(host.nodes, ", "), host.before.processes, reading.processes,
          reading.turns, seconds(reading.over), host.before.turns, words(reading.answers));
    }
    return proof;
  }

 protected:
  struct Host {
    std::string name;
    std::vector<std::string> nodes;  // the cell's nodes that are on it
    HostReading before = {};
    std::vector<std::vector<std::string>> ran = {};  // of each node
  };

  virtual Result<void> hurt(const std::string& host, Duration time_to_live) = 0;
  [[nodiscard]] virtual bool is_hurt(const HostReading& reading) const = 0;

  [[nodiscard]] const std::vector<Host>& hurt_hosts() const { return hurt_; }
  [[nodiscard]] Substrate& substrate() const { return substrate_; }
  [[nodiscard]] Pods& pods() const { return pods_; }
  [[nodiscard]] Hosts& hosts() const { return hosts_; }

 private:
  static const char* words(bool answers) { return answers ? "answers" : "does not answer"; }

  Result<void> choose() {
    for (const std::string& target : request_.targets) {
      const std::string name = CHAMBER_TRY(pods_.host_of(target));
      if (name.empty()) return fail(ErrorKind::kUnavailable, "{} is on no Kubernetes node", target);
      if (std::any_of(hurt_.begin(), hurt_.end(), [&](const Host& host) { return host.name == name; })) continue;
      Host host{.name = name, .nodes = CHAMBER_TRY(hosts_.nodes_on(name))};
      for (const std::string& node : host.nodes) host.ran.push_back(running_processes(substrate_, node));
      host.before = CHAMBER_TRY(hosts_.look(name));
      hurt_.push_back(std::move(host));
    }
    return {};
  }

  FaultRequest request_;
  Substrate& substrate_;
  Pods& pods_;
  Hosts& hosts_;
  std::vector<Host> hurt_;
};

class PauseNode final : public HostFault {
 public:
  using HostFault::HostFault;

  Result<void> undo() override {
    for (const Host& host : hurt_hosts()) CHAMBER_CHECK(hosts().resume(host.name));
    const Deadline deadline = Deadline::in(kReturn);
    for (const Host& host : hurt_hosts()) {
      CHAMBER_CHECK(
          eventually({.what = fmt::format("the Kubernetes node {} to go on", host.name), .deadline = deadline},
                     [&]() -> Result<void> {
                       if (CHAMBER_TRY(hosts().look(host.name)).answers) return {};
                       return fail(ErrorKind::kUnavailable, "it does not answer");
                     }));
    }
    return {};
  }

 private:
  Result<void> hurt(const std::string& host, Duration time_to_live) override {
    return hosts().pause(host, time_to_live);
  }
  [[nodiscard]] bool is_hurt(const HostReading& reading) const override {
    return reading.processes > 0 && reading.turns == 0 && !reading.answers;
  }
};

class StopNode final : public HostFault {
 public:
  using HostFault::HostFault;

  // Its pods are the same ones; what was in their containers is gone.
  Result<void> undo() override {
    for (const Host& host : hurt_hosts()) CHAMBER_CHECK(hosts().start(host.name));
    const Deadline deadline = Deadline::in(kReturn);
    for (const Host& host : hurt_hosts()) {
      for (std::size_t i = 0; i < host.nodes.size(); ++i) {
        CHAMBER_CHECK(pods().await_containers(host.nodes[i], deadline));
        CHAMBER_CHECK(start_again(substrate(), host.nodes[i], host.ran[i]));
      }
    }
    return {};
  }

  [[nodiscard]] std::vector<std::string> restarted() const override {
    std::vector<std::string> nodes;
    for (const Host& host : hurt_hosts()) nodes.insert(nodes.end(), host.nodes.begin(), host.nodes.end());
    return nodes;
  }

 private:
  Result<void> hurt(const std::string& host, Duration time_to_live) override {
    return hosts().stop(host, time_to_live);
  }
  [[nodiscard]] bool is_hurt(const HostReading& reading) const override {
    return reading.processes == 0 && !reading.answers;
  }
};

}  // namespace

std::unique_ptr<Fault> make_host_fault(const FaultRequest& request, Substrate& substrate) {
  if (request.kind == "pause_node") return std::make_unique<PauseNode>(request, substrate);
  if (request.kind == "stop_node") return std::make_unique<StopNode>(request, substrate);
  return nullptr;
}

}  // namespace chamber
