// One request as the audit log tells it: who, what, with which result. An Event of audit.k8s.io/v1 at level Metadata,
// so that tools for Kubernetes' audit logs read it. Never what a request or an answer carries, nor a token.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/access/attributes.h"
#include "api/base/time.h"

namespace muster::audit {

struct Event {
  enum class Stage { complete, started };  // started: the answer goes on, as a watch's does
  enum class Decision { none, allow, forbid };

  std::string id;  // a UUID
  Stage stage = Stage::complete;
  std::string uri;        // see safe_uri()
  std::string_view verb;  // get, list, create ...; of other paths the method in lower case. Of static storage
  std::shared_ptr<const access::User> user;          // who asked; null: nobody that is known
  std::shared_ptr<const access::User> impersonated;  // who he asked to be; null: himself
  std::string source;                                // address and port of the peer, or "unix"
  std::string user_agent;                            // cut to 256 bytes
  // The object; an empty resource means a path that is none. Views of static storage.
  std::string_view group, version, resource;
  std::string ns, name, subresource;
  int code = 0;
  Time received{}, answered{};
  Decision decision = Decision::none;
  std::string reason;  // why it was allowed, or not
};

// Path and query; the values of parameters that are not known to be harmless (a command to run, say) become "...". At
// most 2 KiB.
std::string safe_uri(std::string_view target);
// One line of JSON without its end.
std::string write_event(const Event& event);

// Which requests are logged.
enum class Level {
  none,
  writes,  // everything that changes something or is refused, reads of Secrets, what goes into containers
  all      // reads too; health and metrics only when they are refused
};
bool is_logged(const Event& event, std::string_view path, Level level);

// How the server logs.
struct Log {
  Level level = Level::none;
  // On the server's loop; must not wait. Empty: nothing is logged.
  std::function<void(std::shared_ptr<const Event>)> sink;
};

}  // namespace muster::audit
