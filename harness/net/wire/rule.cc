#include "harness/net/wire/rule.h"

#include <algorithm>

namespace chamber {
namespace {

// Far above any network; keeps sums of instants and durations from overflowing.
constexpr Duration kLongestDelay = std::chrono::hours(1);

Result<void> check_duration(std::string_view field, Duration value) {
  if (value >= Duration::zero() && value <= kLongestDelay) return {};
  return fail(ErrorKind::kInput, "{} of a link must be between 0 and 1h, not {} ns", field, value.count());
}

Result<void> check_probability(std::string_view field, double value) {
  if (value >= 0 && value <= 1) return {};
  return fail(ErrorKind::kInput, "{} of a link must be between 0 and 1, not {}", field, value);
}

double either(double one, double other) {
  return 1 - (1 - one) * (1 - other);
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return names.empty() || std::ranges::find(names, name) != names.end();
}

}  // namespace

Result<void> validate(const LinkRule& rule) {
  CHAMBER_CHECK(check_duration("delay", rule.delay));
  CHAMBER_CHECK(check_duration("jitter", rule.jitter));
  CHAMBER_CHECK(check_duration("reorder_hold", rule.reorder_hold));
  CHAMBER_CHECK(check_duration("queue_limit", rule.queue_limit));
  CHAMBER_CHECK(check_probability("loss", rule.loss));
  CHAMBER_CHECK(check_probability("duplicate", rule.duplicate));
  CHAMBER_CHECK(check_probability("reorder", rule.reorder));
  CHAMBER_CHECK(check_probability("corrupt", rule.corrupt));
  if (rule.rate_bits_per_second != 0 && rule.rate_bits_per_second < 1000) {
    return fail(ErrorKind::kInput, "rate of a link must be 0 (unlimited) or at least 1000 bit/s, not {}",
                rule.rate_bits_per_second);
  }
  return {};
}

LinkRule compose(const LinkRule& one, const LinkRule& other) {
  LinkRule both;
  both.drop = one.drop || other.drop;
  both.delay = one.delay + other.delay;
  both.jitter = one.jitter + other.jitter;
  both.loss = either(one.loss, other.loss);
  both.duplicate = either(one.duplicate, other.duplicate);
  both.reorder = either(one.reorder, other.reorder);
  both.corrupt = either(one.corrupt, other.corrupt);
  if (one.reorder > 0 && other.reorder > 0) {
    both.reorder_hold = std::max(one.reorder_hold, other.reorder_hold);
  } else {
    both.reorder_hold = other.reorder > 0 ? other.reorder_hold : one.reorder_hold;
  }
  const bool other_is_slower = other.rate_bits_per_second != 0 &&
                               (one.rate_bits_per_second == 0 || other.rate_bits_per_second < one.rate_bits_per_second);
  const LinkRule& slower = other_is_slower ? other : one;
  both.rate_bits_per_second = slower.rate_bits_per_second;
  both.queue_limit = slower.queue_limit;
  return both;
}

bool changes_nothing(const LinkRule& rule) {
  return !rule.drop && rule.delay == Duration::zero() && rule.jitter == Duration::zero() && !judges_packets(rule);
}

bool judges_packets(const LinkRule& rule) {
  return rule.loss > 0 || rule.duplicate > 0 || rule.reorder > 0 || rule.corrupt > 0 || rule.rate_bits_per_second != 0;
}

bool LinkSelector::matches(std::string_view sender, std::string_view receiver) const {
  if (contains(from, sender) && contains(to, receiver)) return true;
  return both_ways && contains(to, sender) && contains(from, receiver);
}

}  // namespace chamber
