// One HTTP request over a connection of its own, written out by hand: also what no decent client would send.
#pragma once

#include <cstdint>
#include <string>

namespace muster::testing {

struct HttpAnswer {
  int status = 0;  // 0: no answer
  std::string headers;
  std::string body;
};

// Host and port of http://HOST:PORT[/...].
std::string authority_of(const std::string& url);
// Sends these bytes and reads until the other side closes, or for ten seconds.
HttpAnswer send_bytes(const std::string& url, const std::string& bytes);
// `headers` are whole lines, each ended by \r\n; Host, Content-Length and Connection are added.
HttpAnswer http_call(const std::string& url, const std::string& method, const std::string& path,
                     const std::string& body = "", const std::string& headers = "");

}  // namespace muster::testing
