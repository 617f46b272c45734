#include "matrix/matrix.h"

#include <chrono>

#include "harness/document/parse.h"

namespace chamber::matrix {
namespace {

using document::Json;
using document::Mistakes;
using document::Node;
using document::Object;
using document::Shape;

constexpr std::size_t kMostValues = 500;  // of one axis
constexpr std::size_t kMostRules = 200;   // of one kind
constexpr std::int64_t kMostCells = 100'000;

using Values = std::vector<Located<std::string>>;

Shape<std::string> value_shape() {
  return document::text(200);
}

// One value or a list of them.
Shape<Values> values_shape() {
  const Shape<Values> many = document::list_of(document::located(value_shape()), "a list of values", 1, kMostValues);
  const Shape<Located<std::string>> one = document::located(value_shape());
  const auto read = [many, one](const Node& node, Mistakes& mistakes) -> std::optional<Values> {
    if (node.kind == Node::Kind::kList) return many.read(node, mistakes);
    std::optional<Located<std::string>> value = one.read(node, mistakes);
    if (!value) return std::nullopt;
    return Values{*std::move(value)};
  };
  return {"a value or a list of values", Json{{"anyOf", {one.schema(), many.schema()}}}, read,
          [many](const Values& values) { return many.write(values); }};
}

Shape<Values> axis_shape() {
  return document::list_of(document::located(value_shape()), "a list of values", 1, kMostValues);
}

const std::vector<std::string>& plain_axes() {
  static const std::vector<std::string> names = {"environment", "configuration", "substrate", "phase", "scenario"};
  return names;
}

// The axes by which a selector may choose: five by name, and version.COMPONENT.
Json selector_schema() {
  Json schema = {{"type", "object"}, {"properties", Json::object()}, {"minProperties", 1}};
  for (const std::string& axis : plain_axes()) schema["properties"][axis] = values_shape().schema();
  schema["patternProperties"] = {{"^version\\.[a-z0-9-]+$", values_shape().schema()}};
  schema["additionalProperties"] = false;
  return schema;
}

bool is_axis(const std::string& name) {
  for (const std::string& axis : plain_axes()) {
    if (name == axis) return true;
  }
  return name.starts_with("version.");
}

// Reads a selector out of a map; keys for which `other` says true belong to something else.
template <typename Other>
std::optional<Selector> read_selector(const Node& node, Mistakes& mistakes, const Other& other) {
  if (node.kind != Node::Kind::kMap) {
    document::add_unexpected(node, "a map from axes to values", mistakes);
    return std::nullopt;
  }
  Selector selector{.source = node.source, .values = {}};
  const std::size_t before = mistakes.count();
  for (const document::Entry& entry : node.entries) {
    if (other(entry.key)) continue;
    if (!is_axis(entry.key)) {
      mistakes.add(entry.key_source, fmt::format("{} is no axis{}", document::quote(entry.key),
                                                 document::did_you_mean(entry.key, plain_axes())));
      continue;
    }
    if (auto values = values_shape().read(entry.value, mistakes)) selector.values[entry.key] = *std::move(values);
  }
  if (mistakes.count() == before && selector.values.empty()) {
    mistakes.add(node.source, "no axis is named, so that it would be every cell; name at least one");
  }
  if (mistakes.count() != before) return std::nullopt;
  return selector;
}

Json write_selector(const Selector& selector) {
  Json json = Json::object();
  for (const auto& [axis, values] : selector.values) json[axis] = values_shape().write(values);
  return json;
}

Shape<Selector> selector_shape() {
  const auto read = [](const Node& node, Mistakes& mistakes) {
    return read_selector(node, mistakes, [](const std::string&) { return false; });
  };
  return {"cells by their values", selector_schema(), read, write_selector};
}

constexpr const char* kBecause = "because";

Shape<Exclusion> exclusion_shape() {
  Json schema = selector_schema();
  schema["properties"][kBecause] = value_shape().schema();
  schema["required"] = {kBecause};
  const auto read = [](const Node& node, Mistakes& mistakes) -> std::optional<Exclusion> {
    auto cells = read_selector(node, mistakes, [](const std::string& key) { return key == kBecause; });
    const Node* const because = node.find(kBecause);
    if (cells && because == nullptr) mistakes.add(node.source, "an exclusion has no `because`; say why in a few words");
    if (!cells || because == nullptr) return std::nullopt;
    auto text = value_shape().read(*because, mistakes);
    if (!text) return std::nullopt;
    return Exclusion{*std::move(cells), *std::move(text)};
  };
  const auto write = [](const Exclusion& exclusion) {
    Json json = write_selector(exclusion.cells);
    json[kBecause] = exclusion.because;
    return json;
  };
  return {"an exclusion", schema, read, write};
}

Shape<Axes> axes_shape() {
  const Shape<Values> axis = axis_shape();
  const auto versions =
      document::map_of(document::label("a component's name"), axis, "a map from components to versions");
  Axes initial;
  initial.substrate = {{"local", {}}};
  initial.phase = {{kComplete, {}}};
  return Object<Axes>("a map of axes", "A cell has one value of each.", initial)
      .required("environment", &Axes::environment, axis, "Of matrix/environments.yaml.")
      .required("configuration", &Axes::configuration, axis, "Of matrix/environments.yaml.")
      .optional("substrate", &Axes::substrate, axis, "What nodes run on.")
      .optional("versions", &Axes::versions, versions, "An axis version.COMPONENT for each component that is named.")
      .optional("phase", &Axes::phase, axis, "complete, or a phase on its own, up to whose gate the stack is brought.")
      .required("scenario", &Axes::scenario, axis, "family/name, or family/* for a family.");
}

}  // namespace

Shape<Matrix> matrix_shape() {
  const Shape<Selector> selector = selector_shape();
  const Shape<Cover> cover = document::choice<Cover>(
      "a cover", {{"all", Cover::kAll, "Every allowed combination."},
                  {"pairwise", Cover::kPairwise, "Every allowed pair of values at least once."}});
  const Shape<Constraint> constraint =
      Object<Constraint>("a constraint")
          .required("if", &Constraint::condition, selector, "Which cells.")
          .required("then", &Constraint::consequence, selector, "What they must be.")
          .required("because", &Constraint::because, value_shape(), "Why, in a few words.");
  const Shape<Sample> sample =
      Object<Sample>("a sample", "So many of the cells, drawn from a seed; those that are required or included stay.")
          .required("cells", &Sample::cells, document::whole({1, kMostCells}), "How many.")
          .required("seed", &Sample::seed, document::seed_number(), "Another seed draws others.");
  const Shape<Priority> priority =
      Object<Priority>("a priority")
          .required("of", &Priority::cells, selector, "Which cells.")
          .required("priority", &Priority::priority, document::whole({-1000, 1000}), "Higher ones are run first.");
  const Shape<Running> run =
      Object<Running>("how cells are run")
          .optional("retries", &Running::retries, document::whole({0, 5}),
                    "How often a cell that did not pass is run again; one that passes then is a flake.")
          .optional("limit", &Running::limit, document::duration({std::chrono::seconds(1), std::chrono::hours(48)}),
                    "The longest that a cell may take.");
  return Object<Matrix>("a matrix")
      .required("name", &Matrix::name, document::label("a matrix's name"), "The file's name without .yaml.")
      .required("about", &Matrix::about, document::text(), "What it is for, in one sentence.")
      .required("axes", &Matrix::axes, axes_shape(), "")
      .optional("cover", &Matrix::cover, cover, "Which of the combinations.")
      .optional("include", &Matrix::include, document::list_of(selector, "a list of cells", 0, kMostRules),
                "Cells that are there whatever the cover and the sample leave out.")
      .optional("exclude", &Matrix::exclude,
                document::list_of(exclusion_shape(), "a list of exclusions", 0, kMostRules),
                "Cells that are not wanted.")
      .optional("constraints", &Matrix::constraints,
                document::list_of(constraint, "a list of constraints", 0, kMostRules), "What must go together.")
      .optional("sample", &Matrix::sample, sample, "")
      .optional("priorities", &Matrix::priorities, document::list_of(priority, "a list of priorities", 0, kMostRules),
                "The last that fits counts.")
      .optional("required", &Matrix::required, document::list_of(selector, "a list of cells", 0, kMostRules),
                "Cells that a release can't do without; all when there is no such list.")
      .optional("run", &Matrix::run, run, "");
}

Result<Matrix> read_matrix(std::string_view text, std::string_view shown) {
  Mistakes mistakes;
  const std::optional<Node> root = document::parse(text, shown, mistakes);
  std::optional<Matrix> matrix;
  if (root) matrix = matrix_shape().read(*root, mistakes);
  CHAMBER_CHECK(mistakes.result());
  return *std::move(matrix);
}

std::string matrix_schema() {
  return document::json_schema(matrix_shape(), {"matrix.json", "A matrix of chamber"}).dump(2) + "\n";
}

bool fits_pattern(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t behind = 0;  // where the text goes on behind what the last star stands for
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      behind = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++behind;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace chamber::matrix
