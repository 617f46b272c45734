#include "reports/escape.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/base/random.h"

namespace chamber {
namespace {

TEST(Escape, MarkupCannotBeOpenedOrClosed) {
  EXPECT_EQ(escape_markup("<script>alert('x')</script>"), "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
  EXPECT_EQ(escape_markup("\" onload=\"x"), "&quot; onload=&quot;x");
  EXPECT_EQ(escape_markup("a & b"), "a &amp; b");
  EXPECT_EQ(escape_markup("]]>"), "]]&gt;");
  EXPECT_EQ(escape_markup("Grüße – ✓ 𝄞"), "Grüße – ✓ 𝄞");
}

TEST(Escape, WhatIsNotUtf8OrNotXmlIsReplaced) {
  EXPECT_EQ(escape_markup(std::string_view("a\0b", 3)), "a\uFFFDb");
  EXPECT_EQ(escape_markup("a\x1b[31m"), "a\uFFFD[31m");
  EXPECT_EQ(escape_markup("\xff"), "\uFFFD");
  EXPECT_EQ(escape_markup("\xc0\xaf"), "\uFFFD\uFFFD");            // overlong "/"
  EXPECT_EQ(escape_markup("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");  // a surrogate
  EXPECT_EQ(escape_markup("\xef\xbf\xbe"), "\uFFFD\uFFFD\uFFFD");  // U+FFFE
  EXPECT_EQ(escape_markup("\xe2\x82"), "\uFFFD\uFFFD");            // cut short
  EXPECT_EQ(escape_markup("line\nnext\t."), "line\nnext\t.");
}

TEST(Escape, AJsonBlockKeepsItsMeaningAndCannotEnd) {
  const std::string json = nlohmann::json({{"name", "</script><!-- <script>"}}).dump();
  const std::string block = escape_json_block(json);
  EXPECT_EQ(block.find('<'), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(block), nlohmann::json::parse(json));
}

TEST(Escape, MarkdownHasNoCellsLinksMentionsOrMarkup) {
  EXPECT_EQ(escape_markdown("a|b\nc"), "a&#124;b c");
  EXPECT_EQ(escape_markdown("[x](http://y) @all `z` <b>"),
            "&#91;x&#93;(http&#58;//y) &#64;all &#96;z&#96; &#60;b&#62;");
}

TEST(Escape, ATerminalGetsNoControlSequence) {
  EXPECT_EQ(escape_terminal("a\x1b]0;title\x07\r\nb"), "a\uFFFD]0;title\uFFFD  b");
  EXPECT_EQ(escape_terminal("\xc2\x9b"
                            "31m"),
            "\uFFFD31m");  // CSI as one C1 control
}

TEST(Escape, AnyBytesAreSafe) {
  Random random(3);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random.below(40), ' ');
    for (char& c : bytes) c = static_cast<char>(random.next());
    for (const char c : escape_markup(bytes)) {
      EXPECT_TRUE(c != '<' && c != '>' && c != '"' && c != '\0');
    }
    // Strict parsing is also a check of the UTF-8.
    const std::string quoted = "\"" + escape_terminal(bytes) + "\"";
    if (quoted.find_first_of("\"\\", 1) == quoted.size() - 1) {
      EXPECT_TRUE(nlohmann::json::accept(quoted)) << quoted;
    }
  }
}

TEST(Escape, ColumnsCountCharacters) {
  EXPECT_EQ(columns("✓ pass"), 6U);
}

}  // namespace
}  // namespace chamber
