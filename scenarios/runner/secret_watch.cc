#include "scenarios/runner/secret_watch.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "harness/base/eventually.h"
#include "harness/base/secret_search.h"

namespace chamber {
namespace {

namespace fs = std::filesystem;

// Empty for a process that has ended meanwhile.
std::string text_of(const fs::path& path) {
  const std::ifstream file(path, std::ios::binary);
  // The kernel refuses to read of one that ends just now: a stream takes that as its end, where an iterator throws.
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

}  // namespace

SecretWatch::SecretWatch(std::function<std::vector<pid_t>()> processes)
    : processes_(std::move(processes)), thread_([this](const std::stop_token& stop) {
        do {
          look();
        } while (sleep_until(now() + kEvery, stop));
        look();
      }) {}

void SecretWatch::look() {
  const SecretFinder finder(secrets().all());
  for (const pid_t process : processes_()) {
    const std::string id = std::to_string(process);
    const fs::path folder = fs::path("/proc") / id;
    for (const auto& [file, where] : {std::pair("cmdline", "command line"), std::pair("environ", "environment")}) {
      for (const std::string& secret : finder.find_in(text_of(folder / file))) {
        std::string program = text_of(folder / "comm");
        while (!program.empty() && program.back() == '\n') program.pop_back();
        found_.insert(secret + " in the " + where + " of " + id + " " + program);
      }
    }
  }
  ++looks_;
}

std::vector<std::string> SecretWatch::finish() {
  thread_ = {};
  return {found_.begin(), found_.end()};
}

}  // namespace chamber
