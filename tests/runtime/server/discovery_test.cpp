// The documents by which clients find their way: which form they get, and when they need not get it again.
#include "runtime/server/discovery.h"

#include <gtest/gtest.h>

#include "api/base/text.h"
#include "api/schema/json.h"

namespace muster::server {
namespace {

constexpr const char* aggregated =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

http::Response get(const std::string& target, http::Headers headers = {}) {
  http::Request request;
  request.target = target;
  request.headers = std::move(headers);
  auto response = discovery(request, http::parse_target(target).value());
  EXPECT_TRUE(response.has_value()) << target;
  return response.value_or(http::Response{404, {}, ""});
}

Node json(const http::Response& response) {
  auto node = parse_json(response.body);
  EXPECT_TRUE(node.ok()) << response.body;
  return node.ok() ? std::move(node).value() : Node::map();
}

const Node& named(const Node& list, std::string_view key, std::string_view name) {
  for (const Node& item : list.items) {
    if (item.text_of(key) == name) return item;
  }
  ADD_FAILURE() << "no " << name;
  static const Node nothing = Node::map();
  return nothing;
}

std::string text(const Node* node) {
  return node == nullptr ? "" : write_json(*node);
}

TEST(Discovery, version_is_a_kubernetes_minor_with_our_own_behind) {
  const Node version = json(get("/version?timeout=32s"));
  EXPECT_EQ(version.text_of("major"), "1");
  EXPECT_EQ(version.text_of("minor"), "33");
  EXPECT_TRUE(version.text_of("gitVersion").starts_with("v1.33.0+muster."));
}

TEST(Discovery, aggregated_lists_are_what_kubectl_asks_for) {
  const http::Response response = get("/apis?timeout=32s", {{"Accept", aggregated}});
  EXPECT_EQ(http::header(response.headers, "Content-Type"),
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
  EXPECT_EQ(http::header(response.headers, "Vary"), "Accept");
  const Node list = json(response);
  EXPECT_EQ(list.text_of("apiVersion"), "apidiscovery.k8s.io/v2");
  const Node* ours = nullptr;
  for (const Node& item : list.find("items")->items) {
    if (item.find("metadata")->text_of("name") == "muster.dev") ours = &item;
  }
  ASSERT_NE(ours, nullptr);
  const Node& version = ours->find("versions")->items.front();
  EXPECT_EQ(version.text_of("version"), "v1beta1");
  EXPECT_EQ(version.text_of("freshness"), "Current");
  const Node& services = named(*version.find("resources"), "resource", "services");
  EXPECT_EQ(services.text_of("scope"), "Namespaced");
  EXPECT_EQ(services.text_of("singularResource"), "service");
  EXPECT_EQ(text(services.find("shortNames")), R"(["svc"])");
  EXPECT_EQ(text(services.find("categories")), R"(["all","muster"])");
  EXPECT_EQ(text(services.find("responseKind")), R"({"group":"muster.dev","version":"v1beta1","kind":"Service"})");
  EXPECT_EQ(text(&named(*services.find("subresources"), "subresource", "scale")),
            R"({"subresource":"scale","responseKind":{"group":"autoscaling","version":"v1","kind":"Scale"},)"
            R"("verbs":["get","patch","update"]})");
  EXPECT_EQ(named(*version.find("resources"), "resource", "clusters").text_of("scope"), "Cluster");
}

TEST(Discovery, the_core_group_has_no_name) {
  const Node list = json(get("/api", {{"Accept", aggregated}}));
  ASSERT_EQ(list.find("items")->items.size(), 1U);
  EXPECT_EQ(text(list.find("items")->items.front().find("metadata")), "{}");
}

TEST(Discovery, older_clients_get_the_older_form) {
  const http::Response beta =
      get("/apis", {{"Accept", "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"}});
  EXPECT_EQ(http::header(beta.headers, "Content-Type"),
            "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList");
  EXPECT_EQ(json(beta).text_of("apiVersion"), "apidiscovery.k8s.io/v2beta1");
  for (const char* accept : {"", "*/*", "application/json, */*"}) {
    EXPECT_EQ(json(get("/apis", {{"Accept", accept}})).text_of("kind"), "APIGroupList") << accept;
    EXPECT_EQ(json(get("/api", {{"Accept", accept}})).text_of("kind"), "APIVersions") << accept;
  }
  EXPECT_EQ(json(get("/apis/muster.dev")).find("preferredVersion")->text_of("groupVersion"), "muster.dev/v1beta1");
  const Node resources = json(get("/apis/muster.dev/v1beta1"));
  EXPECT_EQ(resources.text_of("groupVersion"), "muster.dev/v1beta1");
  EXPECT_EQ(named(*resources.find("resources"), "name", "services/scale").text_of("group"), "autoscaling");
  EXPECT_EQ(named(*resources.find("resources"), "name", "tasks/status").text_of("kind"), "Task");
  EXPECT_EQ(json(get("/api/v1")).text_of("groupVersion"), "v1");
}

TEST(Discovery, both_forms_name_the_same_resources) {
  for (const std::string path : {"/api", "/apis"}) {
    const Node whole = json(get(path, {{"Accept", aggregated}}));
    for (const Node& group : whole.find("items")->items) {
      const std::string_view name = group.find("metadata")->text_of("name");
      for (const Node& version : group.find("versions")->items) {
        const Node list = json(get(str(path, name.empty() ? "" : "/", name, "/", version.text_of("version"))));
        std::size_t count = 0;
        for (const Node& resource : version.find("resources")->items) {
          count += 1 + (resource.find("subresources") == nullptr ? 0 : resource.find("subresources")->items.size());
          const Node& listed = named(*list.find("resources"), "name", resource.text_of("resource"));
          EXPECT_EQ(text(listed.find("verbs")), text(resource.find("verbs")));
          EXPECT_EQ(listed.find("namespaced")->boolean, resource.text_of("scope") == "Namespaced");
        }
        EXPECT_EQ(list.find("resources")->items.size(), count);
      }
    }
  }
}

TEST(Discovery, what_a_client_has_is_not_sent_again) {
  const std::string tag(http::header(get("/apis", {{"Accept", aggregated}}).headers, "ETag"));
  ASSERT_GT(tag.size(), 2U);
  for (const std::string& known : {tag, "W/" + tag, "\"x\", " + tag, std::string("*")}) {
    const http::Response same = get("/apis", {{"Accept", aggregated}, {"If-None-Match", known}});
    EXPECT_EQ(same.status, 304) << known;
    EXPECT_EQ(same.body, "");
    EXPECT_EQ(http::header(same.headers, "ETag"), tag);
    EXPECT_EQ(http::header(same.headers, "Vary"), "Accept");
  }
  EXPECT_EQ(get("/apis", {{"If-None-Match", tag}}).status, 200) << "another form is another document";
  EXPECT_EQ(get("/apis", {{"Accept", aggregated}, {"If-None-Match", "\"x\""}}).status, 200);
}

TEST(Discovery, lists_are_given_as_yaml_too) {
  const http::Response response = get("/apis/muster.dev/v1beta1", {{"Accept", "application/yaml"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(http::header(response.headers, "Content-Type"), "application/yaml");
  EXPECT_NE(response.body.find("groupVersion: muster.dev/v1beta1\n"), std::string::npos);
  EXPECT_EQ(get("/version", {{"Accept", "application/yaml"}}).status, 406);
}

TEST(Discovery, what_nobody_can_read_is_406) {
  const http::Response response = get("/apis", {{"Accept", "text/html"}});
  EXPECT_EQ(response.status, 406);
  const Node status = json(response);
  EXPECT_EQ(status.text_of("reason"), "NotAcceptable");
  EXPECT_NE(status.text_of("message").find("as=APIGroupDiscoveryList"), std::string::npos);
}

TEST(Discovery, the_index_of_openapi_leads_to_documents_that_never_change) {
  const Node index = json(get("/openapi/v3"));
  EXPECT_EQ(index.find("paths")->members.size(), 11U);
  for (const auto& [path, entry] : index.find("paths")->members) {
    const std::string url(entry.text_of("serverRelativeURL"));
    const http::Response document = get(url);
    EXPECT_EQ(document.status, 200) << url;
    EXPECT_NE(http::header(document.headers, "Cache-Control").find("immutable"), std::string::npos);
    EXPECT_EQ(json(document).text_of("openapi"), "3.0.0");
    const http::Response stale = get(str("/openapi/v3/", path, "?hash=0"));
    EXPECT_EQ(stale.status, 301);
    EXPECT_EQ(http::header(stale.headers, "Location"), url);
    EXPECT_EQ(http::header(get("/openapi/v3/" + path).headers, "Cache-Control"), "no-cache, private");
  }
}

TEST(Discovery, version_2_of_openapi_is_protobuf_for_who_asks) {
  for (const char* accept : {"application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
                             "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"}) {
    const http::Response response = get("/openapi/v2", {{"Accept", accept}});
    EXPECT_EQ(http::header(response.headers, "Content-Type"),
              "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
    EXPECT_EQ(response.body.substr(0, 5),
              "\x0a\x03"
              "2.0");
  }
  EXPECT_EQ(json(get("/openapi/v2")).text_of("swagger"), "2.0");
}

TEST(Discovery, other_paths_are_not_its_own) {
  http::Request request;
  for (const char* target : {"/apis/nobody", "/apis/muster.dev/v1", "/api/v2", "/openapi", "/openapi/v3/apis/x/v1",
                             "/openapi/v2/x", "/version/x"}) {
    EXPECT_FALSE(discovery(request, http::parse_target(target).value()).has_value()) << target;
  }
  EXPECT_NE(get("/").body.find("\"/openapi/v2\""), std::string::npos);
}

TEST(Discovery, cluster_info_gets_a_list_that_it_understands) {
  const auto answer = [](const std::string& target, const std::string& accept = "application/json") {
    http::Request request;
    request.target = target;
    request.headers.emplace_back("Accept", accept);
    const auto call = parse_call(request);
    EXPECT_TRUE(call.ok()) << target;
    return cluster_info(*call);
  };
  const std::string base = "/apis/muster.dev/v1beta1/namespaces/kube-system/services";
  const auto list = answer(base + "?labelSelector=kubernetes.io%2Fcluster-service%3Dtrue");
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(json(*list).text_of("apiVersion"), "v1");
  EXPECT_EQ(json(*list).text_of("kind"), "ServiceList");
  EXPECT_FALSE(answer(base).has_value());
  EXPECT_FALSE(answer(base + "?labelSelector=kubernetes.io%2Fcluster-service%3Dtrue",
                      "application/json;as=Table;v=v1;g=meta.k8s.io,application/json")
                   .has_value())
      << "`kubectl get` with that selector";
  EXPECT_FALSE(answer(base + "?labelSelector=app%3Dweb").has_value());
}

}  // namespace
}  // namespace muster::server
