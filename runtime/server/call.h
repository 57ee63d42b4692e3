// A request to the resource API, taken apart and checked: what is asked of which resource, with which options.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "api/access/attributes.h"
#include "api/base/error.h"
#include "api/schema/decode.h"
#include "api/state/selector.h"
#include "api/types/kinds.h"
#include "runtime/audit/event.h"
#include "runtime/http/message.h"

namespace muster::server {

struct Call {
  std::string method;
  const Kind* kind = nullptr;
  std::string ns;           // empty: none, or all
  std::string name;         // empty: the collection
  std::string subresource;  // "status", "scale", "log", "agent", "streams", "certificate"
  std::string rest;         // what follows the subresource
  http::Target target;

  bool watch = false;
  bool dry_run = false;
  Unknown unknown = Unknown::warn;
  std::string manager;         // fieldManager, or the program that the User-Agent names
  bool manager_given = false;  // as fieldManager
  std::optional<bool> force;   // of a server-side apply
  LabelSelector labels;
  FieldSelector fields;
  std::size_t limit = 0;  // 0: all
  std::string continue_token;
  std::optional<std::int64_t> revision;  // resourceVersion, when given
  std::string revision_match;
  std::optional<bool> send_initial_events;
  bool bookmarks = false;
  std::optional<Duration> timeout;
  enum class Form { object, table, metadata } form = Form::object;
  bool acceptable = true;                    // some form of an answer is one that the client takes
  std::string include_object;                // of a table: None, Metadata, Object
  std::shared_ptr<const access::User> user;  // who asks; set by the server
  std::shared_ptr<audit::Event> audit;       // to be told the name that a write has made; null: nobody wants to know
};

// Kubernetes' word: get, list, watch, create, update, patch, delete, deletecollection; "other" for other methods.
std::string_view verb_of(const Call& call);

// Code::not_found for a path that is no resource; Code::malformed, invalid or not_allowed with Kubernetes' texts.
Result<Call> parse_call(const http::Request& request);

}  // namespace muster::server
