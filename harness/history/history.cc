#include "harness/history/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>

#include "harness/history/transaction.h"

namespace chamber {
namespace {

constexpr std::array<std::string_view, kEventKinds> kEventNames = {
    "fault_start", "fault_proved", "fault_not_proved", "fault_end", "role_change", "phase", "load_start", "load_end",
    "note",        "held",         "broken",           "fault_undo"};

// Long reads are cut in evidence: what conflicts is named there one by one.
constexpr std::size_t kValuesShown = 12;

std::string list_text(const History& history, std::span<const std::int64_t> values) {
  std::string text = "[";
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i == kValuesShown) {
      text += fmt::format(" … {} in all", values.size());
      break;
    }
    if (i != 0) text += ' ';
    text += history.value_text(values[i]);
  }
  return text + "]";
}

std::string micro_op_text(const History& history, const MicroOp& operation) {
  const std::string key = history.key_text(operation.key);
  switch (operation.kind) {
    case MicroOp::Kind::kWrite:
      return fmt::format("write({}, {})", key, history.value_text(operation.values[0]));
    case MicroOp::Kind::kAppend:
      return fmt::format("append({}, {})", key, history.value_text(operation.values[0]));
    case MicroOp::Kind::kReadList:
      return fmt::format("read({}) → {}", key, operation.known ? list_text(history, operation.values) : "?");
    case MicroOp::Kind::kRead:
      if (!operation.known) return fmt::format("read({}) → ?", key);
      return fmt::format("read({}) → {}", key,
                         operation.values.empty() ? "nothing" : history.value_text(operation.values[0]));
  }
  return {};
}

std::string transaction_text(const History& history, const Operation& operation) {
  std::string text = "txn{";
  TransactionReader reader(history.payload_of(operation));
  for (auto micro_op = reader.next(); micro_op; micro_op = reader.next()) {
    if (text.size() > 4) text += "; ";
    text += micro_op_text(history, *micro_op);
  }
  return text + "}";
}

}  // namespace

std::string_view to_string(EventKind kind) {
  return kEventNames.at(static_cast<std::size_t>(kind));
}

std::optional<EventKind> event_kind_from(std::string_view text) {
  const auto found = std::find(kEventNames.begin(), kEventNames.end(), text);
  if (found == kEventNames.end()) return std::nullopt;
  return static_cast<EventKind>(found - kEventNames.begin());
}

std::optional<std::uint16_t> History::find_name(std::string_view name) const {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::uint16_t>(found - names.begin());
}

std::uint16_t History::intern(std::string_view name) {
  if (const auto found = find_name(name)) return *found;
  constexpr std::size_t kLast = std::numeric_limits<std::uint16_t>::max();
  if (names.size() > kLast) return kLast;
  names.emplace_back(names.size() == kLast ? std::string_view("(more names than a history holds)") : name);
  return static_cast<std::uint16_t>(names.size() - 1);
}

void History::set_payload(Operation& operation, std::span<const std::int64_t> words) {
  operation.payload_begin = static_cast<std::uint32_t>(payload.size());
  operation.payload_size = static_cast<std::uint32_t>(words.size());
  payload.insert(payload.end(), words.begin(), words.end());
}

std::string History::key_text(std::uint64_t key) const {
  if (key >= kTextKey && key - kTextKey < texts.size()) return texts[key - kTextKey];
  return fmt::to_string(key);
}

std::string History::value_text(std::int64_t value) const {
  if (value >= kTextValue && static_cast<std::uint64_t>(value - kTextValue) < texts.size()) {
    return fmt::format("\"{}\"", texts[static_cast<std::size_t>(value - kTextValue)]);
  }
  return fmt::to_string(value);
}

std::string History::value_text(std::optional<std::int64_t> value) const {
  return value ? value_text(*value) : "nothing";
}

std::string History::when(Instant at) const {
  if (at == kNever) return "never";
  return fmt::format("{:.6f}s", seconds(at - origin));
}

std::string History::call(const Operation& operation) const {
  const std::string key = key_text(operation.key);
  const bool done = operation.outcome == Outcome::kOk;
  switch (operation.function) {
    case Function::kTxn:
      return transaction_text(*this, operation);
    case Function::kRead:
      if (!done) return fmt::format("read({})", key);
      return fmt::format(
          "read({}) → {}", key,
          operation.payload_size > 0 ? list_text(*this, payload_of(operation)) : value_text(operation.value));
    case Function::kDequeue:
      return done ? fmt::format("dequeue({}) → {}", key, value_text(operation.value)) : fmt::format("dequeue({})", key);
    case Function::kCas:
      return fmt::format("cas({}, {} → {})", key, value_text(operation.expected), value_text(operation.value));
    case Function::kTransfer:
      return fmt::format("transfer{}", list_text(*this, payload_of(operation)));
    default:
      if (!operation.value) return fmt::format("{}({})", to_string(operation.function), key);
      return fmt::format("{}({}, {})", to_string(operation.function), key, value_text(operation.value));
  }
}

std::string History::describe(const Operation& operation) const {
  std::string text = fmt::format("process {} {} {} [{} … {}]", operation.process, call(operation),
                                 to_string(operation.outcome), when(operation.start), when(operation.end));
  if (operation.node != 0) text += fmt::format(" from {}", name(operation.node));
  if (operation.error != 0) text += fmt::format(" ({})", name(operation.error));
  return text;
}

void History::sort() {
  const auto earlier = [](const Operation& a, const Operation& b) {
    return std::tie(a.start, a.process) < std::tie(b.start, b.process);
  };
  if (!std::is_sorted(operations.begin(), operations.end(), earlier)) {
    std::stable_sort(operations.begin(), operations.end(), earlier);
  }
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.at < b.at; });
}

}  // namespace chamber
