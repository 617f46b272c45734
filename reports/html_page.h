// A page that needs nothing but itself: its style, its script and its data are in it, and its security policy lets it
// run no other script and ask for nothing. Internal to this folder.
#pragma once

#include <string>
#include <string_view>

namespace chamber::html {

struct Page {
  std::string title;  // markup
  std::string_view style;
  std::string_view style_sha256;  // lower-case hex
  std::string_view script;        // empty: none, and then no data either
  std::string_view script_sha256;
  std::string skip;  // the link for those who come by keyboard: an id of the body, and what is there
  std::string skip_text;
  std::string body;  // markup
  std::string data;  // JSON, for the script
};
[[nodiscard]] std::string page(const Page& page);

}  // namespace chamber::html
