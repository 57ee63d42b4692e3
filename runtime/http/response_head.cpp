#include "runtime/http/response_head.h"

#include <array>
#include <boost/beast/http/status.hpp>
#include <chrono>

#include "api/base/text.h"

namespace muster::http {

namespace {

std::string_view reason_phrase(int status) {
  const auto text = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {text.data(), text.size()};
}

// Kubernetes' machine-readable reasons for the codes that this folder answers by itself.
std::string_view status_reason(int status) {
  switch (status) {
    case 400: return "BadRequest";
    case 408: return "Timeout";
    case 413: return "RequestEntityTooLarge";
    case 503: return "ServiceUnavailable";
    case 500: return "InternalError";
    default: return "";
  }
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20U || byte == 0x7fU) {
      out += "\\u" + hex(byte, 4);
    } else {
      out += c;
    }
  }
  return out + '"';
}

bool is_framing_field(std::string_view name) {
  const std::string lower = to_lower(name);
  return lower == "content-length" || lower == "transfer-encoding" || lower == "connection";
}

void add_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  for (const char c : value) out += static_cast<unsigned char>(c) < 0x20U && c != '\t' ? ' ' : c;
  out += "\r\n";
}

}  // namespace

bool bodyless(int status) {
  return status < 200 || status == 204 || status == 304;
}

std::string response_head(const Response& response, const HeadOptions& options) {
  std::string out;
  out.reserve(192);
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\n";
  for (const auto& [name, value] : response.headers) {
    if (!is_framing_field(name)) add_field(out, name, value);
  }
  add_field(out, "Date", options.date);
  switch (options.framing) {
    case Framing::length: add_field(out, "Content-Length", std::to_string(response.body.size())); break;
    case Framing::chunked: add_field(out, "Transfer-Encoding", "chunked"); break;
    case Framing::until_close:
    case Framing::none: break;
  }
  if (!options.keep_alive) {
    add_field(out, "Connection", "close");
  } else if (!options.http_1_1) {
    add_field(out, "Connection", "keep-alive");
  }
  out += "\r\n";
  return out;
}

std::string http_date(Time time) {
  constexpr std::array<std::string_view, 7> weekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::string text = format_time(std::chrono::floor<std::chrono::seconds>(time));  // 2026-11-22T20:00:00Z
  return str(weekdays[std::chrono::weekday(day).c_encoding()], ", ", text.substr(8, 2), ' ',
             months[static_cast<unsigned>(date.month()) - 1], ' ', text.substr(0, 4), ' ', text.substr(11, 8), " GMT");
}

Response status_response(int status, std::string_view message) {
  Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "application/json");
  response.body = str(R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":)",
                      json_string(message), R"(,"reason":")", status_reason(status), R"(","code":)", status, "}\n");
  return response;
}

}  // namespace muster::http
