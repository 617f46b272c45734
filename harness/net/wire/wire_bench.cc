// The wire beside Toxiproxy: throughput and added round trip between the same two processes, in one run.
//
// A program of its own and not Google Benchmark: what is measured lies in other processes and namespaces, and only
// paired rounds are worth comparing on a machine that others use too. One server process lives in the namespace
// "server". One client process reaches it (1) over that namespace's loopback, (2) through Toxiproxy on that loopback,
// (3) from the namespace "client" over the wire. Every round measures each way once, in a drawn order; the table has
// the medians over rounds. The two processes are held on two CPUs, as two hosts are: left to the scheduler, a loopback
// round trip takes 10 µs when both happen to share one and 55 µs when not, and what is added to it is anybody's guess.
//
//   chamber_wire_benches [--rounds N] [--seconds S] [--toxiproxy PATH]
//
// Toxiproxy is looked for in $CHAMBER_TOXIPROXY, then as toxiproxy-2.12.0 in $CHAMBER_CACHE/bench and
// ~/.cache/chamber/bench (go install github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0, renamed). Without it only the
// wire is measured. Needs root, or a user namespace: unshare -Ur chamber_wire_benches.
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <thread>

#include "harness/base/eventually.h"
#include "harness/base/random.h"
#include "harness/net/wire/socket_testing.h"
#include "harness/net/wire/switch.h"

namespace chamber {
namespace {

constexpr std::uint16_t kServerPort = 7000;
constexpr std::uint16_t kProxyPort = 7001;
constexpr std::uint16_t kProxyApiPort = 7002;
constexpr Ipv4 kLoopback = Ipv4::of(127, 0, 0, 1);
constexpr Ipv4 kClientAddress = Ipv4::of(198, 18, 0, 1);
constexpr Ipv4 kServerAddress = Ipv4::of(198, 18, 0, 2);
constexpr Duration kPatience = std::chrono::seconds(30);

struct Settings {
  int rounds = 15;
  double seconds = 0.6;
  std::string toxiproxy;
};

// A process forked from this one before it has threads; killed by its id when this goes.
class Child {
 public:
  explicit Child(const std::function<void()>& body) : pid_(fork()) {
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    body();
    _exit(1);
  }
  ~Child() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

 private:
  pid_t pid_;
};

// Holds the calling process on that CPU. A machine that has only one keeps it as it is.
void stay_on_cpu(std::size_t cpu) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(cpu, &only);
  sched_setaffinity(0, sizeof only, &only);
}
constexpr std::size_t kClientCpu = 0;
constexpr std::size_t kServerCpu = 1;

bool read_all(const Fd& fd, void* data, std::size_t bytes) {
  return recv(fd.get(), data, bytes, MSG_WAITALL) == static_cast<ssize_t>(bytes);
}
bool write_all(const Fd& fd, const void* data, std::size_t bytes) {
  return send(fd.get(), data, bytes, MSG_NOSIGNAL) == static_cast<ssize_t>(bytes);
}

enum class Mode : char { kRoundTrips = 'r', kBulk = 'b' };
constexpr std::size_t kPingBytes = 64;
constexpr char kLastByte = 1;
constexpr std::size_t kChunkBytes = 256 * 1024;

// The first byte of a connection says what it is for: 64-byte messages are sent back; bulk is read up to its last byte,
// the only one that is not zero (Toxiproxy does not pass a half-closed connection on), and answered with bytes per
// second, from the first to the last byte.
void serve(const Fd& connection) {
  Mode mode{};
  if (!read_all(connection, &mode, 1)) return;
  if (mode == Mode::kRoundTrips) {
    std::array<char, kPingBytes> ping{};
    while (read_all(connection, ping.data(), ping.size()) && write_all(connection, ping.data(), ping.size())) continue;
    return;
  }
  std::vector<char> chunk(kChunkBytes);
  std::uint64_t total = 0;
  const Instant start = now();
  for (bool last = false; !last;) {
    const ssize_t got = recv(connection.get(), chunk.data(), chunk.size(), 0);
    if (got <= 0) return;
    total += static_cast<std::uint64_t>(got);
    last = chunk[static_cast<std::size_t>(got) - 1] == kLastByte;
  }
  const double rate = static_cast<double>(total) / seconds(now() - start);
  static_cast<void>(write_all(connection, &rate, sizeof rate));
}

void run_server(const NetNamespace& space) {
  stay_on_cpu(kServerCpu);
  const Result<Fd> listener = wire::open_socket(space, SOCK_STREAM, kServerPort);
  if (!listener) return;
  while (true) {
    const Result<Fd> connection = wire::accept_tcp(*listener, std::chrono::hours(1));
    if (connection) serve(*connection);
  }
}

// What the client process is asked to do, and answers with one double: bytes per second, or the median round trip in
// seconds; negative when it failed.
struct Task {
  bool from_client_space;
  Ipv4 address;
  std::uint16_t port;
  Mode mode;
  double seconds;
  double pause = 0;  // seconds between round trips
};

double median(std::vector<double> values) {
  if (values.empty()) return -1;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double measure(const Fd& connection, const Task& task) {
  if (!write_all(connection, &task.mode, 1)) return -1;
  const Deadline deadline = Deadline::in(Duration(static_cast<Duration::rep>(task.seconds * 1e9)));
  if (task.mode == Mode::kRoundTrips) {
    std::vector<double> trips;
    std::array<char, kPingBytes> ping{};
    while (!deadline.expired()) {
      const Instant start = now();
      if (!write_all(connection, ping.data(), ping.size()) || !read_all(connection, ping.data(), ping.size()))
        return -1;
      trips.push_back(seconds(now() - start));
      if (task.pause > 0)
        std::this_thread::sleep_for(std::chrono::duration<double>(task.pause));  // house: paces the load
    }
    return median(trips);
  }
  const std::vector<char> chunk(kChunkBytes);
  while (!deadline.expired()) {
    if (!write_all(connection, chunk.data(), chunk.size())) return -1;
  }
  double rate = -1;
  if (!write_all(connection, &kLastByte, 1)) return -1;
  return read_all(connection, &rate, sizeof rate) ? rate : -1;
}

void run_client(const NetNamespace& client, const NetNamespace& server, const Fd& tasks) {
  stay_on_cpu(kClientCpu);
  Task task{};
  while (read_all(tasks, &task, sizeof task)) {
    const Result<Fd> connection = wire::connect_tcp(task.from_client_space ? client : server, task.address, task.port);
    const double result = connection ? measure(*connection, task) : -1;
    if (!write_all(tasks, &result, sizeof result)) return;
  }
}

void run_toxiproxy(const NetNamespace& space, const std::string& program, const std::string& config) {
  setns(space.net.get(), CLONE_NEWNET);
  const Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  dup2(null.get(), STDOUT_FILENO);
  dup2(null.get(), STDERR_FILENO);
  const std::string api = std::to_string(kProxyApiPort);
  execl(program.c_str(), "toxiproxy", "-host", "127.0.0.1", "-port", api.c_str(), "-config", config.c_str(), nullptr);
}

Result<void> wait_for_listener(const NetNamespace& space, std::uint16_t port) {
  return eventually({.what = fmt::format("a listener on port {}", port), .deadline = Deadline::in(kPatience)},
                    [&]() -> Result<void> {
                      const Result<Fd> connection = wire::connect_tcp(space, kLoopback, port);
                      if (connection) return {};
                      return fail(ErrorKind::kUnavailable, "{}", connection.error().message());
                    });
}

struct Way {
  std::string name;
  bool over_wire = false;
  std::uint16_t port = kServerPort;
  std::vector<std::pair<LinkSelector, LinkRule>> rules = {};
};

std::vector<std::pair<LinkSelector, LinkRule>> ten_rules() {
  using std::chrono::milliseconds;
  const LinkSelector elsewhere{.from = {"other-0"}, .to = {"other-1"}, .both_ways = true};
  const LinkSelector here{.from = {"client"}, .to = {"server"}, .both_ways = true};
  return {{elsewhere, {.delay = milliseconds(50)}},
          {elsewhere, {.jitter = milliseconds(5)}},
          {elsewhere, {.loss = 0.1}},
          {elsewhere, {.duplicate = 0.1}},
          {elsewhere, {.rate_bits_per_second = 1'000'000}},
          {{.from = {"other-0"}}, {.reorder = 0.1}},
          {{.to = {"other-1"}}, {.corrupt = 0.1}},
          {{.from = {"client"}, .to = {"other-0"}}, {.drop = true}},
          {here, {.delay = Duration::zero()}},
          {here, {.loss = 0}}};
}

struct Measured {
  std::vector<double> rate;
  std::vector<double> trip;
};

class Bench {
 public:
  Bench(Settings settings, Fd tasks, Wire& wire)
      : settings_(std::move(settings)), tasks_(std::move(tasks)), wire_(wire) {}

  Result<void> run(const std::vector<Way>& ways) {
    Random order(static_cast<std::uint64_t>(now().time_since_epoch().count()));
    for (int round = 0; round < settings_.rounds; ++round) {
      std::vector<const Way*> left;
      for (const Way& way : ways) left.push_back(&way);
      while (!left.empty()) {
        const auto picked = left.begin() + static_cast<std::ptrdiff_t>(order.below(left.size()));
        CHAMBER_CHECK(measure_way(**picked));
        left.erase(picked);
      }
    }
    return {};
  }

  // The share of one CPU that the wire's thread uses while the client makes some 300 round trips a second.
  Result<double> idle_cost() {
    const auto cpu_seconds = [] {
      timespec used{};
      clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
      return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
    };
    const double before = cpu_seconds();
    const Instant start = now();
    CHAMBER_CHECK(ask(Task{true, kServerAddress, kServerPort, Mode::kRoundTrips, 3, 1.0 / 300}));
    return (cpu_seconds() - before) / seconds(now() - start);
  }

  void print(const std::vector<Way>& ways) const {
    const double plain_trip = median(results_.at("loopback").trip);
    fmt::print("{:<34} {:>12} {:>14} {:>12}\n", "", "Gbit/s", "round trip µs", "added µs");
    for (const Way& way : ways) {
      const Measured& result = results_.at(way.name);
      const double trip = median(result.trip);
      fmt::print("{:<34} {:>12.2f} {:>14.1f} {:>12.1f}\n", way.name, median(result.rate) * 8e-9, trip * 1e6,
                 (trip - plain_trip) * 1e6);
    }
  }

  // Of the ratios within a round, the median: what else the machine did in a round, it did to both.
  [[nodiscard]] double rate_ratio(const std::string& one, const std::string& other) const {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < results_.at(one).rate.size(); ++i) {
      ratios.push_back(results_.at(one).rate[i] / results_.at(other).rate[i]);
    }
    return median(ratios);
  }
  // Of the medians: within a round the difference of two round trips is as small as its noise.
  [[nodiscard]] double added_ratio(const std::string& one, const std::string& other) const {
    const double plain = median(results_.at("loopback").trip);
    return (median(results_.at(one).trip) - plain) / (median(results_.at(other).trip) - plain);
  }

 private:
  Result<void> measure_way(const Way& way) {
    std::vector<RuleId> rules;
    for (const auto& [links, rule] : way.rules) rules.push_back(CHAMBER_TRY(wire_.add_rule(links, rule)));
    Measured& result = results_[way.name];
    result.trip.push_back(CHAMBER_TRY(ask(way, Mode::kRoundTrips)));
    result.rate.push_back(CHAMBER_TRY(ask(way, Mode::kBulk)));
    for (const RuleId rule : rules) wire_.remove_rule(rule);
    return {};
  }

  Result<double> ask(const Way& way, Mode mode) {
    const double duration = mode == Mode::kBulk ? settings_.seconds : settings_.seconds / 3;
    const Task task{way.over_wire, way.over_wire ? kServerAddress : kLoopback, way.port, mode, duration};
    return ask(task).context("measuring " + way.name);
  }

  Result<double> ask(const Task& task) {
    double answer = -1;
    if (!write_all(tasks_, &task, sizeof task) || !read_all(tasks_, &answer, sizeof answer) || answer < 0) {
      return fail(ErrorKind::kHarness, "the client failed");
    }
    return answer;
  }

  Settings settings_;
  Fd tasks_;
  Wire& wire_;
  std::map<std::string, Measured> results_;
};

std::string find_toxiproxy(const std::string& given) {
  std::vector<std::filesystem::path> places;
  if (!given.empty()) places.emplace_back(given);
  if (const char* named = std::getenv("CHAMBER_TOXIPROXY")) places.emplace_back(named);
  const std::filesystem::path in_cache = std::filesystem::path("bench") / "toxiproxy-2.12.0";
  if (const char* cache = std::getenv("CHAMBER_CACHE")) places.push_back(cache / in_cache);
  if (const char* home = std::getenv("HOME"))
    places.push_back(std::filesystem::path(home) / ".cache/chamber" / in_cache);
  for (const std::filesystem::path& place : places) {
    if (access(place.c_str(), X_OK) == 0) return place.string();
  }
  return {};
}

Result<void> compare(const Settings& settings) {
  if (unshare(CLONE_NEWNET) < 0) return fail_errno(errno, "unshare(CLONE_NEWNET); try: unshare -Ur");
  const NetNamespace client = CHAMBER_TRY(create_net_namespace("client"));
  const NetNamespace server = CHAMBER_TRY(create_net_namespace("server"));
  WirePort client_port = CHAMBER_TRY(open_link(client, {.address = kClientAddress}));
  WirePort server_port = CHAMBER_TRY(open_link(server, {.address = kServerAddress}));
  const LinkKind kind = client_port.kind;

  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) return fail_errno(errno, "socketpair");
  Fd tasks(pair[0]);
  const Fd client_tasks(pair[1]);
  const Child server_process([&] { run_server(server); });
  const Child client_process([&] { run_client(client, server, client_tasks); });
  CHAMBER_CHECK(wait_for_listener(server, kServerPort));

  const std::string toxiproxy = find_toxiproxy(settings.toxiproxy);
  const std::filesystem::path config = std::filesystem::temp_directory_path() / ("chamber-bench-" + random_hex(6));
  std::optional<Child> proxy_process;
  if (!toxiproxy.empty()) {
    std::ofstream(config) << fmt::format(
        R"([{{"name": "hop", "listen": "127.0.0.1:{}", "upstream": "127.0.0.1:{}", "enabled": true}}])", kProxyPort,
        kServerPort);
    proxy_process.emplace([&] { run_toxiproxy(server, toxiproxy, config.string()); });
    const Result<void> listens = wait_for_listener(server, kProxyPort);
    std::filesystem::remove(config);
    CHAMBER_CHECK(listens);
  }

  const std::unique_ptr<Wire> wire = CHAMBER_TRY(Wire::start({}));
  CHAMBER_CHECK(wire->add_node("client", kClientAddress, std::move(client_port)));
  CHAMBER_CHECK(wire->add_node("server", kServerAddress, std::move(server_port)));
  std::vector<NetNamespace> others;
  for (std::uint8_t i = 0; i < 2; ++i) {
    others.push_back(CHAMBER_TRY(create_net_namespace(fmt::format("other-{}", i))));
    const Ipv4 address = Ipv4::of(198, 18, 0, static_cast<std::uint8_t>(100 + i));
    WirePort port = CHAMBER_TRY(open_link(others.back(), {.address = address}));
    CHAMBER_CHECK(wire->add_node(others.back().hostname, address, std::move(port)));
  }

  const std::string with_rules = "the wire, ten rules active";
  const std::string peer = "Toxiproxy, no toxic";
  // So unlikely that no packet is lost, but every packet is cut out of its super-frame and judged.
  const LinkRule judged{.loss = 1e-12};
  std::vector<Way> ways{{.name = "loopback"},
                        {.name = "the wire", .over_wire = true},
                        {.name = with_rules, .over_wire = true, .rules = ten_rules()},
                        {.name = "the wire, each packet judged", .over_wire = true, .rules = {{{}, judged}}}};
  if (proxy_process) ways.push_back({.name = peer, .port = kProxyPort});

  fmt::print("{} rounds, {:.2g} s of bulk TCP and {:.2g} s of 64-byte round trips each, links are {}, {} CPUs\n",
             settings.rounds, settings.seconds, settings.seconds / 3, to_string(kind), sysconf(_SC_NPROCESSORS_ONLN));
  Bench bench(settings, std::move(tasks), *wire);
  CHAMBER_CHECK(bench.run(ways));
  bench.print(ways);
  fmt::print("the wire's thread at 300 round trips a second: {:.1f} % of a CPU\n",
             CHAMBER_TRY(bench.idle_cost()) * 100);
  if (!proxy_process) {
    fmt::print("no Toxiproxy found, so nothing to compare with: see the top of wire_bench.cc\n");
    return {};
  }
  const double rate = bench.rate_ratio(with_rules, peer);
  const double added = bench.added_ratio(with_rules, peer);
  fmt::print(
      "{} beside {}: {:.2f} times the throughput (goal: at least 1.5), {:.2f} of its added round trip "
      "(goal: at most 0.33)\n",
      with_rules, peer, rate, added);
  return {};
}

Result<Settings> parse(int count, char** arguments) {
  Settings settings;
  for (int i = 1; i < count; i += 2) {
    const std::string_view name = arguments[i];
    const std::string value = i + 1 < count ? arguments[i + 1] : "";
    if (name == "--rounds") {
      settings.rounds = std::atoi(value.c_str());
    } else if (name == "--seconds") {
      settings.seconds = std::atof(value.c_str());
    } else if (name == "--toxiproxy") {
      settings.toxiproxy = value;
    } else {
      return fail(ErrorKind::kInput, "unknown option {}", name);
    }
  }
  if (settings.rounds < 1 || settings.seconds <= 0) {
    return fail(ErrorKind::kInput, "--rounds and --seconds must be above zero");
  }
  return settings;
}

}  // namespace
}  // namespace chamber

int main(int count, char** arguments) {
  const chamber::Result<chamber::Settings> settings = chamber::parse(count, arguments);
  if (!settings) {
    fmt::print(stderr, "{}\n", settings.error().message());
    return 2;
  }
  const chamber::Result<void> compared = chamber::compare(*settings);
  if (!compared) fmt::print(stderr, "{}\n", compared.error().message());
  return compared ? 0 : 3;
}
