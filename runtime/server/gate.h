// Who asks, and whether he may: the one place that every request passes before anything is looked up for it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/access/account_token.h"
#include "api/access/policy.h"
#include "api/types/configuration.h"
#include "runtime/http/server.h"
#include "runtime/server/call.h"
#include "runtime/store/objects.h"

namespace muster::server {

using UserPtr = std::shared_ptr<const access::User>;

// How the server learns whom it talks to. On the server's loop; must answer at once.
struct Authentication {
  // The user of a request, by its connection or its headers; access::anonymous_user in access::unauthenticated_group
  // for none. Every other user must be in access::authenticated_group. Code::unauthorized when a proof was given that
  // does not hold. Empty in the server's options: see authenticate_by() in authentication.h.
  std::function<Result<UserPtr>(const http::Exchange&)> user_of;
  // The user whom a token proves for these audiences (empty: the server's own), for TokenReviews. May be empty.
  std::function<Result<access::Proven>(std::string_view token, const std::vector<std::string>& audiences)>
      user_of_token;
};

// On the server's loop only.
class Gate {
 public:
  // `objects` must outlive this.
  Gate(store::Objects& objects, Authentication authentication);

  // Follows the roles and bindings; to be called for each commit, and when commits were missed.
  void observe(const store::CommitPtr& commit);
  void resync();

  // What has just been written, before its writer is told: roles and bindings hold from then on, whether or not the
  // commit has come by yet. Tokens and accounts are looked up in the newest state and need no such care.
  void settle(const std::vector<Admitted>& written);

  // The user with impersonation applied. Code::unauthorized; Code::forbidden when he may not be whom he wants to be;
  // Code::malformed for headers that make no user.
  // `authenticated` is set once it is known who really asks, also when he may not be another one.
  Result<UserPtr> identify(const http::Exchange& exchange, UserPtr* authenticated = nullptr);
  // Code::forbidden, in Kubernetes' words.
  Status check(const access::Attributes& attributes);
  Status check(const access::User& user, const Call& call, const http::Request& request);
  Status check_path(const access::User& user, std::string_view method, std::string_view path);
  // May he write this object in place of the stored one? See access::check_escalation(); a task is placed only by those
  // who may, and a token given out only by those who may be whom it lets in.
  Status check_write(const access::User& user, const Object& object, const Object* stored);

  // Why the last check() of a request's own allowed it; empty when no role had to.
  const std::string& reason() const { return reason_; }

  // Whether check_write() looks at objects of this kind.
  static bool guards(const Kind& kind);

  // The decisions of everything seen so far.
  const access::Policy& policy() const { return policy_; }
  const Authentication& authentication() const { return authentication_; }

 private:
  Status check_token(const access::User& user, Secret secret, const Secret* stored);

  store::Objects& objects_;
  const Authentication authentication_;
  access::Policy policy_;
  std::string reason_;
  std::int64_t revision_ = 0;  // of the state that the policy is of
};

// The verb of a call as roles name it.
std::string_view access_verb(const Call& call);

}  // namespace muster::server
