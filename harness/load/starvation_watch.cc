#include "harness/load/starvation_watch.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cctype>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "harness/check/starvation.h"

namespace chamber::load {
namespace {

namespace fs = std::filesystem;

constexpr Duration kTick = std::chrono::milliseconds(10);
constexpr Duration kLate = std::chrono::milliseconds(50);
constexpr Duration kCountEvery = std::chrono::seconds(1);
// Shares of the machine's time between two counts.
constexpr double kIdleMost = 0.1;
constexpr double kOthersLeast = 0.2;
// Threads of the cell that waited, on average.
constexpr double kWaitingLeast = 0.5;

Duration tick() {
  return std::chrono::duration_cast<Duration>(std::chrono::seconds(1)) / sysconf(_SC_CLK_TCK);
}

struct StatLine {
  Duration busy{};
  Duration idle{};
};

// The first line of /proc/stat (proc(5)): user nice system idle iowait irq softirq steal …, in ticks.
std::optional<StatLine> machine() {
  std::ifstream file("/proc/stat");
  std::string word;
  std::array<std::int64_t, 8> ticks{};
  if (!(file >> word) || word != "cpu") return std::nullopt;
  for (std::int64_t& value : ticks) {
    if (!(file >> value)) return std::nullopt;
  }
  StatLine line;
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    const bool idle = i == 3 || i == 4;
    (idle ? line.idle : line.busy) += tick() * ticks.at(i);
  }
  return line;
}

// utime, stime, cutime and cstime of a process (proc(5), fields 14 to 17), whose name may hold anything but its last
// ")".
Duration used_by(const fs::path& stat) {
  std::ifstream file(stat);
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  Duration sum{};
  std::int64_t ticks = 0;
  for (int i = 14; i <= 17 && fields >> ticks; ++i) sum += tick() * ticks;
  return sum;
}

bool is_number(const std::string& name) {
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) != 0;
}

// The entries of a folder of /proc; what ends meanwhile is no error.
std::vector<std::string> numbers_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code gone;
  for (fs::directory_iterator it(folder, gone), end; !gone && it != end; it.increment(gone)) {
    std::string name = it->path().filename().string();
    if (is_number(name)) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

std::optional<CpuAccounts> CpuReader::read() {
  const std::optional<StatLine> line = machine();
  if (!line) return std::nullopt;
  CpuAccounts accounts{
      .cpus = static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN)), .idle = line->idle, .busy = line->busy};
  std::map<std::string, Duration> seen;
  for (const std::string& process : numbers_in("/proc")) {
    const fs::path folder = fs::path("/proc") / process;
    accounts.own += used_by(folder / "stat");
    for (const std::string& task : numbers_in(folder / "task")) {
      // Nanoseconds on a CPU, and ready without one (the kernel's Documentation/scheduler/sched-stats).
      std::ifstream file(folder / "task" / task / "schedstat");
      std::int64_t used = 0;
      std::int64_t waited = 0;
      if (!(file >> used >> waited)) continue;
      const auto before = waited_.find(task);
      // A number may have been given again: then all of it is new.
      const bool same = before != waited_.end() && before->second <= Duration(waited);
      own_wait_ += Duration(waited) - (same ? before->second : Duration::zero());
      seen[task] = Duration(waited);
    }
  }
  waited_ = std::move(seen);
  accounts.own_wait = own_wait_;
  return accounts;
}

void StarvationMeter::woke(Instant wanted, Instant woke) {
  const Duration late = woke - wanted;
  latest_ = std::max(latest_, late);
  if (late >= kLate) starved_("harness", wanted, woke, fmt::format("woke {} late", human(late)));
}

void StarvationMeter::counted(Instant at, const CpuAccounts& accounts) {
  if (before_) {
    const auto& [from, before] = *before_;
    const double wall = seconds(at - from);
    const double machine = wall * accounts.cpus;
    const double idle = seconds(accounts.idle - before.idle) / machine;
    const double others = (seconds(accounts.busy - before.busy) - seconds(accounts.own - before.own)) / machine;
    const double waiting = seconds(accounts.own_wait - before.own_wait) / wall;
    if (idle <= kIdleMost && others >= kOthersLeast && waiting >= kWaitingLeast) {
      starved_("cell", from, at,
               fmt::format("{:.0f} % of the CPUs idle, {:.0f} % taken by programs outside the cell, {:.1f} threads of "
                           "the cell waiting for one",
                           idle * 100, others * 100, waiting));
    }
  }
  before_ = {at, accounts};
}

StarvationWatch::StarvationWatch(Recorder& recorder, const StarvationWatchOptions& options)
    : recorder_(recorder),
      meter_([this](const std::string& who, Instant from, Instant to, const std::string& measured) {
        const std::string subject = std::string(kStarved) + who;
        recorder_.event(EventKind::kNote, subject, kStarvedBegins, from);
        recorder_.event(EventKind::kNote, subject, measured, to);
      }),
      thread_([this, count = options.servers_are_ours] { watch(count); }) {}

StarvationWatch::~StarvationWatch() {
  stop();
}

Duration StarvationWatch::stop() {
  pacer_.interrupt();
  if (thread_.joinable()) thread_.join();
  return meter_.latest();
}

void StarvationWatch::watch(bool count) {
  Pacer::sharpen();
  CpuReader reader;
  Instant next = now();
  Instant next_count = next;
  while (true) {
    if (count && now() >= next_count) {
      if (const auto accounts = reader.read()) meter_.counted(now(), *accounts);
      next_count = now() + kCountEvery;
    }
    // From now on: what the reading took is not lateness.
    next = now() + kTick;
    if (!pacer_.sleep_until(next)) return;
    meter_.woke(next, now());
  }
}

}  // namespace chamber::load
