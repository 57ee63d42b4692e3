#include "runtime/server/impersonation.h"

#include "api/base/text.h"

namespace muster::server {
namespace {

constexpr std::string_view prefix = "impersonate-";
constexpr std::string_view extra_prefix = "impersonate-extra-";
constexpr std::size_t most_values = 256;

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Header names are lower-cased already; what could not stand in one is percent-encoded. What is no such code stays.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool code = text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
    out += code ? static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])) : text[i];
    if (code) i += 2;
  }
  return out;
}

}  // namespace

Result<std::optional<access::User>> impersonated(const http::Headers& headers) {
  access::User user;
  std::size_t values = 0;
  for (const auto& [given, value] : headers) {
    // Nearly every header of every request ends here.
    if (given.size() <= prefix.size() || (given[0] != 'I' && given[0] != 'i')) continue;
    const std::string name = to_lower(given);
    if (!name.starts_with(prefix)) continue;
    if (++values > most_values) return Error{Code::malformed, "too many headers of impersonation", {}};
    if (name == "impersonate-user") {
      user.name = value;
    } else if (name == "impersonate-uid") {
      user.uid = value;
    } else if (name == "impersonate-group") {
      user.groups.emplace_back(value);
    } else if (name.starts_with(extra_prefix)) {
      user.extra[unescaped(name.substr(extra_prefix.size()))].emplace_back(value);
    } else {
      return Error{Code::malformed, str("the header ", name, " is not known"), {}};
    }
  }
  if (values == 0) return std::optional<access::User>();
  if (user.name.empty()) {
    return Error{
        Code::malformed, "requested impersonation of groups, a uid or extras without impersonating a user", {}};
  }
  return std::optional<access::User>(std::move(user));
}

void complete_groups(access::User& user) {
  const std::string_view name = user.name;
  if (const auto account = access::service_account_of(name); account && user.groups.empty()) {
    user.groups = access::service_account_user(account->first, account->second, {}).groups;
  }
  if (name == access::anonymous_user) {
    if (!user.in_group(access::unauthenticated_group)) user.groups.emplace_back(access::unauthenticated_group);
  } else if (!user.in_group(access::authenticated_group)) {
    user.groups.emplace_back(access::authenticated_group);
  }
}

}  // namespace muster::server
