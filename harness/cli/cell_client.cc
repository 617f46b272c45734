#include "harness/cli/cell_client.h"

#include <signal.h>
#include <sys/socket.h>

#include <atomic>

#include "harness/base/log.h"
#include "harness/cli/cell_host.h"
#include "harness/cli/wire_format.h"
#include "harness/net/listener.h"
#include "harness/process/isolation.h"

namespace chamber {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// More than the largest stack publishes; what is not used is closed when the cell opens.
constexpr int kListeners = 48;
constexpr Duration kEnd = std::chrono::seconds(20);
// How often a wait for the cell looks whether the user interrupted.
constexpr Duration kLook = std::chrono::milliseconds(100);

std::atomic<bool>& interrupt_flag() {
  static std::atomic<bool> flag = false;
  return flag;
}

}  // namespace

void install_interrupt_handlers() {
  static_cast<void>(interrupt_flag());
  struct sigaction action {};
  action.sa_handler = [](int) { interrupt_flag().store(true); };
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaction(number, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

bool interrupted() {
  return interrupt_flag().load();
}

Result<CellConnection> CellConnection::to(const fs::path& cell_folder) {
  auto channel = Channel::connect(cell_folder / kControlSocket);
  if (!channel) return tl::unexpected(channel.error().context("the cell " + cell_folder.filename().string()));
  return CellConnection(std::move(*channel));
}

Result<json> CellConnection::command(const json& request, const CellEvent& on_event,
                                     const std::vector<int>& descriptors) {
  CHAMBER_CHECK(channel_.send(request, descriptors));
  bool cancelled = false;
  while (true) {
    if (interrupted() && !cancelled) {
      cancelled = true;
      CHAMBER_CHECK(channel_.send({{"do", "cancel"}}));
    }
    auto message = channel_.receive(Deadline::in(kLook));
    if (!message) {
      if (message.error().kind() == ErrorKind::kTimeout) continue;
      return fail(ErrorKind::kHarness, "the cell ended before it answered: {}", message.error().message());
    }
    const json& body = message->body;
    if (body.contains("error")) {
      const Error error = error_from_json(body["error"]);
      if (interrupted()) return fail(ErrorKind::kInterrupted, "interrupted: {}", error.message());
      return tl::unexpected(error);
    }
    if (body.contains("done")) return body;
    if (on_event) on_event(body);
  }
}

Result<std::unique_ptr<OwnedCell>> OwnedCell::start(const StartCell& request) {
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
      new OwnedCell(std::move(folder), std::move(process), CellConnection(std::move(ours))));
}

OwnedCell::~OwnedCell() {
  if (!open_) return;
  if (const auto closed = close(); !closed) log::error("{}", closed.error().message());
}

Result<json> OwnedCell::open(const Stack& stack, const std::map<std::string, fs::path>& servers) {
  json given = json::object();
  for (const auto& [name, path] : servers) given[name] = path.string();
  return connection_->command({{"do", "open"}, {"cell", folder_.id()}, {"stack", to_json(stack)}, {"servers", given}});
}

Result<void> OwnedCell::detach() {
  CHAMBER_TRY(connection_->command({{"do", "detach"}}));
  open_ = false;
  return {};
}

Result<void> OwnedCell::close() {
  open_ = false;
  // Process 1 takes everything with it; there is nothing that a gentler way would save.
  CHAMBER_CHECK(process_.signal(SIGKILL));
  const auto ended = process_.wait(Deadline::in(kEnd));
  if (!ended) return tl::unexpected(ended.error().context("ending the cell"));
  return folder_.close();
}

}  // namespace chamber
