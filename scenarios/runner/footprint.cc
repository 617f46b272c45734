#include "scenarios/runner/footprint.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "harness/base/eventually.h"
#include "harness/disk/disk.h"

namespace chamber {
namespace {

namespace fs = std::filesystem;

std::uint64_t entries_of(const char* folder) {
  std::error_code error;
  const fs::directory_iterator begin(folder, error);
  return error ? 0 : static_cast<std::uint64_t>(std::distance(begin, fs::directory_iterator()));
}

Footprint mean(const std::vector<Footprint>& samples, std::size_t from, std::size_t to) {
  Footprint sum;
  for (std::size_t i = from; i < to; ++i) {
    sum.rss_bytes += samples[i].rss_bytes;
    sum.disk_bytes += samples[i].disk_bytes;
    sum.descriptors += samples[i].descriptors;
    sum.threads += samples[i].threads;
  }
  const std::uint64_t count = std::max<std::uint64_t>(1, to - from);
  return {sum.rss_bytes / count, sum.disk_bytes / count, sum.descriptors / count, sum.threads / count};
}

}  // namespace

Footprint footprint_now() {
  Footprint footprint{.rss_bytes = 0,
                      .disk_bytes = held_by_disks(),
                      .descriptors = entries_of("/proc/self/fd"),
                      .threads = entries_of("/proc/self/task")};
  std::ifstream file("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  if (file >> size >> resident) footprint.rss_bytes = resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return footprint;
}

FootprintCourse course_of(const std::vector<Footprint>& samples) {
  FootprintCourse course;
  const std::size_t quarter = samples.size() / 4;
  course.early = mean(samples, quarter, std::max(2 * quarter, std::min<std::size_t>(1, samples.size())));
  course.late =
      mean(samples, samples.size() - std::max(quarter, std::min<std::size_t>(1, samples.size())), samples.size());
  for (const Footprint& sample : samples) {
    course.most.rss_bytes = std::max(course.most.rss_bytes, sample.rss_bytes);
    course.most.disk_bytes = std::max(course.most.disk_bytes, sample.disk_bytes);
    course.most.descriptors = std::max(course.most.descriptors, sample.descriptors);
    course.most.threads = std::max(course.most.threads, sample.threads);
  }
  return course;
}

FootprintWatch::FootprintWatch()
    : thread_([this](const std::stop_token& stop) {
        Duration every = std::chrono::milliseconds(500);
        do {
          samples_.push_back(footprint_now());
          if (samples_.size() < kMostSamples) continue;
          for (std::size_t i = 0; i < samples_.size() / 2; ++i) samples_[i] = samples_[2 * i];
          samples_.resize(samples_.size() / 2);
          every *= 2;
        } while (sleep_until(now() + every, stop));
      }) {}

FootprintCourse FootprintWatch::stop() {
  thread_.request_stop();
  thread_.join();
  return course_of(samples_);
}

}  // namespace chamber
