#include "api/schema/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <string>

#include "api/base/text.h"

namespace muster {

namespace {

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}
bool is_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::ranges::find(words, text) != words.end();
}

Node number_node(double value) {
  Node node;
  node.kind = Node::Kind::number;
  node.number = value;
  return node;
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool has_form_of_number(std::string_view text) {
  std::size_t at = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  const std::size_t whole = skip_digits(text, at);
  std::size_t digits = whole - at;
  at = whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = skip_digits(text, at + 1);
    digits += fraction - at - 1;
    at = fraction;
  }
  if (digits == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const std::size_t exponent = skip_digits(text, at);
    if (exponent == at) return false;
    at = exponent;
  }
  return at == text.size();
}

double to_double(std::string_view text) {
  if (text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc::result_out_of_range) return value;
  const std::size_t exponent = text.find_first_of("eE");
  const bool tiny = exponent != std::string_view::npos && text[exponent + 1] == '-';
  return tiny ? 0.0 : std::numeric_limits<double>::infinity();
}

std::optional<Node> based_integer(std::string_view digits, int base) {
  std::uint64_t value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (digits.empty() || read.ptr != digits.data() + digits.size()) return std::nullopt;
  if (read.ec == std::errc::result_out_of_range) return number_node(std::numeric_limits<double>::infinity());
  if (value > static_cast<std::uint64_t>(INT64_MAX)) return number_node(static_cast<double>(value));
  return Node::of(static_cast<std::int64_t>(value));
}

std::optional<Node> resolve_number(std::string_view text) {
  if (text.starts_with("0x")) return based_integer(text.substr(2), 16);
  if (text.starts_with("0o")) return based_integer(text.substr(2), 8);
  if (!has_form_of_number(text)) return std::nullopt;
  if (text.find_first_of(".eE") != std::string_view::npos) return number_node(to_double(text));
  std::string_view digits = text;
  if (digits.front() == '+') digits.remove_prefix(1);
  std::int64_t value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return read.ec == std::errc() ? Node::of(value) : number_node(to_double(digits));
}

constexpr std::array<std::string_view, 5> nulls = {"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 3> trues = {"true", "True", "TRUE"};
constexpr std::array<std::string_view, 3> falses = {"false", "False", "FALSE"};
constexpr std::array<std::string_view, 6> infinities = {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"};
constexpr std::array<std::string_view, 3> negative_infinities = {"-.inf", "-.Inf", "-.INF"};
constexpr std::array<std::string_view, 3> not_numbers = {".nan", ".NaN", ".NAN"};
constexpr std::array<std::string_view, 10> old_words = {"y",   "n",    "yes",   "no",   "on",
                                                        "off", "true", "false", "null", "nan"};

}  // namespace

Node resolve_scalar(std::string_view text) {
  if (is_one_of(text, nulls)) return Node{};
  if (is_one_of(text, trues)) return Node::of(true);
  if (is_one_of(text, falses)) return Node::of(false);
  if (auto number = resolve_number(text)) return *std::move(number);
  if (is_one_of(text, infinities)) return number_node(std::numeric_limits<double>::infinity());
  if (is_one_of(text, negative_infinities)) return number_node(-std::numeric_limits<double>::infinity());
  if (is_one_of(text, not_numbers)) return number_node(std::numeric_limits<double>::quiet_NaN());
  return Node::of(std::string(text));
}

bool is_plain_text(std::string_view text) {
  if (text.empty() || !(is_letter(text.front()) || text.front() == '/' || is_digit(text.front()))) return false;
  const bool harmless = std::ranges::all_of(text, [](char letter) {
    return is_letter(letter) || is_digit(letter) ||
           std::string_view(" /._:@+=,()-").find(letter) != std::string_view::npos;
  });
  if (!harmless || text.back() == ':' || text.back() == ' ') return false;
  if (text.find(": ") != std::string_view::npos) return false;
  if (is_one_of(to_lower(text), old_words)) return false;
  if (!is_digit(text.front())) return true;
  // Digits first: plain only when something shows that it is no number, time or date to anyone: "10.0.0.1", "5f-x" are
  // not worth the risk, "80/tcp" is clear.
  return text.find('/') != std::string_view::npos;
}

}  // namespace muster
