// Opens the page in headless Chromium: charts are drawn under the page's own security policy, nothing complains, people
// can move about in it, in both themes. Without Chromium the tests are skipped, or fail when
// CHAMBER_REQUIRE_CAPABILITIES=1.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/render.h"
#include "reports/test_browser.h"
#include "reports/test_runs.h"

namespace chamber {
namespace {

using testing::HasSubstr;
using testing::Not;

using Page = BrowserTest;

TEST_F(Page, DrawsEveryChartUnderItsOwnPolicy) {
  const std::string text = dom(render_html(test_report()));
  // Lanes, and two charts for each of the two workloads.
  EXPECT_THAT(text, HasSubstr("data-drawn=\"5\""));
  for (const char* part : {"class=\"area ok\"", "class=\"area fail\"", "class=\"area unknown\"", "class=\"line p50\"",
                           "class=\"line p99\"", "class=\"line max\"", "class=\"wait unknown\"", "class=\"band\"",
                           "class=\"role\"", "vault.leader → vault-2"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST_F(Page, PolicyRefusesAnyOtherScript) {
  const std::string page =
      replaced(render_html(test_report()), "</h1>", "</h1><script>document.documentElement.dataset.hostile=1</script>");
  const std::string text = open(page, {"--dump-dom"});
  EXPECT_THAT(text, HasSubstr("data-drawn=\"5\""));
  EXPECT_THAT(text, Not(HasSubstr("data-hostile=")));
  EXPECT_THAT(text, HasSubstr(":CONSOLE")) << "a refusal is told; so is what the other tests look for";
}

TEST_F(Page, HostileNamesAreOnlyText) {
  Report report = test_report();
  const std::string hostile = "</script><img src=x onerror=\"document.documentElement.dataset.hostile=1\">";
  report.timeline.workloads[0].name = hostile;
  report.timeline.faults[0].name = hostile;
  report.timeline.roles[1].holder = hostile;
  report.record.command = hostile;
  const std::string text = dom(render_html(report));
  EXPECT_THAT(text, HasSubstr("data-drawn=\"5\""));
  EXPECT_THAT(text, Not(HasSubstr("data-hostile=")));
}

TEST_F(Page, PeopleCanMoveAboutInIt) {
  const std::string script = R"(
    const set = (name, value) => { document.documentElement.dataset[name] = value; };
    const key = (target, name) => target.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
    const latency = document.querySelector("svg.latency");
    const line = () => latency.querySelector(".line.p50").getAttribute("d");
    const logarithmic = line();
    const linear = document.querySelector("input[value=linear]");
    linear.checked = true;
    linear.dispatchEvent(new Event("change"));
    set("scale", String(line() !== logarithmic));
    latency.focus();
    key(latency, "End");
    key(latency, "ArrowLeft");
    const cursors = [...document.querySelectorAll(".cursor")];
    set("cursors", cursors.filter((cursor) => cursor.getAttribute("visibility") === "visible").length);
    set("synced", String(new Set(cursors.map((cursor) => cursor.getAttribute("x1"))).size === 1));
    set("readout", document.querySelector("output[data-series=p50]").textContent);
    set("announced", document.getElementById("announce").textContent);
    key(latency, "+");
    set("zoomed", String(!document.getElementById("reset").hidden));
    document.getElementById("reset").click();
    set("reset", String(document.getElementById("reset").hidden));
    const details = document.querySelector("details.figures");
    details.addEventListener("toggle", () => set("rows", details.querySelectorAll("tbody tr").length));
    details.open = true;
  )";
  const Report report = test_report();
  const std::string text = dom(with_script(render_html(report), script));
  for (const char* part : {"data-scale=\"true\"", "data-cursors=\"5\"", "data-synced=\"true\"", "data-zoomed=\"true\"",
                           "data-reset=\"true\"", "data-readout=\"3."}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, testing::ContainsRegex("data-announced=\"40\\.[0-9]+ s: ok [0-9]+ per second, fail 0"));
  EXPECT_THAT(text, HasSubstr(fmt::format("data-rows=\"{}\"", report.timeline.workloads[0].bins.size())));
}

TEST_F(Page, FollowsTheThemeOfItsReader) {
  const std::string script = R"(
    const style = (element) => getComputedStyle(element);
    const grey = (colour) => colour.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3;
    const back = grey(style(document.body).backgroundColor);
    const ink = grey(style(document.querySelector(".tick")).fill);
    document.documentElement.dataset.theme = back > 200 && ink < 140 ? "light" : back < 60 && ink > 140 ? "dark" : "unreadable";
  )";
  const std::string page = with_script(render_html(test_report()), script);
  EXPECT_THAT(dom(page, {"--blink-settings=preferredColorScheme=1"}), HasSubstr("data-theme=\"light\""));
  EXPECT_THAT(dom(page, {"--blink-settings=preferredColorScheme=0"}), HasSubstr("data-theme=\"dark\""));
}

TEST_F(Page, FitsANarrowScreenAndAnEmptyRun) {
  const std::string script = R"(
    document.documentElement.dataset.wide = String(document.documentElement.scrollWidth > innerWidth);
  )";
  EXPECT_THAT(dom(with_script(render_html(test_report()), script), {"--window-size=500,900"}),
              HasSubstr("data-wide=\"false\""));
  Report nothing;
  nothing.verdict = Verdict::of({});
  EXPECT_THAT(dom(render_html(nothing)), HasSubstr("data-drawn=\"0\""));
}

TEST_F(Page, CanBePictured) {
  for (const char* scheme : {"0", "1"}) {
    const std::filesystem::path picture = folder_ / (std::string("picture-") + scheme + ".png");
    open(render_html(test_report()),
         {std::string("--blink-settings=preferredColorScheme=") + scheme, "--screenshot=" + picture.string()});
    ASSERT_TRUE(std::filesystem::exists(picture));
    EXPECT_GT(std::filesystem::file_size(picture), 100'000U) << "a page of one colour packs into far less";
  }
}

}  // namespace
}  // namespace chamber
