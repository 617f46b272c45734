#include "harness/load/session.h"

#include <algorithm>
#include <utility>

namespace chamber::load {
namespace {

// The longest that one look at what is left may take before another is tried.
constexpr Duration kAnswer = std::chrono::seconds(10);

}  // namespace

Session::Session(Recorder* recorder, std::string_view workload, ProcessNumbers& numbers)
    : recorder_(recorder), numbers_(numbers), process_(numbers.next()) {
  if (recorder_) workload_ = recorder_->name(workload);
}

std::uint16_t Session::number_of(const std::string& name) {
  if (name.empty()) return 0;
  const auto known = names_.find(name);
  if (known != names_.end()) return known->second;
  return names_.emplace(name, recorder_->name(name)).first->second;
}

Session::Performed Session::perform(Client& client, Invocation invocation, Deadline deadline, Instant intended,
                                    bool final) {
  invocation.workload = workload_;
  invocation.process = process_;
  invocation.intended = intended;
  invocation.final = final;
  Performed performed;
  if (recorder_) {
    const Recorder::Ticket ticket = recorder_->begin(invocation);
    performed.start = ticket.start;
    performed.reply = client.run(invocation, deadline);
    const Reply& reply = performed.reply;
    performed.end = recorder_->end(ticket, {.outcome = reply.outcome,
                                            .value = reply.value,
                                            .error = number_of(reply.error),
                                            .node = number_of(reply.node),
                                            .payload = reply.payload});
  } else {
    performed.start = now();
    performed.reply = client.run(invocation, deadline);
    performed.end = now();
  }
  if (performed.reply.outcome == Outcome::kUnknown) process_ = numbers_.next();
  return performed;
}

Result<void> Session::look_at_last(Client& client, const Invocation& invocation, std::string what,
                                   const std::stop_token& stop, Deadline deadline) {
  return look(client, invocation, {.what = std::move(what), .deadline = deadline, .stop = stop}, deadline.remaining());
}

Result<void> Session::look_at_last_of_keys(Client& client, std::uint64_t keys, const std::stop_token& stop,
                                           Deadline deadline) {
  for (std::uint64_t key = 0; key < keys; ++key) {
    const Wait wait{.what = fmt::format("the final read of key {}", key), .deadline = deadline, .stop = stop};
    CHAMBER_CHECK(look(client, {.function = Function::kRead, .key = key}, wait, kAnswer));
  }
  return {};
}

Result<void> Session::look(Client& client, const Invocation& invocation, const Wait& wait, Duration at_most) {
  return eventually(wait, [&]() -> Result<void> {
    const Deadline one(std::min(wait.deadline.at(), now() + at_most));
    const Reply reply = perform(client, invocation, one, {}, true).reply;
    if (reply.outcome == Outcome::kOk) return {};
    return fail(ErrorKind::kUnavailable, "{}: {}", reply.node, reply.error);
  });
}

}  // namespace chamber::load
