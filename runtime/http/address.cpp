#include "runtime/http/address.h"

#include <sys/un.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cstring>
#include <optional>

#include "api/base/text.h"

namespace muster::http {

namespace asio = boost::asio;

namespace {

constexpr std::string_view unix_scheme = "unix://";
constexpr std::string_view http_scheme = "http://";
constexpr std::string_view https_scheme = "https://";

Error bad_address(std::string_view text, std::string_view wanted) {
  return Error{Code::malformed, str("address \"", text.substr(0, 256), "\": ", wanted), {}};
}

struct HostPort {
  std::string_view host;
  std::string_view port;  // empty when absent
};

std::optional<HostPort> split_host_port(std::string_view text) {
  HostPort out;
  if (!text.empty() && text.front() == '[') {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    out.host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (text.empty()) return out;
    if (text.front() != ':') return std::nullopt;
    out.port = text.substr(1);
    return out;
  }
  const std::size_t colon = text.rfind(':');
  out.host = text.substr(0, colon);
  if (colon != std::string_view::npos) out.port = text.substr(colon + 1);
  if (out.host.empty() || out.host.find(':') != std::string_view::npos) return std::nullopt;
  return out;
}

std::optional<unsigned short> parse_port(std::string_view text) {
  const std::optional<std::int64_t> port = parse_int(text);
  if (!port || *port < 0 || *port > 65535) return std::nullopt;
  return static_cast<unsigned short>(*port);
}

}  // namespace

Result<Endpoint> tcp_endpoint(std::string_view host, std::string_view port) {
  boost::system::error_code error;
  const std::string name(host == "localhost" ? "127.0.0.1" : host);
  const auto address = asio::ip::make_address(name, error);
  const auto number = parse_port(port);
  if (error || !number) return bad_address(str(host, ':', port), "wants a numeric address and a port");
  return Endpoint(asio::ip::tcp::endpoint(address, *number));
}

Result<Endpoint> unix_endpoint(std::string_view path) {
  constexpr std::size_t limit = sizeof(sockaddr_un{}.sun_path) - 1;
  if (path.empty() || path.front() != '/') return bad_address(path, "a unix socket wants an absolute path");
  if (path.size() > limit) return bad_address(path, str("the path of a unix socket has at most ", limit, " bytes"));
  return Endpoint(asio::local::stream_protocol::endpoint(std::string(path)));
}

Result<Base> parse_base(std::string_view text) {
  Base base;
  if (text.substr(0, unix_scheme.size()) == unix_scheme) {
    base.unix_path = text.substr(unix_scheme.size());
    base.authority = "localhost";
    TRY_VOID(unix_endpoint(base.unix_path));
    return base;
  }
  constexpr std::string_view wanted = "wants https://host:port, http://host:port or unix:///path";
  base.encrypted = text.substr(0, https_scheme.size()) == https_scheme;
  const std::string_view scheme = base.encrypted ? https_scheme : http_scheme;
  if (text.substr(0, scheme.size()) != scheme) return bad_address(text, wanted);
  std::string_view authority = text.substr(scheme.size());
  if (!authority.empty() && authority.back() == '/') authority.remove_suffix(1);
  const std::optional<HostPort> parts = split_host_port(authority);
  if (!parts || parts->host.empty() || authority.find_first_of("/?#@ \t\r\n") != std::string_view::npos) {
    return bad_address(text, wanted);
  }
  base.host = parts->host;
  base.port = !parts->port.empty() ? parts->port : base.encrypted ? "443" : "80";
  base.authority = authority;
  if (!parse_port(base.port)) return bad_address(text, wanted);
  return base;
}

Result<Endpoint> parse_listen_address(std::string_view text) {
  if (text.substr(0, unix_scheme.size()) == unix_scheme) return unix_endpoint(text.substr(unix_scheme.size()));
  const std::optional<HostPort> parts = split_host_port(text);
  if (!parts) return bad_address(text, "wants address:port or unix:///path");
  return tcp_endpoint(parts->host, parts->port);
}

std::string format_endpoint(const Endpoint& endpoint) {
  if (endpoint.protocol().family() == AF_UNIX) return "unix";
  asio::ip::tcp::endpoint tcp;
  if (endpoint.size() > tcp.capacity()) return "unknown";
  std::memcpy(tcp.data(), endpoint.data(), endpoint.size());
  tcp.resize(endpoint.size());
  const std::string address = tcp.address().to_string();
  return tcp.address().is_v6() ? str('[', address, "]:", tcp.port()) : str(address, ':', tcp.port());
}

}  // namespace muster::http
