// For tests of faults: a substrate of two nodes, on which faults have an effect or don't.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "chaos/fault.h"

namespace chamber {

// Links on which every connection takes `way`, longer where a fault adds to it, unless faults have no effect here.
class FakeLinks final : public Links {
 public:
  Result<LinkFaultId> apply(const std::vector<std::string>& from, const std::vector<std::string>& to,
                            const LinkRule& fault, Duration) override {
    if (last_ + 1 == refused) return fail(ErrorKind::kHarness, "no more rules");
    faults_[++last_] = fault;
    ends_[last_] = {from, to};
    return last_;
  }
  Result<void> remove(LinkFaultId id) override {
    faults_.erase(id);
    return {};
  }
  // Each look finds more traffic.
  [[nodiscard]] LinkCounters counters(std::string_view, std::string_view) const override {
    for (const auto& [id, fault] : faults_) {
      if (effective && fault.rate_bits_per_second > 0) counters_.delayed += 10;
    }
    return counters_;
  }
  Result<Duration> connect_time(std::string_view, std::string_view, std::uint16_t, Deadline) override {
    for (const auto& [id, fault] : faults_) {
      if (!effective || !fault.drop) continue;
      ++counters_.dropped;
      return fail(ErrorKind::kTimeout, "nothing came back");
    }
    if (below != nullptr && below->active() > 0) return fail(ErrorKind::kTimeout, "nothing came back");
    if (!open) return fail(ErrorKind::kUnavailable, "refused");
    Duration way = std::chrono::milliseconds(1);
    for (const auto& [id, fault] : faults_) {
      if (!effective) continue;
      if (fault.loss > 0) ++counters_.dropped;
      way += fault.delay;
    }
    return way;
  }
  Result<void> start_capture(const std::string&) override { return {}; }
  Result<void> stop_capture() override { return {}; }

  [[nodiscard]] std::size_t active() const { return faults_.size(); }
  using Ends = std::pair<std::vector<std::string>, std::vector<std::string>>;
  [[nodiscard]] const std::vector<std::string>& sender_of_last() const { return ends_.at(last_).first; }
  [[nodiscard]] const Ends& ends_of_last() const { return ends_.at(last_); }

  bool open = true;
  bool effective = true;
  const FakeLinks* below = nullptr;  // over which these go
  LinkFaultId refused = 0;           // this one is

 private:
  LinkFaultId last_ = 0;
  std::map<LinkFaultId, LinkRule> faults_;
  std::map<LinkFaultId, Ends> ends_;
  mutable LinkCounters counters_;
};

// Pods of which the budget lets `may` go, on one Kubernetes node, or spread over two.
class FakePods final : public Pods, public Hosts {
 public:
  Result<std::string> uid(const std::string& node) override { return fmt::format("{}-{}", node, lives_[node]); }
  Result<void> remove(const std::string& node) override {
    if (effective) ++lives_[node];
    return {};
  }
  Result<bool> evict(const std::string& node) override {
    if (may == 0 && !lax) return false;
    if (may > 0) --may;
    ++lives_[node];
    return true;
  }
  Result<int> may_go(const std::string&) override { return may; }
  Result<void> await_gone(const std::string&, const std::string&, Deadline) override { return {}; }
  Result<void> await_successor(const std::string&, const std::string&, Deadline) override { return {}; }
  // One whose place is nowhere while its host takes no pods.
  Result<std::string> host_of(const std::string& node) override {
    if (spread && node == "vault-1") return std::string("host-2");
    return std::string(cordoned_ && lives_[node] > 0 ? "" : "host");
  }
  Result<void> await_containers(const std::string& node, Deadline) override {
    came_back.push_back(node);
    return {};
  }
  Result<std::map<std::string, std::string>> records() override { return std::map<std::string, std::string>{}; }
  Result<std::vector<std::string>> nodes_on(const std::string& name) override {
    if (!spread) return std::vector<std::string>{"vault-0", "vault-1"};
    if (name == "control") return std::vector<std::string>{};
    return std::vector<std::string>{name == "host" ? "vault-0" : "vault-1"};
  }
  Result<std::vector<std::string>> all() override { return std::vector<std::string>{"control", "host", "host-2"}; }
  Links& links() override { return host_links; }
  [[nodiscard]] std::uint16_t port() const override { return 10256; }
  Result<void> cordon(const std::string&, Duration) override {
    cordoned_ = effective;
    return {};
  }
  Result<void> uncordon(const std::string&) override {
    cordoned_ = false;
    return {};
  }
  Result<bool> is_cordoned(const std::string&) override { return cordoned_; }
  Result<void> pause(const std::string&, Duration) override {
    if (effective) host = {.processes = 40, .turns = 0, .answers = false, .over = std::chrono::seconds(1)};
    return {};
  }
  Result<void> resume(const std::string&) override {
    host = {.processes = 40, .turns = 900, .answers = true, .over = std::chrono::seconds(1)};
    return {};
  }
  Result<void> stop(const std::string&, Duration) override {
    if (effective) host = {};
    return {};
  }
  Result<void> start(const std::string& name) override { return resume(name); }
  Result<HostReading> look(const std::string&) override { return host; }

  HostReading host{.processes = 40, .turns = 900, .answers = true, .over = std::chrono::seconds(1)};
  std::vector<std::string> came_back;
  FakeLinks host_links;
  bool spread = false;
  int may = 1;
  bool effective = true;
  bool lax = false;  // lets go more than the budget does

 private:
  std::map<std::string, int> lives_;
  bool cordoned_ = false;
};

// Nodes with one process each, which signals may or may not reach.
class FakeSubstrate final : public Substrate {
 public:
  FakeSubstrate() {
    for (const char* name : {"vault-0", "vault-1"}) {
      NodeSpec node;
      node.name = name;
      node.component = "vault";
      node.processes = {{"vault", {"/bin/vault"}, {}}};
      node.ports = {{"api", 8200, ""}};
      nodes_.push_back(node);
      running_[name] = {1};
    }
    links_.below = &pods_.host_links;
  }
  [[nodiscard]] std::string name() const override { return "fake"; }
  Result<std::string> show(std::string_view, const std::string& folder) override { return folder; }
  Result<void> create(const std::vector<NodeSpec>&) override { return {}; }
  [[nodiscard]] const std::vector<NodeSpec>& nodes() const override { return nodes_; }
  Result<void> start(std::string_view node, std::string_view) override {
    running_[std::string(node)] = {++last_pid_};
    return {};
  }
  Result<void> signal(std::string_view node, std::string_view, int number) override { return signal_all(node, number); }
  Result<void> signal_all(std::string_view node, int number) override {
    if (!signals_work) return {};
    if (number == SIGKILL || number == SIGTERM) running_[std::string(node)].clear();
    if (number == SIGSTOP) stopped_ = true;
    if (number == SIGCONT) stopped_ = false;
    links_.open = !running_["vault-0"].empty();
    return {};
  }
  Result<PowerLoss> lose_power(std::string_view node, const Survival& survival) override {
    if (!has_disk) return Substrate::lose_power(node, survival);
    CHAMBER_CHECK(signal_all(node, SIGKILL));
    return PowerLoss{.unsynced = {.files = 2, .writes = 3, .bytes = 4096, .names = 1}};
  }
  Result<void> signal_program(std::string_view node, std::string_view program, int number) override {
    if (!signals_work) return {};
    if (program != "vault") return fail(ErrorKind::kUnavailable, "nothing runs {}", program);
    // Its supervisor starts it again at once.
    if (number == SIGKILL) running_[std::string(node)].front() = ++last_pid_;
    if (number != SIGKILL) stopped_ = number == SIGSTOP;
    return {};
  }
  Result<void> wait_ended(std::string_view, std::string_view, Deadline) override { return {}; }
  [[nodiscard]] ProcessState state(std::string_view node, std::string_view) const override {
    ProcessState state;
    state.running = !running_.at(std::string(node)).empty();
    return state;
  }
  [[nodiscard]] std::vector<std::string> processes_in(std::string_view node) const override {
    std::vector<std::string> names;
    for (const int pid : running_.at(std::string(node))) {
      names.push_back(fmt::format("{} {}", pid, names.empty() ? "vault" : "supervisor"));
    }
    return names;
  }
  [[nodiscard]] std::vector<std::string> stopped_in(std::string_view node) const override {
    std::vector<std::string> names = processes_in(node);
    names.resize(stopped_ ? 1 : 0);
    return names;
  }
  Result<void> write_file(std::string_view, const NodeFile&) override { return {}; }
  [[nodiscard]] Result<std::string> read_file(std::string_view, std::string_view) const override { return ""; }
  Result<ExecResult> exec(std::string_view, const ProcessSpec&, std::string_view, Deadline) override {
    return ExecResult{};
  }
  Result<int> attach(std::string_view, const ProcessSpec&, const std::array<int, 3>&) override { return 0; }
  [[nodiscard]] Result<Address> address(std::string_view, std::string_view) const override { return Address{"", 0}; }
  [[nodiscard]] Result<Address> published(std::string_view) const override { return Address{"", 0}; }
  [[nodiscard]] std::string log_tail(std::string_view, std::string_view, int) const override { return ""; }
  [[nodiscard]] std::string log_path(std::string_view, std::string_view) const override { return ""; }
  [[nodiscard]] Links* links() override { return &links_; }
  [[nodiscard]] std::string why_no_links() const override { return ""; }

  [[nodiscard]] Pods* pods() override { return are_pods ? &pods_ : nullptr; }
  [[nodiscard]] Hosts* hosts() override { return are_pods ? &pods_ : nullptr; }
  [[nodiscard]] FakePods& fake_pods() { return pods_; }
  bool are_pods = true;
  [[nodiscard]] FakeLinks& fake_links() { return links_; }
  void supervise(const std::string& node) { running_[node].push_back(++last_pid_); }
  void empty(const std::string& node) { running_[node].clear(); }
  bool signals_work = true;
  bool has_disk = true;

 private:
  std::vector<NodeSpec> nodes_;
  std::map<std::string, std::vector<int>> running_;
  FakeLinks links_;
  FakePods pods_;
  int last_pid_ = 1;
  bool stopped_ = false;
};

class FaultTest : public testing::Test {
 protected:
  std::unique_ptr<Fault> make(const std::string& kind, const LinkRule& link = {},
                              const std::string& direction = "both") {
    FaultRequest request{.kind = kind, .targets = {"vault-0"}};
    request.direction = direction;
    request.time_to_live = std::chrono::seconds(5);
    request.link = link;
    auto made = make_fault(request, substrate_);
    EXPECT_TRUE(made) << made.error().message();
    return std::move(*made);
  }

  std::unique_ptr<Fault> make_of_program(const std::string& kind, const std::string& program) {
    auto made = make_fault({.kind = kind, .targets = {"vault-0"}, .program = program}, substrate_);
    EXPECT_TRUE(made) << made.error().message();
    return std::move(*made);
  }

  FakeSubstrate substrate_;
};

}  // namespace chamber
