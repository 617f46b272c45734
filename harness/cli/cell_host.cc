#include "harness/cli/cell_host.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "fixtures/kind/cluster.h"
#include "fixtures/kind/kind_substrate.h"
#include "fixtures/local/local_substrate.h"
#include "fixtures/platform/platform.h"
#include "harness/base/log.h"
#include "harness/base/secrets.h"
#include "harness/cli/cells.h"
#include "harness/cli/run_artifacts.h"
#include "harness/cli/wire_format.h"
#include "scenarios/runner/bring_up.h"
#include "scenarios/runner/runner.h"

namespace chamber {
namespace {

using nlohmann::json;

constexpr int kEndedByOwner = 130;

// The load has hundreds of threads, of which few allocate at once. With glibc's eight arenas for each CPU each of them
// keeps what a burst once took: after ten minutes of chaos 283 MB beside the disks, stacks and all, where heap profiles
// of a shorter run found some 50 in use.
constexpr int kArenas = 2;

json error_json(const Error& error) {
  return {{"error", {{"kind", to_string(error.kind())}, {"text", secrets().redact(error.message())}}}};
}

// What stands in a file, wherever its descriptor is in it.
Result<std::string> whole_file(const Fd& file) {
  std::string text;
  std::array<char, 64 * 1024> block{};
  while (true) {
    const ssize_t got = pread(file.get(), block.data(), block.size(), static_cast<off_t>(text.size()));
    if (got < 0) return fail_errno(errno, "reading what was handed over");
    if (got == 0) return text;
    text.append(block.data(), static_cast<std::size_t>(got));
  }
}

class CellHost {
 public:
  explicit CellHost(const CellHostOptions& options)
      : on_kind_(options.control_fd < 0),
        folder_(RunFolder::adopt(options.folder, Fd(options.lock_fd))),
        owner_(Fd(options.control_fd)) {
    for (const int fd : options.listener_fds) listeners_.emplace_back(fd);
  }

  int run() {
    const Result<void> logging = log::to_file(folder_.path() / "harness.log", log::Level::kInfo);
    auto listener = ChannelListener::bind(folder_.path() / kControlSocket);
    Result<void> ready = !logging ? logging : listener ? Result<void>() : tl::unexpected(listener.error());
    if (ready && on_kind_) ready = await_owner(*listener);
    if (!ready) {
      static_cast<void>(owner_.send(error_json(ready.error())).ok());  // the exit code says it too
      return exit_code_of(ready.error().kind());
    }
    std::jthread acceptor([&] { accept_all(*listener); });
    serve(owner_, true);
    // The owner has gone. Without "detach" the cell goes with it, at once: the kernel cleans up behind process 1.
    if (!detached_.load() && !ending_.load()) _exit(kEndedByOwner);
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return ending_.load(); });
    lock.unlock();
    listener->shut_down();
    acceptor.join();
    log::flush();
    _exit(0);  // whatever still serves a connection has been told that the cell ends
  }

 private:
  Result<void> await_owner(ChannelListener& listener) {
    owner_ = CHAMBER_TRY(listener.accept());
    return {};
  }

  void accept_all(ChannelListener& listener) {
    while (true) {
      auto accepted = listener.accept();
      if (!accepted) return;
      const auto channel = std::make_shared<Channel>(std::move(*accepted));
      std::thread([this, channel] { serve(*channel, false); }).detach();
    }
  }

  // Commands run on a thread of their own, so that "cancel" and a closed connection are noticed meanwhile.
  void serve(Channel& channel, bool is_owner) {
    std::atomic<bool> busy = false;
    std::jthread worker;  // after what it uses, so that it is joined first
    while (true) {
      auto message = channel.receive(Deadline::in(std::chrono::hours(24 * 365)));
      if (!message) break;
      const std::string what = message->body.value("do", "");
      if (what == "cancel") {
        worker.request_stop();
        continue;
      }
      if (what == "detach" && is_owner) {
        const auto detached = detach();
        reply(channel, detached ? *detached : error_json(detached.error()));
        continue;
      }
      if (busy.exchange(true)) {
        reply(channel, error_json(Error(ErrorKind::kHarness, "the last command has not ended yet")));
        continue;
      }
      if (worker.joinable()) worker.join();
      worker = std::jthread([this, &channel, &busy, request = std::move(*message)](const std::stop_token& stop) {
        const auto answer = obey(channel, request, stop);
        busy.store(false);
        reply(channel, answer ? *answer : error_json(answer.error()));
        if (request.body.value("do", "") == "down" && answer) end();
      });
    }
    worker.request_stop();
    if (is_owner && !detached_.load() && !ending_.load()) _exit(kEndedByOwner);
  }

  void reply(Channel& channel, const json& answer) {
    // A peer that has gone can't be told anything; the reader of its connection notices.
    if (const auto sent = channel.send(answer); !sent) log::warn("answering: {}", sent.error().message());
  }

  void end() {
    const std::lock_guard lock(mutex_);
    ending_.store(true);
    ended_.notify_all();
    owner_.shut_down();
  }

  // On the main thread: the signal at the parent's death is a matter of each thread, and that one has it.
  Result<json> detach() {
    if (prctl(PR_SET_PDEATHSIG, 0) != 0) return fail_errno(errno, "PR_SET_PDEATHSIG");
    // Whoever reads what `chamber up` says would otherwise wait for its end until the cell ends.
    const Fd log(::open((folder_.path() / "harness.log").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    if (!log.valid() || dup2(log.get(), STDOUT_FILENO) < 0 || dup2(log.get(), STDERR_FILENO) < 0) {
      return fail_errno(errno, "letting the standard output go");
    }
    detached_.store(true);
    return json{{"done", true}};
  }

  // What a message lacks shows as an exception of the JSON library: it ends here.
  Result<json> obey(Channel& channel, const Message& message, const std::stop_token& stop) {
    try {
      return carry_out(channel, message, stop);
    } catch (const json::exception& problem) {
      return fail(ErrorKind::kHarness, "a message to the cell that it can't read: {}", problem.what());
    }
  }

  Result<json> carry_out(Channel& channel, const Message& message, const std::stop_token& stop) {
    const json& request = message.body;
    const std::string what = request.value("do", "");
    if (what == "open") return open(message);
    if (!platform_) return fail(ErrorKind::kHarness, "the cell is not open yet");
    if (what == "up") return up(channel, request, stop);
    if (what == "run" || what == "judge") return run_scenario(channel, message, stop);
    if (what == "env") return json{{"done", true}, {"environment", CHAMBER_TRY(platform_->environment())}};
    if (what == "status") return status();
    if (what == "exec") return exec(message);
    if (what == "down") return down();
    return fail(ErrorKind::kHarness, "the cell does not know '{}'", what);
  }

  Result<json> open(const Message& message) {
    if (platform_) return fail(ErrorKind::kHarness, "the cell is open already");
    const json& request = message.body;
    PlatformOptions options{.cell_id = request.at("cell"),
                            .stack = CHAMBER_TRY(stack_from_json(request.at("stack"))),
                            .surroundings = servers::Surroundings::of_process()};
    CHAMBER_CHECK(on_kind_ ? open_on_kind(message, options) : open_locally(request, options));
    platform_ = CHAMBER_TRY(Platform::create(options, *substrate_));
    return json{{"done", true}, {"ca", platform_->ca_pem()}};
  }

  Result<void> open_locally(const json& request, PlatformOptions& options) {
    substrate_ = CHAMBER_TRY(make_local_substrate({.folder = folder_, .listeners = std::move(listeners_)}));
    for (const auto& [name, path] : request.at("servers").items())
      options.surroundings.given[name] = path.get<std::string>();
    return {};
  }

  Result<void> open_on_kind(const Message& message, PlatformOptions& options) {
    if (message.descriptors.size() != 1) return fail(ErrorKind::kHarness, "open needs the run's lock");
    folder_ = RunFolder::adopt(folder_.path(), Fd(fcntl(message.descriptors[0].get(), F_DUPFD_CLOEXEC, 0)));
    const auto images = CHAMBER_TRY(kind::ImageCatalogue::from_json(message.body.at("images")));
    kind::KindOptions kind{.folder = folder_,
                           .cell_id = options.cell_id,
                           .kubernetes_nodes = options.stack.kubernetes_nodes,
                           .images = images,
                           .host_ports = {}};
    for (const auto& [inner, outer] : message.body.at("ports").items()) {
      kind.host_ports[static_cast<std::uint16_t>(std::stoul(inner))] = outer.get<std::uint16_t>();
    }
    substrate_ = CHAMBER_TRY(kind::make_kind_substrate(std::move(kind)));
    options.server = [images](std::string_view name) { return images.server(name); };
    return {};
  }

  Result<json> up(Channel& channel, const json& request, const std::stop_token& stop) {
    const std::lock_guard lock(changing_);
    TaskObserver observer;
    observer.started = [&](const Task& task) {
      reply(channel, {{"event", "task"}, {"state", "started"}, {"name", task.name}, {"phase", task.phase}});
    };
    observer.ended = [&](const Task& task, const Result<void>& outcome, Duration took) {
      json event{{"event", "task"},
                 {"state", outcome ? "done" : "failed"},
                 {"name", task.name},
                 {"phase", task.phase},
                 {"took_s", seconds(took)}};
      if (!outcome) event["text"] = secrets().redact(outcome.error().message());
      reply(channel, event);
    };
    observer.again = [&](const Task& task, const Error& error) {
      reply(channel, {{"event", "task"},
                      {"state", "again"},
                      {"name", task.name},
                      {"phase", task.phase},
                      {"text", secrets().redact(error.message())}});
    };
    const std::chrono::seconds limit(request.at("timeout_s").get<int>());
    CHAMBER_CHECK(platform_->bring_up(request.at("until").get<std::string>(), stop, Deadline::in(limit), observer));
    return json{{"done", true}, {"bring_up", bring_up_json(platform_->timings())}};
  }

  Result<json> run_scenario(Channel& channel, const Message& message, const std::stop_token& stop) {
    const std::lock_guard lock(changing_);
    const json& request = message.body;
    if (message.descriptors.empty()) return fail(ErrorKind::kHarness, "a run without its plan");
    std::filesystem::path folder = folder_.path();
    if (message.descriptors.size() > 1) folder = fmt::format("/proc/self/fd/{}", message.descriptors[1].get());
    const auto plan =
        CHAMBER_TRY(language::plan_from_json(CHAMBER_TRY(whole_file(message.descriptors.front())), "the plan"));
    CHAMBER_CHECK(require_possible(substrate_->name(), plan));
    const RunRequest run{
        .plan = plan,
        .platform = *platform_,
        .history_file = folder / "history.bin",
        .stop = stop,
        .progress =
            [&](const std::string& about, const std::string& text) {
              reply(channel, {{"event", "progress"}, {"what", about}, {"text", secrets().redact(text)}});
            },
        .live = [&](const LiveView& view) { reply(channel, live_json(view)); }};
    const bool load = request.at("do") == "run";
    const auto judged = [&] { return load ? run_plan(run) : judge_bring_up(run); };
    const RunOutcome outcome = CHAMBER_TRY(captured(request, folder, judged));
    const ArtifactRequest artifacts{.folder = folder,
                                    .run = request.at("run"),
                                    .cell_folder = folder_.path(),
                                    .started = request.at("started"),
                                    .command = request.at("command"),
                                    .plan = plan,
                                    .outcome = outcome,
                                    .platform = *platform_};
    CHAMBER_CHECK(write_artifacts(artifacts));
    return json{{"done", true}};
  }

  // Runs it between the start and the end of a capture where one is asked for.
  Result<RunOutcome> captured(const json& request, const std::filesystem::path& folder,
                              const std::function<Result<RunOutcome>()>& run) {
    if (!request.value("capture", false)) return run();
    Links* const links = substrate_->links();
    if (links == nullptr) return fail(ErrorKind::kInput, "--capture: {}", substrate_->why_no_links());
    CHAMBER_CHECK(links->start_capture((folder / "capture.pcapng").string()));
    Result<RunOutcome> outcome = run();
    CHAMBER_CHECK(links->stop_capture());
    return outcome;
  }

  Result<json> status() {
    json nodes = json::array();
    for (const NodeSpec& spec : substrate_->nodes()) {
      json node{{"name", spec.name}, {"component", spec.component}, {"processes", json::array()}};
      for (const ProcessSpec& process : spec.processes) {
        const ProcessState state = substrate_->state(spec.name, process.name);
        node["processes"].push_back({{"name", process.name},
                                     {"state", state.running   ? "running"
                                               : state.started ? state.ended_how
                                                               : "not started"},
                                     {"log", substrate_->log_path(spec.name, process.name)}});
      }
      nodes.push_back(std::move(node));
    }
    return json{{"done", true}, {"nodes", nodes}, {"profile", platform_->stack().profile}};
  }

  Result<json> exec(const Message& message) {
    if (message.descriptors.size() != 3) return fail(ErrorKind::kHarness, "exec needs three descriptors");
    const ProcessSpec process{"exec", message.body.at("arguments").get<std::vector<std::string>>(), {}};
    const int code = CHAMBER_TRY(
        substrate_->attach(message.body.at("node").get<std::string>(), process,
                           {message.descriptors[0].get(), message.descriptors[1].get(), message.descriptors[2].get()}));
    return json{{"done", true}, {"exit", code}};
  }

  // Nothing of a cell is worth a tidy end: its data goes with it.
  Result<json> down() {
    std::vector<Result<void>> outcomes(substrate_->nodes().size());
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < outcomes.size(); ++i) {
        threads.emplace_back([&, i] { outcomes[i] = substrate_->signal_all(substrate_->nodes()[i].name, SIGKILL); });
      }
    }
    for (Result<void>& outcome : outcomes) CHAMBER_CHECK(std::move(outcome));
    return json{{"done", true}};
  }

  bool on_kind_;
  RunFolder folder_;
  Channel owner_;
  std::vector<Fd> listeners_;
  std::unique_ptr<Substrate> substrate_;
  std::unique_ptr<Platform> platform_;
  std::mutex changing_;  // one bring-up or run at a time
  std::mutex mutex_;
  std::condition_variable ended_;
  std::atomic<bool> detached_ = false;
  std::atomic<bool> ending_ = false;
};

}  // namespace

std::vector<std::string> to_arguments(const CellHostOptions& options) {
  std::vector<std::string> arguments{kCellHostCommand, options.folder, std::to_string(options.lock_fd),
                                     std::to_string(options.control_fd)};
  for (const int fd : options.listener_fds) arguments.push_back(std::to_string(fd));
  return arguments;
}

Result<CellHostOptions> cell_host_options(const std::vector<std::string>& arguments) {
  if (arguments.size() == 2 && arguments[0] == kind::kHostCommand) return CellHostOptions{arguments[1], -1, -1, {}};
  if (arguments.size() < 4) return fail(ErrorKind::kInput, "{} is not for people", kCellHostCommand);
  std::vector<int> numbers;
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    int number = -1;
    const auto [end, problem] = std::from_chars(arguments[i].data(), arguments[i].data() + arguments[i].size(), number);
    if (problem != std::errc() || end != arguments[i].data() + arguments[i].size() || number < 3) {
      return fail(ErrorKind::kInput, "{} is not for people", kCellHostCommand);
    }
    numbers.push_back(number);
  }
  return CellHostOptions{arguments[1], numbers[0], numbers[1], {numbers.begin() + 2, numbers.end()}};
}

int run_cell_host(const CellHostOptions& options) {
  mallopt(M_ARENA_MAX, kArenas);
  return CellHost(options).run();
}

}  // namespace chamber
