#include "api/schema/json_write.h"

#include <array>
#include <charconv>
#include <cmath>

#include "api/schema/json.h"
#include "api/schema/utf8.h"

namespace muster {

namespace {

// What to do with a byte inside a string: copy it, write it as \u00XX, write it as a backslash and this letter, or look
// at the whole character.
constexpr char copy = 0;
constexpr char hexadecimal = 1;
constexpr char multibyte = 2;

constexpr std::array<char, 256> make_escapes() {
  std::array<char, 256> table{};
  for (std::size_t byte = 0; byte < 0x20; ++byte) table[byte] = hexadecimal;
  for (std::size_t byte = 0x80; byte < 0x100; ++byte) table[byte] = multibyte;
  table[0x7F] = hexadecimal;
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}
constexpr std::array<char, 256> escapes = make_escapes();

void append_pretty(std::string& out, const Node& node, std::size_t indentation) {
  const bool list = node.is_list();
  if (!list && !node.is_map()) return append_json(out, node);
  if (list ? node.items.empty() : node.members.empty()) {
    out += list ? "[]" : "{}";
    return;
  }
  bool first = true;
  const auto separate = [&] {
    if (!first) out += ',';
    first = false;
    out += '\n';
    out.append(indentation + 2, ' ');
  };
  out += list ? '[' : '{';
  for (const Node& item : node.items) {
    separate();
    append_pretty(out, item, indentation + 2);
  }
  for (const auto& [name, value] : node.members) {
    separate();
    append_json_string(out, name);
    out += ": ";
    append_pretty(out, value, indentation + 2);
  }
  out += '\n';
  out.append(indentation, ' ');
  out += list ? ']' : '}';
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t copied = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const char escape = escapes[byte];
    if (escape == copy) {
      ++at;
      continue;
    }
    const std::size_t length = escape == multibyte ? utf8_length(text.substr(at)) : 0;
    if (length > 0) {
      at += length;
      continue;
    }
    out.append(text, copied, at - copied);
    if (escape == multibyte) {
      out += "\xEF\xBF\xBD";
    } else if (escape == hexadecimal) {
      constexpr std::string_view digits = "0123456789abcdef";
      out += "\\u00";
      out += digits[byte >> 4U];
      out += digits[byte & 0xFU];
    } else {
      out += '\\';
      out += escape;
    }
    copied = ++at;
  }
  out.append(text, copied, text.size() - copied);
  out += '"';
}

void append_integer(std::string& out, std::int64_t value) {
  std::array<char, 24> buffer{};
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  out.append(buffer.data(), written.ptr);
}

void append_number(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  std::array<char, 40> buffer{};
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(written.ptr - buffer.data()));
  out += text;
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

void append_json(std::string& out, const Node& node) {
  switch (node.kind) {
    case Node::Kind::null: out += "null"; return;
    case Node::Kind::boolean: out += node.boolean ? "true" : "false"; return;
    case Node::Kind::integer: append_integer(out, node.integer); return;
    case Node::Kind::number: append_number(out, node.number); return;
    case Node::Kind::string: append_json_string(out, node.text); return;
    case Node::Kind::list: {
      out += '[';
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        if (i > 0) out += ',';
        append_json(out, node.items[i]);
      }
      out += ']';
      return;
    }
    case Node::Kind::map: {
      out += '{';
      for (std::size_t i = 0; i < node.members.size(); ++i) {
        if (i > 0) out += ',';
        append_json_string(out, node.members[i].first);
        out += ':';
        append_json(out, node.members[i].second);
      }
      out += '}';
      return;
    }
  }
}

std::string write_json(const Node& node) {
  std::string out;
  append_json(out, node);
  return out;
}

std::string write_json_pretty(const Node& node) {
  std::string out;
  append_pretty(out, node, 0);
  out += '\n';
  return out;
}

}  // namespace muster
