#include "harness/process/isolation.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <map>
#include <thread>

#include "harness/process/reaper.h"

namespace chamber {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kServiceUid = 64250;  // in no distribution's ranges for users, system users or dynamic users
constexpr std::array kOwnTrees{"proc", "tmp", "etc", "cell", "node"};
constexpr std::array kOwnEtcFiles{"hosts", "hostname", "passwd", "group", "nsswitch.conf", "resolv.conf"};

Result<void> mount_at(const char* source, const fs::path& target, const char* type, unsigned long flags,
                      const char* data = nullptr) {
  if (mount(source, target.c_str(), type, flags, data) != 0) return fail_errno(errno, "mounting {}", target.string());
  return {};
}

Result<void> make_folder(const fs::path& path) {
  std::error_code problem;
  fs::create_directories(path, problem);
  if (problem) return fail(ErrorKind::kHarness, "making the folder {}: {}", path.string(), problem.message());
  return {};
}

Result<void> write_text(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  if (!file) return fail(ErrorKind::kHarness, "writing {}", path.string());
  return {};
}

Result<void> bind_tree(const fs::path& from, const fs::path& to) {
  CHAMBER_CHECK(make_folder(to));
  return mount_at(from.c_str(), to, nullptr, MS_BIND | MS_REC);
}

Result<void> bind_file(const fs::path& from, const fs::path& to) {
  CHAMBER_CHECK(make_folder(to.parent_path()));
  CHAMBER_CHECK(write_text(to, ""));
  return mount_at(from.c_str(), to, nullptr, MS_BIND);
}

template <typename Names>
bool is_one_of(const fs::path& name, const Names& names) {
  return std::any_of(names.begin(), names.end(), [&](const char* other) { return name == other; });
}

// /etc as a folder of links to the machine's own entries, so that single files can be replaced whether or not the
// machine has them.
Result<void> build_etc(const fs::path& old_root, const fs::path& new_root) {
  CHAMBER_CHECK(bind_tree(old_root / "etc", new_root / "cell/host-etc"));
  CHAMBER_CHECK(make_folder(new_root / "etc"));
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(old_root / "etc", problem)) {
    const fs::path name = entry.path().filename();
    if (is_one_of(name, kOwnEtcFiles)) continue;
    const fs::path target = entry.is_symlink() ? fs::read_symlink(entry.path()) : fs::path("/cell/host-etc") / name;
    fs::create_symlink(target, new_root / "etc" / name, problem);
  }
  const Credentials service = service_credentials();
  const std::string passwd = fmt::format(
      "root:x:0:0:root:/node:/bin/sh\nchamber:x:{}:{}:cell:/node:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
      service.uid, service.gid);
  CHAMBER_CHECK(write_text(new_root / "etc/passwd", passwd));
  CHAMBER_CHECK(write_text(new_root / "etc/group", fmt::format("root:x:0:\nchamber:x:{}:\n", service.gid)));
  CHAMBER_CHECK(write_text(new_root / "etc/hosts", "127.0.0.1 localhost\n"));
  CHAMBER_CHECK(write_text(new_root / "etc/hostname", "harness\n"));
  CHAMBER_CHECK(write_text(new_root / "etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"));
  return write_text(new_root / "etc/resolv.conf", "");
}

Result<void> build_dev(const fs::path& new_root) {
  // PostgreSQL's shared memory files would outlive a killed cell in the machine's own /dev/shm.
  const fs::path shm = new_root / "dev/shm";
  if (!fs::is_directory(shm)) return {};
  return mount_at("tmpfs", shm, "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
}

// Each path beside where its links lead. By path, so that a folder comes before those inside it: the way to an inner
// one would otherwise stand for the outer, empty. To be called where the machine's root is the root.
Result<std::map<fs::path, fs::path>> resolved(const std::vector<fs::path>& paths) {
  std::map<fs::path, fs::path> found;
  for (const fs::path& path : paths) {
    std::error_code problem;
    found[path] = fs::canonical(path, problem);
    if (problem) return fail(ErrorKind::kHarness, "{}: {}", path.string(), problem.message());
  }
  return found;
}

// What the new root does not have yet; a folder of the cell's own (/tmp) is never replaced by the machine's.
Result<void> show(const std::map<fs::path, fs::path>& paths, const fs::path& old_root, const fs::path& new_root) {
  for (const auto& [path, real] : paths) {
    const fs::path from = old_root / real.relative_path();
    const fs::path to = new_root / path.relative_path();
    // A link of the new root (/etc/NAME) leads somewhere only when that is the root.
    if (fs::exists(fs::symlink_status(to))) continue;
    CHAMBER_CHECK(fs::is_directory(from) ? bind_tree(from, to) : bind_file(from, to));
  }
  return {};
}

// A new root on a memory file system with the machine's folders bound into it, as bubblewrap does it: first everything
// moves below /old-root, then the new root is put together beside it, then the old one is let go.
Result<void> build_root(const IsolationOptions& options) {
  const auto keep_visible = CHAMBER_TRY(resolved(options.keep_visible));
  CHAMBER_CHECK(mount_at(nullptr, "/", nullptr, MS_REC | MS_PRIVATE));
  CHAMBER_CHECK(mount_at("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755"));
  const fs::path old_root = "/old-root";
  const fs::path new_root = "/new-root";
  CHAMBER_CHECK(make_folder("/tmp/old-root"));
  CHAMBER_CHECK(make_folder("/tmp/new-root"));
  if (syscall(SYS_pivot_root, "/tmp", "/tmp/old-root") != 0) return fail_errno(errno, "pivot_root");
  if (chdir("/") != 0) return fail_errno(errno, "entering the new root");
  CHAMBER_CHECK(mount_at("tmpfs", new_root, "tmpfs", MS_NODEV, "mode=0755"));
  for (const auto& entry : fs::directory_iterator(old_root)) {
    const fs::path name = entry.path().filename();
    if (is_one_of(name, kOwnTrees)) continue;
    if (entry.is_symlink()) {
      std::error_code problem;
      fs::create_symlink(fs::read_symlink(entry.path()), new_root / name, problem);
      if (problem) return fail(ErrorKind::kHarness, "linking /{}: {}", name.string(), problem.message());
    } else if (entry.is_directory()) {
      CHAMBER_CHECK(bind_tree(entry.path(), new_root / name));
    }
  }
  for (const char* name : {"proc", "tmp", "cell", "node"}) CHAMBER_CHECK(make_folder(new_root / name));
  CHAMBER_CHECK(mount_at("tmpfs", new_root / "tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777"));
  CHAMBER_CHECK(build_etc(old_root, new_root));
  CHAMBER_CHECK(build_dev(new_root));
  CHAMBER_CHECK(show(keep_visible, old_root, new_root));
  CHAMBER_CHECK(mount_at("proc", new_root / "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC));
  CHAMBER_CHECK(make_folder(new_root / "cell/old-root"));
  if (syscall(SYS_pivot_root, "/new-root", "/new-root/cell/old-root") != 0) return fail_errno(errno, "pivot_root");
  if (chdir("/") != 0) return fail_errno(errno, "entering the new root");
  if (umount2("/cell/old-root", MNT_DETACH) != 0) return fail_errno(errno, "letting the old root go");
  fs::remove("/cell/old-root");
  return {};
}

Result<void> raise_loopback() {
  const Fd socket_fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket_fd.valid()) return fail_errno(errno, "opening a socket");
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (ioctl(socket_fd.get(), SIOCSIFFLAGS, &request) != 0) return fail_errno(errno, "raising the loopback interface");
  return {};
}

// exec drops the capabilities of a user that isn't root unless they are ambient.
Result<void> keep_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return fail_errno(errno, "capget");
  for (auto& set : sets) set.inheritable = set.permitted;
  if (syscall(SYS_capset, &header, sets.data()) != 0) return fail_errno(errno, "capset");
  for (unsigned long capability = 0; capability < 64; ++capability) {
    if (((sets.at(capability / 32).permitted >> (capability % 32)) & 1U) == 0) continue;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0)
      return fail_errno(errno, "ambient capability");
  }
  return {};
}

Result<void> set_up_inside(const IsolationOptions& options, int may_go_on) {
  char ready = 0;
  if (read(may_go_on, &ready, 1) != 1) return fail(ErrorKind::kHarness, "the parent went away");
  if (options.die_with_parent && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return fail_errno(errno, "PR_SET_PDEATHSIG");
  if (setsid() < 0) return fail_errno(errno, "setsid");
  CHAMBER_CHECK(build_root(options));
  if (sethostname("harness", 7) != 0) return fail_errno(errno, "sethostname");
  CHAMBER_CHECK(raise_loopback());
  if (getuid() != 0) CHAMBER_CHECK(keep_capabilities());
  for (const int fd : options.inherited) {
    if (fcntl(fd, F_SETFD, 0) != 0) return fail_errno(errno, "keeping descriptor {} open", fd);
  }
  return {};
}

// Runs in process 1 before it executes itself again. Tells a failure through `failure_pipe` as text.
[[noreturn]] void inside(const IsolationOptions& options, int program, int may_go_on, int failure_pipe) {
  Error problem(ErrorKind::kHarness, "");
  try {
    const Result<void> ready = set_up_inside(options, may_go_on);
    if (ready) {
      std::vector<std::string> text{"chamber"};
      text.insert(text.end(), options.arguments.begin(), options.arguments.end());
      std::vector<char*> arguments;
      for (std::string& argument : text) arguments.push_back(argument.data());
      arguments.push_back(nullptr);
      fexecve(program, arguments.data(), environ);
      problem = Error(ErrorKind::kHarness, "executing chamber again: " + errno_text(errno));
    } else {
      problem = ready.error();
    }
  } catch (const std::exception& thrown) {
    problem = Error(ErrorKind::kHarness, thrown.what());
  }
  [[maybe_unused]] const auto written = write(failure_pipe, problem.message().data(), problem.message().size());
  _exit(3);
}

Result<void> map_user(pid_t pid) {
  const fs::path folder = fmt::format("/proc/{}", pid);
  // Groups can't be changed inside an unprivileged user namespace: user_namespaces(7), CVE-2014-8989.
  CHAMBER_CHECK(write_text(folder / "setgroups", "deny"));
  CHAMBER_CHECK(write_text(folder / "uid_map", fmt::format("{0} {0} 1", getuid())));
  return write_text(folder / "gid_map", fmt::format("{0} {0} 1", getgid()));
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 1024> buffer{};
  while (true) {
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

Privilege privilege() {
  return geteuid() == 0 ? Privilege::kRoot : Privilege::kUserNamespace;
}

std::string_view to_string(Privilege privilege) {
  return privilege == Privilege::kRoot ? "root" : "user namespace";
}

Credentials service_credentials() {
  return getuid() == 0 ? Credentials{kServiceUid, kServiceUid} : Credentials{getuid(), getgid()};
}

Result<Process> start_isolated(const IsolationOptions& options) {
  const Fd program(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  if (!program.valid()) return fail_errno(errno, "opening the program itself");
  std::array<int, 2> go{};
  std::array<int, 2> failure{};
  if (pipe2(go.data(), O_CLOEXEC) != 0) return fail_errno(errno, "making a pipe");
  const Fd go_read(go[0]);
  Fd go_write(go[1]);
  if (pipe2(failure.data(), O_CLOEXEC) != 0) return fail_errno(errno, "making a pipe");
  const Fd failure_read(failure[0]);
  Fd failure_write(failure[1]);
  unsigned long namespaces = CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC;
  if (privilege() == Privilege::kUserNamespace) namespaces |= CLONE_NEWUSER;
  auto state = std::make_shared<Process::State>();
  const auto in_child = [&] {
    go_write.reset();  // or the read below would not end when the parent dies
    inside(options, program.get(), go_read.get(), failure_write.get());
  };
  CHAMBER_CHECK(reaper().fork_child(state, in_child, namespaces).context("making the cell's namespaces"));
  failure_write.reset();
  if ((namespaces & CLONE_NEWUSER) != 0) {
    const Result<void> mapped = map_user(state->pid);
    if (!mapped) {
      go_write.reset();
      return tl::unexpected(mapped.error().context("mapping the user into the cell"));
    }
  }
  if (write(go_write.get(), "g", 1) != 1) return fail_errno(errno, "starting process 1 of the cell");
  const std::string problem = read_all(failure_read.get());
  if (!problem.empty()) return fail(ErrorKind::kHarness, "setting up process 1 of the cell: {}", problem);
  return Process(std::move(state));
}

Result<void> write_hosts(const std::vector<std::pair<std::string, std::string>>& address_and_name) {
  std::string text = "127.0.0.1 localhost\n";
  for (const auto& [address, name] : address_and_name) text += address + " " + name + "\n";
  return write_text("/etc/hosts", text);
}

Result<void> bind_folder(const fs::path& source, const fs::path& target) {
  return mount_at(source.c_str(), target, nullptr, MS_BIND);
}

Result<Fd> make_node_mounts(const fs::path& folder) {
  Result<Fd> made = fail(ErrorKind::kHarness, "not run");
  // A thread of its own: unshare(2) moves the calling thread, and it must not come back.
  std::thread([&] {
    made = [&]() -> Result<Fd> {
      if (unshare(CLONE_NEWNS) != 0) return fail_errno(errno, "making a mount namespace");
      CHAMBER_CHECK(mount_at(nullptr, "/", nullptr, MS_REC | MS_SLAVE));
      CHAMBER_CHECK(mount_at(folder.c_str(), "/node", nullptr, MS_BIND | MS_REC));
      CHAMBER_CHECK(mount_at("tmpfs", "/cell/nodes", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700"));
      Fd mounts(open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC));
      if (!mounts.valid()) return fail_errno(errno, "opening the mount namespace");
      return mounts;
    }();
  }).join();
  return std::move(made).context("hiding the other nodes' files from " + folder.filename().string());
}

}  // namespace chamber
