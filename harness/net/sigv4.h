// AWS Signature Version 4 in the Authorization header, as S3 and the other services want it.
// Source: "Signature Version 4 signing process" in the AWS General Reference and "Authenticating Requests: Using the
// Authorization Header" in the Amazon S3 API Reference; their published vectors are this file's tests.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "harness/base/result.h"
#include "harness/net/http_message.h"

namespace chamber {

struct SigningCredentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token = {};  // of temporary credentials: sent and signed as X-Amz-Security-Token
};

struct SigningScope {
  std::string region = "us-east-1";
  // "s3" has its own rules: paths are neither normalised nor encoded twice, and X-Amz-Content-Sha256 is sent.
  std::string service = "s3";
};

// Adds X-Amz-Date, the headers named above and Authorization. Every header that the request then has is signed, so it
// must have its Host, and nothing may be changed afterwards. kHarness when the Host or the credentials are missing.
Result<void> sign_v4(http::Request& request, const SigningCredentials& credentials, const SigningScope& scope,
                     std::chrono::system_clock::time_point at = std::chrono::system_clock::now());

// Percent-encodes all but letters, digits and "-._~" (RFC 3986, unreserved), with upper-case hex: for keys in a path
// (with `keep_slash`) and names and values in a query.
[[nodiscard]] std::string uri_encode(std::string_view text, bool keep_slash = false);

namespace sigv4 {
// The canonical request whose hash is signed, for tests and for messages about refused signatures.
[[nodiscard]] std::string canonical_request(const http::Request& request, const SigningScope& scope);
}  // namespace sigv4

}  // namespace chamber
