#include "runtime/http/message.h"

#include <optional>

#include "api/base/text.h"

namespace muster::http {

namespace {

constexpr std::size_t max_target_bytes = 16U << 10U;
constexpr std::size_t max_segments = 64;
constexpr std::size_t max_parameters = 256;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (lower(c) >= 'a' && lower(c) <= 'f') return lower(c) - 'a' + 10;
  return -1;
}

enum class Part { path, query };

// Nothing when an escape is cut off, is not hexadecimal or hides a NUL, or when the outcome is not UTF-8.
std::optional<std::string> decode(std::string_view text, Part part) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && part == Part::query) {
      out += ' ';  // as forms and Go's url.Values write it
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  if (!valid_utf8(out)) return std::nullopt;
  return out;
}

Error malformed(std::string_view what) {
  return Error{Code::malformed, str("request target: ", what), {}};
}

Status parse_path(std::string_view raw, Target& target) {
  for (const std::string_view piece : split(raw, '/')) {
    if (piece.empty()) continue;
    std::optional<std::string> segment = decode(piece, Part::path);
    if (!segment) return malformed("bad percent-encoding in the path");
    if (*segment == "." || *segment == "..") return malformed("dot segments are not allowed");
    if (target.segments.size() == max_segments) return malformed("too many path segments");
    target.segments.push_back(std::move(*segment));
  }
  target.path = *decode(raw, Part::path);
  return {};
}

Status parse_query(std::string_view raw, Target& target) {
  std::size_t count = 0;
  for (const std::string_view piece : split(raw, '&')) {
    if (piece.empty()) continue;
    if (++count > max_parameters) return malformed("too many query parameters");
    const std::size_t equals = piece.find('=');
    std::optional<std::string> name = decode(piece.substr(0, equals), Part::query);
    std::optional<std::string> value =
        decode(equals == std::string_view::npos ? std::string_view() : piece.substr(equals + 1), Part::query);
    if (!name || !value) return malformed("bad percent-encoding in the query");
    target.query.emplace(std::move(*name), std::move(*value));
  }
  return {};
}

}  // namespace

std::string_view header(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (same_name(key, name)) return value;
  }
  return {};
}

std::string_view Target::param(std::string_view name) const {
  const auto found = query.find(name);
  return found == query.end() ? std::string_view() : found->second;
}

bool Target::has(std::string_view name) const {
  return query.find(name) != query.end();
}

Result<Target> parse_target(std::string_view target) {
  if (target.size() > max_target_bytes) return malformed("too long");
  if (target.empty() || target.front() != '/') return malformed("must begin with /");
  for (const char c : target) {
    if (static_cast<unsigned char>(c) <= 0x20U || c == 0x7f || c == '#') return malformed("illegal character");
  }
  Target out;
  const std::size_t question = target.find('?');
  TRY_VOID(parse_path(target.substr(0, question), out));
  if (question != std::string_view::npos) TRY_VOID(parse_query(target.substr(question + 1), out));
  return out;
}

std::vector<std::string> all_params(std::string_view target, std::string_view name) {
  std::vector<std::string> out;
  const std::size_t question = target.find('?');
  if (question == std::string_view::npos) return out;
  for (const std::string_view piece : split(target.substr(question + 1), '&')) {
    const std::size_t equals = piece.find('=');
    if (decode(piece.substr(0, equals), Part::query) != name || equals == std::string_view::npos) continue;
    if (auto value = decode(piece.substr(equals + 1), Part::query)) out.push_back(std::move(*value));
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view unreserved = "-._~";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const bool plain =
        (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || unreserved.find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += "0123456789ABCDEF"[byte >> 4U];
      out += "0123456789ABCDEF"[byte & 15U];
    }
  }
  return out;
}

}  // namespace muster::http
