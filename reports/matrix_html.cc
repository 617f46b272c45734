// The page of a matrix: what it came to and why, as markup; the heat map and the list of cells are made by the script
// from the page's data, which keeps 10,000 cells small.
#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "reports/assets.h"
#include "reports/escape.h"
#include "reports/figures.h"
#include "reports/html_page.h"
#include "reports/html_parts.h"
#include "reports/matrix_report.h"

namespace chamber {
namespace {

using matrix::Attempt;
using matrix::CellResult;
using matrix::MatrixResult;
using matrix::Status;
using nlohmann::json;

constexpr std::size_t kMostGroups = 100;  // on the page; the list of cells has the rest
constexpr std::size_t kCellsOfGroup = 6;  // named with it
constexpr std::size_t kMostWhy = 160;     // bytes of one cell's reason

// As the verdict's classes know them.
std::string_view style_of(Status status) {
  switch (status) {
    case Status::kPassed:
      return "pass";
    case Status::kFailed:
    case Status::kError:
      return "fail";
    case Status::kInconclusive:
    case Status::kNotRun:
      break;
  }
  return "inconclusive";
}

Judgement judgement_of(const MatrixResult& result) {
  switch (result.exit_code()) {
    case 0:
      return Judgement::kPass;
    case 4:
      return Judgement::kInconclusive;
    default:
      return Judgement::kFail;
  }
}

std::string word_of(const MatrixResult& result) {
  const Judgement judgement = judgement_of(result);
  if (judgement == Judgement::kPass) return "Pass";
  return judgement == Judgement::kFail ? "Fail" : "Inconclusive";
}

std::string fact(std::string_view name, const std::string& value, const std::string& beside) {
  return fmt::format("<div><dt>{}</dt><dd>{}<small>{}</small></dd></div>\n", name, escape_markup(value),
                     escape_markup(beside));
}

double cell_seconds(const MatrixResult& result) {
  double sum = 0;
  for (const CellResult& cell : result.cells) sum += cell.seconds();
  return sum;
}

std::string head(const MatrixResult& result) {
  std::string out = fmt::format(
      "<header>\n<p class=\"over\"><b>chamber</b><span>{}</span><span>matrix, plan {}</span></p>\n<h1>{}</h1>\n",
      escape_markup(result.started), escape_markup(result.digest), escape_markup(result.matrix));
  if (!result.about.empty()) out += fmt::format("<p class=\"about\">{}</p>\n", escape_markup(result.about));
  const Judgement judgement = judgement_of(result);
  out += fmt::format(
      "</header>\n<section class=\"verdict {0}\" aria-label=\"Verdict\"><span class=\"{0}\">{1}</span><div><p "
      "class=\"word {0}\" id=\"verdict\">{2}</p><div class=\"why\"><p>{3}</p></div></div></section>\n",
      to_string(judgement), html::icon(judgement), word_of(result), escape_markup(cells_text(result)));
  if (result.of > 1) {
    out += fmt::format("<p class=\"notice\"><b>One shard.</b> This is shard {} of {}.</p>\n", result.shard, result.of);
  }
  out += "<dl class=\"facts\">\n";
  out += fact("Cells", count_text(result.cells.size()), fmt::format("of {} axes", result.axes.size()));
  out += fact("Flakes", count_text(result.flakes()), "passed, but not at once");
  out += fact("Wall time", seconds_text(result.wall_s),
              result.jobs > 0 ? fmt::format("up to {} side by side", result.jobs) : std::string("nothing was run"));
  out += fact("Cell time", seconds_text(cell_seconds(result)), "all attempts together");
  out += fact("Pairs of values",
              fmt::format("{} of {}", count_text(result.pairs.covered), count_text(result.pairs.possible)),
              "covered of those possible");
  return out + "</dl>\n";
}

std::string link_of(const CellResult& cell) {
  const Attempt* const last = cell.last();
  const std::string id = escape_markup(cell.id);
  if (last == nullptr || last->folder.empty()) return fmt::format("<code>{}</code>", id);
  return fmt::format("<a href=\"{}/report.html\"><code>{}</code></a>", escape_markup(last->folder), id);
}

std::string group_html(const CauseGroup& group) {
  std::string out =
      fmt::format("<li class=\"card cause\"><p class=\"{} state\">{} · {}</p><h3>{}</h3>", style_of(group.status),
                  to_string(group.status), plural(group.cells.size(), "cell"), escape_markup(group.why));
  if (!group.evidence.empty()) {
    out += "<ul class=\"evidence\">";
    for (const std::string& line : group.evidence) out += fmt::format("<li>{}</li>", escape_markup(line));
    out += "</ul>";
  }
  out += "<p class=\"small soft\">";
  for (std::size_t i = 0; i < std::min(group.cells.size(), kCellsOfGroup); ++i) {
    out += (i > 0 ? ", " : "") + link_of(*group.cells[i]);
  }
  if (group.cells.size() > kCellsOfGroup) {
    out += fmt::format(" and {} more", count_text(group.cells.size() - kCellsOfGroup));
  }
  return out + "</p></li>\n";
}

std::string causes(const std::vector<CauseGroup>& groups) {
  if (groups.empty()) return "";
  std::string out = "<h2 id=\"causes\">What did not pass, by cause</h2>\n<ul class=\"causes\">\n";
  for (std::size_t i = 0; i < std::min(groups.size(), kMostGroups); ++i) out += group_html(groups[i]);
  out += "</ul>\n";
  if (groups.size() > kMostGroups) {
    out += fmt::format("<p class=\"soft\">{} more causes are in the list of cells.</p>\n",
                       count_text(groups.size() - kMostGroups));
  }
  return out;
}

// What the script fills.
std::string places() {
  return "<h2 id=\"map-head\">Cells</h2>\n"
         "<noscript><p class=\"notice\">The map and the list of cells are drawn by this page's own "
         "script.</p></noscript>\n"
         "<form id=\"filters\" class=\"filters\" aria-label=\"Filters\" hidden></form>\n"
         "<p id=\"shown\" class=\"soft small\" role=\"status\"></p>\n"
         "<div class=\"scroll\" id=\"map\"></div>\n<ul class=\"legend\" id=\"map-legend\"></ul>\n"
         "<h3 id=\"list-head\" tabindex=\"-1\">The cells that are shown</h3>\n<div class=\"scroll\" "
         "id=\"list\"></div>\n";
}

std::string left_out(const MatrixResult& result) {
  if (result.left_out.empty()) return "";
  std::string out =
      "<h2>What is left out, and why</h2>\n<div class=\"card scroll\"><table><thead><tr><th "
      "scope=\"col\">Combinations</th><th scope=\"col\">Because</th><th scope=\"col\">Such "
      "as</th></tr></thead><tbody>\n";
  for (const matrix::LeftOut& group : result.left_out) {
    std::string examples;
    for (const std::string& example : group.examples) {
      examples += fmt::format("{}<code>{}</code>", examples.empty() ? "" : "<br>", escape_markup(example));
    }
    out += fmt::format("<tr><td class=\"number\">{}</td><td>{}</td><td class=\"small\">{}</td></tr>\n",
                       count_text(group.count), escape_markup(group.because), examples);
  }
  return out + "</tbody></table></div>\n";
}

std::string brief(const std::string& why) {
  if (why.size() <= kMostWhy) return why;
  std::size_t cut = kMostWhy;
  while (cut > 0 && (static_cast<unsigned char>(why[cut]) & 0xC0U) == 0x80U) --cut;
  return why.substr(0, cut) + "…";
}

// Texts that many cells share, once each.
class Texts {
 public:
  int index(const std::string& text) {
    const auto [found, fresh] = known_.emplace(text, static_cast<int>(all_.size()));
    if (fresh) all_.push_back(text);
    return found->second;
  }
  [[nodiscard]] const json& all() const { return all_; }

 private:
  std::map<std::string, int> known_;
  json all_ = json::array();
};

// {"axes": [{"name", "values"}], "texts": […], "cells": [[value of each axis…, status, attempts, seconds, id, why,
// folder]]}; values, why and folder's beginning are numbers of texts.
std::string data_of(const MatrixResult& result) {
  json axes = json::array();
  std::vector<Texts> values(result.axes.size());
  Texts texts;
  json cells = json::array();
  for (const CellResult& cell : result.cells) {
    json row = json::array();
    for (std::size_t i = 0; i < cell.values.size(); ++i) row.push_back(values[i].index(cell.values[i]));
    const Attempt* const last = cell.last();
    row.push_back(static_cast<int>(cell.status));
    row.push_back(cell.attempts.size());
    row.push_back(std::round(cell.seconds() * 10) / 10);
    row.push_back(cell.id);
    row.push_back(texts.index(brief(cell.status == Status::kNotRun || last == nullptr ? cell.why : last->why)));
    // The folder is nearly always <base>cells/<id>/<number>: only the base is told.
    const std::string usual = last == nullptr ? "" : fmt::format("cells/{}/{}", cell.id, last->number);
    if (last == nullptr || !last->folder.ends_with(usual)) {
      row.push_back(last == nullptr ? json(nullptr) : json(last->folder));
    } else {
      row.push_back(texts.index(last->folder.substr(0, last->folder.size() - usual.size())));
      row.push_back(last->number);
    }
    cells.push_back(std::move(row));
  }
  for (std::size_t i = 0; i < result.axes.size(); ++i) {
    axes.push_back({{"name", result.axes[i]}, {"values", values[i].all()}});
  }
  const json data = {{"axes", std::move(axes)}, {"texts", texts.all()}, {"cells", std::move(cells)}};
  return data.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

std::string render_matrix_html(const MatrixResult& result) {
  html::Page page{.title = fmt::format("{}: {} – chamber", escape_markup(result.matrix), word_of(result)),
                  .style = kMatrixStyle,
                  .style_sha256 = kMatrixStyleSha256,
                  .script = kMatrixScript,
                  .script_sha256 = kMatrixScriptSha256,
                  .skip = "map-head",
                  .skip_text = "To the cells",
                  .body = head(result),
                  .data = data_of(result)};
  page.body += causes(group_by_cause(result));
  page.body += places();
  page.body += left_out(result);
  page.body += fmt::format("<footer>On {} cores with {} of memory.</footer>\n", result.host.cpus,
                           bytes_text(static_cast<std::uint64_t>(result.host.memory_mib * 1024 * 1024)));
  return html::page(page);
}

}  // namespace chamber
