#include "harness/load/http_workload.h"

#include <utility>

namespace chamber::load {
namespace {

class HttpGetClient : public Client {
 public:
  HttpGetClient(std::shared_ptr<http::Client> http, std::string target)
      : http_(std::move(http)), request_{.target = std::move(target)} {}

  Invocation next(Random&) override { return {.function = Function::kRead}; }

  Reply run(const Invocation&, Deadline deadline) override {
    const http::Exchange response = http_->call(request_, deadline);
    if (!response) return reply_without_response(response.error());
    if (response->status != 200) return {.outcome = Outcome::kFail, .error = status_class(response->status)};
    return {.outcome = Outcome::kOk};
  }

 private:
  std::shared_ptr<http::Client> http_;
  http::Request request_;
};

class HttpGetWorkload : public Workload {
 public:
  explicit HttpGetWorkload(const HttpGetOptions& options)
      : options_(options), http_(std::make_shared<http::Client>(options.endpoint)) {}

  std::string name() const override { return options_.name; }

  // They share one pool: as many connections as there are calls at the same time, not as there are clients.
  Result<std::unique_ptr<Client>> client(std::uint32_t) override {
    return std::make_unique<HttpGetClient>(http_, options_.target);
  }

 private:
  HttpGetOptions options_;
  std::shared_ptr<http::Client> http_;
};

}  // namespace

Reply reply_without_response(const http::CallError& error) {
  if (!error.sent()) return {.outcome = Outcome::kFail, .error = "not sent"};
  switch (error.kind()) {
    case ErrorKind::kTimeout:
      return {.outcome = Outcome::kUnknown, .error = "timeout"};
    case ErrorKind::kSystem:
      return {.outcome = Outcome::kUnknown, .error = "broken response"};
    default:
      return {.outcome = Outcome::kUnknown, .error = "connection lost"};
  }
}

std::string status_class(int status) {
  return fmt::format("status {}", status);
}

std::unique_ptr<Workload> http_get_workload(const HttpGetOptions& options) {
  return std::make_unique<HttpGetWorkload>(options);
}

}  // namespace chamber::load
