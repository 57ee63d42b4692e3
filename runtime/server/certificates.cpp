#include "runtime/server/certificates.h"

#include <algorithm>

#include "api/access/kept_token.h"
#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/types/builtin.h"
#include "api/types/cluster.h"
#include "api/types/names.h"
#include "runtime/base/log.h"
#include "runtime/pki/token.h"
#include "runtime/server/status.h"

namespace muster::server {
namespace {

constexpr std::size_t request_bytes = 64U << 10U;
constexpr int most_attempts = 20;
constexpr std::string_view path_begin = "/apis/muster.dev/v1beta1/containerinstances/";
constexpr std::string_view path_end = "/certificate";
constexpr std::string_view bearer = "Bearer ";

std::string_view bearer_token(const http::Request& request) {
  const std::string_view value = http::header(request.headers, "Authorization");
  return value.starts_with(bearer) ? trim(value.substr(bearer.size())) : std::string_view();
}

Error refused(std::string why) {
  return Error{Code::unauthorized, std::move(why), {}};
}

// The request for a certificate in the body. It must be for the instance and nothing else, so that an agent that was
// given the wrong name is told and does not find out later.
Result<pki::SigningRequest> read_request(const Call& call, const http::Request& http) {
  if (call.method != "POST") return Error{Code::not_allowed, "only POST is served for a certificate", {}};
  if (!is_ecs_name(call.name)) {
    return Error{Code::invalid, str('"', call.name, "\" cannot be the name of a container instance"), {}};
  }
  if (http.body.size() > request_bytes) {
    return Error{Code::too_large, str("a certificate signing request has at most ", request_bytes, " bytes"), {}};
  }
  TRY(const Node body, parse_json(http.body));
  if (!body.is_map() || body.text_of("request").empty()) {
    return Error{Code::malformed, "the body must be {\"request\": \"-----BEGIN CERTIFICATE REQUEST-----...\"}", {}};
  }
  TRY(pki::SigningRequest request, pki::parse_signing_request(body.text_of("request")));
  const pki::Subject wanted = agent_subject(call.name);
  if (!(request.subject == wanted)) {
    return Error{Code::invalid,
                 str("the certificate is requested for \"", request.subject.name, "\" in [",
                     muster::join(request.subject.groups, ", "), "]; container instance ", call.name,
                     " gets one for its own name alone: \"", wanted.name, "\" in [", wanted.groups.front(), "]"),
                 {}};
  }
  return request;
}

}  // namespace

struct Certificates::Issued {
  std::string certificate;
  Enrolment enrolment;
};

bool Certificates::joins(const http::Request& request) {
  const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
  return path.starts_with(path_begin) && path.ends_with(path_end) && !bearer_token(request).empty();
}

Result<Certificates::Issued> Certificates::sign(const std::string& public_key, const std::string& peer,
                                                Enrolment enrolment, store::Batch& batch) const {
  const pki::Subject subject = agent_subject(enrolment.instance);
  TRY(std::string certificate,
      options_.vault->sign(public_key, subject, options_.life, loop_.now(), agent_names(enrolment.instance, peer)));
  TRY(const std::vector<pki::Certificate> parsed, pki::parse_certificates(certificate));
  std::vector<std::string>& keys = enrolment.keys;
  std::erase(keys, parsed.front().key_hash);
  keys.insert(keys.begin(), parsed.front().key_hash);
  keys.resize(std::min(keys.size(), std::size_t{2}));
  enrolment.until = std::max(enrolment.until, parsed.front().not_after);
  auto secret = std::make_shared<Secret>(secret_of(enrolment));
  batch.writes.push_back(enrolment.revision == 0 ? create(std::move(secret)) : update(std::move(secret)));
  return Issued{std::move(certificate), std::move(enrolment)};
}

Result<Certificates::Issued> Certificates::plan_join(const std::string& instance, const std::string& peer,
                                                     const std::string& token, const pki::SigningRequest& request,
                                                     const State& state, store::Batch& batch) const {
  const auto given = pki::parse_token(token);
  const auto secret = given ? state.get<Secret>(system_namespace, access::token_secret_name(given->id))
                            : std::shared_ptr<const Secret>();
  auto kept = secret != nullptr ? access::kept_token(*secret) : Result<access::KeptToken>(refused({}));
  // Strangers learn nothing about the tokens that there are.
  if (!kept.ok() || !pki::is_token(*given, kept->hash)) return refused("the join token is not valid");
  if (kept->purpose != access::KeptToken::Purpose::join) {
    return refused("the token lets a user in; hosts join with one made by 'muster token create' without --user");
  }
  if (loop_.now() >= kept->expiration) {
    return refused(str("the join token expired at ", format_time(kept->expiration)));
  }
  TRY(const std::string own_key, pki::key_hash_of(request.public_key));
  Enrolment next;
  if (auto held = find_enrolment(state, instance); held.ok()) {
    next.revision = held->revision;
    const bool same =
        held->token == kept->id && std::find(held->keys.begin(), held->keys.end(), own_key) != held->keys.end();
    // The answer got lost: the host has been counted already.
    if (same) return sign(request.public_key, peer, std::move(held).value(), batch);
    const auto stored = state.get<ContainerInstance>({}, instance);
    if (stored != nullptr && stored->status.connection != muster::Connection::lost) {
      return Error{Code::conflict,
                   str("container instance ", instance,
                       " belongs to a host that has joined already; give this one another --name, or delete the "
                       "instance first"),
                   {}};
    }
  } else if (const auto old = state.get<Secret>(system_namespace, enrolment_name(instance))) {
    next.revision = old->metadata.resource_version;
  }
  if (kept->uses_left == 0) return refused("the join token has been used up");
  kept->uses_left -= 1;
  auto used = std::make_shared<Secret>(*secret);
  used->data = access::secret_of(*kept).data;
  batch.writes.push_back(update(std::move(used)));
  next.instance = instance;
  next.id = random_hex32(random_);
  next.token = kept->id;
  return sign(request.public_key, peer, std::move(next), batch);
}

void Certificates::join(const Call& call, const std::shared_ptr<http::Exchange>& exchange) {
  const Subject subject{call.kind, call.name};
  if (options_.vault == nullptr) {
    return exchange->respond(
        error_response(Error{Code::unavailable, "this server has no authority that signs certificates", {}}, subject));
  }
  auto request = read_request(call, exchange->request());
  if (!request.ok()) return exchange->respond(error_response(request.error(), subject));
  issue(
      exchange,
      [this, instance = call.name, peer = exchange->peer(), token = std::string(bearer_token(exchange->request())),
       request = std::move(request).value()](const State& state, store::Batch& batch) {
        return plan_join(instance, peer, token, request, state, batch);
      },
      0);
}

void Certificates::renew(const Call& call, const std::shared_ptr<http::Exchange>& exchange) {
  const Subject subject{call.kind, call.name};
  auto request = read_request(call, exchange->request());
  if (!request.ok()) return exchange->respond(error_response(request.error(), subject));
  const auto peer = exchange->tls();
  const bool own = peer != nullptr && peer->certificate && instance_of(peer->certificate->subject) == call.name;
  if (options_.vault == nullptr || !own) {
    return exchange->respond(error_response(
        Error{Code::forbidden,
              str("only the agent of container instance ", call.name,
                  " renews its certificate; a host that has none joins with a token ('muster token create')"),
              {}},
        subject));
  }
  issue(
      exchange,
      [this, instance = call.name, address = exchange->peer(), presented = peer->certificate->key_hash,
       request = std::move(request).value()](const State& state, store::Batch& batch) -> Result<Issued> {
        TRY(Enrolment enrolment, find_enrolment(state, instance));
        auto& keys = enrolment.keys;
        if (std::find(keys.begin(), keys.end(), presented) == keys.end()) {
          return refused("the certificate has been replaced while it was to be renewed");
        }
        // The one that was shown is the one that its agent has for sure.
        keys = {presented};
        return sign(request.public_key, address, std::move(enrolment), batch);
      },
      0);
}

void Certificates::issue(const std::shared_ptr<http::Exchange>& exchange, Plan plan, int attempt) {
  store::Batch batch;
  batch.writer = "server/certificates";
  auto issued = plan(objects_.state(), batch);
  if (!issued.ok()) return exchange->respond(error_response(issued.error()));
  auto shared = std::make_shared<Issued>(std::move(issued).value());
  objects_.commit(std::move(batch), [this, exchange, plan = std::move(plan), attempt, shared,
                                     alive = alive_](Result<store::Committed> result) {
    const Status stored = result.ok() ? Status() : Status(std::move(result).error());
    loop_.post([this, exchange, plan, attempt, shared, stored, alive] {
      if (!*alive) return;
      if (stored.ok()) {
        log::info("agent's certificate issued", {{"instance", shared->enrolment.instance},
                                                 {"until", format_time(shared->enrolment.until)},
                                                 {"token", shared->enrolment.token}});
        Node answer = Node::map();
        answer.at("certificate") = Node::of(shared->certificate);
        answer.at("authorities") = Node::of(options_.vault->bundle());
        return exchange->respond(json_response(201, write_json(answer)));
      }
      const Code code = stored.error().code;
      const bool again = code == Code::conflict || code == Code::already_exists || code == Code::not_found;
      if (again && attempt < most_attempts) return issue(exchange, plan, attempt + 1);
      exchange->respond(error_response(stored.error()));
    });
  });
}

}  // namespace muster::server
