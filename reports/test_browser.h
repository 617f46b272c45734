// For tests: a page opened in headless Chromium, under its own security policy.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "harness/base/test_capability.h"
#include "harness/history/test_files.h"
#include "harness/process/process.h"

namespace chamber {

inline std::string replaced(std::string text, const std::string& part, const std::string& with) {
  const std::size_t at = text.find(part);
  EXPECT_NE(at, std::string::npos) << part;
  return at == std::string::npos ? text : text.replace(at, part.size(), with);
}

class BrowserTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* path : {"/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"}) {
      if (std::filesystem::exists(path)) {
        browser_ = path;
        return;
      }
    }
    CHAMBER_LACKS("Chromium is not installed: apt-get install chromium");
  }

  // What the browser prints for one page: its log, and the document after scripts ran.
  std::string open(const std::string& page, const std::vector<std::string>& more) {
    const std::filesystem::path file = folder_ / "page.html";
    std::ofstream(file) << page;
    SpawnOptions options;
    // A profile of its own for each start: nothing is shared with a browser that runs, or with the test before.
    options.arguments = {browser_,
                         "--headless",
                         "--no-sandbox",
                         "--disable-gpu",
                         "--disable-quic",
                         "--no-first-run",
                         "--disable-background-networking",
                         "--disable-component-update",
                         "--disable-sync",
                         "--disable-dev-shm-usage",
                         "--hide-scrollbars",
                         "--enable-logging=stderr",
                         "--user-data-dir=" + (folder_ / ("profile-" + std::to_string(starts_++))).string(),
                         "--window-size=1200,3000",
                         "--virtual-time-budget=3000"};
    options.arguments.insert(options.arguments.end(), more.begin(), more.end());
    options.arguments.push_back("file://" + file.string());
    options.environment = {{"HOME", (folder_ / "").string()}, {"PATH", "/usr/bin:/bin"}, {"LANG", "C.UTF-8"}};
    const Result<CommandOutput> run = run_command(options, "", Deadline::in(std::chrono::seconds(120)));
    EXPECT_TRUE(run.ok()) << run.error().message();
    return run.ok() ? run->output : "";
  }
  std::string dom(const std::string& page, std::vector<std::string> more = {}) {
    more.emplace_back("--dump-dom");
    const std::string text = open(page, more);
    EXPECT_THAT(text, testing::Not(testing::HasSubstr(":CONSOLE"))) << "the browser complained";
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("data-error="))) << "a script failed";
    return text;
  }

  // The page with a script of the test's own behind its own, which the policy would refuse.
  static std::string with_script(std::string page, const std::string& script) {
    page = std::regex_replace(page, std::regex("<meta http-equiv=\"Content-Security-Policy\"[^>]*>"), "");
    return replaced(std::move(page), "</body>", "<script>" + script + "</script></body>");
  }

  TestFolder folder_;
  std::string browser_;
  int starts_ = 0;
};

}  // namespace chamber
