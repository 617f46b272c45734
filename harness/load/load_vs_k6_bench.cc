// The load generator beside k6, in one run, against the same HTTP server on loopback: CPU per request, p99 and what was
// dropped at three rates. The server is a process of its own, so its CPU counts for neither.
//
//   CHAMBER_K6=/path/to/k6 chamber_load_benches        (go install go.k6.io/k6@v1.8.0)
//
// Ours is measured from the intended start. k6 has no such figure: its http_req_duration leaves out the wait for a free
// VU and its own JavaScript, so the comparison favours k6. Its start-up CPU is measured and taken off.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/load/http_workload.h"
#include "harness/load/open_loop.h"
#include "harness/net/listener.h"

namespace chamber::load {
namespace {

constexpr std::chrono::seconds kLength(10);

double cpu_seconds(const rusage& usage) {
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

double own_cpu_seconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return cpu_seconds(usage);
}

// Answers whatever ends in an empty line; a request that comes in two pieces is not expected on loopback.
[[noreturn]] void serve(int listener) {
  constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  const auto watch = [&](int fd) {
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  };
  watch(listener);
  std::array<epoll_event, 256> events;
  std::array<char, 4096> buffer;
  while (true) {
    const int ready = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < ready; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener) {
        const int accepted = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (accepted >= 0) watch(accepted);
      } else if (recv(fd, buffer.data(), buffer.size(), 0) <= 0) {
        close(fd);
      } else {
        send(fd, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
      }
    }
  }
}

// One server for the whole program; the kernel ends it with us.
std::uint16_t server_port() {
  static const std::uint16_t port = [] {
    static HeldListener listener = HeldListener::open().value();
    if (fork() == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      serve(listener.fd());
    }
    return listener.port();
  }();
  return port;
}

struct Figures {
  double cpu_seconds = 0;
  double requests = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  double max_ms = 0;
  double dropped = 0;
  double failed = 0;
};

void show(benchmark::State& state, const Figures& figures) {
  state.counters["cpu_us_per_request"] = figures.cpu_seconds * 1e6 / figures.requests;
  state.counters["requests"] = figures.requests;
  state.counters["p50_ms"] = figures.p50_ms;
  state.counters["p99_ms"] = figures.p99_ms;
  state.counters["max_ms"] = figures.max_ms;
  state.counters["dropped"] = figures.dropped;
  state.counters["failed"] = figures.failed;
}

double milliseconds_of(Duration duration) {
  return seconds(duration) * 1e3;
}

void chamber(benchmark::State& state) {
  const auto workload = http_get_workload({.endpoint = {.port = server_port()}});
  for (auto _ : state) {
    ProcessNumbers numbers;
    OpenLoop loop(*workload, {.steps = {{static_cast<double>(state.range(0)), kLength}}}, nullptr, numbers);
    const double before = own_cpu_seconds();
    const auto summary = loop.run({});
    if (!summary) return state.SkipWithError(summary.error().message().c_str());
    show(state, {.cpu_seconds = own_cpu_seconds() - before,
                 .requests = static_cast<double>(summary->counts.performed()),
                 .p50_ms = milliseconds_of(summary->latency().percentile(50)),
                 .p99_ms = milliseconds_of(summary->latency().percentile(99)),
                 .max_ms = milliseconds_of(summary->latency().longest()),
                 .dropped = static_cast<double>(summary->counts.dropped),
                 .failed = static_cast<double>(summary->counts.fail + summary->counts.unknown)});
  }
}

// Runs k6 for that long; requests 0 when it did not work.
Figures run_k6(const std::string& k6, long rate, std::chrono::seconds length) {
  std::string folder = (std::filesystem::temp_directory_path() / "chamber-k6-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return {};
  const std::string script = folder + "/script.js";
  const std::string summary = folder + "/summary.json";
  std::ofstream(script) << fmt::format(
      "import http from 'k6/http';\n"
      "export const options = {{ discardResponseBodies: true, summaryTrendStats: ['med', 'p(99)', 'max'], scenarios: "
      "{{ "
      "load: {{ executor: 'constant-arrival-rate', rate: {}, timeUnit: '1s', duration: '{}s', preAllocatedVUs: 100, "
      "maxVUs: 500 }} }} }};\n"
      "export default function () {{ http.get('http://127.0.0.1:{}/'); }}\n",
      rate, length.count(), server_port());
  std::vector<std::string> arguments = {k6, "run", "--quiet", "--no-usage-report", "--summary-export", summary, script};
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  Figures figures;
  rusage usage = {};
  if (posix_spawn(&child, k6.c_str(), &actions, nullptr, argv.data(), environ) == 0 &&
      wait4(child, nullptr, 0, &usage) == child) {
    const auto json = nlohmann::json::parse(std::ifstream(summary), nullptr, false);
    if (!json.is_discarded()) {
      const auto& metrics = json.at("metrics");
      const auto& took = metrics.at("http_req_duration");
      figures = {.cpu_seconds = cpu_seconds(usage),
                 .requests = metrics.at("http_reqs").at("count").get<double>(),
                 .p50_ms = took.at("med").get<double>(),
                 .p99_ms = took.at("p(99)").get<double>(),
                 .max_ms = took.at("max").get<double>()};
      if (metrics.contains("dropped_iterations")) {
        figures.dropped = metrics.at("dropped_iterations").at("count").get<double>();
      }
    }
  }
  posix_spawn_file_actions_destroy(&actions);
  std::filesystem::remove_all(folder);
  return figures;
}

void k6(benchmark::State& state) {
  const char* path = std::getenv("CHAMBER_K6");
  if (path == nullptr || access(path, X_OK) != 0) {
    return state.SkipWithError("set CHAMBER_K6 to the path of k6 (go install go.k6.io/k6@v1.8.0)");
  }
  for (auto _ : state) {
    const double start_up = run_k6(path, 1, std::chrono::seconds(1)).cpu_seconds;
    Figures figures = run_k6(path, state.range(0), kLength);
    if (figures.requests == 0) return state.SkipWithError("k6 did not run, or wrote no summary");
    figures.cpu_seconds -= start_up;
    show(state, figures);
  }
}

BENCHMARK(chamber)->Arg(2000)->Arg(5000)->Arg(10000)->Iterations(1)->UseRealTime()->Unit(benchmark::kSecond);
BENCHMARK(k6)->Arg(2000)->Arg(5000)->Arg(10000)->Iterations(1)->UseRealTime()->Unit(benchmark::kSecond);

}  // namespace
}  // namespace chamber::load
