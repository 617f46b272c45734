#include "harness/load/worker_thread.h"

#include <algorithm>
#include <climits>
#include <utility>

namespace chamber::load {
namespace {

void* call(void* argument) {
  const std::unique_ptr<std::function<void()>> body(static_cast<std::function<void()>*>(argument));
  (*body)();
  return nullptr;
}

}  // namespace

Result<WorkerThread> WorkerThread::start(std::size_t stack_bytes, std::function<void()> body) {
  auto owned = std::make_unique<std::function<void()>>(std::move(body));
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, std::max<std::size_t>(stack_bytes, PTHREAD_STACK_MIN));
  pthread_t thread = {};
  const int outcome = pthread_create(&thread, &attributes, call, owned.get());
  pthread_attr_destroy(&attributes);
  if (outcome != 0) return fail_errno(outcome, "starting a load thread");
  static_cast<void>(owned.release());  // call() owns it now
  return WorkerThread(thread);
}

WorkerThread::WorkerThread(WorkerThread&& other) noexcept
    : thread_(other.thread_), joinable_(std::exchange(other.joinable_, false)) {}

WorkerThread::~WorkerThread() {
  if (joinable_) pthread_join(thread_, nullptr);
}

}  // namespace chamber::load
