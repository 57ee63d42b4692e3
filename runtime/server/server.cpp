#include "runtime/server/server.h"

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/types/cluster.h"
#include "api/types/configuration.h"
#include "api/types/pod.h"
#include "api/types/task.h"
#include "runtime/base/log.h"
#include "runtime/server/account_tokens.h"
#include "runtime/server/bootstrap.h"
#include "runtime/server/discovery.h"
#include "runtime/server/enrolled_sockets.h"
#include "runtime/server/evictions.h"
#include "runtime/server/observation.h"
#include "runtime/server/resources.h"
#include "runtime/server/reviews.h"
#include "runtime/server/status.h"
#include "runtime/server/streams.h"
#include "runtime/server/tunnels.h"
#include "runtime/server/views.h"
#include "runtime/server/yaml_answer.h"
#include "runtime/store/commit_text.h"

namespace muster::server {
namespace {

// Who must be served for the others to be: administrators, the controllers (which are such), and the agents.
bool is_exempt(const access::User& user) {
  return user.in_group(access::masters_group) || user.in_group(access::nodes_group);
}

bool led_by_a_page(const http::Request& request) {
  if (http::header(request.headers, "Origin").empty()) return false;
  const auto token = bearer_token(request.headers);
  return !token.ok() || !*token;
}

// A batch holds up to a thousand objects: more than one object's limit allows.
http::ServerOptions with_batches(http::ServerOptions options) {
  options.larger_bodies.emplace(store::commits_path, limits::batch_bytes);
  return options;
}

ApiServerOptions completed(ApiServerOptions options, Random& random) {
  if (options.signing_keys.empty()) options.signing_keys.push_back(pki::make_signing_key(random));
  return options;
}

}  // namespace

bool loopback_host(std::string_view host) {
  if (!host.empty() && host.front() == '[') return host.substr(0, host.find(']') + 1) == "[::1]";
  const std::string name = to_lower(host.substr(0, host.find(':')));
  if (name == "localhost") return true;
  const std::vector<std::string_view> parts = split(name, '.');
  if (parts.size() != 4 || parts[0] != "127") return false;
  for (const std::string_view part : parts) {
    const auto number = parse_int(part);
    if (!number || *number < 0 || *number > 255) return false;
  }
  return true;
}

bool loopback_address(std::string_view address) {
  if (address.substr(0, 7) == "unix://") return true;
  const std::size_t colon = address.rfind(':');
  return colon != std::string_view::npos && loopback_host(address.substr(0, colon));
}

struct ApiServer::State {
  store::Store& store;
  http::IoLoop& loop;
  Random& random;
  ApiServerOptions options;
  Gate gate;
  WatchHub watches;
  AgentHub agents;
  Resources resources;
  Dials dials;
  Streams streams;
  Tunnels tunnels;
  Evictions evictions;
  AccountTokens account_tokens;
  Commits commits;
  Certificates certificates;
  EnrolledSockets sockets;
  std::shared_ptr<Flow> flow;
  http::Server http;
  std::function<void(const RequestOutcome&)> observer;
  bool ready = false;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);

  State(store::Store& s, http::IoLoop& l, Random& r, ApiServerOptions opts)
      : store(s),
        loop(l),
        random(r),
        options(completed(std::move(opts), r)),
        gate(s, options.authentication.user_of ? options.authentication : authenticate_by(s, options.signing_keys, l)),
        watches(s, l, options.watch),
        agents(s, l, options.agents),
        resources(s, watches, gate, agents.usages(), l),
        dials(agents, l, r),
        streams(s, dials, l),
        tunnels(s, agents, dials, l),
        evictions(s, l),
        account_tokens(s, options.signing_keys, r, l),
        commits(s, l, options.commits),
        certificates(s, l, random, options.certificates),
        sockets(s),
        flow(std::make_shared<Flow>(l, options.flow)),
        http(l, with_batches(options.http),
             [this](std::shared_ptr<http::Exchange> exchange) { handle(std::move(exchange)); }) {}

  ~State() {
    *alive = false;
    flow->stop();
  }

  void bootstrap(std::function<void(Status)> done) {
    store::Batch batch = bootstrap_batch(store.state(), options.host_access);
    add_missing_policy(store.state(), batch);
    add_definitions(store.state(), loop.now(), batch);
    if (batch.writes.empty()) return begin(std::move(done));
    store.commit(std::move(batch), [this, done = std::move(done), lives = alive](Result<store::Committed> result) {
      Status status = result.ok() ? Status() : Status(std::move(result).error());
      loop.post([this, done, status, lives] {
        if (!*lives) return;
        if (!status.ok()) return done(status);
        begin(done);
      });
    });
  }

  void begin(std::function<void(Status)> done) {
    gate.resync();  // what was there before the feed begins
    commits.on_written([this](const std::vector<Admitted>& written) { gate.settle(written); });
    watches.on_commit([this](const store::CommitPtr& commit) {
      gate.observe(commit);
      agents.observe(commit);
      sockets.observe(commit);
    });
    watches.on_reset([this] {
      gate.resync();
      agents.resync();
      sockets.resync();
    });
    if (Status status = watches.start(store.oldest_resumable()); !status.ok()) return done(std::move(status));
    agents.start([this, done = std::move(done)](Status status) {
      ready = status.ok();
      done(std::move(status));
    });
  }

  void handle(std::shared_ptr<http::Exchange> plain) {
    // Puts itself between the request and whoever answers it.
    const auto exchange = std::make_shared<ObservedExchange>(std::move(plain), loop, random, observer, options.audit);
    const Observation seen(exchange.get());
    const http::Request& request = exchange->request();
    // A page of another site may make a browser send requests to this address: such requests carry an Origin, or a Host
    // that a name server was made to point here. No such page can know a token, and a token alone decides who asks.
    if (led_by_a_page(request)) {
      return exchange->respond(error_response(
          Error{Code::forbidden,
                "requests with an Origin header are refused without a bearer token: this server is not for browsers",
                {}}));
    }
    // Who has a certificate or a token is no page that was led astray.
    if (exchange->peer() != "unix" && !exchange->tls() && !loopback_host(http::header(request.headers, "Host"))) {
      return exchange->respond(
          error_response(Error{Code::forbidden, "the Host header must name a loopback address", {}}));
    }
    const std::string_view path = path_of(request);
    if (Certificates::joins(request)) return join(exchange, seen);
    if (const auto peer = exchange->tls(); peer && peer->certificate) {
      if (const Status enrolled = check_enrolled(store.state(), *peer->certificate); !enrolled.ok()) {
        return exchange->respond(unauthorized(enrolled.error()));
      }
    }
    UserPtr authenticated;
    const auto user = gate.identify(*exchange, &authenticated);
    seen.identified(authenticated, user.ok() ? *user : nullptr);
    if (!user.ok()) {
      if (user.error().code != Code::unauthorized) return exchange->respond(error_response(user.error()));
      if (open_to_everybody(path)) return other(path, exchange);
      return exchange->respond(unauthorized(user.error()));
    }
    if (is_exempt(**user) || open_to_everybody(path)) return route(*user, exchange);
    const Lane lane = request.method == "GET" || request.method == "HEAD" ? Lane::reads : Lane::writes;
    if (Flow::Seat seat = flow->begin(lane)) {
      exchange->take(std::move(seat));
      route(*user, exchange);
      flow->took(loop.monotonic() - exchange->begun());
      return;
    }
    const auto serve_later = [this, user = *user, exchange](Flow::Seat seat) {
      exchange->take(std::move(seat));
      route(user, exchange);
    };
    if (!flow->wait(lane, (*user)->name, exchange, serve_later)) exchange->respond(too_many_requests());
  }

  static std::string_view path_of(const http::Request& request) {
    return std::string_view(request.target).substr(0, request.target.find('?'));
  }

  void route(const UserPtr& user, const ObservedPtr& exchange) {
    const Observation seen(exchange.get());
    const http::Request& request = exchange->request();
    const std::string_view path = path_of(request);
    if (path == store::commits_path) return follow_or_commit(*user, exchange, seen);
    if (path.substr(0, 5) == "/api/" || path.substr(0, 6) == "/apis/") {
      auto call = parse_call(request);
      if (call.ok()) {
        call->user = user;
        call->audit = seen.event();
        return serve(*call, exchange, seen);
      }
      if (call.error().code != Code::not_found) return exchange->respond(error_response(call.error()));
      if (review(*user, exchange, seen)) return;
    }
    const Status allowed = gate.check_path(*user, request.method, path);
    seen.judged(gate.reason());
    if (!allowed.ok()) {
      return exchange->respond(error_response(allowed.error()));
    }
    other(path, exchange);
  }

  void join(const std::shared_ptr<http::Exchange>& exchange, const Observation& seen) {
    auto call = parse_call(exchange->request());
    if (!call.ok()) return exchange->respond(error_response(call.error()));
    seen.name(*call);
    certificates.join(*call, exchange);
  }

  bool review(const access::User& user, const std::shared_ptr<http::Exchange>& exchange, const Observation& seen) {
    const auto target = http::parse_target(exchange->request().target);
    if (!target.ok()) return false;
    const auto call = find_review_call(*target);
    if (!call) return false;
    seen.name("create", call->review->plural, call->review->group, call->review->version);
    http::Response response = answer_review(*call, exchange->request(), *target, user, gate, store.state());
    seen.judged(gate.reason());
    exchange->respond(std::move(response));
    return true;
  }

  void serve(const Call& call, const std::shared_ptr<http::Exchange>& exchange, const Observation& seen) {
    seen.name(call);
    const Status allowed = gate.check(*call.user, call, exchange->request());
    seen.judged(gate.reason());
    if (!allowed.ok()) {
      return exchange->respond(error_response(allowed.error(), Subject{call.kind, call.name}));
    }
    if (call.kind == &kind_of<ContainerInstance>() && call.subresource == "agent") return attach(call, exchange);
    if (call.kind == &kind_of<ContainerInstance>() && call.subresource == "streams")
      return dials.accept(call, sockets.follow(exchange));
    if (call.kind == &kind_of<ContainerInstance>() && call.subresource == "certificate")
      return certificates.renew(call, exchange);
    if (&stored_kind(call) == &kind_of<Task>() && call.subresource == "log") return streams.log(call, exchange);
    if (&stored_kind(call) == &kind_of<Task>() && Tunnels::serves(call.subresource))
      return tunnels.handle(call, exchange);
    // Kubernetes streams no YAML.
    if (!call.acceptable || (call.watch && wants_yaml(exchange->request())))
      return exchange->respond(
          not_acceptable({"application/json", "application/yaml", "application/json;stream=watch"}));
    if (call.kind == &kind_of<view::Pod>() && call.subresource == "eviction") return evictions.handle(call, exchange);
    if (call.kind == &kind_of<ServiceAccount>() && call.subresource == "token")
      return account_tokens.issue(call, exchange);
    if (auto response = cluster_info(call)) return exchange->respond(std::move(*response));
    if (call.watch && call.method == "GET") {
      const Status served = check_serves(call, "watch");
      if (!served.ok()) return exchange->respond(error_response(served.error(), Subject{call.kind, call.name}));
      return watches.serve(call, exchange);
    }
    resources.handle(call, exchange);
  }

  // Batches write every kind and the feed shows every kind, Secrets too: for those who may do everything.
  void follow_or_commit(const access::User& user, const std::shared_ptr<http::Exchange>& exchange,
                        const Observation& seen) {
    seen.name(exchange->request().method == "GET" ? "watch" : "create", "commits", "muster.dev", "");
    access::Attributes asked;
    asked.user = &user;
    asked.verb = asked.group = asked.resource = "*";
    const Status allowed = gate.check(asked);
    seen.judged(gate.reason());
    if (!allowed.ok()) return exchange->respond(error_response(allowed.error()));
    if (!ready) return exchange->respond(error_response(Error{Code::unavailable, "the server is starting", {}}));
    commits.handle(exchange);
  }

  void attach(const Call& call, const std::shared_ptr<http::Exchange>& exchange) {
    if (!ready) return exchange->respond(error_response(Error{Code::unavailable, "the server is starting", {}}));
    if (!exchange->wants_upgrade())
      return exchange->respond(
          error_response(Error{Code::malformed, "the agent's endpoint needs an upgrade to WebSocket", {}}));
    std::string enrolment;
    if (const auto peer = exchange->tls(); peer && peer->certificate) {
      if (instance_of(peer->certificate->subject) == call.name) {
        const auto found = find_enrolment(store.state(), call.name);
        if (!found.ok()) return exchange->respond(unauthorized(found.error()));
        enrolment = found->id;
      }
    }
    if (auto socket = exchange->upgrade({})) agents.attach(std::move(socket), call.name, std::move(enrolment));
  }

  // Whether a GET of it would be answered.
  bool is_served(std::string_view path, const http::Request& request) const {
    if (path == "/livez" || path == "/healthz" || path == "/readyz") return true;
    if (path == "/metrics" && options.metrics) return true;
    const auto target = http::parse_target(request.target);
    return target.ok() && discovery(request, *target).has_value();
  }

  void other(std::string_view path, const std::shared_ptr<http::Exchange>& exchange) {
    const std::string& method = exchange->request().method;
    if (method != "GET" && method != "HEAD" && is_served(path, exchange->request())) {
      return exchange->respond(error_response(Error{Code::not_allowed, str(method, " is not served for ", path), {}}));
    }
    if (method != "GET" && method != "HEAD") path = {};
    if (path == "/livez" || path == "/healthz") return exchange->respond(text_response(200, "ok"));
    if (path == "/readyz") return exchange->respond(ready ? text_response(200, "ok") : text_response(503, "starting"));
    if (path == "/metrics" && options.metrics) {
      http::Response response = text_response(200, options.metrics());
      response.headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}};
      return exchange->respond(std::move(response));
    }
    if (const auto target = http::parse_target(exchange->request().target); target.ok()) {
      if (auto response = discovery(exchange->request(), *target)) return exchange->respond(std::move(*response));
    }
    exchange->respond(error_response(Error{Code::not_found, "the server could not find the requested resource", {}}));
  }
};

ApiServer::ApiServer(store::Store& store, http::IoLoop& loop, Random& random, ApiServerOptions options)
    : state_(std::make_unique<State>(store, loop, random, std::move(options))) {}

ApiServer::~ApiServer() = default;

void ApiServer::start(std::function<void(Status)> done) {
  state_->bootstrap(std::move(done));
}

Result<std::string> ApiServer::listen(const std::string& address, std::shared_ptr<http::TlsServer> tls) {
  if (!tls && !loopback_address(address)) {
    return Error{
        Code::invalid,
        str("--insecure-listen ", address,
            ": without TLS only loopback addresses (127.0.0.1:PORT, [::1]:PORT) and unix:// sockets are served; "
            "--listen speaks TLS anywhere"),
        {}};
  }
  return state_->http.listen(address, std::move(tls));
}

void ApiServer::stop(Duration grace, std::function<void()> done) {
  state_->http.stop(grace, std::move(done));
  // What would never end by itself; requests get the time of grace.
  state_->watches.end_streams();
  state_->commits.end_feeds();
  state_->agents.cut_all("the server ends");
}

void ApiServer::handle(const std::shared_ptr<http::Exchange>& exchange) {
  state_->handle(exchange);
}

void ApiServer::on_request(std::function<void(const RequestOutcome&)> observer) {
  state_->observer = std::move(observer);
}

AgentHub& ApiServer::agents() {
  return state_->agents;
}

const Flow& ApiServer::flow() const {
  return *state_->flow;
}

WatchHub& ApiServer::watches() {
  return state_->watches;
}

std::size_t ApiServer::connections() const {
  return state_->http.connections();
}

}  // namespace muster::server
