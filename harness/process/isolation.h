// Process 1 of a cell: the program executes itself again in new pid, network, mount, UTS and IPC namespaces (and a user
// namespace when it isn't root). When that process dies, however it dies, the kernel ends every process below it and
// drops every interface and mount of the cell. See namespaces(7), pid_namespaces(7), user_namespaces(7).
//
// What the inside sees: a root file system of its own in memory, with the machine's folders bound into it; /tmp,
// /dev/shm and /proc of its own; /etc with hosts, passwd, group, nsswitch.conf and resolv.conf of its own; the empty
// folders /cell (for the nodes' files) and /node. Everything in memory vanishes with the cell.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/process/process.h"

namespace chamber {

struct IsolationOptions {
  std::vector<std::string> arguments;               // of the new process 1, after the program's own path
  std::vector<int> inherited;                       // descriptors that stay open in it, under the same numbers
  std::vector<std::filesystem::path> keep_visible;  // files and folders needed inside although under /tmp or /dev/shm
  bool die_with_parent = true;                      // killed when the calling thread's process dies
};

enum class Privilege { kRoot, kUserNamespace };

// How this process would make namespaces: by being root with the capabilities, or through a user namespace.
[[nodiscard]] Privilege privilege();
[[nodiscard]] std::string_view to_string(Privilege privilege);

// Starts process 1. To be called from the main thread while no other thread is at work. An error of the set-up inside
// is returned here, and then nothing is left.
Result<Process> start_isolated(const IsolationOptions& options);

// Inside: the identity that servers run with. They are never root: with Privilege::kRoot a user that exists only in the
// cell's passwd file, else the user who started it.
[[nodiscard]] Credentials service_credentials();

// Inside: what names resolve to in the cell. Replaces /etc/hosts.
Result<void> write_hosts(const std::vector<std::pair<std::string, std::string>>& address_and_name);

// Inside: makes `target` show what is in `source`.
Result<void> bind_folder(const std::filesystem::path& source, const std::filesystem::path& target);

// Inside: a mount namespace in which /node is `folder` and the other nodes' folders can't be seen.
Result<Fd> make_node_mounts(const std::filesystem::path& folder);

}  // namespace chamber
