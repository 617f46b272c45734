// What a call costs us: the CPU column is that of the calling thread, the server's threads are not in it.
#include <benchmark/benchmark.h>

#include "harness/net/certificate.h"
#include "harness/net/http.h"
#include "harness/net/http_server.h"
#include "harness/net/sigv4.h"

namespace chamber::http {
namespace {

Deadline soon() {
  return Deadline::in(std::chrono::seconds(30));
}

std::optional<Response> answer(const Request&) {
  return Response{.status = 200, .headers = {{"Content-Type", "text/plain"}}, .body = "ok"};
}

void call_all(benchmark::State& state, Client& client, bool keep) {
  for (auto _ : state) {
    if (!keep) client.drop_idle();
    const Exchange response = client.call({}, soon());
    if (!response) return state.SkipWithError(response.error().message().c_str());
  }
}

void call_plain(benchmark::State& state) {
  const auto server = Server::start(answer).value();
  Client client({.port = server->port()});
  call_all(state, client, true);
}

struct TlsPair {
  explicit TlsPair(bool resume) {
    const auto authority = CertificateAuthority::create().value();
    const auto pair = authority.issue({.common_name = "n", .dns_names = {"n"}}).value();
    server = Server::start(answer, {.tls = TlsServerOptions{.certificate = pair}}).value();
    endpoint = {.port = server->port(),
                .tls = TlsClientOptions{.ca_pem = authority.certificate_pem(), .server_name = "n", .resume = resume}};
  }
  std::unique_ptr<Server> server;
  Endpoint endpoint;
};

void call_tls(benchmark::State& state) {
  const TlsPair pair(true);
  Client client(pair.endpoint);
  call_all(state, client, true);
}

void connect_tls(benchmark::State& state) {
  const TlsPair pair(state.range(0) != 0);
  Client client(pair.endpoint);
  call_all(state, client, false);
}

void parse_response(benchmark::State& state) {
  const std::string text =
      "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Type: application/json\r\nStrict-Transport-Security: "
      "max-age=31536000; includeSubDomains\r\nDate: Sat, 21 Nov 2026 12:00:00 GMT\r\nContent-Length: 100\r\n\r\n" +
      std::string(100, 'x');
  for (auto _ : state) {
    MessageParser parser = MessageParser::for_response();
    if (!parser.feed(text)) return state.SkipWithError("not parsed");
    benchmark::DoNotOptimize(parser.take_response());
  }
}

void sign_request(benchmark::State& state) {
  const SigningCredentials credentials{"access", "secret-secret"};
  for (auto _ : state) {
    Request request{.method = "PUT", .target = "/bucket/key", .headers = {{"Host", "minio-0:9000"}}, .body = "value"};
    if (!sign_v4(request, credentials, {})) return state.SkipWithError("not signed");
    benchmark::DoNotOptimize(request);
  }
}

BENCHMARK(call_plain)->UseRealTime();
BENCHMARK(call_tls)->UseRealTime();
BENCHMARK(connect_tls)->ArgName("resumed")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK(parse_response);
BENCHMARK(sign_request);

}  // namespace
}  // namespace chamber::http
