#include "harness/load/starvation_watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <span>
#include <string_view>

#include "harness/base/fd.h"
#include "harness/check/starvation.h"

namespace chamber::load {
namespace {

constexpr Duration kTick = std::chrono::milliseconds(10);
constexpr Duration kLate = std::chrono::milliseconds(50);
constexpr Duration kLookEvery = std::chrono::milliseconds(100);
constexpr Duration kCountEvery = std::chrono::seconds(1);
// Shares of the machine's time between two counts.
constexpr double kIdleMost = 0.1;
// At one look more may be idle, of the 20 ticks that two CPUs have in its time.
constexpr double kIdleMostAtLook = 0.2;
constexpr double kOthersLeast = 0.2;
// Threads of the cell that waited, on average.
constexpr double kWaitingLeast = 0.5;

Duration tick() {
  return std::chrono::duration_cast<Duration>(std::chrono::seconds(1)) / sysconf(_SC_CLK_TCK);
}

// The numbers among the entries of a folder of /proc; what has ended has none.
class Folder {
 public:
  Folder(int parent, const char* name) {
    const int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    folder_ = fdopendir(fd);
    if (folder_ == nullptr) close(fd);
  }
  ~Folder() {
    if (folder_ != nullptr) closedir(folder_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  // Until the next call.
  const char* next_number() {
    while (const dirent* const entry = folder_ != nullptr ? readdir(folder_) : nullptr) {
      if (std::isdigit(static_cast<unsigned char>(entry->d_name[0])) != 0) return entry->d_name;
    }
    return nullptr;
  }
  [[nodiscard]] int fd() const { return folder_ != nullptr ? dirfd(folder_) : -1; }

 private:
  DIR* folder_ = nullptr;
};

// The text of a small file of /proc in `space`; empty when what it tells of has ended. Hundreds are read each second:
// one call each to open, read and close.
std::string_view text_of(const Folder& folder, const char* name, std::span<char> space) {
  const Fd file(openat(folder.fd(), name, O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return {};
  const ssize_t got = read(file.get(), space.data(), space.size());
  return got > 0 ? std::string_view(space.data(), static_cast<std::size_t>(got)) : std::string_view();
}

// The number at the beginning of `text`, which it and what separates it leave.
std::int64_t take_number(std::string_view& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(std::min(text.size(), static_cast<std::size_t>(end - text.data()) + 1));
  return error == std::errc() ? number : 0;
}

// utime, stime, cutime and cstime of a process (proc(5), fields 14 to 17), whose name may hold anything but its last
// ")".
Duration used_by(std::string_view stat) {
  const auto name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return {};
  stat.remove_prefix(name_end + 1);
  for (int field = 2; field < 14; ++field) {
    const auto space = stat.find(' ');
    if (space == std::string_view::npos) return {};
    stat.remove_prefix(space + 1);
  }
  Duration sum{};
  for (int field = 14; field <= 17; ++field) sum += tick() * take_number(stat);
  return sum;
}

}  // namespace

// Its first line (proc(5)): user nice system idle iowait irq softirq steal …, in ticks.
std::optional<MachineTime> machine_time() {
  std::ifstream file("/proc/stat");
  std::string word;
  std::array<std::int64_t, 8> ticks{};
  if (!(file >> word) || word != "cpu") return std::nullopt;
  for (std::int64_t& value : ticks) {
    if (!(file >> value)) return std::nullopt;
  }
  MachineTime machine{.cpus = static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN))};
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    const bool idle = i == 3 || i == 4;
    (idle ? machine.idle : machine.busy) += tick() * ticks.at(i);
  }
  return machine;
}

double CountSchedule::idle_share(const Look& from, const Look& to) {
  return seconds(to.machine.idle - from.machine.idle) / (seconds(to.at - from.at) * to.machine.cpus);
}

bool CountSchedule::due(Instant at, const MachineTime& looked) {
  const Look look{at, looked};
  const std::optional<Look> before = std::exchange(last_look_, look);
  if (last_count_) {
    if (at - last_count_->at < kCountEvery) return false;
    // This one is read in any case: it is the end of a second that may have been starved.
    const bool few = idle_share(*last_count_, look) <= kIdleMost;
    last_count_.reset();
    if (few) last_count_ = look;
    return true;
  }
  if (!before || idle_share(*before, look) > kIdleMostAtLook) return false;
  last_count_ = look;
  return true;
}

CpuAccounts CpuReader::read(const MachineTime& machine) {
  CpuAccounts accounts{machine};
  std::unordered_map<int, Duration> seen;
  std::array<char, 512> space{};
  Folder processes(AT_FDCWD, "/proc");
  while (const char* const process = processes.next_number()) {
    Folder tasks(processes.fd(), fmt::format("{}/task", process).c_str());
    accounts.own += used_by(text_of(processes, fmt::format("{}/stat", process).c_str(), space));
    while (const char* const task = tasks.next_number()) {
      // Nanoseconds on a CPU, and ready without one (the kernel's Documentation/scheduler/sched-stats).
      std::string_view text = text_of(tasks, fmt::format("{}/schedstat", task).c_str(), space);
      if (text.empty()) continue;
      take_number(text);
      const Duration waited(take_number(text));
      const int number = std::atoi(task);
      const auto before = waited_.find(number);
      // A number may have been given again: then all of it is new.
      const bool same = before != waited_.end() && before->second <= waited;
      own_wait_ += waited - (same ? before->second : Duration::zero());
      seen[number] = waited;
    }
  }
  waited_ = std::move(seen);
  accounts.own_wait = own_wait_;
  return accounts;
}

void StarvationMeter::woke(Instant wanted, Instant woke) {
  const Duration late = woke - wanted;
  latest_ = std::max(latest_, late);
  if (late < kLate) return end_of_late_wakes();
  if (late_wakes_++ == 0) note_("harness", wanted, kStarvedBegins);
  latest_of_them_ = std::max(latest_of_them_, late);
  last_woke_ = woke;
}

void StarvationMeter::end_of_late_wakes() {
  if (late_wakes_ == 0) return;
  note_("harness", last_woke_,
        late_wakes_ == 1 ? fmt::format("woke {} late", human(latest_of_them_))
                         : fmt::format("woke late {} times, by up to {}", late_wakes_, human(latest_of_them_)));
  late_wakes_ = 0;
  latest_of_them_ = {};
}

StarvationMeter::Shares StarvationMeter::between(const Count& from, const Count& to) {
  const CpuAccounts& before = from.accounts;
  const CpuAccounts& after = to.accounts;
  const double wall = seconds(to.at - from.at);
  const double machine = wall * after.cpus;
  return {.idle = seconds(after.idle - before.idle) / machine,
          .others = (seconds(after.busy - before.busy) - seconds(after.own - before.own)) / machine,
          .waiting = seconds(after.own_wait - before.own_wait) / wall};
}

void StarvationMeter::counted(Instant at, const CpuAccounts& accounts) {
  const Count count{at, accounts};
  if (before_) {
    const Shares shares = between(*before_, count);
    const bool starved = shares.idle <= kIdleMost && shares.others >= kOthersLeast && shares.waiting >= kWaitingLeast;
    if (!starved) end_of_starved_counts();
    if (starved && !starved_since_) {
      note_("cell", before_->at, kStarvedBegins);
      starved_since_ = before_;
    }
  }
  before_ = count;
}

void StarvationMeter::end_of_starved_counts() {
  if (!starved_since_) return;
  const Shares shares = between(*starved_since_, *before_);
  note_("cell", before_->at,
        fmt::format("{:.0f} % of the CPUs idle, {:.0f} % taken by programs outside the cell, {:.1f} threads of "
                    "the cell waiting for one",
                    shares.idle * 100, shares.others * 100, shares.waiting));
  starved_since_.reset();
}

void StarvationMeter::finish() {
  end_of_late_wakes();
  end_of_starved_counts();
}

StarvationWatch::StarvationWatch(Recorder& recorder, const StarvationWatchOptions& options)
    : recorder_(recorder),
      meter_([this](const std::string& who, Instant at, std::string_view detail) {
        recorder_.event(EventKind::kNote, std::string(kStarved) + who, detail, at);
      }),
      thread_([this, count = options.servers_are_ours] { watch(count); }) {}

StarvationWatch::~StarvationWatch() {
  stop();
}

Duration StarvationWatch::stop() {
  pacer_.interrupt();
  if (thread_.joinable()) thread_.join();
  meter_.finish();
  return meter_.latest();
}

void StarvationWatch::watch(bool count) {
  Pacer::sharpen();
  CpuReader reader;
  CountSchedule schedule;
  Instant next = now();
  Instant next_look = next;
  while (true) {
    if (count && now() >= next_look) {
      next_look = now() + kLookEvery;
      const auto machine = machine_time();
      const Instant at = now();
      if (machine && schedule.due(at, *machine)) meter_.counted(at, reader.read(*machine));
    }
    // From now on: what the reading took is not lateness.
    next = now() + kTick;
    if (!pacer_.sleep_until(next)) return;
    meter_.woke(next, now());
  }
}

}  // namespace chamber::load
