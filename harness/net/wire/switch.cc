#include "harness/net/wire/switch.h"

#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <functional>
#include <future>
#include <mutex>
#include <thread>

#include "harness/base/log.h"
#include "harness/net/wire/loop.h"

namespace chamber {
namespace {

// sched_setattr(2), which Debian 12's C library does not declare.
struct SchedulingAttributes {
  std::uint32_t size = sizeof(SchedulingAttributes);
  std::uint32_t policy = 0;  // SCHED_OTHER
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime_ns = 0;
  std::uint64_t deadline_ns = 0;
  std::uint64_t period_ns = 0;
};

// Asks the scheduler to let the calling thread run soon after it wakes up. A real switch does not wait for a CPU that
// the nodes use. A short time slice (Linux 6.12 and later) is anybody's to ask for, a better nice value root's. Both
// are requests: the wire works without, only its delays are less exact on a busy machine.
// A policy that the program was started with (chrt) stays.
void run_soon_after_waking() {
  if (sched_getscheduler(0) != SCHED_OTHER) return;
  SchedulingAttributes attributes;
  attributes.runtime_ns = 100'000;
  attributes.nice = -15;
  if (syscall(SYS_sched_setattr, 0, &attributes, 0) == 0) return;
  attributes.nice = 0;
  if (syscall(SYS_sched_setattr, 0, &attributes, 0) < 0) {
    log::debug("the wire's thread keeps the usual time slice: {}", errno_text(errno));
  }
}

}  // namespace

LinkStats WireStats::link(std::string_view from, std::string_view to) const {
  const auto found = std::ranges::find_if(links, [&](const LinkStats& it) { return it.from == from && it.to == to; });
  if (found != links.end()) return *found;
  LinkStats none;
  none.from = from;
  none.to = to;
  return none;
}

// The loop and the thread that turns it. Commands are run by that thread between two turns, so the loop needs no lock
// and frames cost no synchronisation.
class Wire::Thread {
 public:
  Thread(std::unique_ptr<wire::Loop> loop, Fd wake) : loop_(std::move(loop)), wake_(std::move(wake)) {}
  ~Thread();
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  void start() {
    // Signals are for the program's other threads.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { turn_until_stopped(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_setname_np(thread_.native_handle(), "wire");
  }

  // Has the thread call `command` and waits for what it returns.
  template <typename Command>
  auto run(Command command) {
    // Shared: the thread may still be leaving the task when the answer is there.
    auto task = std::make_shared<std::packaged_task<decltype(command())()>>(std::move(command));
    auto answer = task->get_future();
    {
      const std::lock_guard lock(mutex_);
      commands_.push_back([task] { (*task)(); });
    }
    const std::uint64_t one = 1;
    // Can't fail: the counter would have to reach 2^64 - 1 first.
    static_cast<void>(!write(wake_.get(), &one, sizeof one));
    return answer.get();
  }

  [[nodiscard]] wire::Loop& loop() { return *loop_; }

 private:
  void turn_until_stopped() {
    run_soon_after_waking();
    while (!stopping_) {
      if (loop_->turn()) run_commands();
    }
  }

  void run_commands() {
    std::uint64_t count = 0;
    static_cast<void>(!read(wake_.get(), &count, sizeof count));
    std::vector<std::function<void()>> commands;
    {
      const std::lock_guard lock(mutex_);
      commands.swap(commands_);
    }
    for (const std::function<void()>& command : commands) command();
  }

  std::unique_ptr<wire::Loop> loop_;
  Fd wake_;
  std::mutex mutex_;
  std::vector<std::function<void()>> commands_;
  bool stopping_ = false;  // of the thread alone
  std::thread thread_;
};

Wire::Thread::~Thread() {
  run([this] { stopping_ = true; });
  thread_.join();
}

Result<std::unique_ptr<Wire>> Wire::start(const WireOptions& options) {
  Fd wake(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake.valid()) return fail_errno(errno, "starting the wire: eventfd");
  std::unique_ptr<wire::Loop> loop = CHAMBER_TRY(wire::Loop::create(options, wake.get()).context("starting the wire"));
  auto thread = std::make_unique<Thread>(std::move(loop), std::move(wake));
  thread->start();
  return std::unique_ptr<Wire>(new Wire(std::move(thread)));
}

Wire::Wire(std::unique_ptr<Thread> thread) : thread_(std::move(thread)) {}
Wire::~Wire() = default;

Result<void> Wire::add_node(const std::string& name, Ipv4 address, WirePort port) {
  return thread_->run([&] { return thread_->loop().add_node(name, address, std::move(port)); });
}

Result<void> Wire::remove_node(const std::string& name) {
  return thread_->run([&] { return thread_->loop().remove_node(name); });
}

Result<RuleId> Wire::add_rule(const LinkSelector& links, const LinkRule& rule, std::optional<Instant> expires_at) {
  return thread_->run([&] { return thread_->loop().add_rule(links, rule, expires_at); });
}

bool Wire::remove_rule(RuleId id) {
  return thread_->run([&] { return thread_->loop().remove_rule(id); });
}

std::vector<ActiveRule> Wire::rules() const {
  return thread_->run([&] { return thread_->loop().rules(); });
}

WireStats Wire::stats() const {
  return thread_->run([&] { return thread_->loop().stats(); });
}

Result<void> Wire::start_capture(const CaptureOptions& options) {
  return thread_->run([&] { return thread_->loop().start_capture(options); });
}

Result<CaptureSummary> Wire::stop_capture() {
  return thread_->run([&] { return thread_->loop().stop_capture(); });
}

Duration cpu_in_receivers() {
  return Duration(wire::internal::cpu_in_receivers.load(std::memory_order_relaxed));
}

}  // namespace chamber
