// The outside of a cell: starting its process 1, talking to it, and what is left to do when it has ended.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "harness/cell/stack.h"
#include "harness/process/channel.h"
#include "harness/process/process.h"
#include "harness/process/run_folder.h"

namespace chamber {

using CellEvent = std::function<void(const nlohmann::json&)>;

// True while the user asked to stop (SIGINT, SIGTERM). Installed once by main().
void install_interrupt_handlers();
[[nodiscard]] bool interrupted();

// One connection to a cell. One thread.
class CellConnection {
 public:
  explicit CellConnection(Channel channel) : channel_(std::move(channel)) {}
  static Result<CellConnection> to(const std::filesystem::path& cell_folder);

  // Sends a command and waits for its end; events go to `on_event`. When the user interrupts, the command is cancelled
  // and its end still waited for.
  Result<nlohmann::json> command(const nlohmann::json& request, const CellEvent& on_event = {},
                                 const std::vector<int>& descriptors = {});

 private:
  Channel channel_;
};

struct StartCell {
  std::filesystem::path folder;  // made
  std::vector<std::filesystem::path> keep_visible;
};

// A cell that this process started. When one is destroyed without detach(), it is ended.
class OwnedCell {
 public:
  virtual ~OwnedCell() = default;
  OwnedCell(const OwnedCell&) = delete;
  OwnedCell& operator=(const OwnedCell&) = delete;

  // Makes its nodes; they don't run yet.
  virtual Result<nlohmann::json> open(const Stack& stack,
                                      const std::map<std::string, std::filesystem::path>& servers) = 0;
  [[nodiscard]] virtual CellConnection& connection() = 0;
  [[nodiscard]] virtual RunFolder& folder() = 0;
  // It lives on without us.
  virtual Result<void> detach() = 0;
  // Ends it, sees that it has gone, and removes what it noted in its ledger. An error names what is left.
  virtual Result<void> close() = 0;

 protected:
  OwnedCell() = default;
};

// On the substrate `local`: this program again as process 1 of namespaces.
Result<std::unique_ptr<OwnedCell>> start_local_cell(const StartCell& request);
// On the substrate `kind`: a cluster, and this program beside its nodes. `on_event` hears how far it is.
Result<std::unique_ptr<OwnedCell>> start_kind_cell(const StartCell& request, const Stack& stack,
                                                   const CellEvent& on_event);
// Checks that the stack can be had on the substrate `on`, and starts a cell for it.
Result<std::unique_ptr<OwnedCell>> start_cell(const std::string& on, const StartCell& request, const Stack& stack,
                                              const std::map<std::string, std::filesystem::path>& servers,
                                              const CellEvent& on_event);

}  // namespace chamber
