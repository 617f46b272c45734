// The checks of how a system degrades: what it may not do while it can't keep its promise, what a fault still costs
// after it, and how much it carries.
#include "scenarios/language/vocabulary.h"

namespace chamber::language {
namespace {

using std::chrono::milliseconds;

constexpr document::Bounds<std::int64_t> kLatencyBounds{Duration(milliseconds(1)).count(),
                                                        Duration(std::chrono::hours(1)).count()};

ParameterSpec classes_of_error(const char* name, const char* doc) {
  return {.name = name, .type = ParameterType::kText, .doc = doc};
}

}  // namespace

std::vector<CheckSpec> degradation_checks(const ParameterSpec& when, const ParameterSpec& what,
                                          const ParameterSpec& at_most) {
  return {
      {.name = "errors",
       .doc = "Whatever is not served fails in a way that is allowed.",
       .parameters = {classes_of_error("only", "The classes of error that are allowed, with commas between them."),
                      classes_of_error("never", "Those that are not."), when, what},
       .at_least_one_of = {"only", "never"}},
      {.name = "recovery",
       .doc = "From when the last harm is lifted until nearly every operation is well served again.",
       .parameters = {at_most,
                      {.name = "slower_than",
                       .type = ParameterType::kDuration,
                       .doc = "What takes longer is not well served.",
                       .required = true,
                       .bounds = kLatencyBounds},
                      {.name = "share",
                       .type = ParameterType::kPercentage,
                       .doc = "Of the operations of half a second that must be well served.",
                       .fallback = document::Percentage{95}}},
       .needs_fault = true},
      {.name = "served_again",
       .doc = "In every quiet period after faults, service is back within this time, and stays.",
       .parameters = {{.name = "within",
                       .type = ParameterType::kBudget,
                       .doc = "How long after the end of the last fault.",
                       .required = true},
                      {.name = "one_key_within",
                       .type = ParameterType::kDuration,
                       .doc =
                           "The same for one key of ten at most, by itself, while the others are served: where a key "
                           "has a lock that outlives who held it.",
                       .bounds = kLatencyBounds}},
       .needs_fault = true},
      {.name = "capacity",
       .doc = "The highest of the load's steps (see up_to) that is carried within the latency; reported in any case.",
       .parameters = {{.name = "p99",
                       .type = ParameterType::kDuration,
                       .doc = "The most for 99 % of a step's operations.",
                       .required = true,
                       .bounds = kLatencyBounds},
                      {.name = "at_least",
                       .type = ParameterType::kRate,
                       .doc = "The rate that must be carried.",
                       .required = true}},
       .needs_steps = true}};
}

}  // namespace chamber::language
