#include "harness/cli/progress.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <vector>

namespace chamber {
namespace {

// Seconds of load between two plain lines about it.
constexpr double kPlainEvery = 10;

// As much of a line as the terminal shows in one row: a wrapped one could not be erased again.
std::string fit(std::string line) {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  line.resize(std::min<std::size_t>(line.size(), known ? size.ws_col - 1U : 79U));
  return line;
}

}  // namespace

ProgressStyle default_progress_style() {
  const bool in_ci = std::getenv("CI") != nullptr;
  return isatty(STDERR_FILENO) != 0 && !in_ci ? ProgressStyle::kTerminal : ProgressStyle::kPlain;
}

Progress::Progress(ProgressStyle style) : style_(style), begin_(now()) {}

Progress::~Progress() {
  clear();
}

void Progress::clear() {
  // Up to the first of its lines, each erased.
  for (int i = 0; i < shown_; ++i) std::fputs(i == 0 ? "\r\x1b[K" : "\x1b[A\x1b[K", stderr);
  shown_ = 0;
}

void Progress::live() {
  if (style_ != ProgressStyle::kTerminal) return;
  if (!block_.empty()) {
    clear();
    std::fputs(block_.c_str(), stderr);
    std::fflush(stderr);
    shown_ = 1 + static_cast<int>(std::count(block_.begin(), block_.end(), '\n'));
    return;
  }
  if (running_.empty()) return;
  std::string waiting;
  for (const auto& [name, since] : running_) {
    if (waiting.size() > 70) {
      waiting += ", …";
      break;
    }
    waiting += (waiting.empty() ? "" : ", ") + name;
  }
  std::fputs(fmt::format("\r\x1b[K{:6.1f}s  {} done  waiting for {}", seconds(now() - begin_), done_, waiting).c_str(),
             stderr);
  std::fflush(stderr);
  shown_ = 1;
}

void Progress::line(const std::string& text) {
  if (style_ == ProgressStyle::kQuiet) return;
  if (style_ == ProgressStyle::kJson) {
    std::puts(nlohmann::json{{"event", "note"}, {"text", text}}.dump().c_str());
    std::fflush(stdout);
    return;
  }
  clear();
  std::fputs(fmt::format("{:6.1f}s  {}\n", seconds(now() - begin_), text).c_str(), stderr);
  live();
}

void Progress::event(const nlohmann::json& event) {
  if (style_ == ProgressStyle::kQuiet) return;
  if (style_ == ProgressStyle::kJson) {
    std::puts(event.dump().c_str());
    std::fflush(stdout);
    return;
  }
  const std::string kind = event.value("event", "");
  if (kind == "progress") {
    // What comes after the load has no block any more.
    if (event.value("what", "") != "fault") block_.clear();
    line(fmt::format("{:8} {}", event.value("what", ""), event.value("text", "")));
  } else if (kind == "live") {
    load(event);
  } else {
    task(event);
  }
}

void Progress::load(const nlohmann::json& event) {
  const double at = event.at("at_s");
  const double of = event.at("of_s");
  const auto faults = event.at("faults").get<std::vector<std::string>>();
  const std::string hurt = faults.empty() ? "quiet" : fmt::format("{}", fmt::join(faults, "; "));
  if (style_ == ProgressStyle::kTerminal) {
    block_ = fit(fmt::format("{:6.1f}s  {:.0f} of {:.0f} s  {}", seconds(now() - begin_), at, of, hurt)) + "\n";
    block_ += fit(fmt::format("{:>22} {:>7} {:>7} {:>8} {:>7} {:>6} {:>7} {:>7}", "", "ended/s", "wanted", "p99 ms",
                              "flying", "fail", "unknown", "dropped"));
    for (const auto& workload : event.at("workloads")) {
      block_ += "\n" + fit(fmt::format("{:>22} {:>7.0f} {:>7.0f} {:>8.1f} {:>7} {:>6} {:>7} {:>7}",
                                       workload.at("name").get<std::string>(), workload.at("rate").get<double>(),
                                       workload.at("wanted").get<double>(), workload.at("p99_ms").get<double>(),
                                       workload.at("in_flight").get<int>(), workload.at("fail").get<std::uint64_t>(),
                                       workload.at("unknown").get<std::uint64_t>(),
                                       workload.at("dropped").get<std::uint64_t>()));
    }
    live();
    return;
  }
  if (at < plain_after_s_) return;
  plain_after_s_ = at + kPlainEvery;
  std::string text = fmt::format("load     {:.0f} of {:.0f} s, {}", at, of, hurt);
  for (const auto& workload : event.at("workloads")) {
    text += fmt::format("; {} {:.0f}/s p99 {:.0f}ms, {} fail, {} unknown", workload.at("name").get<std::string>(),
                        workload.at("rate").get<double>(), workload.at("p99_ms").get<double>(),
                        workload.at("fail").get<std::uint64_t>(), workload.at("unknown").get<std::uint64_t>());
  }
  line(text);
}

void Progress::task(const nlohmann::json& event) {
  const std::string name = event.value("name", "");
  const std::string state = event.value("state", "");
  if (state == "started") {
    running_[name] = now();
  } else if (state == "again") {
    line(fmt::format("again    {}: {}", name, event.value("text", "")));
  } else {
    running_.erase(name);
    ++done_;
    if (state == "failed") {
      line(fmt::format("failed   {}: {}", name, event.value("text", "")));
    } else if (style_ == ProgressStyle::kPlain || name.starts_with("gate: ")) {
      line(fmt::format(
          "{:8} {} ({})", "up", name,
          human(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(event.value("took_s", 0.0))))));
    }
  }
  live();
}

std::string critical_path_text(const nlohmann::json& bring_up) {
  std::string path;
  for (const auto& task : bring_up.at("tasks")) {
    const double took = task.at("end_s").get<double>() - task.at("start_s").get<double>();
    if (!task.at("critical").get<bool>() || took < 0.01) continue;
    path += fmt::format("{}{} {:.2f}s", path.empty() ? "" : " → ", task.at("name").get<std::string>(), took);
  }
  return fmt::format("up in {:.2f}s; critical path: {}", bring_up.at("total_s").get<double>(), path);
}

}  // namespace chamber
