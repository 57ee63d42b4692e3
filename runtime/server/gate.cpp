#include "runtime/server/gate.h"

#include <algorithm>

#include "api/access/authorizer.h"
#include "api/access/escalation.h"
#include "api/access/kept_token.h"
#include "api/base/base64.h"
#include "api/base/text.h"
#include "api/types/builtin.h"
#include "api/types/cluster.h"
#include "api/types/configuration.h"
#include "api/types/rbac.h"
#include "api/types/task.h"
#include "runtime/server/body.h"
#include "runtime/server/impersonation.h"

namespace muster::server {
namespace {

constexpr std::string_view authentication_group = "authentication.k8s.io";

// What must be allowed before `user` is taken for `wanted`.
std::vector<access::Attributes> impersonations(const access::User& user, const access::User& wanted) {
  std::vector<access::Attributes> out;
  const auto add = [&](std::string_view group, std::string_view resource, std::string_view name) {
    access::Attributes asked;
    asked.user = &user;
    asked.verb = "impersonate";
    asked.group = group;
    asked.resource = resource;
    asked.name = name;
    out.push_back(asked);
  };
  if (const auto account = access::service_account_of(wanted.name)) {
    add("", "serviceaccounts", account->second);
    out.back().ns = account->first;
  } else {
    add("", "users", wanted.name);
  }
  for (const std::string& group : wanted.groups) add("", "groups", group);
  if (!wanted.uid.empty()) add(authentication_group, "uids", wanted.uid);
  for (const auto& [key, values] : wanted.extra) {
    for (const std::string& value : values) {
      add(authentication_group, "userextras", value);
      out.back().subresource = key;
    }
  }
  return out;
}

// The name that a list or watch selects with metadata.name, as Kubernetes gives it to its authorizers.
std::string_view selected_name(const Call& call) {
  constexpr std::string_view by_name = "metadata.name=";
  const std::string_view fields = call.target.param("fieldSelector");
  if (!fields.starts_with(by_name)) return {};
  std::string_view name = fields.substr(by_name.size());
  if (name.starts_with('=')) name.remove_prefix(1);
  return name.find(',') == std::string_view::npos ? name : std::string_view();
}

}  // namespace

std::string_view access_verb(const Call& call) {
  const bool agents =
      call.kind == &kind_of<ContainerInstance>() && (call.subresource == "agent" || call.subresource == "streams");
  if (agents) return access::connect_verb;
  if (call.method == "GET" || call.method == "HEAD") {
    if (call.watch && call.method == "GET") return "watch";
    return call.name.empty() ? "list" : "get";
  }
  if (call.method == "POST") return "create";
  if (call.method == "PUT") return "update";
  if (call.method == "PATCH") return "patch";
  if (call.method == "DELETE") return call.name.empty() ? "deletecollection" : "delete";
  return call.method;
}

Gate::Gate(store::Objects& objects, Authentication authentication)
    : objects_(objects), authentication_(std::move(authentication)) {
  resync();
}

void Gate::resync() {
  const State state = objects_.state();
  policy_ = access::Policy(state);
  revision_ = state.revision();
}

void Gate::observe(const store::CommitPtr& commit) {
  for (std::size_t i = 0; i < commit->changes.size(); ++i) {
    if (commit->revisions[i] > revision_) policy_.apply(commit->changes[i]);
  }
  revision_ = std::max(revision_, commit->revisions.back());
}

void Gate::settle(const std::vector<Admitted>& written) {
  const bool roles = std::any_of(written.begin(), written.end(), [](const Admitted& each) {
    return each.changed && each.object != nullptr && each.object->kind->group == rbac_group;
  });
  if (roles && revision_ < objects_.state().revision()) resync();
}

Status Gate::check(const access::Attributes& attributes) {
  reason_.clear();
  if (attributes.user->in_group(access::masters_group)) return {};
  const State state = objects_.state();
  access::Decision decision = access::decide(state, policy_, attributes);
  // A role that has just been written may be on its way: whoever was told that it is there may use it.
  if (!decision.allowed && revision_ < state.revision()) {
    resync();
    decision = access::decide(state, policy_, attributes);
  }
  reason_ = std::move(decision.reason);
  if (decision.allowed) return {};
  return access::forbidden(attributes);
}

Result<UserPtr> Gate::identify(const http::Exchange& exchange, UserPtr* authenticated) {
  TRY(const UserPtr user, authentication_.user_of(exchange));
  if (authenticated != nullptr) *authenticated = user;
  TRY(auto wanted, impersonated(exchange.request().headers));
  if (!wanted) return user;
  for (const access::Attributes& asked : impersonations(*user, *wanted)) TRY_VOID(check(asked));
  complete_groups(*wanted);
  return std::make_shared<const access::User>(std::move(*wanted));
}

Status Gate::check(const access::User& user, const Call& call, const http::Request& request) {
  reason_.clear();
  if (user.in_group(access::masters_group)) return {};
  access::Attributes asked;
  asked.user = &user;
  asked.verb = access_verb(call);
  asked.group = call.kind->group;
  asked.resource = call.kind->plural;
  asked.subresource = call.subresource;
  asked.ns = call.ns;
  // Kubernetes: a namespace is in itself.
  if (call.kind == &kind_of<Namespace>()) asked.ns = call.name;
  asked.name = call.name.empty() && call.method == "GET" ? selected_name(call) : std::string_view(call.name);
  TRY_VOID(check(asked));
  // What makes the object when there is none, is a create too.
  const bool makes = call.method == "PATCH" && media_type(request) == "application/apply-patch+yaml" &&
                     call.subresource.empty() && objects_.state().find(*call.kind, call.ns, call.name) == nullptr;
  if (!makes) return {};
  asked.verb = "create";
  return check(asked);
}

Status Gate::check_path(const access::User& user, std::string_view method, std::string_view path) {
  reason_.clear();
  if (user.in_group(access::masters_group)) return {};
  const std::string verb = to_lower(method);
  access::Attributes asked;
  asked.user = &user;
  asked.verb = verb;
  asked.path = path;
  return check(asked);
}

bool Gate::guards(const Kind& kind) {
  return kind.group == rbac_group || &kind == &kind_of<Task>() || &kind == &kind_of<Secret>();
}

// A token makes its bearer somebody: only who may be that user already may give it out. One for joining makes container
// instances.
Status Gate::check_token(const access::User& user, Secret secret, const Secret* stored) {
  if (secret.metadata.ns != system_namespace || !access::is_token_secret(secret)) return {};
  if (stored != nullptr && stored->data == secret.data && secret.string_data.empty()) return {};
  for (const auto& [key, value] : secret.string_data) secret.data[key] = encode_base64(value);
  // Whatever its name turns out to be.
  const auto id = secret.data.find("id");
  if (id != secret.data.end()) {
    secret.metadata.name = access::token_secret_name(decode_base64(id->second).value_or(std::string()));
  }
  const auto token = access::kept_token(secret);
  if (!token.ok()) return {};  // it lets nobody in
  if (token->purpose == access::KeptToken::Purpose::join) {
    access::Attributes asked;
    asked.user = &user;
    asked.verb = "create";
    asked.group = kind_of<ContainerInstance>().group;
    asked.resource = kind_of<ContainerInstance>().plural;
    return check(asked);
  }
  const access::User wanted{token->user, {}, token->groups, {}};
  for (const access::Attributes& asked : impersonations(user, wanted)) TRY_VOID(check(asked));
  return {};
}

Status Gate::check_write(const access::User& user, const Object& object, const Object* stored) {
  if (user.in_group(access::masters_group)) return {};
  if (const auto* task = as<Task>(&object); task != nullptr && !task->spec.container_instance.empty()) {
    const auto* before = stored != nullptr ? as<Task>(stored) : nullptr;
    if (before == nullptr || before->spec.container_instance != task->spec.container_instance) {
      access::Attributes asked;
      asked.user = &user;
      asked.verb = access::place_verb;
      asked.group = task->kind->group;
      asked.resource = task->kind->plural;
      asked.ns = task->metadata.ns;
      asked.name = task->metadata.name;
      TRY_VOID(check(asked));
    }
  }
  if (const auto* secret = as<Secret>(&object)) {
    return check_token(user, *secret, stored != nullptr ? as<Secret>(stored) : nullptr);
  }
  // By the roles as they are now: one that has just been widened is not to be bound by what it allowed before.
  if (revision_ < objects_.state().revision()) resync();
  return access::check_escalation(policy_, user, object, stored);
}

}  // namespace muster::server
