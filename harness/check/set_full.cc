#include "harness/check/set_full.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "harness/check/key_record.h"

namespace chamber {
namespace {

// One element's way through the reads of its key.
struct Track {
  const Operation* add = nullptr;  // any that did not certainly fail; the first that is ok
  Instant acknowledged = kNever;
  Instant first_seen = kNever;              // the end of the first read that shows it
  const Operation* last_present = nullptr;  // by start
  const Operation* last_absent = nullptr;   // by start, of reads that began after it was known
  Instant first_absent_behind = kNever;     // the first read after last_present that does not show it
  [[nodiscard]] Instant known() const { return std::min(acknowledged, first_seen); }
};

class KeyTracks {
 public:
  KeyTracks(const History& history, const KeyRecord& record) : history_(history), record_(record) {
    for (const Operation* add : record.elements) {
      if (add->outcome == Outcome::kFail) continue;
      Track& track = tracks_[*add->value];
      if (track.add == nullptr || (add->outcome == Outcome::kOk && track.add->outcome != Outcome::kOk)) track.add = add;
      if (add->outcome == Outcome::kOk) track.acknowledged = std::min(track.acknowledged, add->end);
    }
    find_present();
    find_absent();
  }

  void append_fates(std::vector<ElementFate>& fates) const {
    const std::size_t first = fates.size();
    for (const auto& [value, track] : tracks_) {
      if (track.known() == kNever) continue;
      fates.push_back(fate_of(track));
    }
    std::sort(fates.begin() + static_cast<std::ptrdiff_t>(first), fates.end(),
              [](const ElementFate& a, const ElementFate& b) {
                return std::pair(a.add->start, *a.add->value) < std::pair(b.add->start, *b.add->value);
              });
  }

 private:
  void find_present() {
    for (const Operation* read : record_.reads) {
      for (const std::int64_t value : elements_of(history_, *read)) {
        const auto found = tracks_.find(value);
        if (found == tracks_.end()) continue;
        Track& track = found->second;
        track.first_seen = std::min(track.first_seen, read->end);
        if (track.last_present == nullptr || track.last_present->start <= read->start) track.last_present = read;
      }
    }
  }

  // From the last read back. What is not in a read has its last absence there and is out; what stays is in that read,
  // so the work is as much as there is to read.
  void find_absent() {
    std::vector<std::pair<std::int64_t, Track*>> open;
    for (auto& [value, track] : tracks_) {
      if (track.known() != kNever) open.emplace_back(value, &track);
    }
    for (auto read = record_.reads.rbegin(); read != record_.reads.rend() && !open.empty(); ++read) {
      const std::vector<std::int64_t> elements = elements_of(history_, **read);
      const std::unordered_set<std::int64_t> shown(elements.begin(), elements.end());
      std::erase_if(open, [&](const auto& entry) {
        Track& track = *entry.second;
        if ((*read)->start <= track.known()) return true;
        if (shown.contains(entry.first)) return false;
        track.last_absent = *read;
        return true;
      });
    }
    for (auto& [value, track] : tracks_) {
      if (track.last_absent == nullptr) continue;
      track.first_absent_behind = first_behind(track);
    }
  }

  // The first read after it was known and last seen.
  [[nodiscard]] Instant first_behind(const Track& track) const {
    const Instant from =
        track.last_present == nullptr ? track.known() : std::max(track.known(), track.last_present->start);
    const auto next = std::partition_point(record_.reads.begin(), record_.reads.end(),
                                           [&](const Operation* read) { return read->start <= from; });
    return next == record_.reads.end() ? kNever : (*next)->start;
  }

  [[nodiscard]] ElementFate fate_of(const Track& track) const {
    ElementFate fate;
    fate.add = track.add;
    fate.known = track.known();
    fate.recovered = track.acknowledged == kNever;
    const bool seen_later = track.last_present != nullptr && track.last_present->start > fate.known;
    if (track.last_absent == nullptr) {
      fate.fate = seen_later ? Fate::kStable : Fate::kNeverRead;
    } else if (track.last_present != nullptr && track.last_present->start >= track.last_absent->start) {
      fate.fate = Fate::kStale;
      fate.late = track.last_absent->start - fate.known;
    } else {
      fate.fate = Fate::kLost;
      fate.late = track.first_absent_behind - fate.known;
    }
    return fate;
  }

  const History& history_;
  const KeyRecord& record_;
  std::unordered_map<std::int64_t, Track> tracks_;
};

class SetFull {
 public:
  SetFull(const History& history, const SetFullOptions& options) : history_(history), options_(options) {}

  CheckResult judge() {
    result_.check = fmt::format("set_full {}", options_.workload);
    for (const auto& [number, record] : records_by_key(history_, options_.workload)) {
      if (const auto why = why_unjudged(history_, number, record)) {
        result_.summary = *why;
        return std::move(result_);
      }
      judge_shown(record);
      KeyTracks(history_, record).append_fates(fates_);
    }
    for (const ElementFate& fate : fates_) judge_fate(fate);
    conclude();
    return std::move(result_);
  }

 private:
  // What stands in reads that should not.
  void judge_shown(const KeyRecord& record) {
    struct Tries {
      const Operation* any = nullptr;
      std::uint64_t possible = 0;
    };
    std::unordered_map<std::int64_t, Tries> tries;
    for (const Operation* add : record.elements) {
      Tries& of_value = tries[*add->value];
      of_value.any = add;
      if (add->outcome != Outcome::kFail) ++of_value.possible;
    }
    std::unordered_set<std::int64_t> told;
    for (const Operation* read : record.reads) {
      std::unordered_map<std::int64_t, std::uint64_t> counts;
      for (const std::int64_t value : elements_of(history_, *read)) ++counts[value];
      for (const auto& [value, count] : counts) {
        const auto tried = tries.find(value);
        if (tried != tries.end() && count <= tried->second.possible) continue;
        if (!told.insert(value).second) continue;
        const char* what = tried == tries.end()          ? "nobody added it"
                           : tried->second.possible == 0 ? "its add failed"
                                                         : "it stands there too often";
        wrong(fmt::format("{} is in a read, and {}: {}", history_.value_text(value), what, history_.describe(*read)));
        if (tried != tries.end() && tried->second.possible > 0) {
          ++duplicated_;
        } else {
          ++invented_;
        }
      }
    }
  }

  void judge_fate(const ElementFate& fate) {
    ++counts_[static_cast<std::size_t>(fate.fate)];
    if (fate.recovered) ++recovered_;
    if (fate.fate == Fate::kLost) {
      wrong(fmt::format("lost, not shown {} after it was known: {}", human(fate.late), history_.describe(*fate.add)));
    }
    if (fate.fate == Fate::kStale && fate.late > slowest_) {
      slowest_ = fate.late;
      slowest_add_ = fate.add;
    }
  }

  void conclude() {
    const std::uint64_t lost = counts_[static_cast<std::size_t>(Fate::kLost)];
    const std::uint64_t unread = counts_[static_cast<std::size_t>(Fate::kNeverRead)];
    result_.operations = fates_.size();
    result_.summary = fmt::format(
        "{} elements are known: {} lost, {} stale, {} never read, {} recovered; {} invented, {} duplicated; visible "
        "within {}",
        fates_.size(), lost, counts_[static_cast<std::size_t>(Fate::kStale)], unread, recovered_, invented_,
        duplicated_, human(slowest_));
    if (slowest_add_ != nullptr) {
      result_.evidence.push_back(fmt::format("the slowest to be visible: {}", history_.describe(*slowest_add_)));
    }
    if (wrong_ > kMostLines) result_.evidence.push_back(fmt::format("… {} in all", wrong_));
    bool in_time = true;
    if (options_.visible_within) {
      result_.budget =
          Budget{result_.check, seconds(*options_.visible_within), seconds(slowest_), "s", options_.source, true};
      in_time = slowest_ <= *options_.visible_within;
    }
    if (wrong_ > 0 || !in_time) {
      result_.judgement = Judgement::kFail;
    } else if (fates_.size() >= std::max<std::uint64_t>(1, options_.least_operations) && 2 * unread < fates_.size()) {
      result_.judgement = Judgement::kPass;
    }
  }

  static constexpr std::uint64_t kMostLines = 15;
  void wrong(std::string line) {
    if (wrong_++ < kMostLines) result_.evidence.push_back(std::move(line));
  }

  const History& history_;
  const SetFullOptions& options_;
  std::vector<ElementFate> fates_;
  std::array<std::uint64_t, 4> counts_{};
  std::uint64_t recovered_ = 0;
  std::uint64_t invented_ = 0;
  std::uint64_t duplicated_ = 0;
  std::uint64_t wrong_ = 0;
  Duration slowest_{};
  const Operation* slowest_add_ = nullptr;
  CheckResult result_;
};

}  // namespace

std::vector<ElementFate> element_fates(const History& history, const std::string& workload) {
  std::vector<ElementFate> fates;
  for (const auto& [number, record] : records_by_key(history, workload)) {
    KeyTracks(history, record).append_fates(fates);
  }
  return fates;
}

CheckResult check_set_full(const History& history, const SetFullOptions& options) {
  return SetFull(history, options).judge();
}

}  // namespace chamber
