// A cell on the substrate `kind`, from outside: the keeper that makes and removes its cluster, and the harness in it.
#include <fcntl.h>

#include "fixtures/kind/cluster.h"
#include "fixtures/kind/cluster_keeper.h"
#include "fixtures/servers/surroundings.h"
#include "harness/base/eventually.h"
#include "harness/base/log.h"
#include "harness/cli/cell_client.h"
#include "harness/cli/cell_host.h"
#include "harness/cli/cells.h"
#include "harness/cli/wire_format.h"

namespace chamber {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr Duration kEnd = std::chrono::seconds(60);
constexpr Duration kHarnessAnswers = std::chrono::seconds(20);
constexpr Duration kLook = std::chrono::milliseconds(100);

json stage(const std::string& name, const char* state, Duration took) {
  return {
      {"event", "task"}, {"name", "kind: " + name}, {"phase", "cluster"}, {"state", state}, {"took_s", seconds(took)}};
}

class KindCell final : public OwnedCell {
 public:
  KindCell(RunFolder folder, Channel keeper, Process process, kind::ImageCatalogue images)
      : folder_(std::move(folder)),
        keeper_(std::move(keeper)),
        process_(std::move(process)),
        images_(std::move(images)) {}
  ~KindCell() override {
    if (!open_) return;
    if (const auto closed = end(); !closed) log::error("{}", closed.error().message());
  }
  KindCell(const KindCell&) = delete;
  KindCell& operator=(const KindCell&) = delete;

  Result<void> create(int kubernetes_nodes, const CellEvent& on_event) {
    CHAMBER_CHECK(keeper_.send({{"do", "create"}, {"images", images_.to_json()}, {"nodes", kubernetes_nodes}}));
    std::string doing;
    Instant since = now();
    const auto go_on_to = [&](const std::string& next) {
      if (!doing.empty()) on_event(stage(doing, "done", now() - since));
      doing = next;
      since = now();
      if (!next.empty()) on_event(stage(next, "started", Duration{}));
    };
    while (true) {
      if (interrupted()) return fail(ErrorKind::kInterrupted, "interrupted while the cluster was being made");
      auto message = keeper_.receive(Deadline::in(kLook));
      if (!message) {
        if (message.error().kind() == ErrorKind::kTimeout) continue;
        return fail(ErrorKind::kHarness, "the keeper of the cluster ended; {} says why",
                    (folder_.path() / "cluster-keeper.log").string());
      }
      const json& body = message->body;
      if (body.contains("error")) return tl::unexpected(error_from_json(body["error"]));
      if (body.contains("progress")) go_on_to(body["progress"]);
      if (!body.contains("done")) continue;
      ports_ = body.at("ports");
      CHAMBER_CHECK(connect());
      go_on_to("");
      return {};
    }
  }

  Result<json> open(const Stack& stack, const std::map<std::string, fs::path>&) override {
    return connection_->command({{"do", "open"},
                                 {"cell", folder_.id()},
                                 {"stack", to_json(stack)},
                                 {"images", images_.to_json()},
                                 {"ports", ports_}},
                                {}, {folder_.lock_fd()});
  }
  CellConnection& connection() override { return *connection_; }
  RunFolder& folder() override { return folder_; }

  Result<void> detach() override {
    CHAMBER_TRY(connection_->command({{"do", "detach"}}));
    CHAMBER_CHECK(keeper_.send({{"do", "detach"}}));
    CHAMBER_TRY(process_.wait(Deadline::in(kEnd)));
    open_ = false;
    return {};
  }
  Result<void> close() override { return end(); }

 private:
  // It has nothing to say before it listens, so its first words are looked for where it can't hide them.
  Result<void> connect() {
    const auto connected =
        eventually({.what = "the harness in the cluster to answer", .deadline = Deadline::in(kHarnessAnswers)},
                   [&]() -> Result<void> {
                     auto channel = Channel::connect(folder_.path() / kControlSocket);
                     if (!channel) {
                       return fail(ErrorKind::kUnavailable, "{}", channel.error().message());
                     }
                     connection_.emplace(std::move(*channel));
                     return {};
                   });
    if (connected) return {};
    return fail(ErrorKind::kHarness, "{}; see {}", connected.error().message(),
                (folder_.path() / "harness.err").string());
  }

  Result<void> end() {
    open_ = false;
    connection_.reset();
    keeper_.shut_down();  // it now does what it would do if we died
    const auto ended = process_.wait(Deadline::in(kEnd));
    if (!ended) return tl::unexpected(ended.error().context("removing the cluster"));
    if (ended->success()) return {};
    return fail(ErrorKind::kHarness, "removing the cluster failed; {} says why",
                (folder_.path() / "cluster-keeper.log").string());
  }

  RunFolder folder_;
  Channel keeper_;
  Process process_;
  kind::ImageCatalogue images_;
  json ports_;
  std::optional<CellConnection> connection_;
  bool open_ = true;
};

}  // namespace

Result<std::unique_ptr<OwnedCell>> start_kind_cell(const StartCell& request, const Stack& stack,
                                                   const CellEvent& on_event) {
  const servers::Surroundings surroundings = servers::Surroundings::of_process();
  const auto images = CHAMBER_TRY(kind::ImageCatalogue::load(surroundings.cache));
  RunFolder folder = CHAMBER_TRY(RunFolder::create(request.folder));
  CHAMBER_CHECK(folder.will_make(kControlSocket));
  auto [ours, theirs] = CHAMBER_TRY(Channel::pair());
  const kind::ClusterKeeperOptions keeper{folder.path(), folder.lock_fd(), theirs.fd()};
  SpawnOptions spawn;
  spawn.arguments = to_arguments(keeper);
  spawn.arguments.insert(spawn.arguments.begin(), fs::read_symlink("/proc/self/exe").string());
  for (const auto& [name, value] : surroundings.environment) spawn.environment[name] = value;
  spawn.inherited = {keeper.lock_fd, keeper.channel_fd};
  Process process = CHAMBER_TRY(Process::spawn(spawn).context("starting the keeper of the cluster"));
  auto cell = std::make_unique<KindCell>(std::move(folder), std::move(ours), std::move(process), images);
  CHAMBER_CHECK(cell->create(stack.kubernetes_nodes, on_event));
  return cell;
}

}  // namespace chamber
