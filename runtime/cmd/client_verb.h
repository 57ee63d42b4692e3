// What every verb that talks to a server shares: its options, the connection, and how users name objects.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/types/kinds.h"
#include "runtime/client/api_client.h"
#include "runtime/cmd/verb.h"

namespace muster::cmd {

// --config, --context, --server, -n, followed by the verb's own.
std::vector<Option> client_options(std::vector<Option> own);

// An open connection and the namespace to work in.
struct Session {
  std::unique_ptr<client::ApiClient> api;
  std::string ns;
};
// Flag before environment (MUSTER_SERVER, MUSTER_NAMESPACE, MUSTER_CONFIG) before file. The error says what to do when
// there is no server.
Result<Session> connect(const Arguments& arguments);
// The same without a connection.
Result<client::Target> find_target(const Arguments& arguments);
std::string environment(const char* name);

// One or more objects of one kind; an empty name means all of them.
struct Reference {
  const Kind* kind = nullptr;
  std::string name;
};
// "service/web", "services web api", "tasks,services", "svc": as kubectl takes them. Code::malformed with a hint
// otherwise.
Result<std::vector<Reference>> parse_references(const std::vector<std::string>& words);
// Exactly one object.
Result<Reference> parse_reference(const std::vector<std::string>& words);

// The namespace for a kind: empty for cluster-wide kinds.
std::string_view namespace_for(const Kind& kind, const Session& session);
// The object as it is stored now.
Result<std::shared_ptr<Object>> fetch(Session& session, const Kind& kind, const std::string& name);
// All objects of the kind in the namespace that the query ("labelSelector=...") selects.
Result<std::vector<std::shared_ptr<Object>>> fetch_all(Session& session, const Kind& kind, const std::string& query);

}  // namespace muster::cmd
