// Addresses of TCP and unix sockets between their text and the socket's form.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <string>
#include <string_view>

#include "api/base/error.h"

namespace muster::http {

using Endpoint = boost::asio::generic::stream_protocol::endpoint;

// Where a client connects to.
struct Base {
  std::string host;       // a name or an address, without brackets; empty for a unix socket
  std::string port;       // decimal
  std::string unix_path;  // empty for TCP
  bool encrypted = false;
  std::string authority;  // the Host field: "127.0.0.1:8700", "localhost" on a unix socket
};

// "http://host", "https://10.0.0.1:8701", "http://127.0.0.1:8700", "http://[::1]:80/", "unix:///var/run/docker.sock".
Result<Base> parse_base(std::string_view text);
// "127.0.0.1:8700", "[::1]:0", "localhost:80", "unix:///run/x.sock": no names are looked up.
Result<Endpoint> parse_listen_address(std::string_view text);
Result<Endpoint> tcp_endpoint(std::string_view host, std::string_view port);
Result<Endpoint> unix_endpoint(std::string_view path);
// "127.0.0.1:8700", "[::1]:80", or "unix".
std::string format_endpoint(const Endpoint& endpoint);

}  // namespace muster::http
