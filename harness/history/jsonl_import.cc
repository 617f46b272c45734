#include <fmt/format.h>

#include <algorithm>
#include <istream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_map>

#include "harness/history/format.h"
#include "harness/history/jsonl.h"
#include "harness/history/transaction.h"

namespace chamber {
namespace {

using nlohmann::json;

constexpr std::string_view kFunctionsText =
    "read, write, cas, append, add, remove, enqueue, dequeue, transfer, txn, issue, revoke, use, delete or renew";

// A whole number that an std::int64_t holds: get() would wrap a larger one.
bool is_signed_number(const json& value) {
  const bool too_large =
      value.is_number_unsigned() && value.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max();
  return value.is_number_integer() && !too_large;
}

class Importer {
 public:
  explicit Importer(std::string_view file) : file_(file) {}

  Result<void> line(std::string_view text);
  Result<History> finish();

 private:
  struct Open {
    std::uint32_t operation;
    std::uint64_t line;
  };

  // An error at the value of a member, or at the line's beginning when it has none.
  template <typename... Args>
  tl::unexpected<Error> wrong(std::string_view member, fmt::format_string<Args...> format, Args&&... args) const {
    const std::size_t at = member.empty() ? std::string_view::npos : text_.find(fmt::format("\"{}\"", member));
    return wrong_at(at == std::string_view::npos ? 0 : at, fmt::format(format, std::forward<Args>(args)...));
  }
  tl::unexpected<Error> wrong_at(std::size_t offset, std::string_view what) const {
    return fail(ErrorKind::kInput, "{}:{}:{}: {}", file_, line_, offset + 1, what);
  }

  Result<void> header(const json& object);
  Result<void> event(const json& object);
  Result<void> invocation(const json& object, std::uint32_t process);
  Result<void> completion(const json& object, std::uint32_t process, Outcome outcome);
  Result<void> known_members(const json& object, std::initializer_list<std::string_view> known) const;

  Result<Instant> time(const json& object, const char* member) const;
  Result<std::string> text(const json& object, const char* member, bool needed) const;
  Result<std::uint16_t> name(const json& object, const char* member);
  Result<std::uint64_t> key(const json& value, std::string_view member);
  Result<std::optional<std::int64_t>> value(const json& value);
  Result<void> operation_value(Operation& operation, const json& object, bool ok);
  Result<void> transaction(Operation& operation, const json& object, bool ok);
  std::uint64_t text_number(const std::string& text);

  std::string file_;
  std::string_view text_;
  std::uint64_t line_ = 0;
  History history_;
  bool has_header_ = false;
  std::uint64_t lines_read_ = 0;  // behind the header, and not empty
  std::optional<std::uint64_t> lines_promised_;
  std::unordered_map<std::uint32_t, Open> open_;
  std::unordered_map<std::string, std::uint64_t> texts_;
  std::unordered_map<std::string, std::uint16_t> names_;
  std::int64_t largest_value_ = 0;
};

Result<void> Importer::line(std::string_view text) {
  ++line_;
  text_ = text;
  if (text.find_first_not_of(" \t\r") == std::string_view::npos) return {};
  ++lines_read_;
  json object;
  try {
    object = json::parse(text);
  } catch (const json::parse_error& error) {
    return wrong_at(error.byte > 0 ? error.byte - 1 : 0, "this is no JSON; each line is one JSON object");
  } catch (const json::out_of_range&) {
    return wrong_at(0, "a number is larger than any that can be read; write 64-bit whole numbers");
  }
  if (!object.is_object()) return wrong("", "this is no JSON object; each line is one");
  if (object.contains("chamber")) return header(object);
  const std::string kind = CHAMBER_TRY(this->text(object, "kind", true));
  if (kind == "event") return event(object);
  const auto process = object.find("process");
  if (process == object.end() || !process->is_number_unsigned() ||
      process->get<std::uint64_t>() > std::numeric_limits<std::uint32_t>::max()) {
    return wrong("process", "\"process\" is a number from 0 to 4294967295");
  }
  if (kind == "invoke") return invocation(object, process->get<std::uint32_t>());
  const auto outcome = outcome_from(kind);
  if (!outcome) return wrong("kind", "\"{}\" is no kind; it is invoke, ok, fail, unknown or event", kind);
  return completion(object, process->get<std::uint32_t>(), *outcome);
}

Result<void> Importer::known_members(const json& object, std::initializer_list<std::string_view> known) const {
  for (const auto& [member, value] : object.items()) {
    if (std::find(known.begin(), known.end(), member) == known.end()) {
      return wrong(member, "\"{}\" does not belong here; known are {}", member, fmt::join(known, ", "));
    }
  }
  return {};
}

Result<void> Importer::header(const json& object) {
  if (line_ != 1) return wrong("chamber", "a header stands in the first line only");
  CHAMBER_CHECK(known_members(
      object, {"chamber", "origin_ns", "origin_wall", "complete", "complete_until_ns", "incomplete_reason", "lines"}));
  if (object.at("chamber") != 1) return wrong("chamber", "this version of the format is not known; 1 is");
  history_.origin = CHAMBER_TRY(time(object, "origin_ns"));
  history_.origin_wall = CHAMBER_TRY(text(object, "origin_wall", false));
  history_.incomplete_reason = CHAMBER_TRY(text(object, "incomplete_reason", false));
  if (!object.contains("complete") || !object.at("complete").is_boolean()) {
    return wrong("complete", "\"complete\" is true or false");
  }
  history_.complete = object.at("complete").get<bool>();
  history_.complete_until = CHAMBER_TRY(time(object, "complete_until_ns"));
  const auto lines = object.find("lines");
  if (lines != object.end()) {
    if (!lines->is_number_unsigned()) return wrong("lines", "\"lines\" is how many lines are behind this one");
    lines_promised_ = lines->get<std::uint64_t>();
  }
  lines_read_ = 0;
  has_header_ = true;
  return {};
}

Result<void> Importer::event(const json& object) {
  CHAMBER_CHECK(known_members(object, {"kind", "event", "subject", "detail", "time_ns"}));
  const std::string name = CHAMBER_TRY(text(object, "event", true));
  const auto kind = event_kind_from(name);
  if (!kind) return wrong("event", "\"{}\" is no event; fault_start is one", name);
  const Instant at = CHAMBER_TRY(time(object, "time_ns"));
  history_.events.push_back(
      {at, *kind, CHAMBER_TRY(text(object, "subject", false)), CHAMBER_TRY(text(object, "detail", false))});
  return {};
}

Result<void> Importer::invocation(const json& object, std::uint32_t process) {
  CHAMBER_CHECK(
      known_members(object, {"process", "kind", "op", "key", "value", "time_ns", "intended_ns", "workload", "final"}));
  const auto open = open_.find(process);
  if (open != open_.end()) {
    return wrong("process",
                 "process {} begins an operation before that of line {} has ended; give a client that "
                 "goes on after an unknown outcome a new number",
                 process, open->second.line);
  }
  const std::string name_of_function = CHAMBER_TRY(text(object, "op", true));
  const auto function = function_from(name_of_function);
  if (!function) return wrong("op", "\"{}\" is no operation; it is {}", name_of_function, kFunctionsText);
  Operation operation;
  operation.process = process;
  operation.function = *function;
  operation.start = CHAMBER_TRY(time(object, "time_ns"));
  operation.intended = object.contains("intended_ns") ? CHAMBER_TRY(time(object, "intended_ns")) : operation.start;
  operation.end = kNever;
  operation.workload = CHAMBER_TRY(name(object, "workload"));
  if (object.contains("key")) operation.key = CHAMBER_TRY(key(object.at("key"), "key"));
  if (object.contains("final")) {
    if (!object.at("final").is_boolean()) return wrong("final", "\"final\" is true or false");
    operation.final = object.at("final").get<bool>();
  }
  if (object.contains("value")) CHAMBER_CHECK(operation_value(operation, object.at("value"), false));
  open_[process] = {static_cast<std::uint32_t>(history_.operations.size()), line_};
  history_.operations.push_back(operation);
  return {};
}

Result<void> Importer::completion(const json& object, std::uint32_t process, Outcome outcome) {
  CHAMBER_CHECK(known_members(object, {"process", "kind", "op", "key", "value", "time_ns", "node", "error"}));
  const auto open = open_.find(process);
  if (open == open_.end()) {
    return wrong("process", "process {} ends an operation that it did not begin; a line with \"invoke\" comes first",
                 process);
  }
  Operation& operation = history_.operations[open->second.operation];
  operation.outcome = outcome;
  if (object.contains("op") && object.at("op") != to_string(operation.function)) {
    return wrong("op", "process {} began a {} in line {}", process, to_string(operation.function), open->second.line);
  }
  if (object.contains("key") && CHAMBER_TRY(key(object.at("key"), "key")) != operation.key) {
    return wrong("key", "process {} began on another key in line {}", process, open->second.line);
  }
  const auto at = object.find("time_ns");
  const bool never = at != object.end() && at->is_null();
  if (never && outcome != Outcome::kUnknown) return wrong("time_ns", "only an unknown outcome may never come");
  if (!never) {
    operation.end = CHAMBER_TRY(time(object, "time_ns"));
    if (operation.end < operation.start)
      return wrong("time_ns", "it ends before it began in line {}", open->second.line);
  }
  operation.node = CHAMBER_TRY(name(object, "node"));
  operation.error = CHAMBER_TRY(name(object, "error"));
  const bool ok = outcome == Outcome::kOk;
  if (object.contains("value")) {
    CHAMBER_CHECK(operation_value(operation, object.at("value"), ok));
  } else if (ok && operation.function == Function::kTxn) {
    // The invocation's words again, now read as what was seen.
    const auto words = history_.payload_of(operation);
    std::vector<std::int64_t> seen(words.begin(), words.end());
    for (std::size_t i = 0; i + 2 < seen.size();
         i += 3 + static_cast<std::size_t>(std::max<std::int64_t>(seen[i + 2], 0))) {
      if (seen[i + 2] < 0) seen[i + 2] = 0;
    }
    history_.set_payload(operation, seen);
  }
  open_.erase(open);
  return {};
}

Result<Instant> Importer::time(const json& object, const char* member) const {
  const auto found = object.find(member);
  if (found == object.end() || !is_signed_number(*found) || !format::time_fits(found->get<std::int64_t>())) {
    return wrong(member, "\"{}\" is a whole number of nanoseconds, up to 2^60", member);
  }
  return history_.origin + Duration(found->get<std::int64_t>());
}

Result<std::string> Importer::text(const json& object, const char* member, bool needed) const {
  const auto found = object.find(member);
  if (found == object.end() && !needed) return std::string();
  if (found == object.end()) return wrong("", "\"{}\" is missing", member);
  if (!found->is_string()) return wrong(member, "\"{}\" is a text", member);
  return found->get<std::string>();
}

Result<std::uint16_t> Importer::name(const json& object, const char* member) {
  std::string name = CHAMBER_TRY(text(object, member, false));
  const auto known = names_.find(name);
  if (known != names_.end()) return known->second;
  const std::uint16_t number = history_.intern(name);
  names_.emplace(std::move(name), number);
  return number;
}

std::uint64_t Importer::text_number(const std::string& text) {
  const auto [found, added] = texts_.emplace(text, history_.texts.size());
  if (added) history_.texts.push_back(text);
  return found->second;
}

Result<std::uint64_t> Importer::key(const json& value, std::string_view member) {
  if (value.is_string()) return kTextKey + text_number(value.get<std::string>());
  // Above are the numbers that stand for texts: two keys could become one.
  if (value.is_number_unsigned() && value.get<std::uint64_t>() < kTextKey) return value.get<std::uint64_t>();
  return wrong(member, "a key is a number from 0 to 2^63 - 1, or a text");
}

Result<std::optional<std::int64_t>> Importer::value(const json& value) {
  if (value.is_null()) return std::optional<std::int64_t>();
  if (value.is_string()) {
    return std::optional(kTextValue + static_cast<std::int64_t>(text_number(value.get<std::string>())));
  }
  if (!is_signed_number(value)) {
    return wrong("value", "a value is a whole number that 64 bits hold, a text, or null");
  }
  largest_value_ = std::max(largest_value_, value.get<std::int64_t>());
  return std::optional(value.get<std::int64_t>());
}

Result<void> Importer::operation_value(Operation& operation, const json& object, bool ok) {
  if (operation.function == Function::kTxn) return transaction(operation, object, ok);
  operation.payload_size = 0;
  operation.value.reset();
  if (operation.function == Function::kCas) {
    if (!object.is_array() || object.size() != 2) return wrong("value", "the value of a cas is [expected, new]");
    operation.expected = CHAMBER_TRY(value(object[0]));
    operation.value = CHAMBER_TRY(value(object[1]));
    return {};
  }
  if (!object.is_array()) {
    operation.value = CHAMBER_TRY(value(object));
    return {};
  }
  std::vector<std::int64_t> words;
  for (const json& element : object) {
    const auto word = CHAMBER_TRY(value(element));
    if (!word) return wrong("value", "a list holds numbers and texts, not null");
    words.push_back(*word);
  }
  history_.set_payload(operation, words);
  return {};
}

Result<void> Importer::transaction(Operation& operation, const json& object, bool ok) {
  constexpr std::string_view kRight =
      R"(a transaction is an array of ["r", key, value], ["w", key, value], ["append", key, value])";
  if (!object.is_array()) return wrong("value", "{}", kRight);
  std::vector<std::int64_t> words;
  std::vector<std::int64_t> values;
  for (const json& step : object) {
    if (!step.is_array() || step.size() < 2 || step.size() > 3 || !step[0].is_string()) {
      return wrong("value", "{}", kRight);
    }
    const std::string what = step[0].get<std::string>();
    const std::uint64_t on = CHAMBER_TRY(key(step[1], "value"));
    const json& shown = step.size() == 3 ? step[2] : json();
    values.clear();
    if (shown.is_array()) {
      for (const json& element : shown) {
        const auto word = CHAMBER_TRY(value(element));
        if (!word) return wrong("value", "a list holds numbers and texts, not null");
        values.push_back(*word);
      }
    } else if (const auto word = CHAMBER_TRY(value(shown))) {
      values.push_back(*word);
    }
    if (what == "r") {
      const auto kind = shown.is_array() ? MicroOp::Kind::kReadList : MicroOp::Kind::kRead;
      const bool known = ok || !shown.is_null();
      append_micro_op(words, kind, on, known ? std::optional(std::span<const std::int64_t>(values)) : std::nullopt);
    } else if ((what == "w" || what == "append") && values.size() == 1 && !shown.is_array()) {
      append_micro_op(words, what == "w" ? MicroOp::Kind::kWrite : MicroOp::Kind::kAppend, on, values);
    } else {
      return wrong("value", "{}", kRight);
    }
  }
  history_.set_payload(operation, words);
  return {};
}

Result<History> Importer::finish() {
  if (largest_value_ >= kTextValue && static_cast<std::uint64_t>(largest_value_ - kTextValue) < history_.texts.size()) {
    return fail(ErrorKind::kInput, "{}: the value {} can't stand beside texts; use smaller numbers", file_,
                largest_value_);
  }
  const std::uint64_t promised = lines_promised_.value_or(lines_read_);
  if (lines_read_ > promised) {
    return fail(ErrorKind::kInput, "{}: the header promises {} lines, there are {}", file_, promised, lines_read_);
  }
  history_.sort();
  if (lines_read_ < promised) {
    history_.complete = false;
    history_.incomplete_reason = fmt::format("the file ends after {} of {} lines", lines_read_, promised);
  }
  if (!has_header_ || lines_read_ < promised) {
    history_.complete_until = history_.origin;
    for (const Operation& operation : history_.operations) {
      const Instant last = operation.end == kNever ? operation.start : operation.end;
      history_.complete_until = std::max(history_.complete_until, last);
    }
  }
  return std::move(history_);
}

}  // namespace

Result<History> import_jsonl(std::istream& in, std::string_view file) {
  Importer importer(file);
  std::string line;
  while (std::getline(in, line)) CHAMBER_CHECK(importer.line(line));
  if (in.bad()) return fail(ErrorKind::kHarness, "reading {} failed", file);
  return importer.finish();
}

}  // namespace chamber
