// JSON over HTTP, for control: what most of the systems' interfaces speak.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "harness/base/result.h"
#include "harness/net/http.h"

namespace chamber::http {

// A request with this body and the matching Content-Type and Accept; `headers` are added.
[[nodiscard]] Request json_request(std::string_view method, std::string_view target, const nlohmann::json& body,
                                   const Headers& headers = {});

// The body as JSON, when the status is 2xx; null for an empty body. Otherwise kSystem (4xx and the like) or
// kUnavailable (429, 5xx) with the status and the beginning of the body in the message.
[[nodiscard]] Result<nlohmann::json> expect_json(const Response& response);

// One call and its answer as JSON.
[[nodiscard]] Result<nlohmann::json> call_json(Client& client, const Request& request, Deadline deadline);

}  // namespace chamber::http
