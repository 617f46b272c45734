#include "reports/escape.h"

#include <cstdint>

namespace chamber {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// The length of the well-formed UTF-8 sequence at the front of `text` (Unicode 15, table 3-7), 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0U; };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!tail(1) || !tail(2)) return 0;
    const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = lead == 0xED && byte(1) > 0x9F;
    const bool not_a_character = lead == 0xEF && byte(1) == 0xBF && byte(2) >= 0xBE;  // not allowed in XML
    return overlong || surrogate || not_a_character ? 0 : 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    const bool overlong = lead == 0xF0 && byte(1) < 0x90;
    const bool beyond = lead == 0xF4 && byte(1) > 0x8F;
    return overlong || beyond ? 0 : 4;
  }
  return 0;
}

// Calls `ascii` for each ASCII character and copies everything else that is well-formed.
template <typename Ascii>
std::string transform(std::string_view text, Ascii&& ascii) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const bool c1_control = length == 2 && text[0] == '\xC2' && static_cast<std::uint8_t>(text[1]) < 0xA0;
    if (length == 0 || c1_control) {
      out += kReplacement;
    } else if (length == 1) {
      ascii(text[0], out);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

bool is_control(char c) {
  return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7F;
}

}  // namespace

std::string escape_markup(std::string_view text) {
  return transform(text, [](char c, std::string& out) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        if (is_control(c) && c != '\n' && c != '\t') {
          out += kReplacement;
        } else {
          out += c;
        }
    }
  });
}

std::string escape_json_block(std::string_view json) {
  return transform(json, [](char c, std::string& out) {
    if (c == '<') {
      out += "\\u003c";
    } else if (c == '>') {
      out += "\\u003e";
    } else {
      out += c;
    }
  });
}

std::string escape_markdown(std::string_view text) {
  return transform(text, [](char c, std::string& out) {
    constexpr std::string_view kMarkup = "\\`*_[]#|~<>&@:";
    if (is_control(c)) {
      out += ' ';
    } else if (kMarkup.find(c) != std::string_view::npos) {
      out += "&#" + std::to_string(static_cast<int>(c)) + ";";
    } else {
      out += c;
    }
  });
}

std::string escape_terminal(std::string_view text) {
  return transform(text, [](char c, std::string& out) {
    if (c == '\n' || c == '\t' || c == '\r') {
      out += ' ';
    } else if (is_control(c)) {
      out += kReplacement;
    } else {
      out += c;
    }
  });
}

std::size_t columns(std::string_view utf8) {
  std::size_t count = 0;
  for (const char c : utf8) count += (static_cast<std::uint8_t>(c) & 0xC0U) == 0x80U ? 0 : 1;
  return count;
}

}  // namespace chamber
