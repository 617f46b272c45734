#include "harness/load/open_loop.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <list>
#include <mutex>
#include <string>

#include "harness/base/log.h"
#include "harness/load/pacer.h"
#include "harness/load/worker_thread.h"

namespace chamber::load {
namespace {

constexpr Duration kTick = std::chrono::milliseconds(100);
constexpr Duration kWindow = std::chrono::seconds(1);
// The first operation is this far ahead of the schedule's beginning being known to the workers.
constexpr Duration kLead = std::chrono::milliseconds(1);
// So long the waiting threads last at the full rate when every thread in use stops coming back.
constexpr double kReserveSeconds = 0.002;
// For so long none must have failed before a tail ends, and so many operations must have had their time.
constexpr Duration kCalm = std::chrono::seconds(1);
constexpr int kCalmOperations = 6;
// Farther than any schedule's last number.
constexpr std::uint64_t kFirstOfTail = 1ULL << 40;
constexpr std::uint32_t kReserveLeast = 2;
constexpr std::uint32_t kReserveMost = 64;

std::uint32_t reserve_for(double rate, std::uint32_t workers_most) {
  const auto wanted = static_cast<std::uint32_t>(std::min(std::ceil(rate * kReserveSeconds), 1e6));
  return std::min(std::clamp(wanted, kReserveLeast, kReserveMost), std::max(1U, workers_most / 2));
}

// Between the operations of the last step; none when it has none.
std::optional<Duration> gap_of(const std::vector<RateStep>& steps) {
  if (steps.empty() || steps.back().per_second <= 0) return std::nullopt;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / steps.back().per_second));
}

void advance(std::atomic<Instant>& latest, Instant to) {
  Instant seen = latest.load(std::memory_order_relaxed);
  while (to > seen && !latest.compare_exchange_weak(seen, to)) continue;
}

std::string describe(const LoadOptions& options) {
  std::string text;
  for (const RateStep& step : options.steps) {
    text += fmt::format("{}{:g}/s for {}", text.empty() ? "" : ", then ", step.per_second, human(step.length));
  }
  return fmt::format("{}{}, seed {}", text, options.arrivals == Arrivals::kPoisson ? ", Poisson arrivals" : "",
                     options.seed);
}

}  // namespace

class OpenLoop::Engine {
 public:
  Engine(Workload& workload, LoadOptions options, Recorder* recorder, ProcessNumbers& numbers)
      : workload_(workload),
        name_(workload.name()),
        options_(std::move(options)),
        recorder_(recorder),
        numbers_(numbers),
        start_timeout_(options_.start_timeout.value_or(options_.operation_timeout)),
        seed_(Random(options_.seed).fork("operations").next()),
        schedule_(options_.steps, options_.arrivals, options_.seed),
        tail_gap_(gap_of(options_.steps)),
        tail_at_(schedule_.length()),
        reserve_(reserve_for(schedule_.highest_rate(), options_.workers_most)) {}

  Result<LoadSummary> run(const std::stop_token& stop);
  LoadProgress progress() const;

 private:
  enum class Due { kNow, kTooLate, kNotAnyMore };

  // The manager: the thread that called run().
  Result<void> start_first_workers();
  void begin_now();
  void manage();
  void add_workers(std::unique_lock<std::mutex>& lock);
  // Under the lock, which keeps the new worker from serving before it is counted.
  bool spawn();
  void roll_window();
  void stop_now();
  LoadSummary summary(bool stopped) const;
  LoadCounts counts() const;

  // The workers.
  void work(std::uint32_t number);
  void serve(std::uint32_t number, Client& client);
  std::optional<Schedule::Ticket> next_ticket();
  std::optional<Schedule::Ticket> tail_ticket();
  void perform(std::uint32_t number, const Schedule::Ticket& ticket, Client& client, Session& session);
  Due await(const Schedule::Ticket& ticket);
  void ask_for_more();
  void park_if_surplus();
  void close();

  Workload& workload_;
  const std::string name_;
  const LoadOptions options_;
  Recorder* const recorder_;
  ProcessNumbers& numbers_;
  const Duration start_timeout_;
  const std::uint64_t seed_;
  Schedule schedule_;
  const std::optional<Duration> tail_gap_;
  Duration tail_at_;  // of the next ticket after the schedule's; under the lock, as the next is
  std::uint64_t tail_taken_ = 0;
  const std::uint32_t reserve_;
  Pacer pacer_;
  std::atomic<Instant> begin_ = Instant{};
  std::atomic<Instant> stopped_at_ = Instant::max();
  std::atomic<Instant> last_end_ = Instant{};
  std::atomic<Instant> last_failure_ = Instant{};

  std::atomic<std::uint32_t> waiting_ = 0;  // hold a ticket whose time has not come
  std::atomic<std::uint32_t> coming_ = 0;   // were started or unparked and have no ticket yet
  std::atomic<bool> starving_ = false;      // the manager was told that fewer than the reserve wait
  std::atomic<std::uint32_t> in_flight_ = 0;
  std::array<std::atomic<std::uint64_t>, 3> outcomes_ = {};
  std::atomic<std::uint64_t> dropped_ = 0;
  std::array<SharedHistogram, 3> latency_;
  SharedHistogram lateness_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;  // for the manager
  std::condition_variable resume_;   // for workers that wait for the beginning or are parked
  std::uint32_t alive_ = 0;
  std::uint32_t ready_ = 0;    // of the first workers: have their client
  std::uint32_t highest_ = 0;  // the most that were alive
  std::uint32_t parked_ = 0;
  std::uint32_t permits_ = 0;  // parked workers that may go on
  bool begun_ = false;
  bool closing_ = false;  // no further ticket is there: nobody parks any more
  std::optional<Error> client_error_;
  Histogram window_before_;
  double window_rate_ = 0;
  Duration window_p99_ = {};

  std::list<WorkerThread> workers_;  // of the manager alone
  std::uint32_t spawned_ = 0;
};

Result<LoadSummary> OpenLoop::Engine::run(const std::stop_token& stop) {
  if (recorder_) recorder_->event(EventKind::kLoadStart, name_, describe(options_));
  const std::stop_callback on_stop(stop, [this] { stop_now(); });
  const Result<void> started = start_first_workers();
  if (started) {
    begin_now();
    manage();
  }
  workers_.clear();
  const LoadSummary result = summary(stopped_at_.load() != Instant::max());
  if (recorder_) {
    const std::string detail = result.counts.dropped == 0
                                   ? std::string()
                                   : fmt::format("{} could not be started in time", result.counts.dropped);
    recorder_->event(EventKind::kLoadEnd, name_, detail);
  }
  if (!started) return tl::unexpected(started.error().context("load " + name_));
  return result;
}

Result<void> OpenLoop::Engine::start_first_workers() {
  const std::uint32_t wanted = std::clamp(2 * reserve_, 1U, std::max(1U, options_.workers_most));
  std::unique_lock lock(mutex_);
  for (std::uint32_t i = 0; i < wanted && spawn(); ++i) continue;
  changed_.wait(lock, [this] { return ready_ == alive_; });
  if (alive_ > 0) return {};
  if (client_error_) return tl::unexpected(*client_error_);
  return fail(ErrorKind::kHarness, "no thread could be started");
}

void OpenLoop::Engine::begin_now() {
  const std::lock_guard lock(mutex_);
  begin_ = now() + kLead;
  begun_ = true;
  resume_.notify_all();
}

void OpenLoop::Engine::manage() {
  std::unique_lock lock(mutex_);
  Instant window_ends = begin_.load() + kWindow;
  while (alive_ > 0) {
    changed_.wait_for(lock, kTick, [this] { return alive_ == 0 || starving_.load(); });
    if (starving_) add_workers(lock);
    if (now() >= window_ends) {
      roll_window();
      window_ends += kWindow;
    }
  }
}

void OpenLoop::Engine::add_workers(std::unique_lock<std::mutex>& lock) {
  const std::uint32_t have = waiting_.load() + coming_.load();
  std::uint32_t missing = have < 2 * reserve_ ? 2 * reserve_ - have : 0;
  const std::uint32_t unpark = std::min(missing, parked_ - permits_);
  if (unpark > 0) {
    permits_ += unpark;
    coming_.fetch_add(unpark);
    for (std::uint32_t i = 0; i < unpark; ++i) resume_.notify_one();
    missing -= unpark;
  }
  // Where a client could not be made it is tried again, but once a tick.
  std::uint32_t attempts = client_error_ ? 1 : missing;
  while (missing > 0 && attempts-- > 0 && !closing_ && alive_ < options_.workers_most && spawn()) --missing;
  if (missing > 0) {
    // All there may be are in use: look again at the next tick, not at every operation.
    changed_.wait_for(lock, kTick, [this] { return alive_ == 0; });
  }
  starving_ = false;
}

bool OpenLoop::Engine::spawn() {
  Result<WorkerThread> thread = WorkerThread::start(options_.stack_bytes, [this, number = spawned_] { work(number); });
  if (!thread) {
    log::warn("load {}: {}", name_, thread.error().message());
    return false;
  }
  workers_.push_back(std::move(*thread));
  ++spawned_;
  coming_.fetch_add(1);
  highest_ = std::max(highest_, ++alive_);
  return true;
}

void OpenLoop::Engine::roll_window() {
  Histogram all;
  for (const SharedHistogram& part : latency_) all.merge(part.snapshot());
  const Histogram window = all.since(window_before_);
  window_rate_ = static_cast<double>(window.count()) / seconds(kWindow);
  window_p99_ = window.percentile(99);
  window_before_ = std::move(all);
}

void OpenLoop::Engine::stop_now() {
  stopped_at_ = now();
  pacer_.interrupt();
}

void OpenLoop::Engine::work(std::uint32_t number) {
  Pacer::sharpen();
  Result<std::unique_ptr<Client>> client = workload_.client(number);
  {
    std::unique_lock lock(mutex_);
    if (client) {
      ++ready_;
      changed_.notify_all();
      resume_.wait(lock, [this] { return begun_; });
    } else {
      if (!client_error_) log::warn("load {}: client {}: {}", name_, number, client.error().message());
      client_error_ = client.error();
    }
  }
  if (client) {
    serve(number, **client);
    client->reset();
  } else {
    coming_.fetch_sub(1);
  }
  const std::lock_guard lock(mutex_);
  if (client) --ready_;
  --alive_;
  changed_.notify_all();
}

void OpenLoop::Engine::serve(std::uint32_t number, Client& client) {
  Session session(recorder_, name_, numbers_);
  coming_.fetch_sub(1);
  while (const auto ticket = next_ticket()) {
    const Due due = await(*ticket);
    if (due == Due::kNotAnyMore) break;
    if (due == Due::kTooLate) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    perform(number, *ticket, client, session);
    park_if_surplus();
  }
  close();
}

std::optional<Schedule::Ticket> OpenLoop::Engine::next_ticket() {
  const auto ticket = schedule_.take();
  return ticket || !tail_gap_ || options_.tail_most == Duration::zero() ? ticket : tail_ticket();
}

// Those who are done with their last operation share the tail; the others are gone, and none is added. A ticket's time
// is never past: what can't be done at the rate is not late but left out.
std::optional<Schedule::Ticket> OpenLoop::Engine::tail_ticket() {
  const Duration calm = std::max(kCalm, kCalmOperations * *tail_gap_);
  const std::lock_guard lock(mutex_);
  const Duration since_begin = now() - begin_.load();
  const Duration at = std::max(tail_at_, since_begin);
  if (begin_.load() + at - last_failure_.load() >= calm || at >= schedule_.length() + options_.tail_most) {
    return std::nullopt;
  }
  tail_at_ = at + *tail_gap_;
  return Schedule::Ticket{kFirstOfTail + tail_taken_++, at};
}

OpenLoop::Engine::Due OpenLoop::Engine::await(const Schedule::Ticket& ticket) {
  const Instant at = begin_.load() + ticket.at;
  waiting_.fetch_add(1);
  const bool reached = pacer_.sleep_until(at);
  const std::uint32_t left = waiting_.fetch_sub(1) - 1;
  if (!reached) return at > stopped_at_.load() ? Due::kNotAnyMore : Due::kTooLate;
  if (left < reserve_) ask_for_more();
  return now() - at > start_timeout_ ? Due::kTooLate : Due::kNow;
}

void OpenLoop::Engine::perform(std::uint32_t number, const Schedule::Ticket& ticket, Client& client, Session& session) {
  const Instant intended = begin_.load() + ticket.at;
  Random random(seed_ + ticket.number);
  in_flight_.fetch_add(1, std::memory_order_relaxed);
  const Session::Performed performed =
      session.perform(client, client.next(random), Deadline::in(options_.operation_timeout), intended);
  in_flight_.fetch_sub(1, std::memory_order_relaxed);
  const auto outcome = static_cast<std::size_t>(performed.reply.outcome);
  outcomes_[outcome].fetch_add(1, std::memory_order_relaxed);
  latency_[outcome].add(performed.end - intended, number);
  lateness_.add(performed.start - intended, number);
  advance(last_end_, performed.end);
  if (!is_served(performed.reply.outcome, performed.reply.error)) advance(last_failure_, performed.end);
}

void OpenLoop::Engine::ask_for_more() {
  if (starving_.exchange(true)) return;
  // Under the lock, so that the manager can't miss it between its look and its sleep.
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

void OpenLoop::Engine::park_if_surplus() {
  if (waiting_.load() + coming_.load() < 3 * reserve_) return;
  std::unique_lock lock(mutex_);
  if (closing_) return;
  ++parked_;
  resume_.wait(lock, [this] { return permits_ > 0 || closing_; });
  --parked_;
  if (permits_ == 0) return;
  --permits_;
  coming_.fetch_sub(1);
}

void OpenLoop::Engine::close() {
  const std::lock_guard lock(mutex_);
  closing_ = true;
  resume_.notify_all();
}

LoadCounts OpenLoop::Engine::counts() const {
  const auto of = [this](Outcome outcome) { return outcomes_[static_cast<std::size_t>(outcome)].load(); };
  return {of(Outcome::kOk), of(Outcome::kFail), of(Outcome::kUnknown), dropped_.load()};
}

LoadSummary OpenLoop::Engine::summary(bool stopped) const {
  const auto latency = [this](Outcome outcome) { return latency_[static_cast<std::size_t>(outcome)].snapshot(); };
  return {.counts = counts(),
          .stopped = stopped,
          .begin = begin_.load(),
          .end = std::max(begin_.load(), last_end_.load()),
          .latency_ok = latency(Outcome::kOk),
          .latency_fail = latency(Outcome::kFail),
          .latency_unknown = latency(Outcome::kUnknown),
          .lateness = lateness_.snapshot(),
          .workers = highest_};
}

LoadProgress OpenLoop::Engine::progress() const {
  const std::lock_guard lock(mutex_);
  const Duration since = begun_ ? std::max(Duration::zero(), now() - begin_.load()) : Duration::zero();
  return {.counts = counts(),
          .in_flight = in_flight_.load(),
          .workers = alive_,
          .rate = window_rate_,
          .p99 = window_p99_,
          .rate_wanted = begun_ ? schedule_.rate_at(since) : 0,
          .since_begin = since};
}

Histogram LoadSummary::latency() const {
  Histogram all = latency_ok;
  all.merge(latency_fail);
  all.merge(latency_unknown);
  return all;
}

nlohmann::json LoadSummary::to_json() const {
  return {{"ok", counts.ok},
          {"fail", counts.fail},
          {"unknown", counts.unknown},
          {"dropped", counts.dropped},
          {"stopped", stopped},
          {"workers", workers},
          {"latency_ok", latency_ok.to_json()},
          {"latency_fail", latency_fail.to_json()},
          {"latency_unknown", latency_unknown.to_json()},
          {"lateness", lateness.to_json()}};
}

OpenLoop::OpenLoop(Workload& workload, LoadOptions options, Recorder* recorder, ProcessNumbers& numbers)
    : engine_(std::make_unique<Engine>(workload, std::move(options), recorder, numbers)) {}
OpenLoop::~OpenLoop() = default;

Result<LoadSummary> OpenLoop::run(const std::stop_token& stop) {
  return engine_->run(stop);
}

LoadProgress OpenLoop::progress() const {
  return engine_->progress();
}

}  // namespace chamber::load
