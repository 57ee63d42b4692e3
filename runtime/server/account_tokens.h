// POST .../serviceaccounts/NAME/token: a signed token for the account. Nothing of it is stored.
#pragma once

#include <memory>

#include "runtime/base/random.h"
#include "runtime/http/server.h"
#include "runtime/server/authentication.h"
#include "runtime/server/call.h"
#include "runtime/store/objects.h"

namespace muster::server {

// On the server's loop only.
class AccountTokens {
 public:
  // All must outlive this; `keys` is never empty, `random` fit for secrets.
  AccountTokens(store::Objects& objects, const SigningKeys& keys, Random& random, Loop& loop)
      : objects_(objects), keys_(keys), random_(random), loop_(loop) {}

  // Answers a TokenRequest, once the gate has let the user through.
  void issue(const Call& call, const std::shared_ptr<http::Exchange>& exchange);

 private:
  Result<std::string> answer(const Call& call, const http::Request& request);

  store::Objects& objects_;
  const SigningKeys& keys_;
  Random& random_;
  Loop& loop_;
};

}  // namespace muster::server
