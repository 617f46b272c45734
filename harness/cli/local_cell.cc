// A cell on the substrate `local`, from outside.
#include <signal.h>

#include "harness/base/log.h"
#include "harness/cli/cell_client.h"
#include "harness/cli/cell_host.h"
#include "harness/net/listener.h"
#include "harness/process/isolation.h"

namespace chamber {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// More than the largest stack publishes; what is not used is closed when the cell opens.
constexpr int kListeners = 48;
constexpr Duration kEnd = std::chrono::seconds(20);

class LocalCell final : public OwnedCell {
 public:
  LocalCell(RunFolder folder, Process process, CellConnection connection)
      : folder_(std::move(folder)), process_(std::move(process)), connection_(std::move(connection)) {}
  ~LocalCell() override {
    if (!open_) return;
    if (const auto closed = end(); !closed) log::error("{}", closed.error().message());
  }
  LocalCell(const LocalCell&) = delete;
  LocalCell& operator=(const LocalCell&) = delete;

  Result<json> open(const Stack& stack, const std::map<std::string, fs::path>& servers) override {
    json given = json::object();
    for (const auto& [name, path] : servers) given[name] = path.string();
    return connection_.command({{"do", "open"}, {"cell", folder_.id()}, {"stack", to_json(stack)}, {"servers", given}});
  }
  CellConnection& connection() override { return connection_; }
  RunFolder& folder() override { return folder_; }

  Result<void> detach() override {
    CHAMBER_TRY(connection_.command({{"do", "detach"}}));
    open_ = false;
    return {};
  }
  Result<void> close() override { return end(); }

 private:
  Result<void> end() {
    open_ = false;
    // Process 1 takes everything with it; there is nothing that a gentler way would save.
    CHAMBER_CHECK(process_.signal(SIGKILL));
    const auto ended = process_.wait(Deadline::in(kEnd));
    if (!ended) return tl::unexpected(ended.error().context("ending the cell"));
    return folder_.close();
  }

  RunFolder folder_;
  Process process_;
  CellConnection connection_;
  bool open_ = true;
};

}  // namespace

Result<std::unique_ptr<OwnedCell>> start_local_cell(const StartCell& request) {
  RunFolder folder = CHAMBER_TRY(RunFolder::create(request.folder));
  CHAMBER_CHECK(folder.will_make(kControlSocket));
  auto [ours, theirs] = CHAMBER_TRY(Channel::pair());
  CellHostOptions host{
      .folder = folder.path(), .lock_fd = folder.lock_fd(), .control_fd = theirs.fd(), .listener_fds = {}};
  std::vector<HeldListener> listeners;
  for (int i = 0; i < kListeners; ++i) {
    listeners.push_back(CHAMBER_TRY(HeldListener::open()));
    host.listener_fds.push_back(listeners.back().fd());
  }
  IsolationOptions isolation;
  isolation.arguments = to_arguments(host);
  isolation.inherited = host.listener_fds;
  isolation.inherited.push_back(host.lock_fd);
  isolation.inherited.push_back(host.control_fd);
  isolation.keep_visible = request.keep_visible;
  isolation.keep_visible.push_back(folder.path().parent_path());
  Process process = CHAMBER_TRY(start_isolated(isolation));
  return std::unique_ptr<OwnedCell>(
      new LocalCell(std::move(folder), std::move(process), CellConnection(std::move(ours))));
}

}  // namespace chamber
