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

// A cell that this process started. When this is destroyed without detach(), the cell is ended.
class OwnedCell {
 public:
  static Result<std::unique_ptr<OwnedCell>> start(const StartCell& request);
  ~OwnedCell();
  OwnedCell(const OwnedCell&) = delete;
  OwnedCell& operator=(const OwnedCell&) = delete;

  Result<nlohmann::json> open(const Stack& stack, const std::map<std::string, std::filesystem::path>& servers);
  [[nodiscard]] CellConnection& connection() { return *connection_; }
  [[nodiscard]] RunFolder& folder() { return folder_; }
  // It lives on without us.
  Result<void> detach();
  // Ends it, sees that it has gone, and removes what it noted in its ledger. An error names what is left.
  Result<void> close();

 private:
  OwnedCell(RunFolder folder, Process process, CellConnection connection)
      : folder_(std::move(folder)), process_(std::move(process)), connection_(std::move(connection)) {}

  RunFolder folder_;
  Process process_;
  std::optional<CellConnection> connection_;
  bool open_ = true;
};

}  // namespace chamber
