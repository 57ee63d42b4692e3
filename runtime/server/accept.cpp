#include "runtime/server/accept.h"

#include <algorithm>

#include "api/base/text.h"

namespace muster::server {
namespace {

constexpr std::size_t max_ranges = 64;

// The parts between separators that stand outside of quotes.
std::vector<std::string_view> split_unquoted(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  std::size_t start = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == separator && !quoted) {
      out.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  out.push_back(text.substr(start));
  return out;
}

std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

// "0.8" in thousandths; nothing when it is no number from 0 to 1.
std::optional<int> quality_of(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  int value = (text[0] - '0') * 1000;
  if (text.size() == 1) return value;
  if (text[1] != '.') return std::nullopt;
  int unit = 100;
  for (const char digit : text.substr(2)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value += (digit - '0') * unit;
    unit /= 10;
  }
  return value <= 1000 ? std::optional(value) : std::nullopt;
}

std::optional<MediaRange> parse_range(std::string_view text) {
  const std::vector<std::string_view> parts = split_unquoted(text, ';');
  MediaRange range;
  range.type = to_lower(trim(parts.front()));
  const std::size_t slash = range.type.find('/');
  if (slash == 0 || slash == std::string::npos || slash + 1 == range.type.size()) return std::nullopt;
  if (range.type[0] == '*' && range.type != "*/*") return std::nullopt;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string_view part = trim(parts[i]);
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string name = to_lower(trim(part.substr(0, equals)));
    const std::string value = unquoted(trim(part.substr(equals + 1)));
    if (name == "q") {
      const auto quality = quality_of(value);
      if (!quality || *quality == 0) return std::nullopt;
      range.quality = *quality;
    } else if (name == "g") {
      range.group = value;
    } else if (name == "v") {
      range.version = value;
    } else if (name == "as") {
      range.as = value;
    }
  }
  return range;
}

int exactness(const MediaRange& range) {
  return range.type == "*/*" ? 0 : range.type.ends_with("/*") ? 1 : 2;
}

bool takes(const MediaRange& range, const MediaType& offer) {
  if (range.as != offer.as) return false;
  if (!range.as.empty() && (range.group != offer.group || range.version != offer.version)) return false;
  if (range.type == "*/*") return true;
  if (range.type.ends_with("/*"))
    return offer.type.starts_with(std::string_view(range.type).substr(0, range.type.size() - 1));
  return range.type == offer.type;
}

}  // namespace

std::vector<MediaRange> parse_accept(std::string_view header) {
  std::vector<MediaRange> out;
  for (const std::string_view part : split_unquoted(header, ',')) {
    if (out.size() == max_ranges) break;
    if (auto range = parse_range(part)) out.push_back(std::move(*range));
  }
  std::ranges::stable_sort(out, [](const MediaRange& left, const MediaRange& right) {
    if (left.quality != right.quality) return left.quality > right.quality;
    return exactness(left) > exactness(right);
  });
  return out;
}

std::optional<std::size_t> negotiate(std::string_view header, std::span<const MediaType> offers) {
  for (const MediaRange& range : parse_accept(trim(header).empty() ? "*/*" : header)) {
    for (std::size_t i = 0; i < offers.size(); ++i) {
      if (takes(range, offers[i])) return i;
    }
  }
  return std::nullopt;
}

}  // namespace muster::server
