#include "harness/base/log.h"

#include <fcntl.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <mutex>

#include "harness/base/fd.h"
#include "harness/base/secrets.h"

namespace chamber::log {
namespace {

spdlog::level::level_enum translate(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::mutex& mutex() {
  static std::mutex instance;
  return instance;
}

std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance = [] {
    auto initial = std::make_shared<spdlog::logger>("chamber", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    initial->set_level(spdlog::level::warn);
    return initial;
  }();
  return instance;
}

void install(std::shared_ptr<spdlog::logger> fresh, Level least) {
  fresh->set_level(translate(least));
  fresh->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %L %v", spdlog::pattern_time_type::utc);
  fresh->flush_on(spdlog::level::info);
  const std::lock_guard lock(mutex());
  logger() = std::move(fresh);
}

std::shared_ptr<spdlog::logger> current() {
  const std::lock_guard lock(mutex());
  return logger();
}

}  // namespace

Result<void> to_file(const std::filesystem::path& path, Level least) {
  // Made here, because spdlog would make it with the mode of the user's umask.
  const Fd made(open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  if (!made.valid()) return fail_errno(errno, "making the log {}", path.string());
  try {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path.string());
    install(std::make_shared<spdlog::logger>("chamber", std::move(sink)), least);
  } catch (const spdlog::spdlog_ex& problem) {
    return fail(ErrorKind::kHarness, "opening the log {}: {}", path.string(), problem.what());
  }
  return {};
}

void to_stderr(Level least) {
  install(std::make_shared<spdlog::logger>("chamber", std::make_shared<spdlog::sinks::stderr_sink_mt>()), least);
}

void flush() {
  current()->flush();
}

void write(Level level, std::string_view message) {
  const auto target = current();
  if (target->should_log(translate(level))) target->log(translate(level), secrets().redact(message));
}

}  // namespace chamber::log
