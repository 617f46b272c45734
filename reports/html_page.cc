#include "reports/html_page.h"

#include <fmt/format.h>

#include "reports/escape.h"

namespace chamber::html {
namespace {

// "sha256-…" as a content security policy wants it: the digest in base64.
std::string policy_hash(std::string_view hex) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto nibble = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  std::string base64;
  unsigned bits = 0;
  int pending = 0;
  for (const char digit : hex) {
    bits = (bits << 4) | nibble(digit);
    pending += 4;
    if (pending >= 6) {
      pending -= 6;
      base64 += kAlphabet[(bits >> pending) & 63U];
    }
  }
  if (pending > 0) base64 += kAlphabet[(bits << (6 - pending)) & 63U];
  while (base64.size() % 4 != 0) base64 += '=';
  return "'sha256-" + base64 + "'";
}

}  // namespace

std::string page(const Page& page) {
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out += fmt::format(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src {}; style-src {}; img-src "
      "data:; base-uri 'none'; form-action 'none'\">\n",
      page.script.empty() ? "'none'" : policy_hash(page.script_sha256), policy_hash(page.style_sha256));
  out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  out += "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n";
  out += fmt::format("<title>{}</title>\n<style>", page.title);
  out.append(page.style);
  out += fmt::format("</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#{}\">{}</a>\n<main>\n", page.skip,
                     page.skip_text);
  out += page.body;
  if (page.script.empty()) return out + "</main>\n</body>\n</html>\n";
  out += "</main>\n<div id=\"announce\" class=\"hidden\" aria-live=\"polite\"></div>\n";
  out += fmt::format("<script type=\"application/json\" id=\"data\">{}</script>\n", escape_json_block(page.data));
  return out.append("<script>").append(page.script).append("</script>\n</body>\n</html>\n");
}

}  // namespace chamber::html
