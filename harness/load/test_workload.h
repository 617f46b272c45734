// For tests: a workload whose clients do what the test says.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "harness/load/workload.h"

namespace chamber::load {

class ScriptedWorkload : public Workload {
 public:
  using Run = std::function<Reply(const Invocation&, Deadline)>;

  explicit ScriptedWorkload(Run run) : run_(std::move(run)) {}

  std::string name() const override { return "test.scripted"; }

  Result<std::unique_ptr<Client>> client(std::uint32_t number) override {
    ++clients;
    if (number >= refuse_from) return fail(ErrorKind::kUnavailable, "no client {}", number);
    return std::make_unique<ScriptedClient>(*this);
  }

  std::atomic<std::uint32_t> clients = 0;
  std::uint32_t refuse_from = UINT32_MAX;

 private:
  class ScriptedClient : public Client {
   public:
    explicit ScriptedClient(ScriptedWorkload& workload) : workload_(workload) {}

    Invocation next(Random& random) override {
      const bool write = random.chance(0.5);
      Invocation invocation{.function = write ? Function::kWrite : Function::kRead, .key = random.below(10)};
      if (write) invocation.value = static_cast<std::int64_t>(random.below(1000));
      return invocation;
    }
    Reply run(const Invocation& invocation, Deadline deadline) override { return workload_.run_(invocation, deadline); }

   private:
    ScriptedWorkload& workload_;
  };

  Run run_;
};

}  // namespace chamber::load
