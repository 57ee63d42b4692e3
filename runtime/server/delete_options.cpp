#include "runtime/server/delete_options.h"

#include "api/base/text.h"
#include "runtime/server/body.h"

namespace muster::server {
namespace {

Error invalid(std::string_view field, std::string_view why) {
  return Error{
      Code::invalid, str(field, ": ", why), {Cause{std::string(field), std::string(why), "FieldValueInvalid"}}};
}

Result<Propagation> read_policy(std::string_view policy) {
  if (policy == "Background") return Propagation::background;
  if (policy == "Foreground") return Propagation::foreground;
  if (policy == "Orphan") return Propagation::orphan;
  return invalid("propagationPolicy", str("Unsupported value: \"", policy,
                                          "\": supported values: \"Background\", \"Foreground\", \"Orphan\""));
}

Status read_preconditions(const Node& conditions, DeleteOptions& options) {
  options.expected_uid = conditions.text_of("uid");
  const Node* revision = conditions.find("resourceVersion");
  if (revision == nullptr || revision->is_null()) return {};
  const auto number = parse_int(revision->text);
  if (!revision->is_string() || !number || *number <= 0) {
    return invalid("preconditions.resourceVersion", "must be a decimal number in a string");
  }
  options.expected_revision = *number;
  return {};
}

Status read_dry_run(const Node& values, DeleteOptions& options) {
  for (const Node& value : values.items) {
    if (value.text != "All") return invalid("dryRun", "Unsupported value: supported values: \"All\"");
    options.dry_run = true;
  }
  return {};
}

// The deprecated spelling of Orphan and Background.
Status read_orphan_dependents(const Node& given, std::string& policy) {
  if (given.kind != Node::Kind::boolean) return invalid("orphanDependents", "must be true or false");
  if (!policy.empty()) {
    return invalid("propagationPolicy", "orphanDependents and propagationPolicy may not be both set");
  }
  policy = given.boolean ? "Orphan" : "Background";
  return {};
}

// Tasks end in their own time, so that no more than its form matters.
Status check_grace(const Call& call, const Node& body) {
  const Error error{Code::malformed, "gracePeriodSeconds: must be a number of seconds", {}};
  const std::string_view asked = call.target.param("gracePeriodSeconds");
  if (!asked.empty() && !parse_int(asked)) return error;
  const Node* given = body.find("gracePeriodSeconds");
  if (given != nullptr && !given->is_null() && given->kind != Node::Kind::integer) return error;
  return {};
}

Result<DeleteOptions> read_options(const Call& call, const Node& body) {
  TRY_VOID(check_grace(call, body));
  DeleteOptions options;
  options.dry_run = call.dry_run;
  std::string policy(call.target.param("propagationPolicy"));
  if (!body.text_of("propagationPolicy").empty()) policy = body.text_of("propagationPolicy");
  if (const Node* conditions = body.find("preconditions")) TRY_VOID(read_preconditions(*conditions, options));
  if (const Node* values = body.find("dryRun")) TRY_VOID(read_dry_run(*values, options));
  if (const Node* orphan = body.find("orphanDependents"); orphan != nullptr && !orphan->is_null()) {
    TRY_VOID(read_orphan_dependents(*orphan, policy));
  }
  if (!policy.empty()) {
    TRY(options.propagation, read_policy(policy));
  }
  return options;
}

Result<Node> read_body(const Call& call, const http::Request& request, std::string_view kind) {
  if (trim(request.body).empty()) return Node::map();
  TRY(Node body, read_document(call.kind->resource(), request));
  const std::string_view given = body.text_of("kind");
  if (!body.is_map() || (!given.empty() && given != kind && given != "DeleteOptions"))
    return Error{Code::malformed, str("the body must be a ", kind, " object"), {}};
  return body;
}

}  // namespace

Result<DeleteOptions> read_delete_options(const Call& call, const http::Request& request) {
  TRY(const Node body, read_body(call, request, "DeleteOptions"));
  return read_options(call, body);
}

Result<DeleteOptions> read_eviction(const Call& call, const http::Request& request) {
  TRY(const Node body, read_body(call, request, "Eviction"));
  const Node* metadata = body.find("metadata");
  const std::string_view name = metadata != nullptr ? metadata->text_of("name") : std::string_view();
  if (!name.empty() && name != call.name) {
    return Error{Code::malformed,
                 str("the name of the eviction (", name, ") does not match the name on the URL (", call.name, ")"),
                 {}};
  }
  const Node* inside = body.find("deleteOptions");
  return read_options(call, inside != nullptr && inside->is_map() ? *inside : body);
}

}  // namespace muster::server
