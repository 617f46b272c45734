#include "chaos/link_faults.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "harness/base/eventually.h"

namespace chamber {
namespace {

using std::chrono::milliseconds;

bool contains(const std::vector<std::string>& items, const std::string& item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

// From which node to which port of which node a link fault is tried.
struct Probe {
  std::string from;
  std::string to;
  std::uint16_t port;
};

class LinkHarm : public Fault {
 public:
  LinkHarm(FaultRequest request, Substrate& substrate, std::vector<Probe> probes)
      : request_(std::move(request)), links_(*substrate.links()), probes_(std::move(probes)) {}

  [[nodiscard]] std::string describe() const override {
    return fmt::format("{} {}{}", request_.kind, fmt::join(request_.targets, ", "), in_direction(request_.direction));
  }

  Result<void> apply() override {
    CHAMBER_CHECK(measure_before());
    if (request_.direction != "in") {
      ids_.push_back(
          CHAMBER_TRY(links_.apply(request_.targets, request_.others, request_.link, request_.time_to_live)));
    }
    if (request_.direction != "out") {
      ids_.push_back(
          CHAMBER_TRY(links_.apply(request_.others, request_.targets, request_.link, request_.time_to_live)));
    }
    return {};
  }

  Result<void> undo() override {
    for (const LinkFaultId id : std::exchange(ids_, {})) CHAMBER_CHECK(links_.remove(id));
    return {};
  }

 protected:
  virtual Result<void> measure_before() = 0;
  [[nodiscard]] const FaultRequest& request() const { return request_; }
  [[nodiscard]] const std::vector<Probe>& probes() const { return probes_; }
  [[nodiscard]] LinkCounters counters(const std::string& from, const std::string& to) const {
    return links_.counters(from, to);
  }
  Result<Duration> try_way(const Probe& probe, Duration longest) {
    return links_.connect_time(probe.from, probe.to, probe.port, Deadline::in(longest));
  }

 private:
  FaultRequest request_;
  Links& links_;
  std::vector<Probe> probes_;
  std::vector<LinkFaultId> ids_;
};

class Partition final : public LinkHarm {
 public:
  using LinkHarm::LinkHarm;

  Result<std::string> prove(const std::stop_token&) override {
    // A connection needs both directions, so a cut of either shows. The time is short: a SYN that is lost stays lost.
    constexpr Duration kLongest = milliseconds(250);
    for (const Probe& probe : open_before_) {
      const auto tried = try_way(probe, kLongest);
      if (tried) return fail(ErrorKind::kSystem, "{} still reaches port {} of {}", probe.from, probe.port, probe.to);
      if (tried.error().kind() == ErrorKind::kTimeout) {
        return fmt::format("{} to {}:{} got through in {} before, and not within {} now", probe.from, probe.to,
                           probe.port, human(way_before_), human(kLongest));
      }
    }
    return fail(ErrorKind::kSystem, "no link that was open before the cut could be tried");
  }

 private:
  Result<void> measure_before() override {
    for (const Probe& probe : probes()) {
      const auto took = try_way(probe, milliseconds(500));
      if (!took) continue;
      open_before_ = {probe};
      way_before_ = *took;
      return {};
    }
    return fail(ErrorKind::kSystem, "no link of {} was open before the cut", describe());
  }

  std::vector<Probe> open_before_;
  Duration way_before_{};
};

class Delay final : public LinkHarm {
 public:
  using LinkHarm::LinkHarm;

  Result<std::string> prove(const std::stop_token&) override {
    const LinkRule& link = request().link;
    const int ways = request().direction == "both" ? 2 : 1;
    const Duration least = std::max(Duration::zero(), link.delay - link.jitter) * ways;
    const Duration took = CHAMBER_TRY(shortest(probe_, least * 3 + std::chrono::seconds(1)));
    // A connection's round trip crosses the link once each way, so nothing is faster than the delay. How much slower it
    // became says less: what it took before has the machine's noise in it.
    if (took < least || took - before_ < least / 2) {
      return fail(ErrorKind::kSystem, "{} to {} took {} before and {} now, which is not {} longer", probe_.from,
                  probe_.to, human(before_), human(took), human(least));
    }
    return fmt::format("{} to {}:{} took {} before and {} now", probe_.from, probe_.to, probe_.port, human(before_),
                       human(took));
  }

 private:
  Result<void> measure_before() override {
    for (const Probe& probe : probes()) {
      const auto took = shortest(probe, milliseconds(500));
      if (!took) continue;
      probe_ = probe;
      before_ = *took;
      return {};
    }
    return fail(ErrorKind::kSystem, "no link of {} was open before the delay", describe());
  }
  // Of a few tries: a loaded machine makes one of them longer, and none shorter.
  Result<Duration> shortest(const Probe& probe, Duration longest) {
    constexpr int kTries = 3;
    Duration least = CHAMBER_TRY(try_way(probe, longest));
    for (int i = 1; i < kTries; ++i) least = std::min(least, CHAMBER_TRY(try_way(probe, longest)));
    return least;
  }

  Probe probe_;
  Duration before_{};
};

class Loss final : public LinkHarm {
 public:
  using LinkHarm::LinkHarm;

  Result<std::string> prove(const std::stop_token& stop) override {
    const int tries = tries_to_lose_one(request().link.loss);
    for (int i = 0; i < tries && !stop.stop_requested(); ++i) {
      for (const Probe& probe : probes()) {
        // Whether it got through does not matter; the link's own counter says what was dropped on the way.
        static_cast<void>(try_way(probe, milliseconds(50)).ok());
        const LinkCounters there = counters(probe.from, probe.to);
        const LinkCounters back = counters(probe.to, probe.from);
        if (there.dropped + back.dropped > dropped_before_) {
          return fmt::format("{} packets lost between {} and {} after {} connections", there.dropped + back.dropped,
                             probe.from, probe.to, i + 1);
        }
        break;
      }
    }
    return fail(ErrorKind::kSystem, "no packet was lost in {} connections", tries);
  }

 private:
  Result<void> measure_before() override {
    if (probes().empty()) return fail(ErrorKind::kSystem, "no link of {} can be tried", describe());
    const Probe& probe = probes().front();
    dropped_before_ = counters(probe.from, probe.to).dropped + counters(probe.to, probe.from).dropped;
    return {};
  }

  std::uint64_t dropped_before_ = 0;
};

// What is too much for the link waits for its turn or is dropped, which the link itself counts. It takes load to show.
class Thin final : public LinkHarm {
 public:
  using LinkHarm::LinkHarm;

  Result<std::string> prove(const std::stop_token& stop) override {
    std::string proof;
    CHAMBER_CHECK(eventually(
        {.what = "packets to wait for their turn", .deadline = Deadline::in(std::chrono::seconds(10)), .stop = stop},
        [&]() -> Result<void> {
          const LinkCounters seen = sum();
          const std::uint64_t held = seen.delayed - before_.delayed;
          if (held < kEnough) return fail(ErrorKind::kSystem, "{} waited", held);
          proof =
              fmt::format("{} packets waited for their turn and {} were dropped", held, seen.dropped - before_.dropped);
          return {};
        }));
    return proof;
  }

 private:
  static constexpr std::uint64_t kEnough = 10;

  Result<void> measure_before() override {
    before_ = sum();
    return {};
  }

  [[nodiscard]] LinkCounters sum() const {
    LinkCounters sum;
    for (const std::string& target : request().targets) {
      for (const std::string& other : request().others) {
        for (const LinkCounters& way : {counters(target, other), counters(other, target)}) {
          sum.delayed += way.delayed;
          sum.dropped += way.dropped;
        }
      }
    }
    return sum;
  }

  LinkCounters before_;
};

std::vector<Probe> probes_between(const FaultRequest& request, const Substrate& substrate) {
  std::vector<Probe> probes;
  const auto add = [&](const std::vector<std::string>& from, const std::vector<std::string>& to) {
    for (const NodeSpec& spec : substrate.nodes()) {
      if (!contains(to, spec.name) || spec.ports.empty()) continue;
      for (const std::string& source : from) probes.push_back({source, spec.name, spec.ports.front().number});
    }
  };
  add(request.others, request.targets);
  add(request.targets, request.others);
  return probes;
}

}  // namespace

Result<std::unique_ptr<Fault>> make_link_fault(const FaultRequest& request, Substrate& substrate) {
  FaultRequest full = request;
  CHAMBER_CHECK(check_direction(full.direction));
  if (full.others.empty()) {
    for (const NodeSpec& spec : substrate.nodes()) {
      if (!contains(full.targets, spec.name)) full.others.push_back(spec.name);
    }
  }
  if (full.others.empty()) return fail(ErrorKind::kInput, "{}: there is no node on the other side", full.kind);
  for (const std::string& target : full.targets) {
    if (contains(full.others, target)) return fail(ErrorKind::kInput, "{}: {} is on both sides", full.kind, target);
  }
  std::vector<Probe> probes = probes_between(full, substrate);
  std::unique_ptr<Fault> fault;
  if (full.kind == "partition") {
    full.link = LinkRule{.drop = true};
    fault = std::make_unique<Partition>(full, substrate, std::move(probes));
  } else if (full.kind == "delay") {
    if (full.link.delay <= Duration::zero()) return fail(ErrorKind::kInput, "delay: add must be longer than 0s");
    fault = std::make_unique<Delay>(full, substrate, std::move(probes));
  } else if (full.kind == "loss") {
    if (full.link.loss <= 0) return fail(ErrorKind::kInput, "loss: share must be more than 0%");
    fault = std::make_unique<Loss>(full, substrate, std::move(probes));
  } else if (full.kind == "thin") {
    if (full.link.rate_bits_per_second == 0) return fail(ErrorKind::kInput, "thin: per_second must be more than 0");
    fault = std::make_unique<Thin>(full, substrate, std::move(probes));
  } else {
    return fail(ErrorKind::kInput, "there is no link fault '{}'", full.kind);
  }
  return fault;
}

Result<void> check_direction(const std::string& direction) {
  if (direction == "both" || direction == "in" || direction == "out") return {};
  return fail(ErrorKind::kInput, "direction '{}'; right would be both, in or out", direction);
}

std::string in_direction(const std::string& direction) {
  return direction == "both" ? "" : " (" + direction + ")";
}

int tries_to_lose_one(double share) {
  return static_cast<int>(std::min(5000.0, std::ceil(-9.0 / std::log10(1.0 - std::min(share, 0.999)))));
}

}  // namespace chamber
