// Opens the page of a matrix in headless Chromium: the map is drawn, filters work by mouse and keyboard, in both
// themes, with 10,000 cells too.
#include <chrono>

#include "reports/matrix_report.h"
#include "reports/test_browser.h"
#include "reports/test_matrices.h"

namespace chamber {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

using MatrixPage = BrowserTest;

TEST_F(MatrixPage, DrawsTheMapUnderItsOwnPolicy) {
  const matrix::MatrixResult result = test_mixed_matrix();
  const std::string text = dom(render_matrix_html(result));
  EXPECT_THAT(text, HasSubstr(fmt::format("data-drawn=\"{}\"", result.cells.size())));
  EXPECT_THAT(text, ContainsRegex("aria-label=\"failover/scenario-1, development, minimal: 1 failed\""));
  EXPECT_THAT(text, HasSubstr("href=\"cells/development.minimal.local.complete.scenario-1/1/report.html\""));
}

TEST_F(MatrixPage, FiltersByAxisStatusWordsAndMap) {
  const std::string script = R"(
    const set = (name, value) => { document.documentElement.dataset[name] = value; };
    const pick = (label, text) => {
      const select = document.querySelector(`select[data-filter="${label}"]`);
      select.value = [...select.options].find((option) => option.textContent === text).value;
      select.dispatchEvent(new Event("change"));
    };
    const rows = () => String(document.querySelectorAll("table.cells tbody tr").length);
    const reset = () => document.getElementById("reset").click();
    set("all", rows());
    pick("environment", "production");
    set("production", rows());
    pick("status", "passed");
    set("productionPassed", rows());
    reset();
    pick("status", "flaky");
    set("flaky", rows());
    reset();
    const words = document.querySelector("input[data-filter=text]");
    words.value = "vault.seal";
    words.dispatchEvent(new Event("input"));
    set("words", rows());
    reset();
    const first = document.querySelector("table.heat button");
    set("tabbable", String(document.querySelectorAll("table.heat button[tabindex='0']").length));
    first.focus();
    first.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
    set("moved", document.activeElement.dataset.place);
    document.activeElement.click();
    set("fromMap", rows());
    set("landed", document.activeElement.id);
    reset();
    set("again", rows());
    pick("columns", "scenario");
    set("columns", String(document.querySelectorAll("table.heat thead th").length));
  )";
  const matrix::MatrixResult result = test_mixed_matrix();
  const std::string text = dom(with_script(render_matrix_html(result), script));
  std::size_t passed = 0;
  std::size_t flaky = 0;
  for (const matrix::CellResult& cell : result.cells) {
    flaky += cell.flaky() ? 1 : 0;
    passed += cell.status == matrix::Status::kPassed && !cell.flaky() && cell.values[0] == "production" ? 1 : 0;
  }
  EXPECT_THAT(text, HasSubstr("data-all=\"24\""));
  EXPECT_THAT(text, HasSubstr("data-production=\"8\""));
  EXPECT_THAT(text, HasSubstr(fmt::format("data-production-passed=\"{}\"", passed)));
  EXPECT_THAT(text, HasSubstr(fmt::format("data-flaky=\"{}\"", flaky)));
  EXPECT_THAT(text, HasSubstr(fmt::format("data-words=\"{}\"", result.count(matrix::Status::kNotRun))));
  EXPECT_THAT(text, HasSubstr("data-tabbable=\"1\""));
  EXPECT_THAT(text, HasSubstr("data-moved=\"1,0\""));
  EXPECT_THAT(text, HasSubstr("data-from-map=\"1\""));
  EXPECT_THAT(text, HasSubstr("data-landed=\"list-head\""));
  EXPECT_THAT(text, HasSubstr("data-again=\"24\""));
}

TEST_F(MatrixPage, HostileNamesAreOnlyText) {
  matrix::MatrixResult result = test_mixed_matrix();
  const std::string hostile = "</script><img src=x onerror=\"document.documentElement.dataset.hostile=1\">";
  result.matrix = hostile;
  result.cells[1].id = hostile;
  result.cells[1].values[0] = hostile;
  result.cells[1].attempts[0].why = hostile;
  const std::string text = dom(render_matrix_html(result));
  EXPECT_THAT(text, Not(HasSubstr("data-hostile=")));
}

TEST_F(MatrixPage, CarriesTenThousandCells) {
  const auto begin = std::chrono::steady_clock::now();
  const matrix::MatrixResult result = test_mixed_matrix(1667);
  const std::string page = render_matrix_html(result);
  const double made_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  EXPECT_LT(page.size(), 5'000'000U);
  RecordProperty("bytes", static_cast<int>(page.size()));
  RecordProperty("made_ms", static_cast<int>(made_s * 1000));
  const std::string script = R"(
    const began = performance.now();
    const select = document.querySelector("select[data-filter=environment]");
    select.value = "1";
    select.dispatchEvent(new Event("change"));
    document.documentElement.dataset.filterMs = String(Math.round(performance.now() - began));
  )";
  const std::string text = dom(with_script(page, script));
  EXPECT_THAT(text, HasSubstr("data-drawn=\"3334\""));
  EXPECT_THAT(text, HasSubstr("data-filter-ms="));
  std::printf("10,002 cells: %zu bytes, made in %.2f s\n", page.size(), made_s);
}

TEST_F(MatrixPage, FollowsTheThemeAndFitsANarrowScreen) {
  const std::string script = R"(
    const grey = (colour) => colour.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3;
    const back = grey(getComputedStyle(document.body).backgroundColor);
    const ink = grey(getComputedStyle(document.querySelector(".heat button")).color);
    document.documentElement.dataset.theme = back > 200 && ink < 140 ? "light" : back < 60 && ink > 140 ? "dark" : "unreadable";
    document.documentElement.dataset.wide = String(document.documentElement.scrollWidth > innerWidth);
  )";
  const std::string page = with_script(render_matrix_html(test_mixed_matrix()), script);
  EXPECT_THAT(dom(page, {"--blink-settings=preferredColorScheme=1"}), HasSubstr("data-theme=\"light\""));
  const std::string dark = dom(page, {"--blink-settings=preferredColorScheme=0", "--window-size=500,900"});
  EXPECT_THAT(dark, HasSubstr("data-theme=\"dark\""));
  EXPECT_THAT(dark, HasSubstr("data-wide=\"false\""));
}

TEST_F(MatrixPage, AnEmptyMatrixIsAPageToo) {
  matrix::MatrixResult nothing;
  nothing.axes = {"environment", "scenario"};
  EXPECT_THAT(dom(render_matrix_html(nothing)), HasSubstr("data-drawn=\"0\""));
}

TEST_F(MatrixPage, CanBePictured) {
  // With CHAMBER_KEEP_PICTURE the picture of the documentation is made anew.
  const char* const keep = std::getenv("CHAMBER_KEEP_PICTURE");
  const std::filesystem::path picture = keep != nullptr ? keep : (folder_ / "picture.png").string();
  open(render_matrix_html(test_mixed_matrix(9)),
       {"--blink-settings=preferredColorScheme=1", "--screenshot=" + picture.string(), "--window-size=1200,1500"});
  ASSERT_TRUE(std::filesystem::exists(picture));
  EXPECT_GT(std::filesystem::file_size(picture), 50'000U) << "a page of one colour packs into far less";
}

}  // namespace
}  // namespace chamber
