// The typed values of the parts of a scenario, whose names and types the vocabulary gives.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "harness/base/result.h"
#include "harness/document/object.h"
#include "harness/document/scalars.h"
#include "harness/document/source.h"

namespace chamber::language {

using document::Located;

// A limit in time: fixed by the scenario, or the name of one that comes from the live configuration.
struct Budget {
  Duration fixed{};
  std::string name;  // "raft.election_budget"; empty when `fixed` holds

  [[nodiscard]] bool operator==(const Budget&) const = default;
};

using ParameterValue = std::variant<bool, std::int64_t, double, Duration, document::Rate, document::Percentage,
                                    document::ByteSize, std::string, Budget>;

// As in a scenario: "true", "20", "10s", "vault.standby".
[[nodiscard]] std::string to_text(const ParameterValue& value);

// Each value with its type, {"duration": "10s"}, so that a plan can be read without the vocabulary that made it.
[[nodiscard]] document::Shape<ParameterValue> typed_value_shape();

class Parameters {
 public:
  using Map = std::map<std::string, Located<ParameterValue>>;

  void set(const std::string& name, Located<ParameterValue> value) { values_[name] = std::move(value); }

  // Null when it was neither written nor has a default.
  [[nodiscard]] const Located<ParameterValue>* find(std::string_view name) const;

  // The value of a parameter that is there. kHarness when it isn't, or is of another type: then the vocabulary and
  // whoever implements the part disagree.
  template <typename T>
  [[nodiscard]] Result<T> get(std::string_view name) const;
  // The same for one that may be missing.
  template <typename T>
  [[nodiscard]] Result<std::optional<T>> maybe(std::string_view name) const;

  [[nodiscard]] const Map& all() const { return values_; }
  [[nodiscard]] Map& all() { return values_; }

 private:
  Map values_;
};

template <typename T>
Result<T> Parameters::get(std::string_view name) const {
  const Located<ParameterValue>* const value = find(name);
  if (value == nullptr) return fail(ErrorKind::kHarness, "there is no parameter \"{}\"", name);
  if (const T* const typed = std::get_if<T>(&value->value)) return *typed;
  return fail(ErrorKind::kHarness, "the parameter \"{}\" is {}, which is of another type than asked for", name,
              to_text(value->value));
}

template <typename T>
Result<std::optional<T>> Parameters::maybe(std::string_view name) const {
  if (find(name) == nullptr) return std::optional<T>();
  return std::optional<T>(CHAMBER_TRY(get<T>(name)));
}

}  // namespace chamber::language
