#include "runtime/agent/redaction.h"

#include <algorithm>
#include <utility>

#include "api/base/base64.h"
#include "api/base/text.h"

namespace muster::agent {
namespace {

// A shorter part says little, and is in many words by chance.
constexpr std::size_t least_part = 4;
constexpr std::string_view between_parts = ":/@?&=,; \t\r\n\"'";

std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    switch (c) {
      case '"':
      case '\\':
        out += '\\';
        out += c;
        break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

Redaction::Redaction(const drivers::RegistryAuth& auth) {
  add(auth.password);
  add(auth.identity_token);
  // What the Authorization header of basic authentication has.
  if (!auth.password.empty()) add(encode_base64(str(auth.username, ':', auth.password)));
}

Redaction::Redaction(const task::Configured& configured) {
  for (const auto* variables : {&configured.imported, &configured.secrets}) {
    for (const task::ConfigVariable& each : *variables) {
      // Engines do not repeat variables; "1" and "yes" would take words out of texts that have nothing to hide.
      if (each.secret && each.value.size() >= least_part) add(each.value);
    }
  }
  for (const task::ConfigVariable& each : configured.log_options) {
    if (each.secret) add_with_parts(each.value);
  }
}

void Redaction::add(std::string_view value) {
  if (value.empty()) return;
  values_.emplace(value);
  values_.insert(escaped(value));
}

void Redaction::add_with_parts(std::string_view value) {
  add(value);
  while (!value.empty()) {
    const std::size_t end = std::min(value.find_first_of(between_parts), value.size());
    if (end >= least_part) add(value.substr(0, end));
    value.remove_prefix(std::min(end + 1, value.size()));
  }
}

// In one pass, so that no mark is looked into.
std::string Redaction::operator()(std::string text) const {
  if (values_.empty()) return text;
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = std::string_view(text).substr(at);
    std::size_t length = 0;
    for (const std::string& value : values_) {
      if (rest.starts_with(value)) {
        length = value.size();
        break;
      }
    }
    if (length == 0) {
      out += text[at++];
    } else {
      out += mark;
      at += length;
    }
  }
  return out;
}

Error Redaction::operator()(Error error) const {
  error.message = (*this)(std::move(error.message));
  return error;
}

}  // namespace muster::agent
