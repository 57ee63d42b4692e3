#include "runtime/http/client_call.h"

#include <algorithm>
#include <utility>

#include "api/base/text.h"

namespace muster::http {

namespace {

bool clean(std::string_view text, char lowest) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= static_cast<unsigned char>(lowest) && byte != 0x7fU) || (c == '\t' && lowest == ' ');
  });
}

bool idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" || method == "OPTIONS";
}

}  // namespace

bool encode_request(Request request, const std::string& authority, ClientCall& call) {
  const auto one_word = [](std::string_view text) { return !text.empty() && clean(text, '!'); };
  if (!one_word(request.method) || !one_word(request.target)) return false;
  call.head = str(request.method, ' ', request.target, " HTTP/1.1\r\n");
  if (header(request.headers, "Host").empty()) call.head += str("Host: ", authority, "\r\n");
  for (const auto& [name, value] : request.headers) {
    if (!one_word(name) || name.find(':') != std::string::npos || !clean(value, ' ')) return false;
    const std::string lower = to_lower(name);
    if (lower == "content-length" || lower == "transfer-encoding") continue;  // ours to say
    call.head += str(name, ": ", value, "\r\n");
  }
  const bool wants_length = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (!request.body.empty() || wants_length) call.head += str("Content-Length: ", request.body.size(), "\r\n");
  call.head += "\r\n";
  call.head_only = request.method == "HEAD";
  call.idempotent = idempotent(request.method);
  if (!request.body.empty()) call.body = std::make_shared<const std::string>(std::move(request.body));
  return true;
}

}  // namespace muster::http
