#include "harness/net/sigv4.h"

#include <fmt/chrono.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <utility>
#include <vector>

namespace chamber {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
using Digest = std::array<unsigned char, 32>;

std::string hex(const Digest& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string sha256_hex(std::string_view text) {
  Digest digest = {};
  EVP_Q_digest(nullptr, "SHA256", nullptr, text.data(), text.size(), digest.data(), nullptr);
  return hex(digest);
}

std::string_view view(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Digest hmac(std::string_view key, std::string_view text) {
  Digest digest = {};
  EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key.data(), key.size(),
            reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), digest.size(), nullptr);
  return digest;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = i + 2 < text.size() && text[i] == '%' ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low >= 0) {
      plain += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// RFC 3986, 5.2.4, and no empty segments.
std::string normalized(std::string_view path) {
  std::vector<std::string_view> kept;
  const bool slash_last = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!segment.empty() && segment != "." && segment != "..") kept.push_back(segment);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  std::string result;
  for (const std::string_view segment : kept) result.append("/").append(segment);
  if (slash_last || kept.empty()) result += '/';
  return result;
}

std::string canonical_path(std::string_view path, const SigningScope& scope) {
  if (path.empty()) return "/";
  // S3 signs the path of the wire; the others encode what is on the wire once more.
  return scope.service == "s3" ? uri_encode(decoded(path), true) : uri_encode(normalized(path), true);
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view parameter = query.substr(0, end);
    const std::size_t equals = parameter.find('=');
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : parameter.substr(equals + 1);
    if (!parameter.empty()) {
      parameters.emplace_back(uri_encode(decoded(parameter.substr(0, equals))), uri_encode(decoded(value)));
    }
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
  }
  std::sort(parameters.begin(), parameters.end());
  std::string canonical;
  for (const auto& [name, value] : parameters) {
    canonical.append(canonical.empty() ? "" : "&").append(name).append("=").append(value);
  }
  return canonical;
}

// Trimmed, and each run of spaces as one.
std::string canonical_value(std::string_view value) {
  std::string canonical;
  for (const char c : value) {
    const bool space = c == ' ' || c == '\t';
    if (!space) canonical += c;
    if (space && !canonical.empty() && canonical.back() != ' ') canonical += ' ';
  }
  if (canonical.ends_with(' ')) canonical.pop_back();
  return canonical;
}

std::map<std::string, std::string> canonical_headers(const http::Headers& headers) {
  std::map<std::string, std::string> canonical;
  for (const http::Header& field : headers) {
    std::string name = field.name;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto [place, fresh] = canonical.try_emplace(name, canonical_value(field.value));
    if (!fresh) place->second += "," + canonical_value(field.value);
  }
  return canonical;
}

std::string signed_headers(const std::map<std::string, std::string>& headers) {
  std::string names;
  for (const auto& [name, value] : headers) names.append(names.empty() ? "" : ";").append(name);
  return names;
}

}  // namespace

std::string uri_encode(std::string_view text, bool keep_slash) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~' || (keep_slash && c == '/');
    if (plain) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += kDigits[byte >> 4];
      encoded += kDigits[byte & 15];
    }
  }
  return encoded;
}

std::string sigv4::canonical_request(const http::Request& request, const SigningScope& scope) {
  const std::string_view target = request.target;
  const std::size_t question = target.find('?');
  const std::string_view query = question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  const auto headers = canonical_headers(request.headers);
  std::string canonical =
      request.method + "\n" + canonical_path(target.substr(0, question), scope) + "\n" + canonical_query(query) + "\n";
  for (const auto& [name, value] : headers) canonical.append(name).append(":").append(value).append("\n");
  canonical.append("\n").append(signed_headers(headers)).append("\n");
  const std::string* announced = request.headers.find("x-amz-content-sha256");
  return canonical + (announced ? *announced : sha256_hex(request.body));
}

Result<void> sign_v4(http::Request& request, const SigningCredentials& credentials, const SigningScope& scope,
                     std::chrono::system_clock::time_point at) {
  if (credentials.access_key.empty() || credentials.secret_key.empty()) {
    return fail(ErrorKind::kHarness, "signing without credentials");
  }
  if (request.headers.find("host") == nullptr) return fail(ErrorKind::kHarness, "signing a request without its Host");
  const std::string time = fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(at)));
  const std::string date = time.substr(0, 8);
  request.headers.set("X-Amz-Date", time);
  if (scope.service == "s3") request.headers.set("X-Amz-Content-Sha256", sha256_hex(request.body));
  if (!credentials.session_token.empty()) request.headers.set("X-Amz-Security-Token", credentials.session_token);

  const std::string credential_scope = date + "/" + scope.region + "/" + scope.service + "/aws4_request";
  const std::string to_sign = std::string(kAlgorithm) + "\n" + time + "\n" + credential_scope + "\n" +
                              sha256_hex(sigv4::canonical_request(request, scope));
  const Digest day_key = hmac("AWS4" + credentials.secret_key, date);
  const Digest region_key = hmac(view(day_key), scope.region);
  const Digest service_key = hmac(view(region_key), scope.service);
  const Digest key = hmac(view(service_key), "aws4_request");
  request.headers.add(
      "Authorization",
      fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm, credentials.access_key,
                  credential_scope, signed_headers(canonical_headers(request.headers)), hex(hmac(view(key), to_sign))));
  return {};
}

}  // namespace chamber
