#include "matrix/plan.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "harness/base/random.h"
#include "harness/document/parse.h"
#include "matrix/fitting.h"
#include "matrix/selection.h"

namespace chamber::matrix {
namespace {

using document::Mistakes;

constexpr std::uint64_t kMostCombinations = 200'000;
constexpr std::size_t kExamples = 3;
constexpr std::string_view kVersionAxis = "version.";
constexpr double kKindSeconds = 90;  // a cluster comes first
constexpr double kKindMemoryMib = 1500;
constexpr double kKindLimitSeconds = 600;

class Planner {
 public:
  Planner(const Matrix& matrix, const PlanSources& sources) : matrix_(matrix), sources_(sources), fitter_(sources) {}

  Result<Plan> plan() {
    Mistakes mistakes;
    axes_ = resolve_axes(matrix_, sources_, mistakes);
    CHAMBER_CHECK(mistakes.result());
    rules_ = rules_of(matrix_, axes_, mistakes);
    const std::vector<Pattern> include = resolve_all(matrix_.include, mistakes);
    const std::vector<Pattern> required = resolve_all(matrix_.required, mistakes);
    std::vector<std::pair<Pattern, std::int64_t>> priorities;
    for (const Priority& one : matrix_.priorities) {
      priorities.emplace_back(resolve(one.cells, axes_, mistakes), *one.priority);
    }
    CHAMBER_CHECK(mistakes.result());
    CHAMBER_CHECK(add_misfits());
    const Space space = space_of();
    if (space.combinations() > kMostCombinations) {
      return fail(ErrorKind::kInput, "the axes of {} make {} combinations; at most {} can be looked at", *matrix_.name,
                  space.combinations(), kMostCombinations);
    }
    const std::vector<Row> chosen = choose(space, include, required);
    Plan plan{.matrix = *matrix_.name, .about = *matrix_.about};
    for (const Axis& axis : axes_) plan.axes.push_back(axis.name);
    plan.combinations = space.combinations();
    plan.pairs = count_pairs(space, chosen);
    plan.retries = *matrix_.run.retries;
    for (const Row& row : chosen) {
      plan.cells.push_back(cell_of(row));
      plan.cells.back().required = required.empty() || any_matches(required, row);
      for (const auto& [pattern, priority] : priorities) {
        if (matches(pattern, row)) plan.cells.back().priority = priority;
      }
    }
    plan.left_out = left_out(space, chosen);
    std::stable_sort(plan.cells.begin(), plan.cells.end(), [](const Cell& a, const Cell& b) {
      return std::tuple(-a.priority, -a.estimate.seconds) < std::tuple(-b.priority, -b.estimate.seconds);
    });
    return plan;
  }

 private:
  std::vector<Pattern> resolve_all(const std::vector<Selector>& selectors, Mistakes& mistakes) const {
    std::vector<Pattern> patterns;
    for (const Selector& selector : selectors) patterns.push_back(resolve(selector, axes_, mistakes));
    return patterns;
  }

  static bool any_matches(const std::vector<Pattern>& patterns, const Row& row) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const Pattern& pattern) { return matches(pattern, row); });
  }

  [[nodiscard]] std::size_t axis(std::string_view name) const {
    const auto found = std::find_if(axes_.begin(), axes_.end(), [&](const Axis& one) { return one.name == name; });
    return static_cast<std::size_t>(found - axes_.begin());
  }

  // Scenarios that make no sense in an environment and configuration are forbidden there, those of one reason together.
  Result<void> add_misfits() {
    const std::size_t scenario_axis = axis("scenario");
    for (std::size_t e = 0; e < axes_[0].values.size(); ++e) {
      for (std::size_t c = 0; c < axes_[1].values.size(); ++c) {
        std::map<std::string, std::vector<bool>> by_reason;
        for (std::size_t s = 0; s < axes_[scenario_axis].values.size(); ++s) {
          const std::string& scenario = axes_[scenario_axis].values[s];
          Fitted fitted = CHAMBER_TRY(fitter_.fitted(axes_[0].values[e], axes_[1].values[c], scenario));
          if (!fitted.misfit.empty()) {
            std::vector<bool>& hit = by_reason["does not fit: " + fitted.misfit];
            hit.resize(axes_[scenario_axis].values.size());
            hit[s] = true;
          }
          fitted_[{static_cast<int>(e), static_cast<int>(c), static_cast<int>(s)}] = std::move(fitted);
        }
        add_versions_of_nothing(e, c);
        add_other_substrates(e, c);
        for (auto& [reason, hit] : by_reason) {
          Rule rule{{std::vector<std::vector<bool>>(axes_.size())}, reason};
          rule.pattern.values[0] = only(axes_[0].values.size(), e);
          rule.pattern.values[1] = only(axes_[1].values.size(), c);
          rule.pattern.values[scenario_axis] = std::move(hit);
          rules_.push_back(std::move(rule));
        }
      }
    }
    return {};
  }

  // What a substrate can't carry.
  void add_other_substrates(std::size_t environment, std::size_t configuration) {
    const std::size_t substrate_axis = axis("substrate");
    const std::size_t scenario_axis = axis("scenario");
    for (std::size_t u = 0; u < axes_[substrate_axis].values.size(); ++u) {
      const std::string& substrate = axes_[substrate_axis].values[u];
      for (std::size_t s = 0; s < axes_[scenario_axis].values.size(); ++s) {
        const auto& not_on =
            fitted_.at({static_cast<int>(environment), static_cast<int>(configuration), static_cast<int>(s)}).not_on;
        const auto why = not_on.find(substrate);
        if (why == not_on.end()) continue;
        Rule rule{{std::vector<std::vector<bool>>(axes_.size())}, fmt::format("not on {}: {}", substrate, why->second)};
        rule.pattern.values[0] = only(axes_[0].values.size(), environment);
        rule.pattern.values[1] = only(axes_[1].values.size(), configuration);
        rule.pattern.values[substrate_axis] = only(axes_[substrate_axis].values.size(), u);
        rule.pattern.values[scenario_axis] = only(axes_[scenario_axis].values.size(), s);
        rules_.push_back(std::move(rule));
      }
    }
  }

  // A version of a component that a cell has not.
  void add_versions_of_nothing(std::size_t environment, std::size_t configuration) {
    const std::size_t scenario_axis = axis("scenario");
    for (std::size_t v = 0; v < axes_.size(); ++v) {
      if (!axes_[v].name.starts_with(kVersionAxis)) continue;
      const std::string component = axes_[v].name.substr(kVersionAxis.size());
      Rule rule{{std::vector<std::vector<bool>>(axes_.size())}, "does not fit: there is no " + component + " in it"};
      rule.pattern.values[0] = only(axes_[0].values.size(), environment);
      rule.pattern.values[1] = only(axes_[1].values.size(), configuration);
      for (const std::string& value : axes_[v].values) rule.pattern.values[v].push_back(value != kPinned);
      for (std::size_t s = 0; s < axes_[scenario_axis].values.size(); ++s) {
        const Fitted& fitted =
            fitted_.at({static_cast<int>(environment), static_cast<int>(configuration), static_cast<int>(s)});
        rule.pattern.values[scenario_axis].push_back(!fitted.components.contains(component));
      }
      rules_.push_back(std::move(rule));
    }
  }

  static std::vector<bool> only(std::size_t size, std::size_t index) {
    std::vector<bool> values(size, false);
    values[index] = true;
    return values;
  }

  [[nodiscard]] Space space_of() const {
    std::vector<int> sizes;
    for (const Axis& one : axes_) sizes.push_back(static_cast<int>(one.values.size()));
    std::vector<Pattern> forbidden;
    for (const Rule& rule : rules_) forbidden.push_back(rule.pattern);
    return {sizes, forbidden};
  }

  std::vector<Row> choose(const Space& space, const std::vector<Pattern>& include,
                          const std::vector<Pattern>& required) {
    const std::vector<Row> allowed = all_rows(space);
    std::vector<Row> stay;
    std::vector<Row> rest;
    for (const Row& row : allowed) (any_matches(include, row) ? stay : rest).push_back(row);
    if (*matrix_.cover == Cover::kPairwise) rest = pairwise_rows(space, 1, stay);
    if (!matrix_.sample) {
      stay.insert(stay.end(), rest.begin(), rest.end());
      return stay;
    }
    std::vector<Row> drawn;
    for (Row& row : rest) (any_matches(required, row) ? stay : drawn).push_back(std::move(row));
    Random random(*matrix_.sample->seed);
    for (std::size_t i = drawn.size(); i > 1; --i) std::swap(drawn[i - 1], drawn[random.below(i)]);
    const auto wanted = static_cast<std::size_t>(*matrix_.sample->cells);
    const std::size_t room = wanted > stay.size() ? wanted - stay.size() : 0;
    drawn.resize(std::min(drawn.size(), room));
    stay.insert(stay.end(), drawn.begin(), drawn.end());
    return stay;
  }

  [[nodiscard]] std::vector<std::string> values_of(const Row& row) const {
    std::vector<std::string> values;
    for (std::size_t i = 0; i < row.size(); ++i) values.push_back(axes_[i].values[static_cast<std::size_t>(row[i])]);
    return values;
  }

  // The values in order, joined; a pinned version says nothing, and of a scenario the name is enough unless two
  // families have one of that name.
  [[nodiscard]] std::string id_of(const Row& row) const {
    std::string id;
    const std::vector<std::string> values = values_of(row);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] == kPinned) continue;
      std::string text = values[i];
      if (i + 1 == values.size()) text = short_name(text);
      std::replace_if(
          text.begin(), text.end(), [](char c) { return c == '/' || c == '.'; }, '-');
      id += (id.empty() ? "" : ".") + text;
    }
    return id;
  }

  [[nodiscard]] std::string short_name(const std::string& scenario) const {
    const std::string name = scenario.substr(scenario.find('/') + 1);
    const auto same = std::count_if(axes_.back().values.begin(), axes_.back().values.end(),
                                    [&](const auto& other) { return other.substr(other.find('/') + 1) == name; });
    return same == 1 ? name : scenario;
  }

  [[nodiscard]] Cell cell_of(const Row& row) const {
    const std::vector<std::string> values = values_of(row);
    const Fitted& fitted = fitted_.at({row[0], row[1], row.back()});
    Cell cell{.id = id_of(row), .values = values};
    cell.cannot = fitted.cannot;
    cell.estimate = fitted.estimate;
    cell.limit_s = fitted.limit_s;
    cell.arguments.push_back(values.back());
    for (const std::string& override_text : fitted.overrides) {
      cell.arguments.insert(cell.arguments.end(), {"--set", override_text});
    }
    for (std::size_t i = 0; i < axes_.size(); ++i) apply_axis(axes_[i].name, values[i], fitted, cell);
    if (matrix_.run.limit) cell.limit_s = seconds(**matrix_.run.limit);
    return cell;
  }

  static void apply_axis(const std::string& name, const std::string& value, const Fitted& fitted, Cell& cell) {
    if (name == "substrate" && value != "local") {
      cell.arguments.insert(cell.arguments.end(), {"--on", value});
      cell.estimate.seconds += kKindSeconds;
      cell.estimate.memory_mib += kKindMemoryMib;
      cell.limit_s += kKindLimitSeconds;
    }
    if (name == "phase" && value != kComplete) {
      cell.arguments.insert(cell.arguments.end(), {"--until", value});
      cell.estimate.seconds = fitted.bring_up_s;
    }
    if (name.starts_with(kVersionAxis) && value != kPinned) {
      const std::string component = name.substr(kVersionAxis.size());
      cell.arguments.insert(cell.arguments.end(), {"--set", fmt::format("stack.{}.version={}", component, value)});
    }
  }

  [[nodiscard]] std::vector<LeftOut> left_out(const Space& space, const std::vector<Row>& chosen) const {
    const std::set<Row> cells(chosen.begin(), chosen.end());
    std::vector<LeftOut> groups;
    const auto add = [&](const std::string& because, const Row& row) {
      auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.because == because; });
      if (group == groups.end()) group = groups.insert(groups.end(), LeftOut{because, 0, {}});
      ++group->count;
      if (group->examples.size() < kExamples) group->examples.push_back(id_of(row));
    };
    const Space everything(space.sizes(), {});
    for (const Row& row : all_rows(everything)) {
      if (cells.contains(row)) continue;
      const auto rule =
          std::find_if(rules_.begin(), rules_.end(), [&](const Rule& one) { return matches(one.pattern, row); });
      add(rule == rules_.end() ? chosen_otherwise() : rule->because, row);
    }
    return groups;
  }

  [[nodiscard]] std::string chosen_otherwise() const {
    if (matrix_.sample) {
      return fmt::format("not drawn: {} cells from seed {}", *matrix_.sample->cells, *matrix_.sample->seed);
    }
    return "pairwise: each of its pairs is in another cell";
  }

  const Matrix& matrix_;
  const PlanSources& sources_;
  Fitter fitter_;
  std::vector<Axis> axes_;
  std::vector<Rule> rules_;
  std::map<std::tuple<int, int, int>, Fitted> fitted_;  // by environment, configuration, scenario
};

}  // namespace

Result<Plan> make_plan(const Matrix& matrix, const PlanSources& sources) {
  return Planner(matrix, sources).plan();
}

std::string Plan::digest() const {
  // FNV-1a of 64 bits, over everything that decides what is run; each part ends with a byte that no text holds.
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    hash = (hash ^ 0xffU) * 0x100000001b3;
  };
  add(matrix);
  for (const Cell& cell : cells) {
    add(cell.id);
    for (const std::string& argument : cell.arguments) add(argument);
    add(cell.required ? "required" : "");
  }
  return fmt::format("{:016x}", hash);
}

std::vector<std::size_t> shard_cells(const Plan& plan, int shard, int of) {
  std::vector<std::size_t> order(plan.cells.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return plan.cells[a].estimate.seconds > plan.cells[b].estimate.seconds;
  });
  std::vector<double> load(static_cast<std::size_t>(of), 0);
  std::vector<std::size_t> mine;
  for (const std::size_t cell : order) {
    const auto least = std::min_element(load.begin(), load.end());
    // What can't be run costs nothing, and still counts as one, so that shards report alike.
    *least += plan.cells[cell].cannot ? 1e-3 : plan.cells[cell].estimate.seconds;
    if (least - load.begin() == shard - 1) mine.push_back(cell);
  }
  std::sort(mine.begin(), mine.end());
  return mine;
}

}  // namespace chamber::matrix
