// Writing YAML. Our own, because yaml-cpp writes strings such as "true" and "123" without quotes.
#include <algorithm>

#include "api/schema/json.h"
#include "api/schema/json_write.h"
#include "api/schema/yaml.h"
#include "api/schema/yaml_scalar.h"

namespace muster {

namespace {

// A key must end within 1024 characters of its beginning; longer ones are written as "? key".
constexpr std::size_t longest_simple_key = 1000;

// YAML 1.1 takes these for line ends, and a byte order mark is dropped; JSON's writer leaves them as they are.
constexpr std::pair<std::string_view, std::string_view> separators[] = {
    {"\u0085", "\\u0085"}, {"\u2028", "\\u2028"}, {"\u2029", "\\u2029"}, {"\uFEFF", "\\ufeff"}};

std::string quoted_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  for (const auto& [character, escape] : separators) {
    for (std::size_t at = out.find(character); at != std::string::npos; at = out.find(character, at)) {
      out.replace(at, character.size(), escape);
    }
  }
  return out;
}

std::string inline_text(std::string_view text) {
  return is_plain_text(text) ? std::string(text) : quoted_text(text);
}

// Lines of printable ASCII that no reader can misread behind `|`.
bool fits_block(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || text.front() == '\n' || text.front() == ' ') return false;
  if (std::ranges::any_of(text, [](char letter) { return letter != '\n' && (letter < ' ' || letter > '~'); })) {
    return false;
  }
  return text.find(" \n") == std::string_view::npos && text.back() != ' ';
}

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void write_document(const Node& node) {
    if (is_block(node)) {
      write_block(node, 0);
    } else {
      write_inline(node);
      out_ += '\n';
    }
  }

 private:
  static bool is_block(const Node& node) { return !node.items.empty() || !node.members.empty(); }

  void indent(std::size_t indentation) { out_.append(indentation, ' '); }

  // A scalar or an empty container.
  void write_inline(const Node& node) {
    if (node.is_string()) {
      out_ += inline_text(node.text);
    } else {
      append_json(out_, node);
    }
  }

  void write_literal(std::string_view text, std::size_t indentation) {
    const bool ends = text.back() == '\n';
    const bool ends_twice = text.size() > 1 && ends && text[text.size() - 2] == '\n';
    out_ += ends_twice ? "|+" : ends ? "|" : "|-";
    out_ += '\n';
    while (!text.empty()) {
      const std::size_t length = std::min(text.find('\n'), text.size());
      if (length > 0) indent(indentation);
      out_ += text.substr(0, length);
      out_ += '\n';
      text.remove_prefix(std::min(length + 1, text.size()));
    }
  }

  // The first line continues the current one; the others are indented.
  void write_block(const Node& node, std::size_t indentation) {
    bool first = true;
    for (const Node& item : node.items) {
      if (!first) indent(indentation);
      first = false;
      out_ += "- ";
      write_after_dash(item, indentation + 2);
    }
    for (const auto& [name, value] : node.members) {
      if (!first) indent(indentation);
      first = false;
      write_member(name, value, indentation);
    }
  }

  void write_after_dash(const Node& node, std::size_t indentation) {
    if (is_block(node)) {
      write_block(node, indentation);
    } else {
      write_scalar_line(node, indentation);
    }
  }

  void write_member(std::string_view name, const Node& value, std::size_t indentation) {
    const std::string key = inline_text(name);
    if (key.size() > longest_simple_key) {
      out_ += "? " + key + '\n';
      indent(indentation);
    } else {
      out_ += key;
    }
    out_ += ':';
    if (!is_block(value)) {
      out_ += ' ';
      write_scalar_line(value, indentation + 2);
      return;
    }
    out_ += '\n';
    // As kubectl does, the dashes of a list stand under its name.
    const std::size_t inner = value.is_list() ? indentation : indentation + 2;
    indent(inner);
    write_block(value, inner);
  }

  void write_scalar_line(const Node& node, std::size_t indentation) {
    if (node.is_string() && fits_block(node.text)) return write_literal(node.text, indentation);
    write_inline(node);
    out_ += '\n';
  }

  std::string& out_;
};

}  // namespace

std::string write_yaml(const Node& node) {
  std::string out;
  Writer(out).write_document(node);
  return out;
}

}  // namespace muster
