#include <gtest/gtest.h>

#include <chrono>

#include "harness/net/certificate.h"
#include "harness/net/http.h"
#include "harness/net/http_server.h"
#include "harness/net/stream.h"
#include "harness/net/test_peer.h"

namespace chamber::http {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

Deadline soon() {
  return Deadline::in(seconds(20));
}

class Tls : public testing::Test {
 protected:
  std::unique_ptr<Server> serve(const CertificateRequest& request, const std::string& client_ca = "") {
    const ServerOptions options{
        .tls = TlsServerOptions{.certificate = authority_.issue(request).value(), .client_ca_pem = client_ca}};
    return Server::start([](const Request& r) { return Response{.status = 200, .body = r.body}; }, options).value();
  }
  Endpoint endpoint(const Server& server, const std::string& name) const {
    return {.port = server.port(),
            .tls = TlsClientOptions{.ca_pem = authority_.certificate_pem(), .server_name = name}};
  }

  const CertificateAuthority authority_ = CertificateAuthority::create().value();
  const CertificateRequest vault_{.common_name = "vault-0", .dns_names = {"vault-0"}, .ip_addresses = {"127.0.0.1"}};
};

TEST_F(Tls, MakesCalls) {
  const auto server = serve(vault_);
  Client client(endpoint(*server, "vault-0"));
  const std::string body(3'000'000, 'x');
  for (int i = 0; i < 3; ++i) {
    const auto response = client.call({.method = "PUT", .body = body}, soon());
    ASSERT_TRUE(response.has_value()) << response.error().message();
    EXPECT_EQ(response->body, body);
  }
  EXPECT_EQ(client.connections_opened(), 1U);
}

TEST_F(Tls, VerifiesIpAddressesToo) {
  const auto server = serve(vault_);
  Client client(endpoint(*server, "127.0.0.1"));
  EXPECT_TRUE(client.call({}, soon()).has_value());
  Client by_host({.port = server->port(),
                  .host = "vault-0:8200",
                  .tls = TlsClientOptions{.ca_pem = authority_.certificate_pem(), .server_name = ""}});
  EXPECT_TRUE(by_host.call({}, soon()).has_value());
}

TEST_F(Tls, RefusesWrongNamesStrangersAndExpiredCertificates) {
  const auto stranger = CertificateAuthority::create().value();
  CertificateRequest old = vault_;
  old.lifetime = seconds(-10);
  old.backdated = hours(1);
  const auto server = serve(vault_);
  const auto expired = serve(old);
  Endpoint of_stranger = endpoint(*server, "vault-0");
  of_stranger.tls->ca_pem = stranger.certificate_pem();
  for (const Endpoint& wrong : {endpoint(*server, "vault-1"), of_stranger, endpoint(*expired, "vault-0")}) {
    Client client(wrong);
    const auto outcome = client.call({}, soon());
    ASSERT_FALSE(outcome.has_value());
    EXPECT_FALSE(outcome.error().sent()) << "nothing may go to a server that is not the right one";
    EXPECT_EQ(outcome.error().kind(), ErrorKind::kSystem);
    EXPECT_NE(outcome.error().message().find("certificate does not hold"), std::string::npos)
        << outcome.error().message();
  }
}

TEST_F(Tls, RefusesAPlainServer) {
  ScriptedServer server([](Peer& peer, int) { peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); });
  Client client({.port = server.port(),
                 .tls = TlsClientOptions{.ca_pem = authority_.certificate_pem(), .server_name = "vault-0"}});
  const auto outcome = client.call({}, soon());
  ASSERT_FALSE(outcome.has_value());
  EXPECT_FALSE(outcome.error().sent());
}

TEST_F(Tls, GivesUpAHandshakeThatHangs) {
  ScriptedServer server([](Peer& peer, int) { peer.wait_for_end(); });
  Client client({.port = server.port(),
                 .tls = TlsClientOptions{.ca_pem = authority_.certificate_pem(), .server_name = "vault-0"}});
  const auto outcome = client.call({}, Deadline::in(milliseconds(50)));
  ASSERT_FALSE(outcome.has_value());
  EXPECT_FALSE(outcome.error().sent());
  EXPECT_EQ(outcome.error().kind(), ErrorKind::kTimeout);
}

TEST_F(Tls, ShowsItsCertificateWhenAsked) {
  const auto server = serve(vault_, authority_.certificate_pem());
  Endpoint with = endpoint(*server, "vault-0");
  with.tls->certificate = authority_.issue({.common_name = "app", .server = false, .client = true}).value();
  Client shown(with);
  EXPECT_TRUE(shown.call({}, soon()).has_value());
  Client bare(endpoint(*server, "vault-0"));
  EXPECT_FALSE(bare.call({}, soon()).has_value());
}

TEST_F(Tls, ResumesSessions) {
  const auto server = serve(vault_);
  const auto context = TlsContext::client({.ca_pem = authority_.certificate_pem(), .server_name = "vault-0"}).value();
  const auto address = SocketAddress::ip("127.0.0.1", server->port()).value();
  const auto visit = [&] {
    Stream stream = Stream::connect(address, soon()).value();
    EXPECT_TRUE(stream.start_tls(context, soon()).ok());
    const bool resumed = stream.resumed_session();
    // TLS 1.3 sends its tickets after the handshake: they are read together with the answer.
    EXPECT_TRUE(stream.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n", soon()).result.ok());
    std::array<char, 1024> answer;
    EXPECT_GT(stream.read(answer, soon()).value(), 0U);
    return resumed;
  };
  EXPECT_FALSE(visit());
  EXPECT_TRUE(visit());
  EXPECT_TRUE(visit());
}

TEST_F(Tls, GoesOnWithAnotherConnectionWhenAnIdleOneWasClosed) {
  const auto server = serve(vault_);
  Client client(endpoint(*server, "vault-0"));
  ASSERT_TRUE(client.call({}, soon()).has_value());
  server->close_connections();
  // The good-bye needs a moment to come; a call that is overtaken by it has been sent and says so.
  const auto outcome = client.call({}, soon());
  if (!outcome.has_value()) {
    EXPECT_TRUE(outcome.error().sent());
  }
  EXPECT_TRUE(client.call({}, soon()).has_value());
}

TEST_F(Tls, RefusesUnreadableConfiguration) {
  EXPECT_EQ(TlsContext::client({.ca_pem = "", .server_name = "x"}).error().kind(), ErrorKind::kInput);
  EXPECT_EQ(TlsContext::client({.ca_pem = authority_.certificate_pem(), .server_name = ""}).error().kind(),
            ErrorKind::kInput);
  const KeyPair mixed{authority_.issue(vault_).value().certificate_pem, authority_.issue(vault_).value().key_pem};
  EXPECT_EQ(TlsContext::server({.certificate = mixed}).error().kind(), ErrorKind::kInput);
}

}  // namespace
}  // namespace chamber::http
