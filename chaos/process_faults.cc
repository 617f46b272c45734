#include "chaos/process_faults.h"

#include <signal.h>

#include <algorithm>

#include "harness/base/eventually.h"

namespace chamber {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const NodeSpec* find_node(const Substrate& substrate, const std::string& name) {
  for (const NodeSpec& spec : substrate.nodes()) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

class ProcessFault : public Fault {
 public:
  ProcessFault(FaultRequest request, Substrate& substrate) : request_(std::move(request)), substrate_(substrate) {}
  [[nodiscard]] std::string describe() const override {
    return fmt::format("{} {}", request_.kind, fmt::join(request_.targets, ", "));
  }

 protected:
  [[nodiscard]] const FaultRequest& request() const { return request_; }
  [[nodiscard]] Substrate& substrate() const { return substrate_; }

  // A harm to a node on which nothing runs would prove itself without having hurt anything.
  Result<void> remember_running() {
    for (const std::string& node : request_.targets) {
      ran_before_.push_back(running_processes(substrate_, node));
      if (ran_before_.back().empty()) return fail(ErrorKind::kSystem, "nothing runs on {}", node);
    }
    return {};
  }

  [[nodiscard]] const std::vector<std::vector<std::string>>& ran_before() const { return ran_before_; }

 private:
  FaultRequest request_;
  Substrate& substrate_;
  std::vector<std::vector<std::string>> ran_before_;
};

class Kill final : public ProcessFault {
 public:
  using ProcessFault::ProcessFault;

  [[nodiscard]] std::vector<std::string> restarted() const override { return request().targets; }

  Result<void> apply() override {
    CHAMBER_CHECK(remember_running());
    for (const std::string& node : request().targets) {
      died_.push_back(substrate().processes_in(node));
      CHAMBER_CHECK(substrate().signal_all(node, SIGKILL));
    }
    return {};
  }

  Result<std::string> prove(const std::stop_token& stop) override {
    std::string proof;
    for (std::size_t i = 0; i < request().targets.size(); ++i) {
      const std::string& node = request().targets[i];
      const auto left = substrate().processes_in(node);
      if (!left.empty()) return fail(ErrorKind::kSystem, "{} still runs {}", node, fmt::join(left, ", "));
      const NodeSpec* const spec = find_node(substrate(), node);
      proof += fmt::format("{}{}: {} gone", proof.empty() ? "" : "; ", node, fmt::join(died_[i], ", "));
      if (spec == nullptr || spec->ports.empty() || substrate().links() == nullptr) continue;
      const PortSpec& port = spec->ports.front();
      // The kernel closes a killed process's sockets a moment after the process is gone.
      CHAMBER_CHECK(eventually({.what = fmt::format("port {} of {} to be closed", port.number, node),
                                .deadline = Deadline::in(seconds(2)),
                                .stop = stop},
                               [&]() -> Result<void> {
                                 const auto answer = substrate().links()->connect_time("harness", node, port.number,
                                                                                       Deadline::in(seconds(1)));
                                 if (!answer) return {};
                                 return fail(ErrorKind::kSystem, "it still accepts connections");
                               }));
      proof += fmt::format(", port {} refused", port.number);
    }
    return proof;
  }

  Result<void> undo() override {
    for (std::size_t i = 0; i < request().targets.size(); ++i) {
      CHAMBER_CHECK(start_again(substrate(), request().targets[i], ran_before()[i]));
    }
    return {};
  }

 private:
  std::vector<std::vector<std::string>> died_;
};

// Those of "412 postgres", … that run this program; all of them when no program is named.
std::vector<std::string> running_program(std::vector<std::string> processes, const std::string& program) {
  if (program.empty()) return processes;
  std::erase_if(processes, [&](const std::string& process) { return !process.ends_with(" " + program); });
  return processes;
}

class Crash final : public ProcessFault {
 public:
  using ProcessFault::ProcessFault;

  Result<void> apply() override {
    if (request().program.empty()) return fail(ErrorKind::kInput, "crash: a program is needed");
    for (const std::string& node : request().targets) {
      const auto all = substrate().processes_in(node);
      died_.push_back(running_program(all, request().program));
      if (died_.back().empty()) return fail(ErrorKind::kSystem, "nothing on {} runs {}", node, request().program);
      if (died_.back().size() == all.size()) {
        return fail(ErrorKind::kSystem, "{} runs nothing but {}, so nobody would start it again: use kill", node,
                    request().program);
      }
      CHAMBER_CHECK(substrate().signal_program(node, request().program, SIGKILL));
    }
    return {};
  }

  Result<std::string> prove(const std::stop_token& stop) override {
    std::string proof;
    for (std::size_t i = 0; i < request().targets.size(); ++i) {
      const std::string& node = request().targets[i];
      CHAMBER_CHECK(eventually({.what = fmt::format("{} of {} to be gone", fmt::join(died_[i], ", "), node),
                                .deadline = Deadline::in(seconds(2)),
                                .stop = stop},
                               [&]() -> Result<void> {
                                 const auto now_there = substrate().processes_in(node);
                                 for (const std::string& process : died_[i]) {
                                   if (std::find(now_there.begin(), now_there.end(), process) == now_there.end()) {
                                     continue;
                                   }
                                   return fail(ErrorKind::kSystem, "{} still runs {}", node, process);
                                 }
                                 return {};
                               }));
      proof += fmt::format("{}{}: {} gone", proof.empty() ? "" : "; ", node, fmt::join(died_[i], ", "));
    }
    return proof;
  }

  // Starting it again is its supervisor's work, and part of what is tested.
  Result<void> undo() override { return {}; }

 private:
  std::vector<std::vector<std::string>> died_;
};

class Pause final : public ProcessFault {
 public:
  using ProcessFault::ProcessFault;

  Result<void> apply() override {
    CHAMBER_CHECK(remember_running());
    return send(SIGSTOP);
  }

  Result<std::string> prove(const std::stop_token& stop) override {
    std::string proof;
    for (const std::string& node : request().targets) {
      CHAMBER_CHECK(eventually(
          {.what = "every process of " + node + " to stand still", .deadline = Deadline::in(seconds(2)), .stop = stop},
          [&]() -> Result<void> {
            const auto standing = substrate().stopped_in(node);
            const auto all = running_program(substrate().processes_in(node), request().program);
            if (!all.empty() && standing.size() == all.size()) return {};
            return fail(ErrorKind::kSystem, "{} of {} stand still", standing.size(), all.size());
          }));
      proof += fmt::format("{}{}: {} stopped", proof.empty() ? "" : "; ", node,
                           fmt::join(substrate().stopped_in(node), ", "));
    }
    return proof;
  }

  Result<void> undo() override { return send(SIGCONT); }

 private:
  Result<void> send(int number) {
    const std::string& program = request().program;
    for (const std::string& node : request().targets) {
      CHAMBER_CHECK(program.empty() ? substrate().signal_all(node, number)
                                    : substrate().signal_program(node, program, number));
    }
    return {};
  }
};

std::string numbers(const PowerLoss& loss) {
  const Unsynced& lost = loss.unsynced;
  std::string text = fmt::format("{} writes of {} bytes to {} files and {} changes of names were not synced",
                                 lost.writes, lost.bytes, lost.files, lost.names);
  if (loss.kept > 0) text += fmt::format(" ({} of {} pages had reached the disk)", loss.kept, loss.pages);
  return text;
}

// Its packets vanish before it dies: a host without power sends no reset to whom it was talking with.
class LosePower final : public ProcessFault {
 public:
  using ProcessFault::ProcessFault;

  Result<void> apply() override {
    CHAMBER_CHECK(remember_running());
    Result<void> done = cut_power();
    if (done) return done;
    const Result<void> brought_back = undo();
    return brought_back ? done : brought_back;
  }

  // That the files are as the disk has them the substrate has seen by reading every one of them.
  Result<std::string> prove(const std::stop_token&) override {
    std::string proof;
    for (std::size_t i = 0; i < request().targets.size(); ++i) {
      const std::string& node = request().targets[i];
      const auto left = substrate().processes_in(node);
      if (!left.empty()) return fail(ErrorKind::kSystem, "{} still runs {}", node, fmt::join(left, ", "));
      proof += fmt::format("{}{}: {} gone, {}", proof.empty() ? "" : "; ", node, fmt::join(died_[i], ", "),
                           numbers(losses_[i]));
      const NodeSpec* const spec = find_node(substrate(), node);
      if (spec == nullptr || spec->ports.empty() || substrate().links() == nullptr) continue;
      const auto answer = substrate().links()->connect_time("harness", node, spec->ports.front().number,
                                                            Deadline::in(milliseconds(300)));
      if (answer) return fail(ErrorKind::kSystem, "{} still answers", node);
      if (answer.error().kind() != ErrorKind::kTimeout) {
        return fail(ErrorKind::kSystem, "{} answers, although only to refuse: {}", node, answer.error().message());
      }
      proof += ", nothing answers";
    }
    return proof;
  }

  Result<void> undo() override {
    CHAMBER_CHECK(join());
    for (std::size_t i = 0; i < request().targets.size(); ++i) {
      CHAMBER_CHECK(start_again(substrate(), request().targets[i], ran_before()[i]));
    }
    return {};
  }

  [[nodiscard]] std::vector<std::string> restarted() const override { return request().targets; }

 private:
  // Everywhere at once, before any disk is looked at.
  Result<void> cut_power() {
    CHAMBER_CHECK(part());
    for (const std::string& node : request().targets) died_.push_back(substrate().processes_in(node));
    for (const std::string& node : request().targets) CHAMBER_CHECK(substrate().signal_all(node, SIGKILL));
    for (const std::string& node : request().targets) {
      losses_.push_back(CHAMBER_TRY(substrate().lose_power(node, request().survival)));
    }
    return {};
  }

  Result<void> part() {
    Links* const links = substrate().links();
    if (links == nullptr) return {};
    std::vector<std::string> all{"harness"};
    for (const NodeSpec& spec : substrate().nodes()) all.push_back(spec.name);
    const std::vector<std::string>& targets = request().targets;
    const Duration lives = request().time_to_live;
    cuts_.push_back(CHAMBER_TRY(links->apply(all, targets, {.drop = true}, lives)));
    cuts_.push_back(CHAMBER_TRY(links->apply(targets, all, {.drop = true}, lives)));
    return {};
  }

  Result<void> join() {
    for (const LinkFaultId cut : cuts_) CHAMBER_CHECK(substrate().links()->remove(cut));
    cuts_.clear();
    return {};
  }

  std::vector<std::vector<std::string>> died_;
  std::vector<PowerLoss> losses_;
  std::vector<LinkFaultId> cuts_;
};

class Restart final : public ProcessFault {
 public:
  using ProcessFault::ProcessFault;

  [[nodiscard]] std::vector<std::string> restarted() const override { return request().targets; }

  Result<void> apply() override {
    CHAMBER_CHECK(remember_running());
    for (std::size_t i = 0; i < request().targets.size(); ++i) {
      const std::string& node = request().targets[i];
      before_.push_back(substrate().processes_in(node));
      for (const std::string& process : ran_before()[i]) CHAMBER_CHECK(substrate().signal(node, process, SIGTERM));
      for (const std::string& process : ran_before()[i]) {
        const auto ended = substrate().wait_ended(node, process, Deadline::in(kGrace));
        if (ended) continue;
        // It had its time; what doesn't end is killed, as every supervisor does.
        CHAMBER_CHECK(substrate().signal(node, process, SIGKILL));
        CHAMBER_CHECK(substrate().wait_ended(node, process, Deadline::in(kGrace)));
      }
      CHAMBER_CHECK(substrate().signal_all(node, SIGKILL));  // what its processes left behind
      CHAMBER_CHECK(start_again(substrate(), node, ran_before()[i]));
    }
    return {};
  }

  Result<std::string> prove(const std::stop_token&) override {
    std::string proof;
    for (std::size_t i = 0; i < request().targets.size(); ++i) {
      const std::string& node = request().targets[i];
      if (i >= before_.size()) return fail(ErrorKind::kSystem, "{} was not restarted", node);
      const auto after = substrate().processes_in(node);
      for (const std::string& process : before_[i]) {
        if (std::find(after.begin(), after.end(), process) != after.end()) {
          return fail(ErrorKind::kSystem, "{} still runs {}", node, process);
        }
      }
      if (after.empty()) return fail(ErrorKind::kSystem, "nothing runs on {} after its restart", node);
      proof += fmt::format("{}{}: {} replaced by {}", proof.empty() ? "" : "; ", node, fmt::join(before_[i], ", "),
                           fmt::join(after, ", "));
    }
    return proof;
  }

  Result<void> undo() override { return {}; }

 private:
  static constexpr Duration kGrace = seconds(10);
  std::vector<std::vector<std::string>> before_;
};

}  // namespace

Result<std::unique_ptr<Fault>> make_process_fault(const FaultRequest& request, Substrate& substrate) {
  std::unique_ptr<Fault> fault;
  if (request.kind == "kill") fault = std::make_unique<Kill>(request, substrate);
  if (request.kind == "crash") fault = std::make_unique<Crash>(request, substrate);
  if (request.kind == "pause") fault = std::make_unique<Pause>(request, substrate);
  if (request.kind == "lose_power") fault = std::make_unique<LosePower>(request, substrate);
  if (request.kind == "restart") fault = std::make_unique<Restart>(request, substrate);
  if (!fault) return fail(ErrorKind::kInput, "there is no process fault '{}'", request.kind);
  return fault;
}

}  // namespace chamber
