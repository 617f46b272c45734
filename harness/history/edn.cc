#include "harness/history/edn.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "harness/history/timeline.h"
#include "harness/history/transaction.h"

namespace chamber {
namespace {

std::string edn_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string key_edn(const History& history, std::uint64_t key) {
  if (key >= kTextKey && key - kTextKey < history.texts.size()) return edn_string(history.texts[key - kTextKey]);
  return fmt::to_string(key);
}

std::string value_edn(const History& history, std::optional<std::int64_t> value) {
  if (!value) return "nil";
  const auto text = static_cast<std::uint64_t>(*value - kTextValue);
  if (*value >= kTextValue && text < history.texts.size()) return edn_string(history.texts[text]);
  return fmt::to_string(*value);
}

std::string list_edn(const History& history, std::span<const std::int64_t> values) {
  std::string text = "[";
  for (const std::int64_t value : values) {
    if (text.size() > 1) text += ' ';
    text += value_edn(history, value);
  }
  return text + "]";
}

std::string transaction_edn(const History& history, const Operation& operation, bool seen) {
  std::string text = "[";
  TransactionReader reader(history.payload_of(operation));
  for (auto micro_op = reader.next(); micro_op; micro_op = reader.next()) {
    if (text.size() > 1) text += ' ';
    std::string value = "nil";
    const bool reads = micro_op->kind == MicroOp::Kind::kRead || micro_op->kind == MicroOp::Kind::kReadList;
    if (!reads || (seen && micro_op->known)) {
      if (micro_op->kind == MicroOp::Kind::kReadList) {
        value = list_edn(history, micro_op->values);
      } else if (!micro_op->values.empty()) {
        value = value_edn(history, micro_op->values[0]);
      }
    }
    const char* name = micro_op->kind == MicroOp::Kind::kWrite    ? ":w"
                       : micro_op->kind == MicroOp::Kind::kAppend ? ":append"
                                                                  : ":r";
    text += fmt::format("[{} {} {}]", name, key_edn(history, micro_op->key), value);
  }
  return text + "]";
}

// What is known of the value: of a read only once it is ok.
std::string operation_edn(const History& history, const Operation& operation, bool completion, bool with_key) {
  const bool seen = completion && operation.outcome == Outcome::kOk;
  if (operation.function == Function::kTxn) return transaction_edn(history, operation, seen);
  const bool reads = operation.function == Function::kRead || operation.function == Function::kDequeue;
  std::string value = "nil";
  if (operation.function == Function::kCas) {
    value = fmt::format("[{} {}]", value_edn(history, operation.expected), value_edn(history, operation.value));
  } else if (!reads || seen) {
    value = operation.payload_size > 0 ? list_edn(history, history.payload_of(operation))
                                       : value_edn(history, operation.value);
  }
  return with_key ? fmt::format("[{} {}]", key_edn(history, operation.key), value) : value;
}

const char* type_edn(const Operation& operation, bool invocation) {
  if (invocation) return ":invoke";
  if (operation.outcome == Outcome::kOk) return ":ok";
  return operation.outcome == Outcome::kFail ? ":fail" : ":info";
}

}  // namespace

Result<void> export_edn(const History& history, std::string_view workload, std::ostream& out) {
  const std::vector<Moment> moments = CHAMBER_TRY(timeline(history));
  const auto number = history.find_name(workload);
  const auto wanted = [&](const Operation& operation) { return workload.empty() || operation.workload == number; };
  std::optional<std::uint64_t> first_key;
  bool several_keys = false;
  for (const Operation& operation : history.operations) {
    if (!wanted(operation)) continue;
    if (!first_key) first_key = operation.key;
    several_keys = several_keys || operation.key != *first_key;
  }
  std::uint64_t index = 0;
  Instant last = history.origin;
  for (const Moment& moment : moments) {
    const Operation& operation = history.operations[moment.operation];
    if (!wanted(operation)) continue;
    if (moment.at) last = *moment.at;
    out << fmt::format("{{:type {}, :f :{}, :value {}, :process {}, :time {}, :index {}}}\n",
                       type_edn(operation, moment.invocation), to_string(operation.function),
                       operation_edn(history, operation, !moment.invocation, several_keys), operation.process,
                       (last - history.origin).count(), index++);
  }
  out.flush();
  if (!out) return fail(ErrorKind::kHarness, "writing the history as EDN failed");
  return {};
}

}  // namespace chamber
