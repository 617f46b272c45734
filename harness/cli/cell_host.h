// The harness inside of a cell, process 1 of a local one and a container beside the nodes of one on kind: holds
// the platform and obeys messages (harness/process/channel.h). One command at a time
// on a connection; "cancel" may come while it runs. Every answer ends with {"done": true, …} or {"error": {kind,
// text}}; before it may come {"event": …}.
//
//   {"do": "open", "cell": id, "stack": {…}, "servers": {name: path}}
//       on kind: "images": {…}, "ports": {node port: host port} instead of servers, with one descriptor, the run's lock
//   {"do": "up", "until": phase, "timeout_s": n}          events: {"event": "task", …}
//   {"do": "run", "run": name, "command": text, "started": wall}   events: {"event": "progress", …},
//       and once a second {"event": "live", …} (wire_format.h)
//   {"do": "judge", …}  the same without load and faults: the bring-up, as far as it was made, is judged
//       both with one descriptor, of the plan's JSON, and if another follows, of the folder for what the run leaves,
//       which is the cell's own otherwise
//   {"do": "env"}, {"do": "status"}
//   {"do": "exec", "node": name, "arguments": […]} with three descriptors
//   {"do": "detach"}    the cell outlives the connection that made it
//   {"do": "down"}      ends every node; then this process ends
#pragma once

#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/process/channel.h"
#include "harness/process/run_folder.h"

namespace chamber {

struct CellHostOptions {
  std::string folder;
  int lock_fd = -1;     // on kind it comes with "open"
  int control_fd = -1;  // to whoever started it; on kind that is who connects first
  std::vector<int> listener_fds;
};

// The arguments that start_isolated() is to give, and back.
[[nodiscard]] std::vector<std::string> to_arguments(const CellHostOptions& options);
[[nodiscard]] Result<CellHostOptions> cell_host_options(const std::vector<std::string>& arguments);

inline constexpr const char* kCellHostCommand = "cell-host";
inline constexpr const char* kControlSocket = "control.sock";

// Returns the exit code. When the starting connection closes before "detach", the process ends at once.
int run_cell_host(const CellHostOptions& options);

}  // namespace chamber
