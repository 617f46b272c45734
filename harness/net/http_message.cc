#include "harness/net/http_message.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace chamber::http {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr std::array<bool, 256> token_characters() {
  std::array<bool, 256> table = {};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (const char c : {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'}) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}
constexpr std::array<bool, 256> kTokenCharacters = token_characters();

bool is_target(std::string_view target) {
  return !target.empty() && std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Result<void> append_headers(const Headers& headers, std::string& wire) {
  for (const Header& field : headers) {
    if (!is_token(field.name)) return fail(ErrorKind::kHarness, "'{}' is no header name", field.name);
    if (!is_field_value(field.value)) {
      return fail(ErrorKind::kHarness, "the value of header {} has control characters", field.name);
    }
    if (equals_ignoring_case(field.name, "content-length") || equals_ignoring_case(field.name, "transfer-encoding")) {
      return fail(ErrorKind::kHarness, "{} is set by the sender itself", field.name);
    }
    wire.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  return {};
}

void append_length(std::size_t length, std::string& wire) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), length).ptr;
  wire.append("Content-Length: ").append(digits.data(), end).append("\r\n");
}

// Methods whose meaning includes a body always carry its length, also when it is 0.
bool expects_body(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

}  // namespace

void Headers::set(std::string_view name, std::string_view value) {
  std::erase_if(fields_, [&](const Header& field) { return equals_ignoring_case(field.name, name); });
  add(name, value);
}

const std::string* Headers::find(std::string_view name) const {
  for (const Header& field : fields_) {
    if (equals_ignoring_case(field.name, name)) return &field.value;
  }
  return nullptr;
}

std::string_view Headers::get(std::string_view name) const {
  const std::string* value = find(name);
  return value ? std::string_view(*value) : std::string_view();
}

bool Headers::has_token(std::string_view name, std::string_view token) const {
  for (const Header& field : fields_) {
    if (!equals_ignoring_case(field.name, name)) continue;
    std::string_view rest = field.value;
    while (true) {
      const std::size_t comma = rest.find(',');
      if (equals_ignoring_case(trimmed(rest.substr(0, comma)), token)) return true;
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return false;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

bool is_token(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return kTokenCharacters[static_cast<unsigned char>(c)]; });
}

bool is_field_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

Result<void> append_request(const Request& request, std::string_view default_host, std::string& wire) {
  if (!is_token(request.method) || request.method == "CONNECT") {
    return fail(ErrorKind::kHarness, "'{}' is no method to send", request.method);
  }
  if (!is_target(request.target)) {
    return fail(ErrorKind::kHarness, "the request target '{}' is empty or not percent-encoded", request.target);
  }
  wire.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  if (request.headers.find("host") == nullptr) wire.append("Host: ").append(default_host).append("\r\n");
  CHAMBER_CHECK(append_headers(request.headers, wire));
  if (!request.body.empty() || expects_body(request.method)) append_length(request.body.size(), wire);
  wire.append("\r\n").append(request.body);
  return {};
}

Result<void> append_response(const Response& response, bool head_only, bool close, std::string& wire) {
  if (response.status < 200 || response.status > 999) {
    return fail(ErrorKind::kHarness, "{} is no final status", response.status);
  }
  const bool bodiless = response.status == 204 || response.status == 304;
  wire.append(fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason(response.status)));
  CHAMBER_CHECK(append_headers(response.headers, wire));
  if (!bodiless) append_length(response.body.size(), wire);
  if (close) wire.append("Connection: close\r\n");
  wire.append("\r\n");
  if (!bodiless && !head_only) wire.append(response.body);
  return {};
}

}  // namespace chamber::http
