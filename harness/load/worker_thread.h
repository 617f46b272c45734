// A thread with a stack of a chosen size, which std::thread has not; hundreds of clients need little each.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <functional>
#include <memory>

#include "harness/base/result.h"

namespace chamber::load {

class WorkerThread {
 public:
  // kHarness when the machine gives no further thread.
  [[nodiscard]] static Result<WorkerThread> start(std::size_t stack_bytes, std::function<void()> body);
  WorkerThread(WorkerThread&& other) noexcept;
  WorkerThread& operator=(WorkerThread&&) = delete;
  // Waits for the body's end.
  ~WorkerThread();

 private:
  explicit WorkerThread(pthread_t thread) : thread_(thread), joinable_(true) {}

  pthread_t thread_ = {};
  bool joinable_ = false;
};

}  // namespace chamber::load
