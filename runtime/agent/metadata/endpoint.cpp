#include "runtime/agent/metadata/endpoint.h"

#include <algorithm>
#include <utility>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "runtime/agent/metadata/subnet.h"
#include "runtime/base/log.h"

namespace muster::agent::metadata {
namespace {

constexpr const char* loopback = "127.0.0.1";
constexpr Duration bind_again = std::chrono::seconds(1);
constexpr int not_found = 404;
constexpr int too_many = 429;

http::ServerOptions bounds() {
  http::ServerOptions options;
  options.max_body_bytes = 0;
  options.max_header_bytes = 8U << 10U;
  options.max_connections = 1024;
  options.header_timeout = std::chrono::seconds(5);
  options.body_timeout = std::chrono::seconds(5);
  options.idle_timeout = std::chrono::seconds(15);
  options.write_timeout = std::chrono::seconds(10);
  return options;
}

http::Response json(int status, const Node& node) {
  return {status, {{"Content-Type", "application/json"}}, write_json(node)};
}

// ECS tells errors as a JSON string.
http::Response refusal(int status, const std::string& text) {
  return json(status, Node::of(text));
}

// Whatever the id was: nobody learns which ones there are, or were.
http::Response unknown_id() {
  return refusal(not_found, "V4 metadata handler: there is no container of that id");
}

}  // namespace

Endpoint::Endpoint(http::IoLoop& loop, EndpointOptions options) : loop_(loop), options_(std::move(options)) {
  server_ = std::make_unique<http::Server>(loop_, bounds(), [this](const std::shared_ptr<http::Exchange>& exchange) {
    exchange->respond(answer(*exchange));
  });
}

Endpoint::~Endpoint() {
  loop_.cancel(retry_);
}

Result<std::unique_ptr<Endpoint>> Endpoint::open(http::IoLoop& loop, Random& random, EndpointOptions options) {
  std::unique_ptr<Endpoint> endpoint(new Endpoint(loop, std::move(options)));
  TRY(endpoint->record_, load_record(endpoint->options_.data_dir, random));
  TRY_VOID(endpoint->choose_port());
  endpoint->bind_rest();
  return endpoint;
}

Status Endpoint::choose_port() {
  const int wanted = options_.port;
  if (wanted != 0 && record_.port != 0 && wanted != record_.port) {
    log::warning("containers that were made before look for task metadata on another port and find none",
                 {{"port", record_.port}});
  }
  if (wanted != 0) record_.port = wanted;
  if (record_.port != 0) return save_record(options_.data_dir, record_);
  Status last;
  // The next one is where ECS's agent tells its metrics.
  for (int port = first_port; port < first_port + ports_tried; port += port == first_port ? 2 : 1) {
    last = bind(loopback, port, http::Presence::now);
    if (!last.ok()) continue;
    record_.port = port;
    return save_record(options_.data_dir, record_);
  }
  return std::move(last).error().under("no port is free for task metadata");
}

Status Endpoint::bind(const std::string& host, int port, http::Presence presence) {
  TRY(const std::string bound, server_->listen(str(host, ':', port), nullptr, presence));
  bound_.insert(bound);
  return {};
}

void Endpoint::reach(const std::vector<drivers::Bridge>& bridges) {
  for (const drivers::Bridge& bridge : bridges) {
    if (!usable(bridge)) {
      log::warning("a network of the engine cannot be used for task metadata",
                   {{"gateway", bridge.gateway}, {"subnet", bridge.subnet}});
      continue;
    }
    // The latest is where containers are made now; those of an earlier one still ask there.
    std::erase(bridges_, bridge);
    bridges_.insert(bridges_.begin(), bridge);
  }
  bind_rest();
}

void Endpoint::bind_rest() {
  loop_.cancel(std::exchange(retry_, 0));
  Status failed;
  const auto want = [&](const std::string& host, http::Presence presence) {
    if (bound_.count(str(host, ':', record_.port)) != 0) return;
    Status status = bind(host, record_.port, presence);
    if (!status.ok()) failed = std::move(status);
  };
  want(loopback, http::Presence::now);
  for (const drivers::Bridge& bridge : bridges_) want(bridge.gateway, http::Presence::to_come);
  if (failed.ok()) {
    if (std::exchange(complained_, false)) log::info("task metadata is served again");
    return;
  }
  if (!std::exchange(complained_, true)) {
    log::warning("task metadata cannot be served; it is tried again", {{"error", failed.error()}});
  }
  retry_ = loop_.after(bind_again, life_.guard([this] {
    retry_ = 0;
    bind_rest();
  }));
}

std::string Endpoint::url(NetworkMode mode, const std::string& task_uid, const std::string& container) const {
  std::string host;
  switch (mode) {
    case NetworkMode::host: host = loopback; break;
    case NetworkMode::bridge:
      if (!bridges_.empty()) host = bridges_.front().gateway;
      break;
    case NetworkMode::none: break;
  }
  if (host.empty()) return {};
  return str("http://", host, ':', record_.port, "/v4/", endpoint_id(record_, task_uid, container));
}

http::Response Endpoint::answer(const http::Exchange& exchange) {
  const http::Request& request = exchange.request();
  if (!may_ask(exchange.peer(), bridges_)) {
    return refusal(403, "task metadata is for containers on this host");
  }
  if (request.method != "GET") {
    http::Response response = refusal(405, "task metadata can only be read, with GET");
    response.headers.emplace_back("Allow", "GET");
    return response;
  }
  const Result<http::Target> target = http::parse_target(request.target);
  if (!target.ok()) return refusal(400, "the request's target is malformed");
  const std::vector<std::string>& segments = target->segments;
  const std::string id = segments.size() >= 2 ? segments[1] : std::string();
  const std::optional<std::string> uid = task_of(id);
  std::optional<Seen> task = uid && source_ ? source_->task(*uid) : std::nullopt;
  // Those who guess share one, whatever they guess.
  if (!quota_.take(task ? *uid : std::string(), loop_.monotonic())) {
    http::Response response = refusal(too_many, "You have reached maximum request limit.");
    response.headers.emplace_back("Retry-After", "1");
    return response;
  }
  if (!source_) return refusal(503, "the agent is starting");
  if (segments.empty() || segments.front() != "v4") return refusal(not_found, "there is /v4/ID alone");
  if (!task || task->desired.definition == nullptr) return unknown_id();
  for (const ContainerDefinition& each : task->desired.definition->container_definitions) {
    if (!same_id(id, endpoint_id(record_, *uid, each.name))) continue;
    std::string route;
    for (std::size_t at = 2; at < segments.size(); ++at) route += '/' + segments[at];
    return answer_for(*task, each.name, route);
  }
  return unknown_id();
}

http::Response Endpoint::answer_for(const Seen& task, const std::string& container, std::string_view route) const {
  constexpr int good = 200;
  if (route.empty()) return json(good, container_document(task, container));
  // Tasks here have no tags of their own.
  if (route == "/task" || route == "/taskWithTags") return json(good, task_document(task));
  if (route == "/stats") {
    const auto found = measured(task, container);
    if (!found) return refusal(not_found, "V4 container stats handler: nothing has been measured yet");
    return json(good, stats(*found, source_->machine()));
  }
  if (route == "/task/stats") {
    Node all = Node::map();
    for (const ContainerStatus& each : task.status.containers) {
      if (each.runtime_id.empty()) continue;
      const auto found = measured(task, each.name);
      all.at(each.runtime_id) = found ? stats(*found, source_->machine()) : Node();
    }
    return json(good, all);
  }
  return refusal(not_found, "V4 metadata handler: there are task, taskWithTags, stats, task/stats");
}

std::optional<Measurement> Endpoint::measured(const Seen& task, const std::string& container) const {
  const auto found = std::ranges::find(task.containers, container, &Found::container);
  return found == task.containers.end() ? std::nullopt : source_->measured(found->host_name);
}

}  // namespace muster::agent::metadata
