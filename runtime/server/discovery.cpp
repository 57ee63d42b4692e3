#include "runtime/server/discovery.h"

#include <algorithm>
#include <map>

#include "api/base/assert.h"
#include "api/base/text.h"
#include "api/openapi/document.h"
#include "api/openapi/gnostic.h"
#include "api/schema/json.h"
#include "api/schema/yaml.h"
#include "api/types/service.h"
#include "runtime/base/version.h"
#include "runtime/server/accept.h"
#include "runtime/server/discovery_lists.h"
#include "runtime/server/status.h"

namespace muster::server {
namespace {

constexpr MediaType json_form{"application/json", "", "", ""};
constexpr MediaType yaml_form{"application/yaml", "", "", ""};
constexpr std::string_view gnostic_content = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
constexpr std::string_view v3_prefix = "/openapi/v3/";

// One form of a document.
struct Form {
  MediaType media;
  std::string content_type;
  std::string body;
  std::string hash;
};

struct Documents {
  std::map<std::string, std::vector<Form>, std::less<>> by_path;

  Form& add(const std::string& path, const MediaType& media, std::string_view content_type, std::string body) {
    std::string hash = openapi::document_hash(body);
    return by_path[path].emplace_back(Form{media, std::string(content_type), std::move(body), std::move(hash)});
  }
  Form& add_json(const std::string& path, std::string body) {
    return add(path, json_form, json_form.type, std::move(body) + "\n");
  }
  void add_list(const std::string& path, const std::string& body) {
    add_json(path, body);
    const auto tree = parse_own_json(body);
    MUSTER_ASSERT(tree.ok());
    add(path, yaml_form, yaml_form.type, write_yaml(*tree));
  }
  void add_aggregated(const std::string& path, Groups groups) {
    for (const std::string_view version : {"v2", "v2beta1"}) {
      const MediaType media{"application/json", "apidiscovery.k8s.io", version, "APIGroupDiscoveryList"};
      add(path, media, str(media.type, ";g=", media.group, ";v=", media.version, ";as=", media.as),
          aggregated_discovery(groups, version) + "\n");
    }
  }
  void add_openapi() {
    std::vector<openapi::IndexEntry> index;
    for (const openapi::GroupVersion& each : openapi::group_versions()) {
      const Form& form =
          add_json(str(v3_prefix, each.path()), write_json(openapi::v3_document(each, muster::version())));
      index.push_back({each, form.hash});
    }
    add_json("/openapi/v3", write_json(openapi::v3_index(index)));
    const Node tree = openapi::v2_document(muster::version());
    add_json("/openapi/v2", write_json(tree));
    const std::string message = openapi::write_gnostic(tree);
    // The first name is what newer clients ask for; it is not a legal media type, so the answer bears the older one.
    for (const std::string_view name :
         {std::string_view("application/com.github.proto-openapi.spec.v2@v1.0+protobuf"), gnostic_content}) {
      add("/openapi/v2", MediaType{name, "", "", ""}, gnostic_content, message);
    }
  }

  Documents() {
    add_json("/version", version_info());
    add_list("/api", api_versions());
    add_aggregated("/api", Groups::core);
    add_list("/apis", api_group_list());
    add_aggregated("/apis", Groups::named);
    for (const openapi::GroupVersion& each : openapi::group_versions()) {
      add_list("/" + each.path(), api_resource_list(each));
      const std::string group_path = str("/apis/", each.group);
      if (!each.group.empty() && !by_path.contains(group_path)) add_list(group_path, api_group(each));
    }
    add_openapi();
    std::vector<std::string> paths = {"/healthz", "/livez", "/metrics", "/readyz"};
    for (const auto& [path, forms] : by_path) paths.push_back(path);
    std::ranges::sort(paths);
    add_json("/", path_list(paths));
  }
};

const Documents& documents() {
  static const Documents all;
  return all;
}

// Whether If-None-Match names the document that the client would get.
bool already_known(std::string_view header, const std::string& tag) {
  for (std::string_view each : split(header, ',')) {
    each = trim(each);
    if (each.starts_with("W/")) each.remove_prefix(2);
    if (each == tag || each == "*") return true;
  }
  return false;
}

http::Response not_acceptable(const std::vector<Form>& forms) {
  std::vector<std::string> names;
  names.reserve(forms.size());
  for (const Form& form : forms) names.push_back(form.content_type);
  return server::not_acceptable(names);
}

// The index gives each document's address with its hash: that document never changes.
http::Response moved(std::string_view path, const Form& form) {
  http::Response response;
  response.status = 301;
  response.headers = {{"Location", str(path, "?hash=", form.hash)}, {"Vary", "Accept"}, {"Cache-Control", "no-cache"}};
  return response;
}

}  // namespace

std::optional<http::Response> discovery(const http::Request& request, const http::Target& target) {
  const std::string path = "/" + join(target.segments, "/");
  const auto found = documents().by_path.find(path);
  if (found == documents().by_path.end()) return std::nullopt;
  const std::vector<Form>& forms = found->second;

  std::vector<MediaType> offers;
  offers.reserve(forms.size());
  for (const Form& form : forms) offers.push_back(form.media);
  const auto chosen = negotiate(http::header(request.headers, "Accept"), offers);
  if (!chosen) return not_acceptable(forms);
  const Form& form = forms[*chosen];

  const bool pinned = path.starts_with(v3_prefix) && target.has("hash");
  if (pinned && target.param("hash") != form.hash) return moved(path, form);

  http::Response response;
  const std::string tag = str('"', form.hash, '"');
  response.headers = {{"ETag", tag},
                      {"Vary", "Accept"},
                      {"Cache-Control", pinned ? "public, max-age=31536000, immutable" : "no-cache, private"}};
  if (already_known(http::header(request.headers, "If-None-Match"), tag)) {
    response.status = 304;
    return response;
  }
  response.headers.emplace_back("Content-Type", form.content_type);
  response.body = form.body;
  return response;
}

std::optional<http::Response> cluster_info(const Call& call) {
  if (call.kind != &kind_of<Service>() || call.method != "GET" || call.watch || !call.name.empty() ||
      call.form != Call::Form::object || call.target.param("labelSelector") != "kubernetes.io/cluster-service=true") {
    return std::nullopt;
  }
  return json_response(200, R"({"kind":"ServiceList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]})"
                            "\n");
}

}  // namespace muster::server
