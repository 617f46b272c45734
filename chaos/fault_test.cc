#include "chaos/fault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <map>

namespace chamber {
namespace {

using testing::HasSubstr;

// Links on which every connection takes `way`, longer where a fault adds to it, unless faults have no effect here.
class FakeLinks final : public Links {
 public:
  Result<LinkFaultId> apply(const std::vector<std::string>& from, const std::vector<std::string>&,
                            const LinkFault& fault, Duration) override {
    faults_[++last_] = fault;
    from_[last_] = from;
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
      if (effective && fault.drop) return fail(ErrorKind::kTimeout, "nothing came back");
    }
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
  [[nodiscard]] const std::vector<std::string>& sender_of_last() const { return from_.at(last_); }

  bool open = true;
  bool effective = true;

 private:
  LinkFaultId last_ = 0;
  std::map<LinkFaultId, LinkFault> faults_;
  std::map<LinkFaultId, std::vector<std::string>> from_;
  mutable LinkCounters counters_;
};

// Pods of which the budget lets `may` go, on one Kubernetes node.
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
    return std::string(cordoned_ && lives_[node] > 0 ? "" : "host");
  }
  Result<void> await_containers(const std::string& node, Deadline) override {
    came_back.push_back(node);
    return {};
  }
  Result<std::vector<std::string>> nodes_on(const std::string&) override {
    return std::vector<std::string>{"vault-0", "vault-1"};
  }
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
  std::unique_ptr<Fault> make(const std::string& kind, const LinkFault& link = {},
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

TEST_F(FaultTest, AProgramCrashesUnderItsSupervisor) {
  const auto alone = make_of_program("crash", "vault")->apply();
  EXPECT_THAT(alone.error().message(), HasSubstr("nobody would start it again"));
  substrate_.supervise("vault-0");
  const std::vector<std::string> before = substrate_.processes_in("vault-0");
  const auto crash = make_of_program("crash", "vault");
  ASSERT_TRUE(crash->apply());
  const auto proof = crash->prove({});
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_THAT(*proof, HasSubstr(before[0]));
  EXPECT_EQ(substrate_.processes_in("vault-0")[1], before[1]) << "its supervisor was hurt";
  EXPECT_THAT(make_of_program("crash", "minio")->apply().error().message(), HasSubstr("nothing on vault-0 runs minio"));
  EXPECT_THAT(make_of_program("crash", "")->apply().error().message(), HasSubstr("a program is needed"));
}

TEST_F(FaultTest, AProgramStandsStillWhileItsSupervisorRuns) {
  substrate_.supervise("vault-0");
  const auto pause = make_of_program("pause", "vault");
  ASSERT_TRUE(pause->apply());
  const auto proof = pause->prove({});
  ASSERT_TRUE(proof) << proof.error().message();
  ASSERT_TRUE(pause->undo());
  EXPECT_TRUE(substrate_.stopped_in("vault-0").empty());
}

TEST_F(FaultTest, EveryKindProvesItselfAndIsUndone) {
  for (const char* kind : {"kill", "pause", "restart"}) {
    const auto fault = make(kind);
    ASSERT_TRUE(fault->apply()) << kind;
    const auto proof = fault->prove({});
    EXPECT_TRUE(proof) << kind << ": " << proof.error().message();
    ASSERT_TRUE(fault->undo()) << kind;
    EXPECT_EQ(substrate_.processes_in("vault-0").size(), 1U) << kind;
    EXPECT_TRUE(substrate_.stopped_in("vault-0").empty()) << kind;
    substrate_.fake_links().open = true;
  }
  const LinkFault delay{.delay = std::chrono::milliseconds(50)};
  const LinkFault loss{.loss = 0.3};
  const LinkFault rate{.rate_bits_per_second = 1'000'000};
  for (const auto& [kind, link] :
       {std::pair("partition", LinkFault{}), {"delay", delay}, {"loss", loss}, {"thin", rate}}) {
    const auto fault = make(kind, link);
    ASSERT_TRUE(fault->apply()) << kind;
    const auto proof = fault->prove({});
    EXPECT_TRUE(proof) << kind << ": " << proof.error().message();
    ASSERT_TRUE(fault->undo()) << kind;
    EXPECT_EQ(substrate_.fake_links().active(), 0U) << kind;
  }
}

// chaos-mesh#1389, #3612: faults that report success and do nothing.
TEST_F(FaultTest, AFaultThatDoesNothingIsNotProven) {
  substrate_.signals_work = false;
  substrate_.fake_links().effective = false;
  const LinkFault delay{.delay = std::chrono::milliseconds(50)};
  const LinkFault loss{.loss = 0.3};
  for (const auto& [kind, link] :
       {std::pair("kill", LinkFault{}), {"pause", {}}, {"partition", {}}, {"delay", delay}, {"loss", loss}}) {
    const auto fault = make(kind, link);
    ASSERT_TRUE(fault->apply()) << kind;
    EXPECT_FALSE(fault->prove({})) << kind;
  }
}

TEST_F(FaultTest, ANodeOnWhichNothingRunsCannotBeHurt) {
  substrate_.empty("vault-0");
  EXPECT_THAT(make("kill")->apply().error().message(), HasSubstr("nothing runs on vault-0"));
}

TEST_F(FaultTest, AHostThatLosesItsPowerIsSilentAndForgetful) {
  const auto fault = make("lose_power");
  ASSERT_TRUE(fault->apply());
  const auto proof = fault->prove({});
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_THAT(*proof,
              HasSubstr("1 vault gone, 3 writes of 4096 bytes to 2 files and 1 changes of names were not synced"));
  EXPECT_THAT(*proof, HasSubstr("nothing answers"));
  ASSERT_TRUE(fault->undo());
  EXPECT_EQ(substrate_.processes_in("vault-0").size(), 1U);
  EXPECT_EQ(substrate_.fake_links().active(), 0U);
  EXPECT_EQ(fault->restarted(), std::vector<std::string>{"vault-0"});
}

TEST_F(FaultTest, APowerLossThatIsNoneIsNotProven) {
  substrate_.fake_links().effective = false;
  const auto refusing = make("lose_power");
  ASSERT_TRUE(refusing->apply());
  EXPECT_THAT(refusing->prove({}).error().message(), HasSubstr("only to refuse"));
  ASSERT_TRUE(refusing->undo());
  substrate_.has_disk = false;
  const auto undone = make("lose_power")->apply();
  EXPECT_THAT(undone.error().message(), HasSubstr("substrate fake can't cut the power of vault-0"));
  EXPECT_EQ(substrate_.fake_links().active(), 0U) << "the links stay cut";
  EXPECT_EQ(substrate_.processes_in("vault-0").size(), 1U) << "the node stays dead";
}

TEST_F(FaultTest, APodIsReplacedByAnother) {
  const auto fault = make("delete_pod");
  ASSERT_TRUE(fault->apply());
  const auto proof = fault->prove({});
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_THAT(*proof, HasSubstr("pod vault-0-0 replaced by vault-0-1"));
  substrate_.fake_pods().effective = false;
  const auto nothing = make("delete_pod");
  ASSERT_TRUE(nothing->apply());
  EXPECT_THAT(nothing->prove({}).error().message(), HasSubstr("still the pod"));
  substrate_.are_pods = false;
  EXPECT_EQ(make_fault({.kind = "delete_pod", .targets = {"vault-0"}}, substrate_).error().kind(), ErrorKind::kHarness);
}

TEST_F(FaultTest, EvictionGoesAsFarAsTheBudgetLetsIt) {
  const auto evict_both = [this] {
    auto fault = make_fault({.kind = "evict_pod", .targets = {"vault-0", "vault-1"}}, substrate_);
    EXPECT_TRUE(fault && (*fault)->apply());
    return std::move(*fault);
  };
  const auto kept = evict_both();
  EXPECT_THAT(*kept->prove({}), HasSubstr("vault-1: refused by its PodDisruptionBudget"));
  EXPECT_TRUE(kept->findings().front().held);
  substrate_.fake_pods().may = 1;
  substrate_.fake_pods().lax = true;
  EXPECT_FALSE(evict_both()->findings().front().held) << "two went, one might";
}

TEST_F(FaultTest, ADrainEvictsAllThatMayGoAndBringsThemBack) {
  const auto drain = make("drain");
  ASSERT_TRUE(drain->apply());
  const auto proof = drain->prove({});
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_THAT(*proof, HasSubstr("host takes no pods; vault-0 evicted; vault-1 refused"));
  ASSERT_TRUE(drain->undo());
  EXPECT_EQ(drain->restarted(), std::vector<std::string>{"vault-0"});
  EXPECT_TRUE(drain->findings().front().held);
  substrate_.fake_pods().effective = false;
  const auto nothing = make("cordon");
  ASSERT_TRUE(nothing->apply());
  EXPECT_THAT(nothing->prove({}).error().message(), HasSubstr("host takes pods"));
}

TEST_F(FaultTest, AKubernetesNodeStandsStillAndGoesOn) {
  const auto fault = make("pause_node");
  ASSERT_TRUE(fault->apply());
  const auto proof = fault->prove({});
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_THAT(*proof, HasSubstr("host with vault-0, vault-1: 40 processes before, 40 now, given a processor 0 times"));
  ASSERT_TRUE(fault->undo());
  EXPECT_TRUE(substrate_.fake_pods().host.answers);
  EXPECT_TRUE(fault->restarted().empty()) << "they are the same processes";
}

TEST_F(FaultTest, AKubernetesNodeThatIsStoppedComesBackWithItsPods) {
  const auto fault = make("stop_node");
  ASSERT_TRUE(fault->apply());
  const auto proof = fault->prove({});
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_THAT(*proof, HasSubstr("40 processes before, 0 now"));
  ASSERT_TRUE(fault->undo());
  const std::vector<std::string> both{"vault-0", "vault-1"};
  EXPECT_EQ(substrate_.fake_pods().came_back, both) << "not only the target";
  EXPECT_EQ(fault->restarted(), both);
}

TEST_F(FaultTest, AKubernetesNodeThatGoesOnProvesNothing) {
  std::stop_source stopped;  // as at the end of the run: it looks once
  stopped.request_stop();
  substrate_.fake_pods().effective = false;
  for (const char* kind : {"pause_node", "stop_node"}) {
    const auto fault = make(kind);
    ASSERT_TRUE(fault->apply());
    EXPECT_FALSE(fault->prove(stopped.get_token())) << kind;
    ASSERT_TRUE(fault->undo());
  }
  substrate_.fake_pods().effective = true;
  substrate_.fake_pods().host.answers = false;
  const auto fault = make("stop_node");
  ASSERT_TRUE(fault->apply());
  EXPECT_THAT(fault->prove({}).error().message(), HasSubstr("did not answer before either"));
}

TEST_F(FaultTest, DirectionsAreSeenFromTheTarget) {
  const auto out = make("partition", {}, "out");
  ASSERT_TRUE(out->apply());
  EXPECT_EQ(substrate_.fake_links().active(), 1U);
  EXPECT_EQ(substrate_.fake_links().sender_of_last(), std::vector<std::string>{"vault-0"});
  ASSERT_TRUE(out->undo());
  const auto in = make("partition", {}, "in");
  ASSERT_TRUE(in->apply());
  EXPECT_EQ(substrate_.fake_links().sender_of_last(), std::vector<std::string>{"vault-1"});
}

TEST_F(FaultTest, NonsenseIsRefused) {
  FaultRequest request{.kind = "set-on-fire", .targets = {"vault-0"}};
  EXPECT_EQ(make_fault(request, substrate_).error().kind(), ErrorKind::kInput);
  request.kind = "kill";
  request.targets.clear();
  EXPECT_EQ(make_fault(request, substrate_).error().kind(), ErrorKind::kInput);
  request.kind = "partition";
  request.targets = {"vault-0"};
  request.others = {"vault-0"};
  EXPECT_THAT(make_fault(request, substrate_).error().message(), HasSubstr("on both sides"));
}

}  // namespace
}  // namespace chamber
