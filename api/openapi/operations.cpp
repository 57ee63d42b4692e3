#include "api/openapi/operations.h"

#include <algorithm>
#include <cctype>

#include "api/base/text.h"
#include "api/openapi/schemas.h"
#include "api/openapi/shared_schemas.h"

namespace muster::openapi {
namespace {

constexpr Parameter name_parameter{"name", "path", "string", "The name of the object."};
constexpr Parameter namespace_parameter{"namespace", "path", "string", "The namespace of the object."};
constexpr Parameter dry_run{"dryRun", "query", "string",
                            "\"All\": check everything, answer as if it were done, and store nothing."};
constexpr Parameter field_manager{"fieldManager", "query", "string",
                                  "The name under which the fields of this change are remembered."};
constexpr Parameter field_validation{
    "fieldValidation", "query", "string",
    "What to do about unknown and duplicate fields: Strict refuses them, Warn (the default) drops them and says so, "
    "Ignore drops them."};
constexpr Parameter force{"force", "query", "boolean",
                          "With server-side apply: take fields over that other managers own."};

const std::vector<Parameter>& list_parameters() {
  static const std::vector<Parameter> all = {
      {"allowWatchBookmarks", "query", "boolean", "A watch tells now and then how far it is."},
      {"continue", "query", "string", "The token of the next page, as the last page gave it."},
      {"fieldSelector", "query", "string", "Only objects with these values of fields."},
      {"labelSelector", "query", "string", "Only objects with such labels."},
      {"limit", "query", "integer", "At most so many objects; the rest follows page by page."},
      {"resourceVersion", "query", "string",
       "The revision that the answer may not be older than, or that a watch begins after."},
      {"resourceVersionMatch", "query", "string", "How resourceVersion is meant: Exact or NotOlderThan."},
      {"sendInitialEvents", "query", "boolean", "A watch begins with the objects that are there."},
      {"timeoutSeconds", "query", "integer", "Ends the request after so many seconds."},
      {"watch", "query", "boolean", "Streams the changes instead of a list."},
  };
  return all;
}

const std::vector<Parameter>& delete_parameters() {
  static const std::vector<Parameter> all = {
      dry_run,
      {"gracePeriodSeconds", "query", "integer", "How long the deletion may take before it is forced."},
      {"orphanDependents", "query", "boolean", "The deprecated form of propagationPolicy Orphan."},
      {"propagationPolicy", "query", "string",
       "What happens to the objects that belong to this one: Orphan, Background or Foreground."},
  };
  return all;
}

const std::vector<Parameter>& log_parameters() {
  static const std::vector<Parameter> all = {
      {"container", "query", "string", "The container; may be left out when there is one."},
      {"follow", "query", "boolean", "Goes on with what is written from now on."},
      {"limitBytes", "query", "integer", "Ends after so many bytes."},
      {"previous", "query", "boolean", "That of the container before its last restart."},
      {"sinceSeconds", "query", "integer", "Only lines of the last so many seconds."},
      {"sinceTime", "query", "string", "Only lines from this time on."},
      {"tailLines", "query", "integer", "Only the last so many lines."},
      {"timestamps", "query", "boolean", "Puts its time before every line."},
  };
  return all;
}

// "muster.dev" -> "MusterDev", "coordination.k8s.io" -> "CoordinationK8sIo"
std::string camel_case(std::string_view text) {
  std::string out;
  bool upper = true;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (std::isalnum(byte) == 0) {
      upper = true;
      continue;
    }
    out += upper ? static_cast<char>(std::toupper(byte)) : letter;
    upper = false;
  }
  return out;
}

class Writer {
 public:
  explicit Writer(const Kind& kind) : kind_(kind) {
    const GroupVersion group_version{kind.group, kind.version};
    base_ = "/" + group_version.path();
    suffix_ = camel_case(kind.group.empty() ? "core" : kind.group) + camel_case(kind.version);
    namespaced_ = kind.scope == Scope::namespaced;
  }

  void add(const Served& served, std::vector<Path>& out) {
    if (served.subresource == "token") return;  // what it takes and gives is no kind that the documents describe
    if (served.subresource.empty()) {
      if (namespaced_) out.push_back(collection_of_all(served));
      out.push_back(collection(served));
    }
    out.push_back(single(served));
  }

 private:
  std::string address() const { return str(base_, namespaced_ ? "/namespaces/{namespace}" : "", "/", kind_.plural); }
  std::string scope_word() const { return namespaced_ ? "Namespaced" : ""; }

  Operation operation(const Served& served, std::string_view method, std::string_view action, std::string doc) const {
    Operation out;
    out.method = method;
    out.action = action;
    const std::string_view verb = action == "post"  ? "create"
                                  : action == "put" ? "replace"
                                  : action == "get" ? "read"
                                                    : action;
    out.id = str(verb, suffix_, scope_word(), kind_.kind, camel_case(served.subresource));
    out.doc = std::move(doc);
    out.kind = served.response;
    out.answer = served.subresource == "scale" ? std::string(scale_schema) : schema_name(kind_);
    out.codes = {200};
    if (served.subresource == "eviction") out.answer = meta_schema_name("Status");
    return out;
  }

  static bool serves(const Served& served, std::string_view verb) {
    return std::ranges::find(served.verbs, verb) != served.verbs.end();
  }

  Path collection_of_all(const Served& served) const {
    Path path{str(base_, "/", kind_.plural), {}, {}};
    Operation list = list_operation(served);
    list.id = str("list", suffix_, kind_.kind, "ForAllNamespaces");
    path.operations.push_back(std::move(list));
    return path;
  }

  Operation list_operation(const Served& served) const {
    Operation list = operation(served, "get", "list", str("Lists or watches objects of kind ", kind_.kind, "."));
    list.parameters = list_parameters();
    list.answer = schema_name(kind_) + "List";
    return list;
  }

  Path collection(const Served& served) const {
    Path path{address(), {}, {}};
    if (namespaced_) path.parameters.push_back(namespace_parameter);
    if (serves(served, "list")) path.operations.push_back(list_operation(served));
    if (serves(served, "create")) {
      Operation create = operation(served, "post", "post", str("Creates a ", kind_.kind, "."));
      create.parameters = {dry_run, field_manager, field_validation};
      create.body = create.answer;
      create.consumes = {"application/json", "application/yaml"};
      create.codes = {201};
      path.operations.push_back(std::move(create));
    }
    if (serves(served, "deletecollection")) {
      Operation remove =
          operation(served, "delete", "deletecollection", str("Deletes objects of kind ", kind_.kind, "."));
      remove.parameters = list_parameters();
      remove.parameters.insert(remove.parameters.end(), delete_parameters().begin(), delete_parameters().end());
      add_delete_options(remove);
      path.operations.push_back(std::move(remove));
    }
    return path;
  }

  Path single(const Served& served) const {
    const bool itself = served.subresource.empty();
    Path path{str(address(), "/{name}", itself ? "" : "/", served.subresource), {name_parameter}, {}};
    if (namespaced_) path.parameters.push_back(namespace_parameter);
    const std::string what = itself ? str("a ", kind_.kind) : str("the ", served.subresource, " of a ", kind_.kind);
    if (serves(served, "get")) {
      Operation get = operation(served, "get", "get", str("Reads ", what, "."));
      if (served.subresource == "log") {
        get.answer.clear();
        get.parameters = log_parameters();
      }
      path.operations.push_back(std::move(get));
    }
    if (serves(served, "update")) {
      Operation update = operation(served, "put", "put", str("Replaces ", what, "."));
      update.parameters = {dry_run, field_manager, field_validation};
      update.body = update.answer;
      update.consumes = {"application/json", "application/yaml"};
      path.operations.push_back(std::move(update));
    }
    if (serves(served, "create") && !itself) {
      Operation create =
          operation(served, "post", "post", str("Asks the task of a ", kind_.kind, " to leave its host."));
      create.parameters = {dry_run};
      create.body = meta_schema_name("DeleteOptions");
      create.consumes = {"application/json"};
      create.codes = {201};
      path.operations.push_back(std::move(create));
    }
    // Clients look here whether the server checks fields; they need it to be told why a view is not changed.
    const bool refused = itself && !serves(served, "patch");
    if (refused || serves(served, "patch")) {
      Operation patch = operation(served, "patch", "patch", str("Changes parts of ", what, "."));
      patch.parameters = {dry_run, field_manager, field_validation, force};
      patch.body = meta_schema_name("Patch");
      // The strategic merge patch only where Kubernetes has it: clients that see it here send it.
      patch.consumes = {"application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"};
      if (!is_ours(kind_)) patch.consumes.insert(patch.consumes.begin() + 2, "application/strategic-merge-patch+json");
      patch.codes = {200, 201};
      if (kind_.source != nullptr) {
        // What clients send to Kubernetes' own kinds.
        patch.consumes = {"application/json-patch+json", "application/merge-patch+json",
                          "application/strategic-merge-patch+json"};
        patch.codes = {200};
      }
      if (refused) patch.doc = str("Refused: ", view_sentence(kind_), ".");
      path.operations.push_back(std::move(patch));
    }
    if (serves(served, "delete")) {
      Operation remove = operation(served, "delete", "delete", str("Deletes ", what, "."));
      remove.parameters = delete_parameters();
      add_delete_options(remove);
      path.operations.push_back(std::move(remove));
    }
    return path;
  }

  static void add_delete_options(Operation& remove) {
    remove.body = meta_schema_name("DeleteOptions");
    remove.consumes = {"application/json"};
    remove.answer = meta_schema_name("Status");
  }

  const Kind& kind_;
  std::string base_, suffix_;
  bool namespaced_ = false;
};

// A question that is answered and never stored.
Path path_of(const access::Review& review) {
  const GroupVersion group_version{review.group, review.version};
  const bool namespaced = review.scope == Scope::namespaced;
  Path path{str("/", group_version.path(), namespaced ? "/namespaces/{namespace}/" : "/", review.plural), {}, {}};
  if (namespaced) path.parameters.push_back(namespace_parameter);
  Operation create;
  create.method = create.action = "post";
  create.id =
      str("create", camel_case(review.group), camel_case(review.version), namespaced ? "Namespaced" : "", review.kind);
  create.doc = str("Asks a ", review.kind, ".");
  create.kind = {review.group, review.version, review.kind};
  create.parameters = {dry_run, field_manager, field_validation};
  create.body = create.answer = schema_name(group_version, review.kind);
  create.consumes = {"application/json", "application/yaml"};
  create.codes = {201};
  path.operations.push_back(std::move(create));
  return path;
}

}  // namespace

std::vector<Path> paths_of(const GroupVersion& group_version) {
  std::vector<Path> out;
  for (const Kind* kind : kinds_of(group_version)) {
    Writer writer(*kind);
    for (const Served& each : served(*kind)) {
      if (!is_stream(each)) writer.add(each, out);
    }
  }
  for (const access::Review* review : reviews_of(group_version)) out.push_back(path_of(*review));
  return out;
}

}  // namespace muster::openapi
