#include "harness/check/version_times.h"

#include <algorithm>
#include <optional>
#include <span>

namespace chamber {
namespace {

// A version is there from the first end of a touch on, and until the last start of one. One that was there when another
// was touched last is later than nothing but it: u comes before v if u.there_from < v.there_until.
struct Version {
  std::uint32_t writer = 0;
  std::int64_t value = 0;
  Instant there_from = kNever;
  Instant there_until = Instant::min();
  std::span<const VersionTouch> touches;
};

class VersionTimes {
 public:
  VersionTimes(TransactionGraph& graph, std::uint32_t key, std::span<const VersionTouch> touches)
      : graph_(graph), key_(key) {
    for (std::size_t first = 0; first < touches.size();) {
      std::size_t last = first;
      Version version;
      version.writer = touches[first].writer;
      version.value = touches[first].value;
      for (; last < touches.size() && touches[last].writer == version.writer; ++last) {
        const std::uint32_t transaction = touches[last].transaction;
        const Operation& operation = *graph.transactions()[transaction];
        if (graph.is_ok(transaction)) version.there_from = std::min(version.there_from, operation.end);
        version.there_until = std::max(version.there_until, operation.start);
      }
      version.touches = touches.subspan(first, last - first);
      versions_.push_back(version);
      first = last;
    }
    std::sort(versions_.begin(), versions_.end(),
              [](const Version& a, const Version& b) { return a.there_until < b.there_until; });
    for (std::uint32_t i = 0; i < versions_.size(); ++i) by_writer_.push_back({versions_[i].writer, i});
    std::sort(by_writer_.begin(), by_writer_.end(), [](const Own& a, const Own& b) { return a.writer < b.writer; });
  }

  // A chain of helpers along `versions_`: from each, one comes to the writers of its version and of all later ones.
  void add_edges() {
    if (versions_.size() < 2) return;
    const auto count = static_cast<std::uint32_t>(versions_.size());
    chain_ = graph_.helpers(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      edge_to_writer(chain_ + i, i);
      if (i + 1 < count) edge(chain_ + i, chain_ + i + 1);
    }
    for (std::uint32_t i = 0; i < count; ++i) add_edges_from(i);
  }

 private:
  struct Own {
    std::uint32_t writer;
    std::uint32_t version;
  };

  void add_edges_from(std::uint32_t number) {
    const Version& version = versions_[number];
    const auto later = std::upper_bound(versions_.begin(), versions_.end(), version.there_from,
                                        [](Instant at, const Version& other) { return at < other.there_until; });
    const auto first = static_cast<std::uint32_t>(later - versions_.begin());
    if (first == versions_.size()) return;
    const std::uint32_t all = graph_.helpers(1);
    enter(all, first, number, number);
    for (const VersionTouch& touch : version.touches) {
      const auto own = own_version(touch.transaction);
      if (!own || *own == number) {
        edge(touch.transaction, all);
      } else {
        enter(touch.transaction, first, number, *own);
      }
    }
  }

  // From a transaction (or helper) to all versions from `first` on, but for what it read and what it wrote. Those
  // before the last of the two are reached one by one. That they are many happens only where some are earlier by time,
  // too: all others were under way at one moment. One such is a cycle, and enough.
  void enter(std::uint32_t from, std::uint32_t first, std::uint32_t read, std::uint32_t wrote) {
    const std::uint32_t last = std::max(read, wrote);
    for (std::uint32_t i = first; i < last; ++i) {
      if (i == read || i == wrote) continue;
      edge_to_writer(from, i);
      if (versions_[i].there_from < versions_[last].there_until) return;
    }
    const std::uint32_t rest = last < first ? first : last + 1;
    if (rest < versions_.size()) edge(from, chain_ + rest);
  }

  [[nodiscard]] std::optional<std::uint32_t> own_version(std::uint32_t transaction) const {
    const auto found = std::lower_bound(by_writer_.begin(), by_writer_.end(), transaction,
                                        [](const Own& own, std::uint32_t writer) { return own.writer < writer; });
    if (found == by_writer_.end() || found->writer != transaction) return std::nullopt;
    return found->version;
  }
  void edge_to_writer(std::uint32_t from, std::uint32_t version) {
    graph_.edge(from, versions_[version].writer, Dependency::kTimedVersion, key_, versions_[version].value);
  }
  void edge(std::uint32_t from, std::uint32_t to) { graph_.edge(from, to, Dependency::kTimedVersion, key_, 0); }

  TransactionGraph& graph_;
  std::uint32_t key_;
  std::vector<Version> versions_;  // by there_until
  std::vector<Own> by_writer_;     // the place of each writer's version in it
  std::uint32_t chain_ = 0;
};

}  // namespace

void order_versions_by_time(TransactionGraph& graph, std::uint32_t key, std::vector<VersionTouch> touches) {
  std::sort(touches.begin(), touches.end(),
            [](const VersionTouch& a, const VersionTouch& b) { return a.writer < b.writer; });
  VersionTimes(graph, key, touches).add_edges();
}

}  // namespace chamber
