#include "tests/compat/transcript.h"

#include <algorithm>
#include <cctype>

#include "api/base/base64.h"
#include "api/base/text.h"
#include "api/schema/json.h"

namespace muster::testing {
namespace {

constexpr std::string_view any_time = "<time>";
constexpr std::string_view any_age = "<age>";
constexpr std::string_view some_time = "2026-01-01T00:00:00Z";

// The placeholder that the text begins with; empty when it begins with none.
std::string_view placeholder_at(std::string_view text) {
  for (const std::string_view whole : {any_time, any_age}) {
    if (text.starts_with(whole)) return whole;
  }
  for (const std::string_view kind : {"<uid ", "<rv ", "<name ", "<continue "}) {
    if (!text.starts_with(kind)) continue;
    const std::size_t end = text.find('>');
    if (end != std::string_view::npos) return text.substr(0, end + 1);
  }
  return {};
}

std::size_t time_length(std::string_view text) {
  constexpr std::string_view form = "0000-00-00T00:00:00";
  if (text.size() <= form.size()) return 0;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool digit = std::isdigit(static_cast<unsigned char>(text[i])) != 0;
    if (form[i] == '0' ? !digit : text[i] != form[i]) return 0;
  }
  const std::size_t end = text.find('Z', form.size());
  return end == std::string_view::npos ? 0 : end + 1;
}

bool is_age(std::string_view text) {
  return text == "<unknown>" || (!text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) != 0);
}

// "- 1 item"s of a message: what a value is, in few words.
std::string shown(const Node& node) {
  return write_json(node).substr(0, 200);
}

// Entries of managedFields are in the order of their seconds, which is another in each run.
Node in_order(const Node& managers) {
  Node out = managers;
  const auto entry = [](const Node& each) {
    return str(each.text_of("manager"), " ", each.text_of("operation"), " ", each.text_of("subresource"));
  };
  std::ranges::stable_sort(out.items, {}, entry);
  return out;
}

struct Reader {
  std::vector<RecordedSection> sections;
  bool in_exchange = false;
  int number = 0;

  Error bad(std::string_view line) const {
    return Error{Code::malformed, str("line ", number, ": \"", line, "\" is no line of a transcript"), {}};
  }
  Status take(std::string_view line) {
    ++number;
    if (line.empty()) {
      in_exchange = false;
      return {};
    }
    if (line.starts_with("# ")) return {};
    if (line.starts_with("== kubectl ")) {
      sections.push_back(RecordedSection{std::string(line.substr(11)), {}});
      return {};
    }
    if (sections.empty()) return bad(line);
    if (!in_exchange) return begin(line);
    return more(line, sections.back().exchanges.back());
  }
  Status begin(std::string_view line) {
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return bad(line);
    RecordedExchange exchange;
    exchange.line = number;
    exchange.method = line.substr(0, space);
    exchange.target = line.substr(space + 1);
    sections.back().exchanges.push_back(std::move(exchange));
    in_exchange = true;
    return {};
  }
  Status more(std::string_view line, RecordedExchange& exchange) {
    const std::string_view rest = line.size() > 2 ? line.substr(2) : std::string_view();
    if (line.starts_with("> base64:")) {
      const auto bytes = decode_base64(line.substr(9));
      if (!bytes) return bad(line.substr(0, 40));
      exchange.body = *bytes;
    } else if (line.starts_with("> ")) {
      exchange.body += (exchange.body.empty() ? "" : "\n") + std::string(rest);
    } else if (line.starts_with("< Warning: ")) {
      exchange.warnings.emplace_back(line.substr(11));
    } else if (line.starts_with("< ")) {
      exchange.status = static_cast<int>(parse_int(rest.substr(0, 3)).value_or(0));
      exchange.type = rest.size() > 4 ? rest.substr(4) : std::string_view();
    } else if (line.starts_with("= ")) {
      exchange.answer.emplace_back(rest);
    } else if (line.starts_with("| ")) {
      exchange.events.emplace_back(rest);
    } else if (line.starts_with("~ ")) {
      exchange.contains.emplace_back(rest);
    } else if (const std::size_t colon = line.find(": "); colon != std::string_view::npos) {
      exchange.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    } else {
      return bad(line);
    }
    return {};
  }
};

}  // namespace

bool RecordedExchange::is_watch() const {
  return status == 200 && (target.find("?watch=") != std::string::npos || target.find("&watch=") != std::string::npos);
}

Result<std::vector<RecordedSection>> read_transcript(std::string_view text) {
  Reader reader;
  for (const std::string_view line : split(text, '\n')) TRY_VOID(reader.take(line));
  return std::move(reader.sections);
}

std::string Bindings::filled(std::string_view text) const {
  std::string out;
  while (!text.empty()) {
    const std::string_view placeholder = text.front() == '<' ? placeholder_at(text) : std::string_view();
    if (placeholder.empty()) {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    text.remove_prefix(placeholder.size());
    const auto known = values_.find(placeholder);
    out += placeholder == any_time ? some_time : known != values_.end() ? known->second : placeholder;
  }
  return out;
}

bool Bindings::fits(std::string_view recorded, std::string_view actual) {
  while (!recorded.empty()) {
    const std::string_view placeholder = recorded.front() == '<' ? placeholder_at(recorded) : std::string_view();
    if (placeholder.empty()) {
      if (actual.empty() || recorded.front() != actual.front()) return false;
      recorded.remove_prefix(1);
      actual.remove_prefix(1);
      continue;
    }
    recorded.remove_prefix(placeholder.size());
    if (placeholder == any_age) return recorded.empty() && is_age(actual);
    if (placeholder == any_time) {
      const std::size_t length = time_length(actual);
      if (length == 0) return false;
      actual.remove_prefix(length);
      continue;
    }
    const auto known = values_.find(placeholder);
    if (known == values_.end()) {
      // Only a text of its own can say what it stands for.
      if (!recorded.empty() || actual.empty()) return false;
      values_.emplace(placeholder, actual);
      return true;
    }
    if (!actual.starts_with(known->second)) return false;
    actual.remove_prefix(known->second.size());
  }
  return actual.empty();
}

std::string Bindings::difference(const Node& recorded, const Node& actual, const std::string& path) {
  const auto differs = [&] { return str(path, ": recorded ", shown(recorded), ", now ", shown(actual)); };
  if (recorded.kind != actual.kind) return differs();
  switch (recorded.kind) {
    case Node::Kind::string: return fits(recorded.text, actual.text) ? "" : differs();
    case Node::Kind::list:
      if (recorded.items.size() != actual.items.size()) return differs();
      for (std::size_t i = 0; i < recorded.items.size(); ++i) {
        if (auto found = difference(recorded.items[i], actual.items[i], str(path, "[", i, "]")); !found.empty())
          return found;
      }
      return "";
    case Node::Kind::map:
      for (const auto& [name, value] : recorded.members) {
        const Node* other = actual.find(name);
        if (other == nullptr) return str(path, ".", name, ": is missing now, recorded ", shown(value));
        const bool managers = name == "managedFields" && value.is_list() && other->is_list();
        if (auto found = managers ? difference(in_order(value), in_order(*other), str(path, ".", name))
                                  : difference(value, *other, str(path, ".", name));
            !found.empty())
          return found;
      }
      for (const auto& [name, value] : actual.members) {
        if (recorded.find(name) == nullptr) return str(path, ".", name, ": was not recorded, now ", shown(value));
      }
      return "";
    case Node::Kind::null:
    case Node::Kind::boolean:
    case Node::Kind::integer:
    case Node::Kind::number: return equal(recorded, actual) ? "" : differs();
  }
  return "";
}

}  // namespace muster::testing
