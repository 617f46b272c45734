#include "chaos/pod_faults.h"

#include <algorithm>
#include <map>

#include "chaos/host_faults.h"
#include "chaos/host_link_faults.h"

namespace chamber {
namespace {

using std::chrono::seconds;

// The grace period, and what a busy machine takes to make a pod.
constexpr Duration kSuccessor = seconds(60);

class PodFault : public Fault {
 public:
  PodFault(FaultRequest request, Substrate& substrate)
      : request_(std::move(request)), substrate_(substrate), pods_(*substrate.pods()) {}

  [[nodiscard]] std::string describe() const override {
    return fmt::format("{} {}", request_.kind, fmt::join(request_.targets, ", "));
  }

  // Their successors are waited for and started: a pod that went has done its harm when another is in its place.
  Result<void> apply() override {
    for (const std::string& node : request_.targets) {
      CHAMBER_CHECK(take(node));
      if (all_.back().ran.empty()) return fail(ErrorKind::kSystem, "nothing runs on {}", node);
    }
    CHAMBER_CHECK(ask());
    return start_successors();
  }

  Result<std::string> prove(const std::stop_token&) override {
    std::string proof;
    for (const Gone& pod : all_) {
      const std::string uid = CHAMBER_TRY(pods_.uid(pod.node));
      if (!proof.empty()) proof += "; ";
      if (pod.goes && uid == pod.uid) return fail(ErrorKind::kSystem, "{} is still the pod {}", pod.node, uid);
      if (!pod.goes && uid != pod.uid) return fail(ErrorKind::kSystem, "{} was refused to go, and went", pod.node);
      proof += pod.goes ? fmt::format("{}: pod {} replaced by {}", pod.node, pod.uid, uid)
                        : fmt::format("{}: refused by its PodDisruptionBudget, still pod {}", pod.node, uid);
    }
    if (all_.empty()) return fail(ErrorKind::kSystem, "nothing was asked to go");
    return proof;
  }

  Result<void> undo() override { return {}; }

  [[nodiscard]] std::vector<std::string> restarted() const override {
    std::vector<std::string> nodes;
    for (const Gone& pod : all_) {
      if (pod.goes) nodes.push_back(pod.node);
    }
    return nodes;
  }

 protected:
  struct Gone {
    std::string node;
    std::string uid;  // before
    std::vector<std::string> ran;
    bool goes = false;
  };

  // Asks each of all() to go, and says who does.
  virtual Result<void> ask() = 0;
  Result<void> take(const std::string& node) {
    all_.push_back({.node = node, .uid = CHAMBER_TRY(pods_.uid(node)), .ran = running_processes(substrate_, node)});
    return {};
  }
  Result<void> start_successors() {
    for (const Gone& pod : all_) {
      if (!pod.goes) continue;
      CHAMBER_CHECK(pods_.await_successor(pod.node, pod.uid, Deadline::in(kSuccessor)));
      CHAMBER_CHECK(start_again(substrate_, pod.node, pod.ran));
    }
    return {};
  }
  [[nodiscard]] const FaultRequest& request() const { return request_; }
  [[nodiscard]] Substrate& substrate() const { return substrate_; }
  [[nodiscard]] std::vector<Gone>& all() { return all_; }
  [[nodiscard]] const std::vector<Gone>& all() const { return all_; }
  [[nodiscard]] Pods& pods() const { return pods_; }

 private:
  FaultRequest request_;
  Substrate& substrate_;
  Pods& pods_;
  std::vector<Gone> all_;
};

class DeletePod final : public PodFault {
 public:
  using PodFault::PodFault;

 private:
  Result<void> ask() override {
    for (Gone& pod : all()) {
      CHAMBER_CHECK(pods().remove(pod.node));
      pod.goes = true;
    }
    return {};
  }
};

class EvictPod final : public PodFault {
 public:
  using PodFault::PodFault;

  [[nodiscard]] std::vector<Finding> findings() const override {
    const auto went = std::count_if(all().begin(), all().end(), [](const Gone& pod) { return pod.goes; });
    return {{"no more pods are evicted than the PodDisruptionBudget lets go", went <= may_go_,
             fmt::format("{} of {} went, {} might", went, all().size(), may_go_)}};
  }

 private:
  // All of one component: one budget holds for them.
  Result<void> ask() override {
    may_go_ = CHAMBER_TRY(pods().may_go(all().front().node));
    for (Gone& pod : all()) pod.goes = CHAMBER_TRY(pods().evict(pod.node));
    return {};
  }

  int may_go_ = 0;
};

class Cordon : public PodFault {
 public:
  using PodFault::PodFault;

  Result<void> apply() override {
    host_ = CHAMBER_TRY(pods().host_of(request().targets.front()));
    if (host_.empty()) return fail(ErrorKind::kUnavailable, "{} is on no Kubernetes node", request().targets.front());
    CHAMBER_CHECK(hosts().cordon(host_, request().time_to_live));
    return ask();
  }

  Result<std::string> prove(const std::stop_token&) override {
    if (!CHAMBER_TRY(hosts().is_cordoned(host_))) return fail(ErrorKind::kSystem, "{} takes pods", host_);
    return fmt::format("Kubernetes says that {} takes no pods", host_);
  }

  Result<void> undo() override {
    CHAMBER_CHECK(hosts().uncordon(host_));
    return start_successors();
  }

 protected:
  Result<void> ask() override { return {}; }
  [[nodiscard]] const std::string& host() const { return host_; }
  [[nodiscard]] Hosts& hosts() const { return *substrate().hosts(); }

 private:
  std::string host_;
};

class Drain final : public Cordon {
 public:
  using Cordon::Cordon;

  Result<std::string> prove(const std::stop_token& stop) override {
    std::string proof = CHAMBER_TRY(Cordon::prove(stop));
    for (const Gone& pod : all()) {
      const auto uid = pods().uid(pod.node);
      const bool same = uid && *uid == pod.uid;
      if (same == pod.goes) {
        return fail(ErrorKind::kSystem, "{} was {}, and is {}", pod.node, pod.goes ? "evicted" : "refused to go",
                    same ? "still there" : "gone");
      }
      if (pod.goes && uid && CHAMBER_TRY(pods().host_of(pod.node)) == host()) {
        return fail(ErrorKind::kSystem, "{} is on {} again", pod.node, host());
      }
      proof += fmt::format("; {} {}", pod.node, pod.goes ? "evicted" : "refused by its PodDisruptionBudget");
    }
    return proof;
  }

  [[nodiscard]] std::vector<Finding> findings() const override {
    std::vector<Finding> all_findings;
    for (const auto& [component, allowed] : may_go_) {
      const auto went = std::count_if(all().begin(), all().end(), [&, name = component](const Gone& pod) {
        return pod.goes && component_of(pod.node) == name;
      });
      all_findings.push_back({"a drain takes no more than the PodDisruptionBudget lets go", went <= allowed,
                              fmt::format("of {} {} went, {} might", component, went, allowed)});
    }
    return all_findings;
  }

 private:
  [[nodiscard]] std::string component_of(const std::string& node) const {
    for (const NodeSpec& spec : substrate().nodes()) {
      if (spec.name == node) return spec.component;
    }
    return "";
  }

  Result<void> ask() override {
    for (const std::string& node : CHAMBER_TRY(hosts().nodes_on(host()))) {
      CHAMBER_CHECK(take(node));
      const std::string component = component_of(node);
      if (!may_go_.contains(component)) may_go_[component] = CHAMBER_TRY(pods().may_go(node));
    }
    for (Gone& pod : all()) pod.goes = CHAMBER_TRY(pods().evict(pod.node));
    for (const Gone& pod : all()) {
      if (pod.goes) CHAMBER_CHECK(pods().await_gone(pod.node, pod.uid, Deadline::in(kSuccessor)));
    }
    return {};
  }

  std::map<std::string, int> may_go_;  // of each component, before
};

}  // namespace

Result<std::unique_ptr<Fault>> make_pod_fault(const FaultRequest& request, Substrate& substrate) {
  if (substrate.pods() == nullptr || substrate.hosts() == nullptr) {
    return fail(ErrorKind::kHarness, "substrate {} can't do '{}': its nodes are no pods", substrate.name(),
                request.kind);
  }
  std::unique_ptr<Fault> fault = CHAMBER_TRY(make_host_link_fault(request, substrate));
  if (!fault) fault = make_host_fault(request, substrate);
  if (request.kind == "delete_pod") fault = std::make_unique<DeletePod>(request, substrate);
  if (request.kind == "evict_pod") fault = std::make_unique<EvictPod>(request, substrate);
  if (request.kind == "cordon") fault = std::make_unique<Cordon>(request, substrate);
  if (request.kind == "drain") fault = std::make_unique<Drain>(request, substrate);
  if (!fault) return fail(ErrorKind::kInput, "there is no fault of pods '{}'", request.kind);
  return fault;
}

}  // namespace chamber
