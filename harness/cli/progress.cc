#include "harness/cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace chamber {

ProgressStyle default_progress_style() {
  const bool in_ci = std::getenv("CI") != nullptr;
  return isatty(STDERR_FILENO) != 0 && !in_ci ? ProgressStyle::kTerminal : ProgressStyle::kPlain;
}

Progress::Progress(ProgressStyle style) : style_(style), begin_(now()) {}

Progress::~Progress() {
  clear();
}

void Progress::clear() {
  if (shown_) std::fputs("\r\x1b[K", stderr);
  shown_ = false;
}

void Progress::live() {
  if (style_ != ProgressStyle::kTerminal || running_.empty()) return;
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
  shown_ = true;
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
  if (style_ == ProgressStyle::kJson) {
    std::puts(event.dump().c_str());
    std::fflush(stdout);
    return;
  }
  if (event.value("event", "") == "progress") {
    line(fmt::format("{:8} {}", event.value("what", ""), event.value("text", "")));
    return;
  }
  const std::string name = event.value("name", "");
  const std::string state = event.value("state", "");
  if (state == "started") {
    running_[name] = now();
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
