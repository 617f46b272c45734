// Writes a history as it happens. One recorder a run; it stamps starts and ends itself, because that is what makes a
// history exact after a crash (below).
//
// What survives: every `flush_every` a background thread writes what ended since, then what is in flight and not yet
// written, then a checkpoint with the time T at which that round began. Starts are stamped under the same lock as the
// round takes, so everything that started before T is in the file, ended or as "begun". A reader of a file whose
// writer was killed cuts the history at the last T: what started later is left out, what had not ended by then is
// unknown. The result is a true history of the run up to T. A clean close() writes what is in flight as unknown.
//
// Cost: an operation that ends between two rounds is written once, in about 20 bytes. Memory: `buffer_bytes` for each
// of 16 shards, twice, and what is in flight; it doesn't grow with the run. When the disk is slower than the callers,
// they wait.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "harness/base/clock.h"
#include "harness/base/result.h"
#include "harness/history/history.h"
#include "harness/history/operation.h"

namespace chamber {

struct RecorderOptions {
  Duration flush_every = std::chrono::milliseconds(50);  // the most that a SIGKILL loses, plus one write
  std::size_t buffer_bytes = 256 * 1024;                 // of each shard before its callers wait
};

// What a client is about to do.
struct Invocation {
  std::uint16_t workload = 0;  // from Recorder::name()
  Function function = Function::kRead;
  std::uint32_t process = 0;  // one operation at a time each, and not used again after kUnknown
  std::uint64_t key = 0;
  std::optional<std::int64_t> value = {};
  std::optional<std::int64_t> expected = {};
  Instant intended = {};                       // the zero instant: the same as the start
  std::span<const std::int64_t> payload = {};  // copied
  bool final = false;
};

// How it ended.
struct Completion {
  Outcome outcome = Outcome::kUnknown;
  std::optional<std::int64_t> value = {};      // what was read; none leaves the invocation's value
  std::uint16_t error = 0;                     // from Recorder::name()
  std::uint16_t node = 0;                      // from Recorder::name()
  std::span<const std::int64_t> payload = {};  // replaces the invocation's when not empty
};

class Recorder {
 public:
  // An operation that has begun. To be given back to end() exactly once, from any thread.
  struct Ticket {
    Instant start;
    std::uint32_t shard = 0;
    std::uint32_t slot = 0;
  };

  // Creates the file (0600); an existing one is an error of kind kInput.
  [[nodiscard]] static Result<std::unique_ptr<Recorder>> create(const std::filesystem::path& path,
                                                                const RecorderOptions& options = {});
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  // Closes; an error is then only logged, so call close() where it matters.
  ~Recorder();

  // The number of a workload, a class of errors or a node's name. The same text gives the same number; "" is 0. Names
  // are classes, not data: after 65,534 of them all further ones share the last number. Any thread; takes a lock, so
  // keep the number.
  [[nodiscard]] std::uint16_t name(std::string_view text);

  // Any thread.
  [[nodiscard]] Ticket begin(const Invocation& invocation);
  // Stamps and returns the end. Any thread.
  Instant end(const Ticket& ticket, const Completion& completion);

  // `at` is the run's clock now() when left zero. Any thread.
  void event(EventKind kind, std::string_view subject, std::string_view detail, Instant at = {});

  // The zero of the run's clock.
  [[nodiscard]] Instant origin() const;
  // The first error of writing (a full disk), told early so that a run can stop; later records are dropped.
  [[nodiscard]] Result<void> status() const;
  // Writes everything, what is in flight as unknown, and the end mark. After it, begin() and end() record nothing.
  // A second call repeats the first's answer.
  Result<void> close();

 private:
  class Impl;
  explicit Recorder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace chamber
