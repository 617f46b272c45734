// HTTP as a workload: how its outcomes are told apart, and the plainest workload there is.
#pragma once

#include <memory>
#include <string>

#include "harness/load/workload.h"
#include "harness/net/http.h"

namespace chamber::load {

// The outcome of a call that brought no response: kFail when nothing was sent, kUnknown when something was. The class
// of the error: "not sent", "timeout", "connection lost" or "broken response".
[[nodiscard]] Reply reply_without_response(const http::CallError& error);

// "status 503": the class of an unwanted answer. What it means for the outcome depends on the system that gave it.
[[nodiscard]] std::string status_class(int status);

struct HttpGetOptions {
  std::string name = "http.get";
  http::Endpoint endpoint;
  std::string target = "/";
};

// GETs one target; 200 is ok, any other status a failure. Nothing is modelled: it is for measuring servers and the load
// generator itself.
[[nodiscard]] std::unique_ptr<Workload> http_get_workload(const HttpGetOptions& options);

}  // namespace chamber::load
