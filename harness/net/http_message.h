// HTTP/1.1 messages as values (RFC 9110, RFC 9112).
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace chamber::http {

struct Header {
  std::string name;
  std::string value;
};

// Fields in their order; names compare without regard to case. A name may occur more than once.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> fields) : fields_(fields) {}

  void add(std::string_view name, std::string_view value) {
    fields_.push_back({std::string(name), std::string(value)});
  }
  // Replaces every field of that name by one.
  void set(std::string_view name, std::string_view value);
  // The first value of that name, null when there is none; valid until the next change.
  [[nodiscard]] const std::string* find(std::string_view name) const;
  // The same, "" when there is none.
  [[nodiscard]] std::string_view get(std::string_view name) const;
  // True if a comma-separated field of that name has this token: has_token("Connection", "close").
  [[nodiscard]] bool has_token(std::string_view name, std::string_view token) const;

  [[nodiscard]] auto begin() const { return fields_.begin(); }
  [[nodiscard]] auto end() const { return fields_.end(); }
  [[nodiscard]] std::size_t size() const { return fields_.size(); }
  [[nodiscard]] bool empty() const { return fields_.empty(); }

 private:
  std::vector<Header> fields_;
};

struct Request {
  std::string method = "GET";
  std::string target = "/";  // path and query as they go on the wire: percent-encoded already
  Headers headers = {};      // Host is added when absent; Content-Length always, Transfer-Encoding never
  std::string body = {};
};

struct Response {
  int status = 0;
  Headers headers = {};
  std::string body = {};
};

[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);
// A token of RFC 9110, 5.6.2: what methods and field names are made of.
[[nodiscard]] bool is_token(std::string_view text);
// No control characters but the tab: nothing that could end the field and begin another.
[[nodiscard]] bool is_field_value(std::string_view text);

// Appends the message as it goes on the wire, head and body in one piece. Refuses (kHarness) what would let a value
// break out of its place: bad tokens, control characters, a Content-Length or Transfer-Encoding of the caller's own.
Result<void> append_request(const Request& request, std::string_view default_host, std::string& wire);
// With `head_only` the body is left out but counted: the answer to HEAD. `close` adds "Connection: close".
Result<void> append_response(const Response& response, bool head_only, bool close, std::string& wire);

}  // namespace chamber::http
