#include "harness/cli/cell_client.h"

#include <signal.h>
#include <sys/socket.h>

#include <atomic>

#include "harness/cli/cell_host.h"
#include "harness/cli/cells.h"
#include "harness/cli/wire_format.h"

namespace chamber {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

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

Result<std::unique_ptr<OwnedCell>> start_cell(const std::string& on, const StartCell& request, const Stack& stack,
                                              const std::map<std::string, fs::path>& servers,
                                              const CellEvent& on_event) {
  CHAMBER_CHECK(require_machine(on, stack, servers));
  if (on == kKind) return start_kind_cell(request, stack, on_event);
  return start_local_cell(request);
}

}  // namespace chamber
