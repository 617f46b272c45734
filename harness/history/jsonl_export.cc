#include <nlohmann/json.hpp>
#include <ostream>

#include "harness/history/jsonl.h"
#include "harness/history/timeline.h"
#include "harness/history/transaction.h"

namespace chamber {
namespace {

using json = nlohmann::ordered_json;

json key_json(const History& history, std::uint64_t key) {
  if (key >= kTextKey && key - kTextKey < history.texts.size()) return history.texts[key - kTextKey];
  return key;
}

json value_json(const History& history, std::optional<std::int64_t> value) {
  if (!value) return nullptr;
  const auto text = static_cast<std::uint64_t>(*value - kTextValue);
  if (*value >= kTextValue && text < history.texts.size()) return history.texts[text];
  return *value;
}

json array_json(const History& history, std::span<const std::int64_t> values) {
  json array = json::array();
  for (const std::int64_t value : values) array.push_back(value_json(history, value));
  return array;
}

json transaction_json(const History& history, const Operation& operation) {
  json array = json::array();
  TransactionReader reader(history.payload_of(operation));
  for (auto micro_op = reader.next(); micro_op; micro_op = reader.next()) {
    json value;
    if (micro_op->kind == MicroOp::Kind::kReadList) {
      if (micro_op->known) value = array_json(history, micro_op->values);
    } else if (!micro_op->values.empty()) {
      value = value_json(history, micro_op->values[0]);
    }
    const char* name = micro_op->kind == MicroOp::Kind::kWrite    ? "w"
                       : micro_op->kind == MicroOp::Kind::kAppend ? "append"
                                                                  : "r";
    array.push_back({name, key_json(history, micro_op->key), std::move(value)});
  }
  return array;
}

json operation_value(const History& history, const Operation& operation) {
  if (operation.function == Function::kTxn) return transaction_json(history, operation);
  if (operation.payload_size > 0) return array_json(history, history.payload_of(operation));
  if (operation.function == Function::kCas) {
    return {value_json(history, operation.expected), value_json(history, operation.value)};
  }
  return value_json(history, operation.value);
}

json header(const History& history, std::size_t lines) {
  return {{"chamber", 1},
          {"origin_ns", history.origin.time_since_epoch().count()},
          {"origin_wall", history.origin_wall},
          {"complete", history.complete},
          {"complete_until_ns", (history.complete_until - history.origin).count()},
          {"incomplete_reason", history.incomplete_reason},
          {"lines", lines}};
}

json invocation(const History& history, const Operation& operation) {
  json line = {{"process", operation.process}, {"kind", "invoke"}, {"op", to_string(operation.function)}};
  line["key"] = key_json(history, operation.key);
  line["value"] = operation_value(history, operation);
  line["time_ns"] = (operation.start - history.origin).count();
  if (operation.intended != operation.start) line["intended_ns"] = (operation.intended - history.origin).count();
  if (operation.workload != 0) line["workload"] = history.name(operation.workload);
  if (operation.final) line["final"] = true;
  return line;
}

json completion(const History& history, const Operation& operation, const Moment& moment) {
  json line = {{"process", operation.process}, {"kind", to_string(operation.outcome)}};
  line["time_ns"] = moment.at ? json((*moment.at - history.origin).count()) : json(nullptr);
  if (operation.node != 0) line["node"] = history.name(operation.node);
  if (operation.error != 0) line["error"] = history.name(operation.error);
  return line;
}

}  // namespace

Result<void> export_jsonl(const History& history, std::ostream& out) {
  const std::vector<Moment> moments = CHAMBER_TRY(timeline(history));
  const auto write = [&](const json& line) {
    // Bytes that are no UTF-8 (an error text of a server) become U+FFFD: JSON can't hold them.
    out << line.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
  };
  write(header(history, history.events.size() + moments.size()));
  for (const Event& event : history.events) {
    write({{"kind", "event"},
           {"event", to_string(event.kind)},
           {"subject", event.subject},
           {"detail", event.detail},
           {"time_ns", (event.at - history.origin).count()}});
  }
  for (const Moment& moment : moments) {
    const Operation& operation = history.operations[moment.operation];
    write(moment.invocation ? invocation(history, operation) : completion(history, operation, moment));
  }
  out.flush();
  if (!out) return fail(ErrorKind::kHarness, "writing the history as JSON Lines failed");
  return {};
}

}  // namespace chamber
