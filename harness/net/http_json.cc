#include "harness/net/http_json.h"

namespace chamber::http {
namespace {
constexpr std::size_t kShown = 300;
}

Request json_request(std::string_view method, std::string_view target, const nlohmann::json& body,
                     const Headers& headers) {
  Request request{.method = std::string(method), .target = std::string(target), .headers = headers};
  request.headers.set("Content-Type", "application/json");
  if (request.headers.find("accept") == nullptr) request.headers.add("Accept", "application/json");
  // Text that is not UTF-8 is replaced, not thrown at.
  request.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return request;
}

Result<nlohmann::json> expect_json(const Response& response) {
  const std::string_view beginning = std::string_view(response.body).substr(0, kShown);
  if (response.status < 200 || response.status > 299) {
    const bool passing = response.status >= 500 || response.status == 429;
    return fail(passing ? ErrorKind::kUnavailable : ErrorKind::kSystem, "status {}: {}", response.status, beginning);
  }
  if (response.body.empty()) return nlohmann::json();
  nlohmann::json parsed = nlohmann::json::parse(response.body, nullptr, false);
  if (parsed.is_discarded()) {
    return fail(ErrorKind::kSystem, "status {} with a body that is no JSON: {}", response.status, beginning);
  }
  return parsed;
}

Result<nlohmann::json> call_json(Client& client, const Request& request, Deadline deadline) {
  const Response response = CHAMBER_TRY(client.call(request, deadline));
  return expect_json(response).context(request.method + " " + request.target);
}

}  // namespace chamber::http
