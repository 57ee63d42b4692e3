// The task metadata endpoint, version 4: what ECS's libraries and sidecars ask for at ECS_CONTAINER_METADATA_URI_V4.
//
// It listens on the gateway addresses of the engine's bridges and on loopback, on one port that never changes, and
// answers none but this host and the containers on those bridges: it is not open to the network. An address on it tells
// which container asks, and cannot be guessed; it is never logged.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/types/task_definition.h"
#include "runtime/agent/metadata/document.h"
#include "runtime/agent/metadata/quota.h"
#include "runtime/agent/metadata/record.h"
#include "runtime/agent/metadata/stats.h"
#include "runtime/base/life.h"
#include "runtime/http/server.h"

namespace muster::agent::metadata {

// The name of the variable by which containers find it.
inline constexpr const char* variable = "ECS_CONTAINER_METADATA_URI_V4";
// ECS's own port; further agents of a host take one of those that follow.
inline constexpr int first_port = 51679;
inline constexpr int ports_tried = 100;

// Where the answers come from. What is handed out is used at once.
struct Source {
  std::function<std::optional<Seen>(const std::string& task_uid)> task;
  // The last one; nothing while there is none.
  std::function<std::optional<Measurement>(const std::string& host_name)> measured;
  std::function<Machine()> machine;
};

struct EndpointOptions {
  std::string data_dir;  // empty: containers of an earlier process find nothing
  int port = 0;          // 0: one that is free, chosen once
};

// All on the loop.
class Endpoint {
 public:
  // Fails when the folder cannot be read or no port is free.
  static Result<std::unique_ptr<Endpoint>> open(http::IoLoop& loop, Random& random, EndpointOptions options);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  // Before that every request is answered 503.
  void serve(Source source) { source_ = std::move(source); }
  // The engine's, whenever it has told them. Addresses that do not exist yet are listened on ahead.
  void reach(const std::vector<drivers::Bridge>& bridges);
  // For the container's environment; empty where the container could not reach it.
  std::string url(NetworkMode mode, const std::string& task_uid, const std::string& container) const;
  int port() const { return record_.port; }
  // Addresses that it listens on.
  const std::set<std::string>& bound() const { return bound_; }

 private:
  Endpoint(http::IoLoop& loop, EndpointOptions options);
  Status choose_port();
  Status bind(const std::string& host, int port, http::Presence presence);
  // Whoever holds our port may let go of it; containers know no other one.
  void bind_rest();
  http::Response answer(const http::Exchange& exchange);
  http::Response answer_for(const Seen& task, const std::string& container, std::string_view route) const;
  std::optional<Measurement> measured(const Seen& task, const std::string& container) const;

  http::IoLoop& loop_;
  const EndpointOptions options_;
  Record record_;
  std::optional<Source> source_;
  std::vector<drivers::Bridge> bridges_;
  std::set<std::string> bound_;
  bool complained_ = false;
  Loop::Timer retry_ = 0;
  Quota quota_;
  std::unique_ptr<http::Server> server_;
  Life life_;
};

}  // namespace muster::agent::metadata
