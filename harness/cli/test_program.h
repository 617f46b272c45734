// For tests: the real program as a user runs it, in a home of its own, and what it leaves on the machine.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "fixtures/servers/surroundings.h"
#include "harness/base/eventually.h"
#include "harness/base/fd.h"
#include "harness/process/process.h"
#include "harness/process/run_folder.h"

namespace chamber::test {

namespace fs = std::filesystem;

inline std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline nlohmann::json json_of(const fs::path& path) {
  return nlohmann::json::parse(text_of(path), nullptr, false);
}

struct Ended {
  int code = -1;  // 128 + signal when it was killed
  std::string out;
  std::string err;
};

// Everything that cells of one test have on the machine. They are known by the test's folder, which process 1 has on
// its command line and every process of a cell sees mounted.
struct Traces {
  std::set<pid_t> processes;
  std::set<std::string> sockets;  // inodes of the sockets that listen in the machine's own network

  static Traces of(const fs::path& root) {
    Traces traces;
    const std::set<std::string> listening = listening_sockets();
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const std::string name = entry.path().filename();
      if (name.find_first_not_of("0123456789") != std::string::npos || std::stoi(name) == getpid()) continue;
      const bool ours = text_of(entry.path() / "cmdline").find(root.string()) != std::string::npos ||
                        text_of(entry.path() / "mountinfo").find(root.string()) != std::string::npos;
      if (!ours) continue;
      traces.processes.insert(std::stoi(name));
      std::error_code gone;
      for (const auto& fd : fs::directory_iterator(entry.path() / "fd", gone)) {
        const std::string target = fs::read_symlink(fd.path(), gone).string();
        if (!target.starts_with("socket:[")) continue;
        const std::string inode = target.substr(8, target.size() - 9);
        if (listening.contains(inode)) traces.sockets.insert(inode);
      }
    }
    return traces;
  }

  static std::set<std::string> listening_sockets() {
    std::set<std::string> inodes;
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
      std::ifstream lines(table);
      for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::vector<std::string> fields{std::istream_iterator<std::string>(words), {}};
        if (fields.size() > 9 && fields[3] == "0A") inodes.insert(fields[9]);
      }
    }
    return inodes;
  }
};

// A home, a folder of runs, and a program that knows no other.
class ProgramTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "chamber-program-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    for (const char* name : {"home", "tmp", "empty"}) fs::create_directory(root_ / name);
    const auto surroundings = servers::Surroundings::of_process();
    environment_ = surroundings.environment;
    environment_["CHAMBER_CACHE"] = surroundings.cache;
    environment_["HOME"] = root_ / "home";
    environment_["TMPDIR"] = root_ / "tmp";
    for (const char* name : {"XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"}) environment_.erase(name);
  }

  void TearDown() override {
    for (const fs::path& cell : folders()) {
      if (fs::exists(cell / "control.sock")) static_cast<void>(chamber({"down", cell.filename()}));
    }
    expect_nothing_left({});
    fs::remove_all(root_);
  }

  // Starts it; its output goes to the files out and err.
  Process start(const std::vector<std::string>& arguments) {
    const auto open_new = [this](const char* name) {
      return Fd(open((root_ / name).c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600));
    };
    const Fd out = open_new("out");
    const Fd err = open_new("err");
    SpawnOptions options;
    options.arguments = wrapper_;
    options.arguments.insert(options.arguments.end(), {CHAMBER_PROGRAM, "--runs", root_ / "runs"});
    options.environment = environment_;
    options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
    options.standard_output = out.get();
    options.standard_error = err.get();
    return Process::spawn(options).value();
  }
  Ended end_of(const Process& process) {
    const auto status = process.wait(Deadline::in(std::chrono::minutes(4)));
    if (!status) {
      ADD_FAILURE() << status.error().message();
      static_cast<void>(process.signal(SIGKILL));
      return {};
    }
    return {status->shell_code(), text_of(root_ / "out"), text_of(root_ / "err")};
  }
  Ended chamber(const std::vector<std::string>& arguments) { return end_of(start(arguments)); }

  fs::path write(const std::string& name, const std::string& text) {
    std::ofstream(root_ / name) << text;
    return root_ / name;
  }

  [[nodiscard]] std::vector<fs::path> folders() const {
    if (!fs::exists(root_ / "runs")) return {};
    return {fs::directory_iterator(root_ / "runs"), {}};
  }
  [[nodiscard]] fs::path only_folder() const {
    const auto all = folders();
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? fs::path() : all.front();
  }

  // Waits until what a starting program says on standard error has `text`.
  void wait_for_words(const Process& process, const std::string& text) {
    const auto said = eventually({text, Deadline::in(std::chrono::minutes(2))}, [&]() -> Result<void> {
      if (text_of(root_ / "err").find(text) != std::string::npos) return {};
      if (process.exit_status()) return fail(ErrorKind::kInput, "it ended: {}", text_of(root_ / "err"));
      return fail(ErrorKind::kUnavailable, "so far: {}", text_of(root_ / "err"));
    });
    ASSERT_TRUE(said) << said.error().message();
  }

  // No process and no mount of a cell lives, none of `before`'s ports listens, nothing was written elsewhere.
  void expect_nothing_left(const Traces& before) {
    // A process whose first thread has ended shows nothing more of itself, but another of its threads may still hold
    // its files for a moment.
    const auto gone =
        eventually({"the cells to be gone", Deadline::in(std::chrono::seconds(5))}, [&]() -> Result<void> {
          const auto left = Traces::of(root_).processes;
          if (!left.empty()) return fail(ErrorKind::kUnavailable, "{} processes left", left.size());
          const auto listening = Traces::listening_sockets();
          for (const std::string& inode : before.sockets) {
            if (listening.contains(inode)) return fail(ErrorKind::kUnavailable, "socket {} listens", inode);
          }
          for (const RunEntry& run : CHAMBER_TRY(list_runs(root_ / "runs"))) {
            if (run.state == RunState::kLive) return fail(ErrorKind::kUnavailable, "{} lives", run.path.string());
          }
          return {};
        });
    EXPECT_TRUE(gone) << gone.error().message();
    EXPECT_TRUE(fs::is_empty(root_ / "home"));
    EXPECT_TRUE(fs::is_empty(root_ / "tmp"));
    EXPECT_EQ(text_of("/proc/self/mountinfo").find(root_.string()), std::string::npos);
  }
  // A run's folder has only what stays, and nobody else may read it.
  static void expect_tidy(const fs::path& folder) {
    for (const char* name : {"control.sock", "volumes"}) EXPECT_FALSE(fs::exists(folder / name)) << name;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      EXPECT_EQ(entry.status().permissions() & fs::perms(077), fs::perms::none) << entry.path();
    }
  }

  fs::path root_;
  std::map<std::string, std::string> environment_;
  std::vector<std::string> wrapper_;  // a program and its arguments that start what follows them
};

}  // namespace chamber::test
