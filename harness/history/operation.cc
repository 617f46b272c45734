#include "harness/history/operation.h"

#include <algorithm>
#include <array>

namespace chamber {
namespace {

constexpr std::array<std::string_view, 3> kOutcomeNames = {"ok", "fail", "unknown"};
constexpr std::array<std::string_view, kFunctions> kFunctionNames = {
    "read",     "write", "cas",   "append", "add", "remove", "enqueue", "dequeue",
    "transfer", "txn",   "issue", "revoke", "use", "delete", "renew"};

template <typename Enum, std::size_t size>
std::optional<Enum> find(const std::array<std::string_view, size>& names, std::string_view text) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  return kOutcomeNames.at(static_cast<std::size_t>(outcome));
}

std::string_view to_string(Function function) {
  return kFunctionNames.at(static_cast<std::size_t>(function));
}

std::optional<Outcome> outcome_from(std::string_view text) {
  return find<Outcome>(kOutcomeNames, text);
}

std::optional<Function> function_from(std::string_view text) {
  return find<Function>(kFunctionNames, text);
}

}  // namespace chamber
