#include "runtime/server/enrolment.h"

#include <algorithm>

#include "api/access/attributes.h"
#include "api/base/base64.h"
#include "api/base/text.h"
#include "api/types/builtin.h"
#include "api/types/cluster.h"
#include "runtime/pki/digest.h"

namespace muster::server {
namespace {

constexpr std::string_view secret_type = "muster.dev/agent";
constexpr std::size_t hash_digits = 32;

std::string value_of(const Secret& secret, std::string_view key) {
  const auto found = secret.data.find(key);
  if (found == secret.data.end()) return {};
  return decode_base64(found->second).value_or(std::string());
}

Error revoked(std::string_view instance) {
  return Error{Code::unauthorized,
               str("the certificate of container instance ", instance,
                   " is not valid any more: the host has to join again with a token"),
               {}};
}

}  // namespace

std::string enrolment_name(std::string_view instance) {
  // Instances may be called what Secrets may not.
  return str("agent-", pki::sha256_hex(instance).substr(0, hash_digits));
}

bool is_enrolment(const Secret& secret) {
  return secret.type == secret_type;
}

Secret secret_of(const Enrolment& enrolment) {
  Secret secret = make<Secret>();
  secret.metadata.ns = system_namespace;
  secret.metadata.name = enrolment_name(enrolment.instance);
  secret.metadata.resource_version = enrolment.revision;
  secret.type = secret_type;
  const auto put = [&secret](std::string_view key, std::string_view value) {
    if (!value.empty()) secret.data.emplace(key, encode_base64(value));
  };
  put("instance", enrolment.instance);
  put("id", enrolment.id);
  put("token", enrolment.token);
  put("keys", join(enrolment.keys, "\n"));
  put("until", format_time(enrolment.until));
  put("instance-uid", enrolment.instance_uid);
  if (!enrolment.instance_uid.empty()) {
    const Kind& owner = kind_of<ContainerInstance>();
    secret.metadata.owner_references.push_back(
        {str(owner.api_version()), str(owner.kind), enrolment.instance, enrolment.instance_uid, {}, {}});
  }
  return secret;
}

Result<Enrolment> read_enrolment(const Secret& secret) {
  const auto invalid = [](std::string_view what) {
    return Error{Code::invalid, str("the enrolment's ", what, " is missing or wrong"), {}};
  };
  if (!is_enrolment(secret)) return invalid("type");
  Enrolment out;
  out.instance = value_of(secret, "instance");
  // Nothing else may pass for the enrolment of an instance.
  if (secret.metadata.ns != system_namespace || secret.metadata.name != enrolment_name(out.instance)) {
    return invalid("name");
  }
  out.id = value_of(secret, "id");
  out.token = value_of(secret, "token");
  const std::string keys = value_of(secret, "keys");
  for (const std::string_view line : split(keys, '\n')) out.keys.emplace_back(line);
  const auto until = parse_time(value_of(secret, "until"));
  if (out.id.empty() || out.keys.front().empty()) return invalid("id or keys");
  if (!until.ok()) return invalid("until");
  out.until = *until;
  out.instance_uid = value_of(secret, "instance-uid");
  out.revision = secret.metadata.resource_version;
  return out;
}

Result<Enrolment> find_enrolment(const State& state, std::string_view instance) {
  const auto secret = state.get<Secret>(system_namespace, enrolment_name(instance));
  if (secret == nullptr) return revoked(instance);
  auto enrolment = read_enrolment(*secret);
  if (!enrolment.ok() || enrolment->instance != instance) return revoked(instance);
  if (enrolment->instance_uid.empty()) return enrolment;
  const auto stored = state.get<ContainerInstance>({}, instance);
  if (stored == nullptr || stored->metadata.uid != enrolment->instance_uid) return revoked(instance);
  return enrolment;
}

Result<Enrolment> find_enrolment(const State& state, std::string_view instance, std::string_view id) {
  TRY(Enrolment enrolment, find_enrolment(state, instance));
  if (enrolment.id != id) return revoked(instance);
  return enrolment;
}

std::string_view instance_of(const pki::Subject& subject) {
  const std::string_view name = subject.name;
  return name.starts_with(access::node_user_prefix) ? name.substr(access::node_user_prefix.size()) : std::string_view();
}

pki::Subject agent_subject(std::string_view instance) {
  return {str(access::node_user_prefix, instance), {std::string(access::nodes_group)}};
}

std::vector<std::string> agent_names(std::string_view instance, const std::string& peer) {
  constexpr std::string_view domain = ".containerinstances.muster.dev";
  constexpr std::size_t longest_host = 253;
  std::vector<std::string> names;
  if (instance.size() + domain.size() <= longest_host) names.push_back(str(instance, domain));
  const std::size_t colon = peer.rfind(':');
  if (colon == std::string::npos) return names;
  const bool bracketed = colon >= 2 && peer.front() == '[' && peer[colon - 1] == ']';
  names.push_back(bracketed ? peer.substr(1, colon - 2) : peer.substr(0, colon));
  return names;
}

Status check_enrolled(const State& state, const pki::Certificate& certificate) {
  const std::string_view instance = instance_of(certificate.subject);
  if (instance.empty()) return {};
  TRY(const Enrolment enrolment, find_enrolment(state, instance));
  const auto& keys = enrolment.keys;
  if (std::find(keys.begin(), keys.end(), certificate.key_hash) == keys.end()) return revoked(instance);
  return {};
}

}  // namespace muster::server
