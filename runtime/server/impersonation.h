// The headers by which a user asks to be taken for another one: Impersonate-User, -Group, -Uid and -Extra-KEY.
#pragma once

#include <optional>

#include "api/access/attributes.h"
#include "api/base/error.h"
#include "runtime/http/message.h"

namespace muster::server {

// Whom the headers name, as written; nothing without such headers. Code::malformed when they name groups, a uid or
// extras but no user.
Result<std::optional<access::User>> impersonated(const http::Headers& headers);

// The groups that the server itself adds: a service account's own, and system:authenticated.
void complete_groups(access::User& user);

}  // namespace muster::server
