#include "scenarios/language/parameters.h"

#include <array>
#include <limits>

namespace chamber::language {
namespace {

using document::Case;
using document::Json;
using document::Object;
using document::Shape;

struct Writer {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return fmt::format("{}", value); }
  std::string operator()(const std::string& value) const { return value; }
  std::string operator()(const Budget& value) const {
    return value.name.empty() ? document::to_text(value.fixed) : value.name;
  }
  template <typename T>
  std::string operator()(const T& value) const {
    return document::to_text(value);
  }
};

// One alternative of the value as a map with one key, its type.
template <typename T>
Case<ParameterValue> typed(const char* type, const Shape<T>& shape) {
  struct Holder {
    T value{};
  };
  const auto there = [](Holder holder) { return ParameterValue(std::move(holder.value)); };
  const auto back = [](const ParameterValue& value) { return Holder{std::get<T>(value)}; };
  const Shape<Holder> object = Object<Holder>("a typed value").required(type, &Holder::value, shape, "");
  return {type, document::mapped<ParameterValue, Holder>(object, there, back)};
}

// The name of a budget, where a fixed one is typed as a duration.
Shape<Budget> named_budget() {
  return document::mapped<Budget, std::string>(
      document::text(),
      [](std::string name) {
        return Budget{{}, std::move(name)};
      },
      [](const Budget& budget) { return budget.name; });
}
Shape<Budget> fixed_budget() {
  return document::mapped<Budget, Duration>(
      document::duration({Duration(0), Duration::max()}),
      [](Duration fixed) {
        return Budget{fixed, ""};
      },
      [](const Budget& budget) { return budget.fixed; });
}

std::string type_of(const ParameterValue& value) {
  // In the order of the variant.
  static constexpr std::array kTypes = {"flag", "whole", "number", "duration", "rate", "percentage", "size", "text"};
  if (const auto* const budget = std::get_if<Budget>(&value)) return budget->name.empty() ? "fixed_budget" : "budget";
  return kTypes.at(value.index());
}

}  // namespace

std::string to_text(const ParameterValue& value) {
  return std::visit(Writer{}, value);
}

Shape<ParameterValue> typed_value_shape() {
  using document::ByteSize;
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  constexpr double kMostNumber = std::numeric_limits<double>::max();
  return document::case_by_key<ParameterValue>(
      "a typed value",
      {typed("flag", document::flag()), typed("whole", document::whole({-kMost, kMost})),
       typed("number", document::number({-kMostNumber, kMostNumber})),
       typed("duration", document::duration({Duration(0), Duration::max()})),
       typed("rate", document::rate({0, kMostNumber})), typed("percentage", document::percentage()),
       typed("size", document::byte_size({{0}, {kMost}})), typed("text", document::text()),
       typed("budget", named_budget()), typed("fixed_budget", fixed_budget())},
      type_of);
}

const Located<ParameterValue>* Parameters::find(std::string_view name) const {
  const auto found = values_.find(std::string(name));
  return found == values_.end() ? nullptr : &found->second;
}

}  // namespace chamber::language
