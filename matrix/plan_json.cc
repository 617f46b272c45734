#include "harness/document/parse.h"
#include "matrix/plan.h"

namespace chamber::matrix {
namespace {

using document::Json;
using document::Object;
using document::Shape;

constexpr const char* kFormat = "chamber.matrix-plan/1";
constexpr document::Limits kLimits = {.bytes = 256 << 20, .nodes = 20'000'000};
constexpr std::size_t kMostCells = 200'000;

struct Saved {
  std::string format = kFormat;
  std::string digest;
  Plan plan;
};

Shape<std::string> any_text() {
  return document::text(4000);
}
Shape<double> amount() {
  return document::number({0, 1e12});
}
Shape<std::vector<std::string>> texts() {
  return document::list_of(any_text(), "a list of texts", 0, kMostCells);
}

Shape<Estimate> estimate_shape() {
  return Object<Estimate>("an estimate")
      .required("seconds", &Estimate::seconds, amount(), "")
      .required("memory_mib", &Estimate::memory_mib, amount(), "")
      .required("cores", &Estimate::cores, amount(), "");
}

Shape<Cell> cell_shape() {
  return Object<Cell>("a cell")
      .required("id", &Cell::id, any_text(), "")
      .required("values", &Cell::values, texts(), "")
      .required("arguments", &Cell::arguments, texts(), "")
      .required("priority", &Cell::priority, document::whole({INT64_MIN, INT64_MAX}), "")
      .required("required", &Cell::required, document::flag(), "")
      .required("limit_s", &Cell::limit_s, amount(), "")
      .required("estimate", &Cell::estimate, estimate_shape(), "")
      .optional("cannot", &Cell::cannot, any_text(), "");
}

Shape<Plan> plan_shape() {
  const Shape<LeftOut> left_out = Object<LeftOut>("what is left out")
                                      .required("because", &LeftOut::because, any_text(), "")
                                      .required("count", &LeftOut::count, document::seed_number(), "")
                                      .required("examples", &LeftOut::examples, texts(), "");
  const Shape<PairCount> pairs = Object<PairCount>("a count of pairs")
                                     .required("all", &PairCount::all, document::seed_number(), "")
                                     .required("possible", &PairCount::possible, document::seed_number(), "")
                                     .required("covered", &PairCount::covered, document::seed_number(), "");
  return Object<Plan>("a plan of a matrix")
      .required("matrix", &Plan::matrix, any_text(), "")
      .required("about", &Plan::about, any_text(), "")
      .required("axes", &Plan::axes, texts(), "")
      .required("cells", &Plan::cells, document::list_of(cell_shape(), "a list of cells", 0, kMostCells), "")
      .required("left_out", &Plan::left_out, document::list_of(left_out, "a list of what is left out", 0, kMostCells),
                "")
      .required("combinations", &Plan::combinations, document::seed_number(), "")
      .required("pairs", &Plan::pairs, pairs, "")
      .required("retries", &Plan::retries, document::whole({0, 100}), "");
}

Shape<Saved> saved_shape() {
  return Object<Saved>("a saved plan")
      .required("format", &Saved::format, document::exactly(kFormat), "")
      .required("digest", &Saved::digest, any_text(), "")
      .required("plan", &Saved::plan, plan_shape(), "");
}

}  // namespace

Json to_json(const Plan& plan) {
  return saved_shape().write({kFormat, plan.digest(), plan});
}

Result<Plan> plan_from_json(std::string_view text, std::string_view name) {
  document::Mistakes mistakes;
  const std::optional<document::Node> root = document::parse(text, name, mistakes, kLimits);
  std::optional<Saved> saved;
  if (root) saved = saved_shape().read(*root, mistakes);
  CHAMBER_CHECK(mistakes.result());
  if (saved->plan.digest() != saved->digest) {
    return fail(ErrorKind::kInput, "{}: the cells are not those that its digest {} stands for", name, saved->digest);
  }
  return std::move(saved->plan);
}

}  // namespace chamber::matrix
