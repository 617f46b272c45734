#include "harness/document/scalars.h"

#include <algorithm>
#include <type_traits>

namespace chamber::document {
namespace {

std::string shown(std::int64_t value) {
  return std::to_string(value);
}
std::string shown(double value) {
  return fmt::format("{}", value);
}
std::string shown(Duration value) {
  return to_text(value);
}
std::string shown(ByteSize value) {
  return to_text(value);
}

// The value when it lies within the bounds, otherwise which bound it passed.
template <typename T>
Parsed<T> within(Parsed<T> value, const Bounds<T>& bounds) {
  if (!value) return value;
  if (*value < bounds.least) {
    return tl::unexpected(fmt::format("{} is too little; at least {}", shown(*value), shown(bounds.least)));
  }
  if (*value > bounds.most) {
    return tl::unexpected(fmt::format("{} is too much; at most {}", shown(*value), shown(bounds.most)));
  }
  return value;
}

// What YAML 1.2 takes for a number only when it isn't quoted.
template <typename T>
Parsed<T> unquoted(const Node& node, Parsed<T> (*parse)(std::string_view)) {
  Parsed<T> value = parse(node.text);
  if (value && node.quoted) {
    return tl::unexpected(fmt::format("{} in quotes is text; write {} without quotes", quote(node.text), node.text));
  }
  return value;
}

Json pattern_schema(std::string_view pattern, std::initializer_list<const char*> examples) {
  Json schema = {{"type", "string"}, {"pattern", pattern}};
  schema["examples"] = Json::array();
  for (const char* example : examples) schema["examples"].push_back(example);
  return schema;
}

Parsed<std::string> short_text(const Node& node, std::size_t most_bytes) {
  if (node.text.empty()) return tl::unexpected(std::string("an empty text; write something or leave the key out"));
  if (node.text.size() > most_bytes) {
    return tl::unexpected(fmt::format("a text of {} bytes; at most {}", node.text.size(), most_bytes));
  }
  return node.text;
}

Json write_text(const std::string& text) {
  return text;
}

}  // namespace

Shape<std::string> text(std::size_t most_bytes) {
  const Json schema = {{"type", "string"}, {"minLength", 1}, {"maxLength", most_bytes}};
  return scalar<std::string>(
      "a text", schema, [most_bytes](const Node& node) { return short_text(node, most_bytes); }, write_text);
}

Shape<std::string> version_text() {
  constexpr std::size_t kMostBytes = 64;
  const Json schema = {{"type", {"string", "number"}}, {"maxLength", kMostBytes}, {"examples", {"1.21.0"}}};
  return scalar<std::string>(
      "a version", schema, [](const Node& node) { return short_text(node, kMostBytes); }, write_text);
}

Shape<std::string> label(std::string what) {
  static constexpr std::size_t kLongest = 63;  // a DNS label (RFC 1035, 2.3.4)
  const auto parse = [what](const Node& node) -> Parsed<std::string> {
    const std::string& name = node.text;
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    const bool good = !name.empty() && name.size() <= kLongest && name.front() >= 'a' && name.front() <= 'z' &&
                      name.back() != '-' && std::all_of(name.begin(), name.end(), fits);
    if (good) return name;
    return tl::unexpected(
        fmt::format("{} can't be {}; use lower-case letters, digits and \"-\", a letter first, at most {} characters",
                    quote(name), what, kLongest));
  };
  const Json schema = {{"type", "string"}, {"pattern", "^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$"}};
  return scalar<std::string>(what, schema, parse, write_text);
}

Shape<bool> flag() {
  const auto parse = [](const Node& node) -> Parsed<bool> {
    if (!node.quoted && (node.text == "true" || node.text == "false")) return node.text == "true";
    return tl::unexpected(fmt::format("{} is neither true nor false", quote(node.text)));
  };
  return scalar<bool>("true or false", {{"type", "boolean"}}, parse, [](bool value) { return Json(value); });
}

Shape<std::int64_t> whole(Bounds<std::int64_t> bounds) {
  const Json schema = {{"type", "integer"}, {"minimum", bounds.least}, {"maximum", bounds.most}};
  return scalar<std::int64_t>(
      "a whole number", schema, [bounds](const Node& node) { return within(unquoted(node, parse_integer), bounds); },
      [](std::int64_t value) { return Json(value); });
}

Shape<std::uint64_t> seed_number() {
  const Json schema = {{"type", "integer"}, {"minimum", 0}, {"maximum", std::numeric_limits<std::uint64_t>::max()}};
  return scalar<std::uint64_t>(
      "a whole number", schema, [](const Node& node) { return unquoted(node, parse_unsigned); },
      [](std::uint64_t value) { return Json(value); });
}

Shape<double> number(Bounds<double> bounds) {
  const Json schema = {{"type", "number"}, {"minimum", bounds.least}, {"maximum", bounds.most}};
  return scalar<double>(
      "a number", schema, [bounds](const Node& node) { return within(unquoted(node, parse_number), bounds); },
      [](double value) { return Json(value); });
}

Shape<Duration> duration(Bounds<Duration> bounds) {
  return scalar<Duration>(
      "a duration", pattern_schema(kDurationPattern, {"500ms", "10s", "1m30s"}),
      [bounds](const Node& node) { return within(parse_duration(node.text), bounds); },
      [](Duration value) { return Json(to_text(value)); });
}

Shape<Rate> rate(Bounds<double> per_second) {
  const auto parse = [per_second](const Node& node) -> Parsed<Rate> {
    Parsed<Rate> value = parse_rate(node.text);
    if (!value) return value;
    const double found = value->per_second();
    if (found < per_second.least || value->count == 0) {
      return tl::unexpected(fmt::format("{} is too little; at least {}/s", node.text, per_second.least));
    }
    if (found > per_second.most) {
      return tl::unexpected(fmt::format("{} is too much; at most {}/s", node.text, per_second.most));
    }
    return value;
  };
  return scalar<Rate>("a rate", pattern_schema(kRatePattern, {"200/s", "12/min"}), parse,
                      [](const Rate& value) { return Json(to_text(value)); });
}

Shape<Percentage> percentage() {
  return scalar<Percentage>(
      "a percentage", pattern_schema(kPercentagePattern, {"99.9%"}),
      [](const Node& node) { return parse_percentage(node.text); },
      [](const Percentage& value) { return Json(to_text(value)); });
}

Shape<ByteSize> byte_size(Bounds<ByteSize> bounds) {
  return scalar<ByteSize>(
      "a size", pattern_schema(kByteSizePattern, {"64KiB"}),
      [bounds](const Node& node) { return within(parse_byte_size(node.text), bounds); },
      [](const ByteSize& value) { return Json(to_text(value)); });
}

Shape<std::string> one_of(std::string what, std::vector<Named> names) {
  std::vector<std::string> known;
  for (const Named& named : names) known.push_back(named.name);
  const auto parse = [what, known](const Node& node) -> Parsed<std::string> {
    if (std::find(known.begin(), known.end(), node.text) != known.end()) return node.text;
    return tl::unexpected(fmt::format("{} is not {}{}", quote(node.text), what, did_you_mean(node.text, known)));
  };
  return scalar<std::string>(what, names_schema(names), parse, write_text);
}

Shape<std::string> exactly(std::string name) {
  const Json schema = {{"const", name}};
  const auto parse = [name](const Node& node) -> Parsed<std::string> {
    if (node.text == name) return name;
    return tl::unexpected(fmt::format("expected {}, found {}", quote(name), quote(node.text)));
  };
  return scalar<std::string>(quote(name), schema, parse, write_text);
}

Json names_schema(const std::vector<Named>& names) {
  const bool documented =
      std::any_of(names.begin(), names.end(), [](const Named& named) { return !named.doc.empty(); });
  Json listed = Json::array();
  for (const Named& named : names) {
    if (documented) {
      listed.push_back({{"const", named.name}, {"description", named.doc}});
    } else {
      listed.push_back(named.name);
    }
  }
  return documented ? Json{{"oneOf", listed}} : Json{{"enum", listed}};
}

}  // namespace chamber::document
