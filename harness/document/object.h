// Shapes of maps with known keys, and of maps of which one key says what the others are.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "harness/document/shape.h"

namespace chamber::document {

namespace internal {

// How a member of any of these types takes a value that was read at a place, and gives it back for writing.
template <typename M>
void assign(M& member, M value, const Source&) {
  member = std::move(value);
}
template <typename M>
void assign(Located<M>& member, M value, const Source& source) {
  member = {std::move(value), source};
}
template <typename M>
void assign(std::optional<M>& member, M value, const Source&) {
  member = std::move(value);
}
template <typename M>
void assign(std::optional<Located<M>>& member, M value, const Source& source) {
  member = Located<M>{std::move(value), source};
}
template <typename M>
const M* held(const M& member) {
  return &member;
}
template <typename M>
const M* held(const Located<M>& member) {
  return &member.value;
}
template <typename M>
const M* held(const std::optional<M>& member) {
  return member ? &*member : nullptr;
}
template <typename M>
const M* held(const std::optional<Located<M>>& member) {
  return member ? &member->value : nullptr;
}

void add_unknown_key(const Entry& entry, const std::string& what, const std::vector<std::string>& known,
                     Mistakes& mistakes);
void add_missing_key(const Node& node, const std::string& what, const std::string& key, const std::string& doc,
                     Mistakes& mistakes);
void add_none_of(const Node& node, const std::string& what, const std::vector<std::string>& keys, Mistakes& mistakes);

}  // namespace internal

template <typename T>
class Object {
 public:
  using Rule = std::function<void(const T&, const Node&, Mistakes&)>;
  using Set = std::function<bool(T&, const Node&, Mistakes&)>;
  using Get = std::function<std::optional<Json>(const T&)>;

  // `what` with its article: "a load entry". Reading begins with `initial`, whose members are the defaults.
  explicit Object(std::string what, std::string doc = {}, T initial = {})
      : what_(std::move(what)), doc_(std::move(doc)), initial_(std::move(initial)) {}

  // Members may be of the shape's type M, or Located<M>, std::optional<M>, std::optional<Located<M>>.
  template <typename Member, typename M>
  Object& required(std::string key, Member T::*member, const Shape<M>& shape, std::string doc) {
    return add(std::move(key), member, shape, std::move(doc), true);
  }
  // When the key is missing the member keeps what it has in `initial`, which the schema shows as the default.
  template <typename Member, typename M>
  Object& optional(std::string key, Member T::*member, const Shape<M>& shape, std::string doc) {
    return add(std::move(key), member, shape, std::move(doc), false);
  }
  // A key that is no member, such as one out of a map of parameters. `set` adds a mistake when it returns false.
  Object& field(std::string key, std::string doc, bool is_required, Json schema, Set set, Get get) {
    if (!doc.empty()) schema["description"] = doc;
    fields_.push_back({std::move(key), std::move(doc), is_required, std::move(schema), std::move(set), std::move(get)});
    return *this;
  }
  Object& at_least_one_of(std::vector<std::string> keys) {
    alternatives_ = std::move(keys);
    return *this;
  }
  // What must hold for the whole; run when every field could be read.
  Object& rule(Rule rule) {
    rules_.push_back(std::move(rule));
    return *this;
  }

  [[nodiscard]] Shape<T> shape() const;
  operator Shape<T>() const { return shape(); }

 private:
  struct Field {
    std::string key;
    std::string doc;
    bool required;
    Json schema;
    Set set;
    Get get;
  };

  template <typename Member, typename M>
  Object& add(std::string key, Member T::*member, const Shape<M>& shape, std::string doc, bool is_required) {
    Json schema = shape.schema();
    if (const M* const value = internal::held(initial_.*member); value != nullptr && !is_required) {
      schema["default"] = shape.write(*value);
    }
    const Set set = [member, shape](T& object, const Node& node, Mistakes& mistakes) {
      std::optional<M> value = shape.read(node, mistakes);
      if (value) internal::assign(object.*member, *std::move(value), node.source);
      return value.has_value();
    };
    const Get get = [member, shape](const T& object) -> std::optional<Json> {
      const M* const value = internal::held(object.*member);
      if (value == nullptr) return std::nullopt;
      return shape.write(*value);
    };
    return field(std::move(key), std::move(doc), is_required, std::move(schema), set, get);
  }

  [[nodiscard]] std::optional<T> read(const Node& node, Mistakes& mistakes) const;
  [[nodiscard]] Json write(const T& value) const;
  [[nodiscard]] Json schema() const;

  std::string what_;
  std::string doc_;
  T initial_;
  std::vector<Field> fields_;
  std::vector<std::string> alternatives_;  // at least one of these; none asked for when empty
  std::vector<Rule> rules_;
};

template <typename T>
Shape<T> Object<T>::shape() const {
  const auto self = std::make_shared<const Object<T>>(*this);
  return {what_, schema(), [self](const Node& node, Mistakes& mistakes) { return self->read(node, mistakes); },
          [self](const T& value) { return self->write(value); }};
}

template <typename T>
std::optional<T> Object<T>::read(const Node& node, Mistakes& mistakes) const {
  if (node.kind != Node::Kind::kMap) {
    add_unexpected(node, what_, mistakes);
    return std::nullopt;
  }
  T value = initial_;
  bool good = true;
  std::vector<std::string> known;
  for (const Field& field : fields_) {
    known.push_back(field.key);
    if (const Node* const child = node.find(field.key)) {
      good = field.set(value, *child, mistakes) && good;
    } else if (field.required) {
      internal::add_missing_key(node, what_, field.key, field.doc, mistakes);
      good = false;
    }
  }
  bool all_known = true;
  for (const Entry& entry : node.entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    internal::add_unknown_key(entry, what_, known, mistakes);
    all_known = false;
  }
  const auto present = [&node](const std::string& key) { return node.find(key) != nullptr; };
  // An unknown key may be one of them, misspelt.
  if (all_known && !alternatives_.empty() && std::none_of(alternatives_.begin(), alternatives_.end(), present)) {
    internal::add_none_of(node, what_, alternatives_, mistakes);
    good = false;
  }
  if (!good || !all_known) return std::nullopt;
  const std::size_t before = mistakes.count();
  for (const Rule& rule : rules_) rule(value, node, mistakes);
  if (mistakes.count() != before) return std::nullopt;
  return value;
}

template <typename T>
Json Object<T>::write(const T& value) const {
  Json map = Json::object();
  for (const Field& field : fields_) {
    if (std::optional<Json> json = field.get(value)) map[field.key] = *std::move(json);
  }
  return map;
}

template <typename T>
Json Object<T>::schema() const {
  Json schema = {{"type", "object"}};
  if (!doc_.empty()) schema["description"] = doc_;
  schema["properties"] = Json::object();
  Json names = Json::array();
  for (const Field& field : fields_) {
    schema["properties"][field.key] = field.schema;
    if (field.required) names.push_back(field.key);
  }
  if (!names.empty()) schema["required"] = names;
  schema["additionalProperties"] = false;
  for (const std::string& key : alternatives_) schema["anyOf"].push_back({{"required", {key}}});
  return schema;
}

// One of several kinds of map.
template <typename T>
struct Case {
  std::string name;
  Shape<T> shape;
};

// The value under `key` names the case: {do: kill, target: …}. Each case's shape has `key` among its keys (see
// exactly() in scalars.h). `name_of` gives the case of a value that is to be written.
template <typename T>
[[nodiscard]] Shape<T> case_by_value(std::string what, std::string key, std::vector<Case<T>> cases,
                                     std::function<std::string(const T&)> name_of);

// The key itself names the case: {linearizable: vault.register}. A map may hold one such key.
template <typename T>
[[nodiscard]] Shape<T> case_by_key(std::string what, std::vector<Case<T>> cases,
                                   std::function<std::string(const T&)> name_of);

namespace internal {

template <typename T>
Json cases_schema(const std::vector<Case<T>>& cases) {
  Json any = Json::array();
  for (const Case<T>& one : cases) any.push_back(one.shape.schema());
  return {{"oneOf", any}};
}

template <typename T>
std::vector<std::string> case_names(const std::vector<Case<T>>& cases) {
  std::vector<std::string> names;
  for (const Case<T>& one : cases) names.push_back(one.name);
  return names;
}

// The name of the case that a map is of; empty after a mistake.
[[nodiscard]] std::string case_from_value(const Node& node, const std::string& what, const std::string& key,
                                          const std::vector<std::string>& names, Mistakes& mistakes);
[[nodiscard]] std::string case_from_key(const Node& node, const std::string& what,
                                        const std::vector<std::string>& names, Mistakes& mistakes);

template <typename T>
Shape<T> by_case(std::string what, std::vector<Case<T>> cases, std::function<std::string(const T&)> name_of,
                 std::function<std::string(const Node&, Mistakes&)> case_of) {
  Json schema = cases_schema(cases);
  const auto shape_of = [cases = std::move(cases)](const std::string& name) -> const Shape<T>* {
    for (const Case<T>& one : cases) {
      if (one.name == name) return &one.shape;
    }
    return nullptr;
  };
  const auto read = [shape_of, case_of](const Node& node, Mistakes& mistakes) -> std::optional<T> {
    const Shape<T>* const shape = shape_of(case_of(node, mistakes));
    if (shape == nullptr) return std::nullopt;
    return shape->read(node, mistakes);
  };
  const auto write = [shape_of, name_of](const T& value) {
    const Shape<T>* const shape = shape_of(name_of(value));
    return shape == nullptr ? Json() : shape->write(value);
  };
  return {std::move(what), std::move(schema), read, write};
}

}  // namespace internal

template <typename T>
Shape<T> case_by_value(std::string what, std::string key, std::vector<Case<T>> cases,
                       std::function<std::string(const T&)> name_of) {
  const auto case_of = [what, key, names = internal::case_names(cases)](const Node& node, Mistakes& mistakes) {
    return internal::case_from_value(node, what, key, names, mistakes);
  };
  return internal::by_case<T>(std::move(what), std::move(cases), std::move(name_of), case_of);
}

template <typename T>
Shape<T> case_by_key(std::string what, std::vector<Case<T>> cases, std::function<std::string(const T&)> name_of) {
  const auto case_of = [what, names = internal::case_names(cases)](const Node& node, Mistakes& mistakes) {
    return internal::case_from_key(node, what, names, mistakes);
  };
  return internal::by_case<T>(std::move(what), std::move(cases), std::move(name_of), case_of);
}

}  // namespace chamber::document
