// Cells on real Kubernetes, through the program: what it leaves behind, however it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>

#include "fixtures/kind/cluster.h"
#include "fixtures/kind/cluster_keeper.h"
#include "fixtures/kind/flows.h"
#include "fixtures/kind/kubernetes_nodes.h"
#include "harness/cli/test_program.h"

namespace chamber::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;

// How many moments of a run are tried: a handful as a matter of course, more when somebody asks.
int moments() {
  const char* asked = std::getenv("CHAMBER_KIND_KILLS");
  return asked == nullptr ? 3 : std::atoi(asked);
}

class KindCells : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    const auto images = kind::ImageCatalogue::load(environment_["CHAMBER_CACHE"]);
    ASSERT_TRUE(images) << images.error().message();
    images_ = *images;
    const auto docker = kind::Docker::find();
    ASSERT_TRUE(docker) << docker.error().message();
    docker_host_ = (*docker)->host();
    before_ = in_docker();
  }
  void TearDown() override {
    ProgramTest::TearDown();
    EXPECT_EQ(in_docker(), before_);
  }

  // Of another program than ours.
  std::string output_of(const std::vector<std::string>& arguments) {
    SpawnOptions options;
    options.arguments = arguments;
    options.arguments.insert(options.arguments.begin(), "/usr/bin/env");
    options.environment = environment_;
    options.environment["DOCKER_HOST"] = docker_host_;
    options.environment["HOME"] = root_ / "others";  // what our program writes to its own shows
    const auto done = run_command(options, "", Deadline::in(std::chrono::minutes(4)));
    if (!done || !done->status.success()) {
      ADD_FAILURE() << arguments[0] << ": " << (done ? done->output : done.error().message());
      return "";
    }
    return done->output;
  }

  // Containers, networks and volumes, by name.
  std::set<std::string> in_docker() {
    std::set<std::string> things;
    const std::vector<std::vector<std::string>> lists{{"docker", "ps", "--all", "--format", "container {{.Names}}"},
                                                      {"docker", "network", "ls", "--format", "network {{.Name}}"},
                                                      {"docker", "volume", "ls", "--format", "volume {{.Name}}"}};
    for (const auto& list : lists) {
      std::istringstream lines(output_of(list));
      for (std::string line; std::getline(lines, line);) things.insert(line);
    }
    return things;
  }

  Result<void> nothing_more_than(const std::set<std::string>& wanted) {
    const auto things = in_docker();
    std::vector<std::string> more;
    std::set_difference(things.begin(), things.end(), wanted.begin(), wanted.end(), std::back_inserter(more));
    if (!more.empty()) return fail(ErrorKind::kUnavailable, "left: {}", fmt::join(more, ", "));
    const auto processes = Traces::of(root_).processes;
    if (!processes.empty()) return fail(ErrorKind::kUnavailable, "{} processes left", processes.size());
    for (const fs::path& folder : folders()) {
      if (fs::exists(folder / kind::kKubeconfig)) return fail(ErrorKind::kUnavailable, "a kubeconfig is left");
    }
    return {};
  }

  kind::ImageCatalogue images_;
  std::string docker_host_;
  std::set<std::string> before_;
};

TEST_F(KindCells, AScenarioRunsUnchangedAndLeavesNothing) {
  // It cuts links as kind can, and has no budget that two cores might be too slow for beside a control plane.
  const Ended run = chamber({"run", "vault-leader-isolated", "--on", "kind"});
  EXPECT_EQ(run.code, 0) << run.err << run.out;
  EXPECT_TRUE(nothing_more_than(before_));
  EXPECT_THAT(text_of(only_folder() / "run.json"), HasSubstr("\"kind\""));
  expect_tidy(only_folder());
}

TEST_F(KindCells, ADelayHoldsUpRequestsToAServiceAndTheirAnswers) {
  const Ended run = chamber({"run", "slow-database-link", "--on", "kind"});
  EXPECT_EQ(run.code, 0) << run.err << run.out;
  const nlohmann::json verdict = json_of(only_folder() / "verdict.json");
  double median = 0;
  for (const nlohmann::json& result : verdict.at("results")) {
    if (result.at("check") == "latency postgres.append p50") median = result.at("budget").at("observed");
  }
  EXPECT_GE(median, 40) << "20 ms each way";
  EXPECT_TRUE(nothing_more_than(before_));
}

TEST_F(KindCells, KubernetesEvictsPodsAsTheirBudgetLetsIt) {
  const Ended run = chamber({"run", "pod-evicted", "--on", "kind"});
  EXPECT_EQ(run.code, 0) << run.err << run.out;
  EXPECT_THAT(run.out, HasSubstr("upheld evict_pod"));
  EXPECT_TRUE(nothing_more_than(before_));
  const Ended elsewhere = chamber({"run", "pod-evicted"});
  EXPECT_EQ(elsewhere.code, 3);
  EXPECT_THAT(elsewhere.err, HasSubstr("not run: pod-evicted can't be run on local as it is written"));
}

TEST_F(KindCells, AWholeKubernetesNodeStopsAndComesBack) {
  const Ended run = chamber({"run", "kubernetes-node-stopped", "--on", "kind"});
  EXPECT_EQ(run.code, 0) << run.err << run.out;
  EXPECT_THAT(run.err, HasSubstr("processes before, 0 now"));
  EXPECT_TRUE(nothing_more_than(before_));
}

TEST_F(KindCells, AFrozenKubernetesNodeGoesWithItsCluster) {
  const Process run = start({"run", "kubernetes-node-stopped", "--on", "kind", "--set", "stack.kubernetes.nodes=2",
                             "--set", "faults[0].do=pause_node"});
  wait_for_words(run, "now, given a processor 0 times");
  ASSERT_TRUE(run.signal(SIGKILL));
  EXPECT_EQ(end_of(run).code, 128 + SIGKILL);
  const auto gone =
      eventually({"nothing to be left", Deadline::in(seconds(10))}, [&] { return nothing_more_than(before_); });
  EXPECT_TRUE(gone) << gone.error().message();
  expect_tidy(only_folder());
}

TEST_F(KindCells, WhatIsDoneToAKubernetesNodeEndsByItselfWhileTheHarnessStandsStill) {
  const fs::path scenario = write("held.yaml",
                                  "name: held\nabout: What the harness does not undo ends by itself.\n"
                                  "stack: {vault: 1, kubernetes: {nodes: 2}}\n"
                                  "load:\n  - {workload: vault.register, rate: 5/s}\n"
                                  "faults:\n  - {at: 1s, do: cordon, target: vault-0, for: 10s}\n"
                                  "  - {at: 1s, do: partition_node, target: vault-0, for: 10s}\n"
                                  "duration: 14s\nchecks:\n  - {linearizable: vault.register}\n");
  const Process run = start({"run", scenario, "--on", "kind"});
  wait_for_words(run, "takes no pods");
  wait_for_words(run, "packets lost between Kubernetes nodes");
  const auto tell_harness = [&](int signal) {
    int told = 0;
    for (const pid_t process : Traces::of(root_).processes) {
      const std::string line = text_of(fmt::format("/proc/{}/cmdline", process));
      if (line.find(kind::kHostCommand) == std::string::npos) continue;
      EXPECT_EQ(kill(process, signal), 0);
      ++told;
    }
    ASSERT_GT(told, 0);
  };
  tell_harness(SIGSTOP);
  const std::string cluster = kind::cluster_name(only_folder().filename());
  const std::string host = kind::pod_hosts(cluster, 2).front();
  const auto harm = [&] {
    const std::string cordoned = output_of({images_.kubectl, "--kubeconfig", only_folder() / kind::kKubeconfig, "get",
                                            "node", host, "-o", "jsonpath={.spec.unschedulable}"});
    const std::string probe =
        fmt::format("timeout 1 bash -c ': </dev/tcp/{}/10256' && echo -n open || echo -n cut", host);
    return cordoned + " " + output_of({"docker", "exec", kind::control_plane_of(cluster), "bash", "-c", probe});
  };
  EXPECT_EQ(harm(), "true cut");
  const auto ended = eventually({"both to end", Deadline::in(seconds(30))}, [&]() -> Result<void> {
    const std::string seen = harm();
    if (seen == " open") return {};
    return fail(ErrorKind::kUnavailable, "{}", seen);
  });
  EXPECT_TRUE(ended) << ended.error().message();
  tell_harness(SIGCONT);
  const Ended end = end_of(run);
  EXPECT_NE(end.code, 3) << "undoing what has ended is no error: " << end.err;
  EXPECT_TRUE(nothing_more_than(before_));
}

TEST_F(KindCells, NothingIsLeftOfAKilledRunAndAForeignClusterStays) {
  const std::string kubeconfig = root_ / "foreign.kubeconfig";
  const std::string kind = images_.kind;
  output_of(
      {kind, "create", "cluster", "--name", "foreign", "--image", images_.node_image, "--kubeconfig", kubeconfig});
  const auto with_foreign = in_docker();
  std::mt19937 random(std::random_device{}());
  for (int i = 0; i < moments(); ++i) {
    // From before the first container to the load on the cell.
    const milliseconds moment(std::uniform_int_distribution<int>(0, 60'000)(random));
    SCOPED_TRACE(fmt::format("killed after {} ms", moment.count()));
    const Process run = start({"run", "vault-leader-killed", "--on", "kind"});
    static_cast<void>(run.wait(Deadline::in(moment)));  // the moment is the point: nothing is waited for
    ASSERT_TRUE(run.signal(SIGKILL));
    EXPECT_EQ(end_of(run).code, 128 + SIGKILL);
    const auto gone =
        eventually({"nothing to be left", Deadline::in(seconds(5))}, [&] { return nothing_more_than(with_foreign); });
    EXPECT_TRUE(gone) << gone.error().message();
    for (const fs::path& folder : folders()) expect_tidy(folder);
    EXPECT_EQ(chamber({"reap"}).out, "nothing to clean up\n") << "the keeper closes the ledger";
  }
  EXPECT_THAT(output_of({images_.kubectl, "--kubeconfig", kubeconfig, "get", "nodes"}),
              HasSubstr("foreign-control-plane"));
  output_of({kind, "delete", "cluster", "--name", "foreign", "--kubeconfig", kubeconfig});
  output_of({"docker", "network", "rm", "kind"});
}

TEST_F(KindCells, ReapRemovesWhatNobodyWasLeftToRemove) {
  const Process run = start({"run", "vault-leader-killed", "--on", "kind"});
  wait_for_words(run, "kind: cluster (");  // made in so many seconds
  for (const pid_t process : Traces::of(root_).processes) {
    const std::string line = text_of(fmt::format("/proc/{}/cmdline", process));
    if (line.find(kind::kKeeperCommand) == std::string::npos) continue;
    EXPECT_EQ(kill(process, SIGKILL), 0);
  }
  ASSERT_TRUE(run.signal(SIGKILL));
  EXPECT_EQ(end_of(run).code, 128 + SIGKILL);
  EXPECT_NE(in_docker(), before_) << "the keeper lived on";
  const Ended reaped = chamber({"reap"});
  EXPECT_EQ(reaped.code, 0) << reaped.err;
  EXPECT_THAT(reaped.out, HasSubstr("kind cluster chamber-"));
  EXPECT_TRUE(nothing_more_than(before_));
  expect_tidy(only_folder());
}

TEST_F(KindCells, APodMayTalkToThoseItNeedsAndToNobodyElse) {
  ASSERT_EQ(chamber({"up", "minimal", "--on", "kind"}).code, 0) << text_of(root_ / "err");
  // Each node tries each port of each other; who must get through is the table of flows.
  const std::map<std::string, std::map<std::string, int>> components{{"vault", {{"api", 8200}, {"cluster", 8201}}},
                                                                     {"postgres", {{"sql", 5432}, {"patroni", 8008}}},
                                                                     {"loadbalancer", {{"primary", 5432}}},
                                                                     {"identity", {{"api", 8080}}},
                                                                     {"objectstore", {{"s3", 9000}}}};
  for (const auto& [from, ignored] : components) {
    std::string script;
    std::set<std::string> needed;
    for (const auto& [to, doors] : components) {
      if (from == to) continue;
      for (const auto& [name, number] : doors) {
        const std::string door = fmt::format("{}-0 {}", to, number);
        script += fmt::format("(busybox nc -w 2 {0} -e true && echo {0}) & ", door);
        const bool is_needed = std::any_of(kind::flows().begin(), kind::flows().end(), [&](const kind::Flow& flow) {
          return flow.from == from && flow.to == to && flow.port == name;
        });
        if (is_needed) needed.insert(door);
      }
    }
    std::istringstream lines(chamber({"exec", from + "-0", "sh", "-c", script + "wait"}).out);
    std::set<std::string> open;
    for (std::string line; std::getline(lines, line);) open.insert(line);
    EXPECT_EQ(open, needed) << from;
  }
  // While there is a cell.
  EXPECT_EQ(chamber({"exec", "identity-0", "sh", "-c", "test -s /vault/secrets/masterkey"}).code, 0)
      << "what an agent wrote is where applications on Kubernetes look for it";
}

TEST_F(KindCells, ASecretThatKubernetesTellsIsNoSecret) {
  ASSERT_EQ(chamber({"up", "minimal", "--on", "kind"}).code, 0) << text_of(root_ / "err");
  const std::string scenario = write("small.yaml",
                                     "name: small\nabout: Nothing is told.\nstack: minimal\n"
                                     "load:\n  - {workload: vault.register, rate: 20/s}\n"
                                     "duration: 3s\nchecks:\n  - {linearizable: vault.register}\n");
  const fs::path cell = only_folder();
  const std::string name = cell.filename();
  const Ended kept = chamber({"run", scenario, "--in", name, "--out", root_ / "kept"});
  EXPECT_EQ(kept.code, 0) << kept.out << kept.err;
  const std::string key = chamber({"exec", "--in", name, "identity-0", "cat", "/node/secrets/masterkey"}).out;
  ASSERT_FALSE(key.empty());
  output_of({images_.kubectl, "--kubeconfig", cell / kind::kKubeconfig, "--namespace", "cell", "annotate", "pod",
             "vault-0", "note=" + key});
  const Ended told = chamber({"run", scenario, "--in", name, "--out", root_ / "told"});
  EXPECT_EQ(told.code, 1) << told.out << told.err;
  EXPECT_THAT(told.out, HasSubstr("in the pods that Kubernetes has of the cell"));
}

TEST_F(KindCells, SaysWhatIsMissing) {
  environment_["DOCKER_HOST"] = "unix:///nowhere/docker.sock";
  const Ended no_docker = chamber({"up", "minimal", "--on", "kind"});
  EXPECT_EQ(no_docker.code, 3);
  EXPECT_THAT(no_docker.err, HasSubstr("`sudo ci/docker` starts one"));
  EXPECT_THAT(folders(), IsEmpty()) << "a run that can't be is no run";
  environment_.erase("DOCKER_HOST");
  environment_["CHAMBER_CACHE"] = root_ / "empty";
  const Ended no_images = chamber({"up", "minimal", "--on", "kind"});
  EXPECT_EQ(no_images.code, 3);
  EXPECT_THAT(no_images.err, HasSubstr("`ci/images` builds it"));
  const Ended nowhere = chamber({"up", "minimal", "--on", "mars"});
  EXPECT_EQ(nowhere.code, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("right would be local or kind"));
}

TEST_F(KindCells, SaysThatDockerIsNotForThisUser) {
  // Nobody may go into the folders that the program and this test's own are in.
  fs::permissions(root_, fs::perms::all);
  fs::copy_file(CHAMBER_PROGRAM, root_ / "chamber");
  SpawnOptions options;
  options.arguments = {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                       root_ / "chamber",  "--runs",        root_ / "runs",  "up",
                       "minimal",          "--on",          "kind"};
  options.environment = environment_;
  options.environment["DOCKER_HOST"] = docker_host_;
  const auto done = run_command(options, "", Deadline::in(seconds(30)));
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->status.shell_code(), 3);
  EXPECT_THAT(done->output, HasSubstr("you may not use the Docker daemon at"));
  EXPECT_THAT(done->output, HasSubstr("usermod -aG docker"));
}

TEST_F(KindCells, SaysThatAnImageIsNotToBeHad) {
  nlohmann::json catalogue = json_of(fs::path(environment_["CHAMBER_CACHE"]) / "images/node.json");
  catalogue["image"] = "chamber/node:never-built";
  catalogue["archive"] = "/nowhere/node.tar.zst";
  catalogue.erase("pulled");
  fs::create_directory(root_ / "empty/images");
  std::ofstream(root_ / "empty/images/node.json") << catalogue;
  environment_["CHAMBER_CACHE"] = root_ / "empty";
  const Ended ended = chamber({"up", "minimal", "--on", "kind"});
  EXPECT_EQ(ended.code, 3);
  EXPECT_THAT(ended.err, HasSubstr("the node image is neither in Docker nor at /nowhere/node.tar.zst; `ci/images`"));
  EXPECT_TRUE(nothing_more_than(before_));
}

TEST_F(KindCells, SaysThatTheDiskIsTooSmall) {
  // A disk of 16 MiB where the images are, for this program alone.
  const std::string catalogue = fs::path(environment_["CHAMBER_CACHE"]) / "images/node.json";
  environment_["CHAMBER_CACHE"] = root_ / "empty";
  wrapper_ = {"/usr/bin/unshare",
              "--mount",
              "/bin/sh",
              "-ec",
              R"(mount -t tmpfs -o size=16m tmpfs "$CHAMBER_CACHE"; mkdir "$CHAMBER_CACHE/images"
                 cp "$0" "$CHAMBER_CACHE/images"; exec "$@")",
              catalogue};
  const Ended ended = chamber({"up", "minimal", "--on", "kind"});
  wrapper_.clear();
  EXPECT_EQ(ended.code, 3);
  EXPECT_THAT(ended.err, HasSubstr("GiB of disk, 0.0 are free at"));
  EXPECT_THAT(folders(), IsEmpty());
}

}  // namespace
}  // namespace chamber::test
