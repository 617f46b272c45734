#include "chaos/shrink.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

namespace chamber {
namespace {

using Part = std::vector<std::size_t>;

// The i-th of `pieces` stretches of about the same length.
Part piece(const Part& whole, std::size_t pieces, std::size_t i) {
  const auto edge = [&](std::size_t n) {
    return whole.begin() + static_cast<std::ptrdiff_t>(whole.size() * n / pieces);
  };
  return {edge(i), edge(i + 1)};
}

Part without(const Part& whole, const Part& left_out) {
  Part rest;
  std::set_difference(whole.begin(), whole.end(), left_out.begin(), left_out.end(), std::back_inserter(rest));
  return rest;
}

class Shrinker {
 public:
  Shrinker(const StillFails& still_fails, const std::function<bool()>& go_on)
      : still_fails_(still_fails), go_on_(go_on) {}

  Result<Part> run(Part whole) {
    // What fails without any of them has no cause among them: every part would "still fail".
    if (CHAMBER_TRY(take(whole, {}))) return whole;
    std::size_t pieces = 2;
    while (whole.size() > 1 && !stopped_) {
      const std::size_t before = whole.size();
      if (CHAMBER_TRY(reduced_to_piece(whole, pieces))) {
        pieces = 2;
      } else if (CHAMBER_TRY(reduced_by_piece(whole, pieces))) {
        pieces = std::max<std::size_t>(pieces - 1, 2);
      } else if (pieces >= before) {
        break;
      } else {
        pieces = std::min(pieces * 2, before);
      }
    }
    return whole;
  }

 private:
  Result<bool> reduced_to_piece(Part& whole, std::size_t pieces) {
    for (std::size_t i = 0; i < pieces; ++i) {
      if (CHAMBER_TRY(take(whole, piece(whole, pieces, i)))) return true;
    }
    return false;
  }

  Result<bool> reduced_by_piece(Part& whole, std::size_t pieces) {
    if (pieces == 2) return false;  // the same two parts again
    for (std::size_t i = 0; i < pieces; ++i) {
      if (CHAMBER_TRY(take(whole, without(whole, piece(whole, pieces, i))))) return true;
    }
    return false;
  }

  Result<bool> take(Part& whole, Part part) {
    if (stopped_ || !tried_.insert(part).second) return false;
    if (!go_on_()) {
      stopped_ = true;
      return false;
    }
    const bool fails = CHAMBER_TRY(still_fails_(part));
    if (fails) whole = std::move(part);
    return fails;
  }

  const StillFails& still_fails_;
  const std::function<bool()>& go_on_;
  std::set<Part> tried_;
  bool stopped_ = false;
};

}  // namespace

Result<std::vector<std::size_t>> shrink(std::size_t count, const StillFails& still_fails,
                                        const std::function<bool()>& go_on) {
  Part whole(count);
  std::iota(whole.begin(), whole.end(), 0);
  return Shrinker(still_fails, go_on).run(std::move(whole));
}

std::vector<Duration> close_gaps(const std::vector<Span>& spans, Duration gap) {
  std::vector<Duration> starts;
  Duration cut{};
  Duration busy_until{};  // on the old clock
  for (const Span& span : spans) {
    if (span.at > busy_until + gap) cut += span.at - busy_until - gap;
    if (starts.empty()) cut = span.at - gap;
    starts.push_back(span.at - cut);
    busy_until = std::max(busy_until, span.end);
  }
  return starts;
}

}  // namespace chamber
