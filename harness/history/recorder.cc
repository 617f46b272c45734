#include "harness/history/recorder.h"

#include <array>
#include <atomic>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/base/log.h"
#include "harness/history/block_file.h"
#include "harness/history/format.h"

namespace chamber {
namespace {

constexpr std::uint32_t kShards = 16;
constexpr std::size_t kCacheLine = 64;

// Threads take shards in turn, so that up to kShards of them never meet on a lock.
std::uint32_t shard_of_this_thread() {
  static std::atomic<std::uint32_t> threads{0};
  thread_local const std::uint32_t shard = threads.fetch_add(1, std::memory_order_relaxed) % kShards;
  return shard;
}

struct Slot {
  Operation operation;
  std::vector<std::int64_t> payload;
  bool in_use = false;
  bool written_as_begun = false;
};

struct alignas(kCacheLine) Shard {
  explicit Shard(Instant origin) : coder(origin) {}

  std::mutex mutex;
  std::condition_variable room;
  format::Bytes ended;
  format::OperationCoder coder;  // of `ended`
  std::uint64_t operations = 0;  // ended so far
  std::vector<Slot> slots;
  std::vector<std::uint32_t> free_slots;
  bool closed = false;
};

}  // namespace

class Recorder::Impl {
 public:
  Impl(BlockFile file, Instant origin, const RecorderOptions& options)
      : options_(options), origin_(origin), file_(std::move(file)) {
    for (auto& shard : shards_) shard = std::make_unique<Shard>(origin);
    numbers_.emplace("", std::uint16_t{0});
    names_.emplace_back();
    writer_ = std::jthread([this](const std::stop_token& stop) { write_until(stop); });
  }

  std::uint16_t name(std::string_view text);
  Ticket begin(const Invocation& invocation);
  Instant end(const Ticket& ticket, const Completion& completion);
  void event(Event event);
  Result<void> status() const;
  Result<void> close();
  Instant origin() const { return origin_; }

 private:
  void write_until(const std::stop_token& stop);
  void round();
  void write_shard(Shard& shard);
  void write_names();
  void write_events();
  void write_in_flight(Shard& shard);
  void keep(Result<void> result);
  void wake_writer();

  const RecorderOptions options_;
  const Instant origin_;
  std::array<std::unique_ptr<Shard>, kShards> shards_;

  std::mutex names_mutex_;
  std::unordered_map<std::string, std::uint16_t> numbers_;
  std::vector<std::string> names_;

  std::mutex events_mutex_;
  std::vector<Event> events_;

  mutable std::mutex status_mutex_;
  Result<void> status_;

  std::mutex wake_mutex_;
  std::condition_variable_any wake_;
  std::atomic<bool> wanted_{false};

  std::once_flag close_once_;

  // The writer's own; close() has joined it before touching them.
  BlockFile file_;
  format::Bytes spare_;
  format::Bytes begun_;
  format::OperationCoder begun_coder_{origin_};
  std::size_t names_written_ = 0;

  std::jthread writer_;  // last: it uses all of the above
};

std::uint16_t Recorder::Impl::name(std::string_view text) {
  constexpr std::size_t kLast = std::numeric_limits<std::uint16_t>::max();
  const std::lock_guard lock(names_mutex_);
  const auto found = numbers_.find(std::string(text));
  if (found != numbers_.end()) return found->second;
  if (names_.size() > kLast) return kLast;
  const auto number = static_cast<std::uint16_t>(names_.size());
  names_.emplace_back(number == kLast ? std::string_view("(more names than a history holds)") : text);
  numbers_.emplace(names_.back(), number);
  return number;
}

Recorder::Ticket Recorder::Impl::begin(const Invocation& invocation) {
  Ticket ticket;
  ticket.shard = shard_of_this_thread();
  Shard& shard = *shards_[ticket.shard];
  const std::lock_guard lock(shard.mutex);
  // Under the lock: a round that has passed this shard has an earlier checkpoint than this start.
  ticket.start = now();
  if (shard.closed) {
    ticket.slot = std::numeric_limits<std::uint32_t>::max();
    return ticket;
  }
  if (shard.free_slots.empty()) {
    ticket.slot = static_cast<std::uint32_t>(shard.slots.size());
    shard.slots.emplace_back();
  } else {
    ticket.slot = shard.free_slots.back();
    shard.free_slots.pop_back();
  }
  Slot& slot = shard.slots[ticket.slot];
  slot.in_use = true;
  slot.written_as_begun = false;
  slot.payload.assign(invocation.payload.begin(), invocation.payload.end());
  Operation& operation = slot.operation;
  operation.intended = invocation.intended == Instant{} ? ticket.start : invocation.intended;
  operation.start = ticket.start;
  operation.end = kNever;
  operation.key = invocation.key;
  operation.value = invocation.value;
  operation.expected = invocation.expected;
  operation.process = invocation.process;
  operation.workload = invocation.workload;
  operation.error = 0;
  operation.node = 0;
  operation.function = invocation.function;
  operation.outcome = Outcome::kUnknown;
  operation.final = invocation.final;
  return ticket;
}

Instant Recorder::Impl::end(const Ticket& ticket, const Completion& completion) {
  const Instant end = now();
  Shard& shard = *shards_[ticket.shard];
  std::unique_lock lock(shard.mutex);
  if (shard.ended.size() >= options_.buffer_bytes) {
    wake_writer();
    shard.room.wait(lock, [&] { return shard.closed || shard.ended.size() < options_.buffer_bytes; });
  }
  if (shard.closed || ticket.slot >= shard.slots.size() || !shard.slots[ticket.slot].in_use) return end;
  Slot& slot = shard.slots[ticket.slot];
  Operation& operation = slot.operation;
  operation.end = end;
  operation.outcome = completion.outcome;
  if (completion.value) operation.value = completion.value;
  operation.error = completion.error;
  operation.node = completion.node;
  const std::span<const std::int64_t> payload = completion.payload.empty() ? slot.payload : completion.payload;
  shard.coder.encode(shard.ended, operation, payload, slot.written_as_begun);
  ++shard.operations;
  slot.in_use = false;
  shard.free_slots.push_back(ticket.slot);
  const bool half_full = shard.ended.size() >= options_.buffer_bytes / 2;
  lock.unlock();
  if (half_full) wake_writer();
  return end;
}

void Recorder::Impl::event(Event event) {
  if (event.at == Instant{}) event.at = now();
  const std::lock_guard lock(events_mutex_);
  events_.push_back(std::move(event));
}

Result<void> Recorder::Impl::status() const {
  const std::lock_guard lock(status_mutex_);
  return status_;
}

void Recorder::Impl::keep(Result<void> result) {
  if (result) return;
  const std::lock_guard lock(status_mutex_);
  if (status_) status_ = std::move(result);
}

void Recorder::Impl::wake_writer() {
  if (wanted_.exchange(true, std::memory_order_acq_rel)) return;
  const std::lock_guard lock(wake_mutex_);
  wake_.notify_one();
}

void Recorder::Impl::write_until(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(wake_mutex_);
      wake_.wait_for(lock, stop, options_.flush_every, [this] { return wanted_.load(std::memory_order_acquire); });
    }
    wanted_.store(false, std::memory_order_release);
    round();
  }
}

void Recorder::Impl::round() {
  const Instant checkpoint = now();
  for (const auto& shard : shards_) write_shard(*shard);
  write_events();
  format::Bytes payload;
  format::put_signed(payload, (checkpoint - origin_).count());
  keep(file_.append(format::Block::kCheckpoint, payload));
}

void Recorder::Impl::write_shard(Shard& shard) {
  spare_.clear();
  begun_.clear();
  begun_coder_.restart();
  {
    const std::lock_guard lock(shard.mutex);
    std::swap(spare_, shard.ended);
    shard.ended.reserve(spare_.size());
    shard.coder.restart();
    for (Slot& slot : shard.slots) {
      if (!slot.in_use || slot.written_as_begun) continue;
      begun_coder_.encode(begun_, slot.operation, slot.payload, true);
      slot.written_as_begun = true;
    }
  }
  shard.room.notify_all();
  // After the lock was let go and before the block: every name that its operations use is known by now.
  if (!spare_.empty() || !begun_.empty()) write_names();
  if (!spare_.empty()) keep(file_.append(format::Block::kEnded, spare_));
  if (!begun_.empty()) keep(file_.append(format::Block::kBegun, begun_));
}

void Recorder::Impl::write_names() {
  std::vector<std::string> fresh;
  {
    const std::lock_guard lock(names_mutex_);
    fresh.assign(names_.begin() + static_cast<std::ptrdiff_t>(names_written_), names_.end());
  }
  if (fresh.empty()) return;
  keep(file_.append_names(format::Block::kNames, names_written_, fresh));
  names_written_ += fresh.size();
}

void Recorder::Impl::write_events() {
  std::vector<Event> events;
  {
    const std::lock_guard lock(events_mutex_);
    events.swap(events_);
  }
  if (events.empty()) return;
  format::Bytes payload;
  for (const Event& event : events) format::put_event(payload, event, origin_);
  keep(file_.append(format::Block::kEvents, payload));
}

// At a clean end: what never came back is unknown.
void Recorder::Impl::write_in_flight(Shard& shard) {
  format::Bytes payload;
  {
    const std::lock_guard lock(shard.mutex);
    shard.closed = true;
    for (Slot& slot : shard.slots) {
      if (!slot.in_use) continue;
      shard.coder.encode(shard.ended, slot.operation, slot.payload, slot.written_as_begun);
      ++shard.operations;
      slot.in_use = false;
    }
    payload.swap(shard.ended);
  }
  shard.room.notify_all();
  write_names();
  if (!payload.empty()) keep(file_.append(format::Block::kEnded, payload));
}

Result<void> Recorder::Impl::close() {
  std::call_once(close_once_, [this] {
    writer_.request_stop();
    writer_.join();
    round();
    std::uint64_t operations = 0;
    for (const auto& shard : shards_) {
      write_in_flight(*shard);
      operations += shard->operations;
    }
    write_events();
    write_names();
    format::Bytes payload;
    payload.push_back(1);
    format::put_signed(payload, (now() - origin_).count());
    format::put_varint(payload, operations);
    format::put_text(payload, "");
    keep(file_.append(format::Block::kEnd, payload));
    keep(file_.close());
  });
  return status();
}

Result<std::unique_ptr<Recorder>> Recorder::create(const std::filesystem::path& path, const RecorderOptions& options) {
  const Instant origin = now();
  BlockFile file = CHAMBER_TRY(BlockFile::create(path, origin, wall_time_utc()));
  return std::unique_ptr<Recorder>(new Recorder(std::make_unique<Impl>(std::move(file), origin, options)));
}

Recorder::Recorder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Recorder::~Recorder() {
  const Result<void> closed = close();
  if (!closed) log::error("{}", closed.error().message());
}

std::uint16_t Recorder::name(std::string_view text) {
  return impl_->name(text);
}

Recorder::Ticket Recorder::begin(const Invocation& invocation) {
  return impl_->begin(invocation);
}

Instant Recorder::end(const Ticket& ticket, const Completion& completion) {
  return impl_->end(ticket, completion);
}

void Recorder::event(EventKind kind, std::string_view subject, std::string_view detail, Instant at) {
  impl_->event({at, kind, std::string(subject), std::string(detail)});
}

Instant Recorder::origin() const {
  return impl_->origin();
}

Result<void> Recorder::status() const {
  return impl_->status();
}

Result<void> Recorder::close() {
  return impl_->close();
}

}  // namespace chamber
