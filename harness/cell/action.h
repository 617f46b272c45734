// What a scenario asks of a component that can't be done to just any node: stepping down, rekeying, rotating. A
// component makes of it a Fault, so that an action has a start, an end, a proof and a place in the history like any
// harm.
#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/result.h"

namespace chamber {

// A percentage comes as its share (0 to 1), a size in bytes, a rate per second.
using ActionValue = std::variant<bool, std::int64_t, double, Duration, std::string>;

struct ActionRequest {
  std::string name;                                             // "vault.rekey"
  std::vector<std::string> targets = {};                        // nodes; none where the action takes no target
  std::map<std::string, ActionValue, std::less<>> values = {};  // parameters, with their defaults
  Duration length{};                                            // of a lasting one
  std::uint64_t seed = 0;                                       // of whatever it draws
  std::stop_token stop = {};                                    // ends its waits

  // kHarness when it isn't there or is of another type: then the vocabulary and the component disagree.
  template <typename T>
  [[nodiscard]] Result<T> get(std::string_view parameter) const {
    const auto found = values.find(parameter);
    if (found == values.end()) return fail(ErrorKind::kHarness, "{} came without its '{}'", name, parameter);
    if (const T* const typed = std::get_if<T>(&found->second)) return *typed;
    return fail(ErrorKind::kHarness, "{}: '{}' is of another type", name, parameter);
  }
};

}  // namespace chamber
