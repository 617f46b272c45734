#include "reports/timeline.h"

#include <algorithm>
#include <array>
#include <limits>

#include "harness/history/reader.h"

namespace chamber {
namespace {

constexpr std::int64_t kMostFineBins = 4096;   // of one workload, while collecting
constexpr std::int64_t kMostBins = 600;        // of one workload, on the page
constexpr double kFewestPerBin = 20;           // operations, on average: below it a rate is a comb
constexpr double kFewestPerQuantile = 100;     // operations, on average: below it p99 is the maximum …
constexpr std::int64_t kFewestQuantiles = 40;  // … which it must be rather than have fewer points than this

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  const std::int64_t quotient = a / b;
  return a % b < 0 ? quotient - 1 : quotient;
}

double since_s(Instant origin, Instant at) {
  // In floating point: a damaged file may hold times whose difference does not fit 64 bits.
  return (static_cast<double>(at.time_since_epoch().count()) - static_cast<double>(origin.time_since_epoch().count())) /
         1e9;
}

double ms(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

// From the intended start to the end; a damaged file may hold times whose difference does not fit.
Duration time_taken(const Operation& operation) {
  std::int64_t taken = 0;
  const bool overflow = __builtin_sub_overflow(operation.end.time_since_epoch().count(),
                                               operation.intended.time_since_epoch().count(), &taken);
  return overflow ? Duration::max() : Duration(taken);
}

std::optional<LatencySummary> summary_of(const LatencySketch& sketch) {
  if (sketch.count() == 0) return std::nullopt;
  return LatencySummary{.least = ms(sketch.least()),
                        .p50 = ms(sketch.quantile(0.5)),
                        .p99 = ms(sketch.quantile(0.99)),
                        .p999 = ms(sketch.quantile(0.999)),
                        .greatest = ms(sketch.greatest())};
}

// How many bins of `width_ns` make one of a width of 1, 2 or 5 times a power of ten, so that the axis reads well: the
// fewest that `enough` accepts, given how many wider bins there would be.
template <typename Enough>
std::int64_t bins_to_join(std::int64_t bins, std::int64_t width_ns, Enough&& enough) {
  std::int64_t decade = 1'000'000;
  while (true) {
    for (const std::int64_t step : {1, 2, 5}) {
      const std::int64_t width = step * decade;
      if (width < width_ns || width % width_ns != 0) continue;
      const std::int64_t join = width / width_ns;
      const std::int64_t wider = (bins + join - 1) / join;
      if (wider <= 1 || enough(wider)) return join;
    }
    if (decade > std::numeric_limits<std::int64_t>::max() / 100) return std::max<std::int64_t>(1, bins);
    decade *= 10;
  }
}

std::vector<FaultSpan> faults_of(const History& about) {
  std::vector<FaultSpan> faults;
  // The latest fault of that name that has not ended.
  const auto open = [&](const std::string& name) -> FaultSpan* {
    for (auto fault = faults.rbegin(); fault != faults.rend(); ++fault) {
      if (fault->name == name && !fault->end_s) return &*fault;
    }
    return nullptr;
  };
  for (const Event& event : about.events) {
    const double at = since_s(about.origin, event.at);
    switch (event.kind) {
      case EventKind::kFaultStart:
        faults.push_back({.name = event.subject, .start_s = at, .end_s = {}, .proved = {}, .proof = {}});
        break;
      case EventKind::kFaultProved:
      case EventKind::kFaultNotProved:
        if (FaultSpan* fault = open(event.subject)) {
          fault->proved = event.kind == EventKind::kFaultProved;
          fault->proof = event.detail;
        }
        break;
      case EventKind::kFaultEnd:
        if (FaultSpan* fault = open(event.subject)) fault->end_s = at;
        break;
      default:
        break;
    }
  }
  return faults;
}

std::vector<RoleSpan> roles_of(const History& about, double until_s) {
  std::map<std::string, std::vector<RoleSpan>> by_role;
  for (const Event& event : about.events) {
    if (event.kind != EventKind::kRoleChange) continue;
    const double at = since_s(about.origin, event.at);
    auto& spans = by_role[event.subject];
    if (!spans.empty()) {
      if (spans.back().holder == event.detail) continue;
      spans.back().end_s = at;
    }
    spans.push_back({.role = event.subject, .holder = event.detail, .start_s = at, .end_s = until_s});
  }
  std::vector<RoleSpan> roles;
  for (auto& [role, spans] : by_role) {
    for (RoleSpan& span : spans) {
      span.end_s = std::max(span.start_s, span.end_s);
      roles.push_back(std::move(span));
    }
  }
  return roles;
}

std::vector<Mark> marks_of(const History& about) {
  std::vector<Mark> marks;
  for (const Event& event : about.events) {
    const double at = since_s(about.origin, event.at);
    if (event.kind == EventKind::kPhase) marks.push_back({at, event.subject + " " + event.detail});
    if (event.kind == EventKind::kBroken) marks.push_back({at, "broken: " + event.detail});
    if (event.kind == EventKind::kNote) {
      marks.push_back({at, event.detail.empty() ? event.subject : event.subject + ": " + event.detail});
    }
  }
  return marks;
}

// Charts show the load and what hurt it; the bring-up has its own figure.
void set_window(Timeline& timeline, const History& about) {
  double from = std::numeric_limits<double>::max();
  double until = std::numeric_limits<double>::lowest();
  const auto cover = [&](double begin, double end) {
    from = std::min(from, begin);
    until = std::max(until, end);
  };
  for (const WorkloadTimeline& workload : timeline.workloads) {
    if (workload.bins.empty()) continue;
    cover(workload.first_s, workload.until_s);
  }
  for (const Event& event : about.events) {
    const bool shown =
        event.kind <= EventKind::kFaultEnd || event.kind == EventKind::kLoadStart || event.kind == EventKind::kLoadEnd;
    if (shown) cover(since_s(about.origin, event.at), since_s(about.origin, event.at));
  }
  if (from > until) from = until = 0;
  timeline.from_s = from;
  timeline.until_s = std::max(until, from + 0.001);
}

}  // namespace

void TimelineBuilder::Bin::merge(const Bin& other) {
  fail += other.fail;
  unknown += other.unknown;
  ok.merge(other.ok);
  wait = std::max(wait, other.wait);
}

std::vector<TimelineBuilder::Bin> TimelineBuilder::joined(const std::vector<Bin>& bins, std::int64_t join) {
  std::vector<Bin> result;
  for (std::size_t i = 0; i < bins.size(); ++i) {
    if (i % static_cast<std::size_t>(join) == 0) result.emplace_back();
    result.back().merge(bins[i]);
  }
  return result;
}

TimelineBuilder::Bin& TimelineBuilder::bin_at(Workload& workload, Instant at) {
  while (true) {
    const std::int64_t number = floor_div(at.time_since_epoch().count(), width_ns_);
    if (workload.bins.empty()) workload.first_bin = number;
    const std::int64_t first = std::min(workload.first_bin, number);
    const std::int64_t last =
        std::max(workload.first_bin + static_cast<std::int64_t>(workload.bins.size()) - 1, number);
    if (last - first < kMostFineBins) {
      if (first < workload.first_bin) {
        std::vector<Bin> wider(static_cast<std::size_t>(workload.first_bin - first));
        std::move(workload.bins.begin(), workload.bins.end(), std::back_inserter(wider));
        workload.bins = std::move(wider);
        workload.first_bin = first;
      }
      if (last - first >= static_cast<std::int64_t>(workload.bins.size())) {
        workload.bins.resize(static_cast<std::size_t>(last - first) + 1);
      }
      return workload.bins[static_cast<std::size_t>(number - first)];
    }
    widen();
  }
}

// By two, then by five, in turn: widths stay 10, 20, 100, 200, 1000 … ms.
void TimelineBuilder::widen() {
  const std::int64_t factor = last_step_was_two_ ? 5 : 2;
  last_step_was_two_ = !last_step_was_two_;
  width_ns_ *= factor;
  for (auto& [name, workload] : workloads_) {
    if (workload.bins.empty()) continue;
    const std::int64_t first = floor_div(workload.first_bin, factor);
    std::vector<Bin> joined;
    for (std::size_t i = 0; i < workload.bins.size(); ++i) {
      const std::int64_t number = floor_div(workload.first_bin + static_cast<std::int64_t>(i), factor);
      joined.resize(static_cast<std::size_t>(number - first) + 1);
      joined.back().merge(workload.bins[i]);
    }
    workload.bins = std::move(joined);
    workload.first_bin = first;
  }
}

void TimelineBuilder::add(const Operation& operation) {
  Workload& workload = workloads_[operation.workload];
  if (operation.final) {
    ++workload.final_operations;
    return;
  }
  Bin& bin = bin_at(workload, operation.intended);
  const bool ended = operation.end != kNever && operation.end >= operation.intended;
  if (operation.outcome == Outcome::kOk) {
    bin.ok.add(ended ? time_taken(operation) : Duration::zero());
    return;
  }
  (operation.outcome == Outcome::kFail ? bin.fail : bin.unknown) += 1;
  if (ended) bin.wait = std::max(bin.wait, time_taken(operation));
  Errors& errors = workload.errors[{operation.error, operation.outcome}];
  ++errors.count;
  errors.first = std::min(errors.first, operation.intended);
  errors.last = std::max(errors.last, operation.intended);
}

WorkloadTimeline TimelineBuilder::series(const Workload& workload, const History& about) const {
  WorkloadTimeline result;
  result.final_operations = workload.final_operations;
  LatencySketch all;
  for (const Bin& bin : workload.bins) {
    result.ok += bin.ok.count();
    result.fail += bin.fail;
    result.unknown += bin.unknown;
    all.merge(bin.ok);
  }
  result.latency = summary_of(all);
  for (const auto& [key, errors] : workload.errors) {
    result.errors.push_back({.error = std::string(about.name(key.first)),
                             .outcome = key.second,
                             .count = errors.count,
                             .first_s = since_s(about.origin, errors.first),
                             .last_s = since_s(about.origin, errors.last)});
  }
  std::stable_sort(result.errors.begin(), result.errors.end(),
                   [](const ErrorCount& a, const ErrorCount& b) { return a.count > b.count; });
  if (workload.bins.empty()) return result;

  const auto fine = static_cast<std::int64_t>(workload.bins.size());
  const auto operations = static_cast<double>(result.operations());
  const std::int64_t join = bins_to_join(fine, width_ns_, [&](std::int64_t bins) {
    return bins <= kMostBins && operations / static_cast<double>(bins) >= kFewestPerBin;
  });
  const double width_s = static_cast<double>(width_ns_) / 1e9;
  result.bin_s = width_s * static_cast<double>(join);
  result.first_s = static_cast<double>(workload.first_bin) * width_s -
                   static_cast<double>(about.origin.time_since_epoch().count()) / 1e9;
  result.until_s = result.first_s + static_cast<double>(fine) * width_s;
  const std::vector<Bin> bins = joined(workload.bins, join);
  for (const Bin& bin : bins) {
    TimelineBin& shown = result.bins.emplace_back();
    shown.ok = bin.ok.count();
    shown.fail = bin.fail;
    shown.unknown = bin.unknown;
    if (bin.ok.count() > 0) shown.greatest_ms = ms(bin.ok.greatest());
    if (bin.wait != Duration::min()) shown.wait_ms = ms(bin.wait);
  }
  const auto count = static_cast<std::int64_t>(bins.size());
  // One bin may stand for more nanoseconds than fit, when a damaged file holds times far apart.
  const std::int64_t wider = count == 1 ? 1 : bins_to_join(count, width_ns_ * join, [&](std::int64_t quantiles) {
    return quantiles < 2 * kFewestQuantiles || operations / static_cast<double>(quantiles) >= kFewestPerQuantile;
  });
  result.bins_per_quantile = static_cast<std::size_t>(wider);
  for (const Bin& bin : joined(bins, wider)) result.quantiles.push_back(summary_of(bin.ok));
  return result;
}

Timeline TimelineBuilder::finish(const History& about) const {
  Timeline timeline;
  timeline.origin_wall = about.origin_wall;
  timeline.complete = about.complete;
  timeline.incomplete_reason = about.incomplete_reason;
  std::map<std::string, std::size_t> order;
  std::map<std::string, std::string> not_started;
  for (const Event& event : about.events) {
    if (event.kind == EventKind::kLoadStart) order.emplace(event.subject, order.size());
    if (event.kind == EventKind::kLoadEnd) not_started[event.subject] = event.detail;
  }
  for (const auto& [name, workload] : workloads_) {
    WorkloadTimeline& shown = timeline.workloads.emplace_back(series(workload, about));
    shown.name = about.name(name);
    shown.not_started = not_started[shown.name];
    order.emplace(shown.name, std::numeric_limits<std::size_t>::max());
  }
  std::sort(timeline.workloads.begin(), timeline.workloads.end(),
            [&](const WorkloadTimeline& a, const WorkloadTimeline& b) {
              return std::pair(order[a.name], a.name) < std::pair(order[b.name], b.name);
            });
  set_window(timeline, about);
  timeline.faults = faults_of(about);
  timeline.roles = roles_of(about, timeline.until_s);
  timeline.marks = marks_of(about);
  return timeline;
}

Result<Timeline> load_timeline(const std::filesystem::path& history) {
  TimelineBuilder builder;
  const History about = CHAMBER_TRY(scan_history(
      history, [&](const Operation& operation, std::span<const std::int64_t>) { builder.add(operation); }));
  return builder.finish(about);
}

}  // namespace chamber
