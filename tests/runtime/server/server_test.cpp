// The API server over real HTTP: verbs, lists, watches, tables, errors, and what it refuses.
#include "api/schema/yaml.h"
#include "tests/runtime/server/running_api.h"

namespace muster::server {
namespace {

TEST_F(ServerTest, creates_reads_changes_and_deletes) {
  EXPECT_EQ(send("POST", leases, lease("a")).status, 201);
  const http::Response got = send("GET", std::string(leases) + "/a");
  ASSERT_EQ(got.status, 200);
  Node object = json(got);
  EXPECT_EQ(object.text_of("kind"), "Lease");
  object.at("spec").at("holderIdentity") = Node::of(std::string("other"));
  EXPECT_EQ(send("PUT", std::string(leases) + "/a", write_json(object)).status, 200);
  EXPECT_EQ(reason(send("PUT", std::string(leases) + "/a", write_json(object))), "Conflict")
      << "the revision is an old one";
  EXPECT_EQ(send("PATCH", std::string(leases) + "/a", R"({"spec":{"holderIdentity":null}})").status, 200);
  EXPECT_EQ(json(send("GET", std::string(leases) + "/a")).find("spec"), nullptr);
  const http::Response gone = send("DELETE", std::string(leases) + "/a");
  EXPECT_EQ(gone.status, 200);
  EXPECT_EQ(json(gone).text_of("status"), "Success");
  EXPECT_EQ(send("GET", std::string(leases) + "/a").status, 404);
}

TEST_F(ServerTest, errors_are_those_of_kubernetes) {
  EXPECT_EQ(reason(send("GET", std::string(leases) + "/ghost")), "NotFound");
  EXPECT_EQ(send("GET", "/apis/nobody/v1/things").status, 404);
  send("POST", leases, lease("a"));
  EXPECT_EQ(reason(send("POST", leases, lease("a"))), "AlreadyExists");
  EXPECT_EQ(send("POST", leases, "[[[").status, 400);
  EXPECT_EQ(send("POST", "/apis/muster.dev/v1beta1/namespaces/default/services", "{}").status, 400);
  EXPECT_EQ(send("POST", leases, "{}").status, 422) << "its kind is known by the path, its name is not";
  EXPECT_EQ(send("PUT", leases, lease("a")).status, 405);
  EXPECT_EQ(send("POST", leases, "x", {{"Content-Type", "text/plain"}}).status, 415);
  EXPECT_EQ(send("PATCH", std::string(leases) + "/a", "{}", {{"Content-Type", "application/strange-merge-patch+json"}})
                .status,
            415);
  EXPECT_EQ(send("POST", "/apis/coordination.k8s.io/v1/namespaces/ghost/leases", lease("a")).status, 404);
  EXPECT_EQ(send("GET", str(leases, "?fieldSelector=spec.nothing%3Dx")).status, 400);
  EXPECT_EQ(send("GET", str(leases, "?labelSelector=a%3D%3D%3Db")).status, 400);
  EXPECT_EQ(send("GET", str(leases, "?resourceVersion=999999")).status, 504);
}

TEST_F(ServerTest, unknown_fields_are_refused_warned_of_or_ignored) {
  const std::string body =
      R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"a"},"spec":{"holder":"x"}})";
  const http::Response strict = send("POST", str(leases, "?fieldValidation=Strict"), body);
  EXPECT_EQ(strict.status, 400);
  EXPECT_NE(strict.body.find("spec.holder"), std::string::npos) << strict.body;
  const http::Response warned = send("POST", leases, body);
  EXPECT_EQ(warned.status, 201);
  EXPECT_NE(http::header(warned.headers, "Warning").find("spec.holder"), std::string::npos);
  const http::Response ignored = send("DELETE", std::string(leases) + "/a");
  EXPECT_EQ(ignored.status, 200);
  EXPECT_EQ(http::header(send("POST", str(leases, "?fieldValidation=Ignore"), body).headers, "Warning"), "");
}

TEST_F(ServerTest, of_repeated_fields_the_last_counts_unless_validation_is_strict) {
  const std::string body =
      R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"a"},"spec":{"holderIdentity":"x",)"
      R"("holderIdentity":"y"}})";
  EXPECT_EQ(send("POST", str(leases, "?fieldValidation=Strict"), body).status, 400);
  const http::Response warned = send("POST", leases, body);
  EXPECT_EQ(warned.status, 201);
  EXPECT_EQ(http::header(warned.headers, "Warning"), R"(299 - "duplicate field \"spec.holderIdentity\"")");
  EXPECT_EQ(json(warned).find("spec")->text_of("holderIdentity"), "y");
  const http::Response patched =
      send("PATCH", str(leases, "/a?fieldValidation=Ignore"), R"({"spec":{"holderIdentity":"a","holderIdentity":"b"}})",
           {{"Content-Type", "application/merge-patch+json"}});
  EXPECT_EQ(patched.status, 200) << patched.body;
  EXPECT_EQ(http::header(patched.headers, "Warning"), "");
  EXPECT_EQ(json(patched).find("spec")->text_of("holderIdentity"), "b");
}

TEST_F(ServerTest, strict_validation_names_all_that_is_wrong) {
  const std::string body =
      R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"a"},"spec":{"holderIdentity":"x",)"
      R"("holderIdentity":"y","zz":1}})";
  const http::Response refused = send("POST", str(leases, "?fieldValidation=Strict"), body);
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(
      refused.body.find(R"(strict decoding error: unknown field \"spec.zz\", duplicate field \"spec.holderIdentity\")"),
      std::string::npos)
      << refused.body;
  ASSERT_EQ(send("POST", leases, lease("a")).status, 201);
  const http::Response patched =
      send("PATCH", str(leases, "/a?fieldValidation=Strict"), R"({"spec":{"holderIdentity":"a","holderIdentity":"b"}})",
           {{"Content-Type", "application/merge-patch+json"}});
  EXPECT_EQ(patched.status, 422) << "the patch was understood";
  EXPECT_NE(patched.body.find("duplicate field"), std::string::npos) << patched.body;
}

TEST_F(ServerTest, what_is_not_there_is_not_found_whatever_is_asked_of_it) {
  for (const char* method : {"POST", "DELETE", "PUT", "PATCH"}) {
    EXPECT_EQ(send(method, "/apis/apps/v1/namespaces/default/deployments", "{}").status, 404) << method;
    EXPECT_EQ(send(method, "/api", "{}").status, 405) << method;
    EXPECT_EQ(send(method, "/livez", "{}").status, 405) << method;
  }
}

TEST_F(ServerTest, an_applied_configuration_may_repeat_fields_where_validation_is_not_strict) {
  const std::string in_json =
      R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"a"},"spec":{"holderIdentity":"x",)"
      R"("holderIdentity":"y"}})";
  const std::string in_yaml =
      "apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: a}\n"
      "spec:\n  holderIdentity: x\n  holderIdentity: y\n";
  for (const std::string& body : {in_json, in_yaml}) {
    const auto apply = [&](const std::string& validation) {
      return send("PATCH", str(leases, "/a?fieldManager=m", validation), body,
                  {{"Content-Type", "application/apply-patch+yaml"}});
    };
    const http::Response strict = apply("&fieldValidation=Strict");
    EXPECT_EQ(strict.status, 400);
    EXPECT_NE(strict.body.find("holderIdentity"), std::string::npos) << strict.body;
    const http::Response warned = apply("");
    EXPECT_LT(warned.status, 202) << warned.body;
    EXPECT_EQ(http::header(warned.headers, "Warning"), R"(299 - "duplicate field \"spec.holderIdentity\"")");
    EXPECT_EQ(json(warned).find("spec")->text_of("holderIdentity"), "y");
    EXPECT_EQ(http::header(apply("&fieldValidation=Ignore").headers, "Warning"), "");
  }
}

TEST_F(ServerTest, who_prefers_yaml_gets_yaml) {
  const http::Headers yaml = {{"Accept", "application/yaml"}};
  const auto content = [](const http::Response& response) { return http::header(response.headers, "Content-Type"); };
  const http::Response made = send("POST", leases, lease("a", "yes"), yaml);
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(content(made), "application/yaml");
  const http::Response one = send("GET", str(leases, "/a"), {}, {{"Accept", "application/yaml;q=0.9, text/html"}});
  EXPECT_EQ(content(one), "application/yaml");
  const auto documents = parse_yaml(one.body);
  ASSERT_TRUE(documents.ok());
  EXPECT_TRUE(equal(documents->front(), json(send("GET", str(leases, "/a")))));
  const http::Response list = send("GET", leases, {}, yaml);
  EXPECT_NE(list.body.find("kind: LeaseList\n"), std::string::npos) << list.body;
  const http::Response missing = send("GET", str(leases, "/b"), {}, yaml);
  EXPECT_EQ(missing.status, 404);
  EXPECT_NE(missing.body.find("reason: NotFound\n"), std::string::npos) << missing.body;
  EXPECT_EQ(content(send("GET", leases, {}, {{"Accept", "application/json, application/yaml"}})), "application/json");
  EXPECT_EQ(content(send("GET", leases, {}, {{"Accept", "application/yaml, */*"}})), "application/yaml");
  EXPECT_EQ(send("GET", str(leases, "?watch=true"), {}, yaml).status, 406) << "Kubernetes streams none";
}

TEST_F(ServerTest, a_dry_run_stores_nothing) {
  EXPECT_EQ(send("POST", str(leases, "?dryRun=All"), lease("a")).status, 201);
  EXPECT_EQ(send("GET", std::string(leases) + "/a").status, 404);
}

TEST_F(ServerTest, lists_page_over_one_snapshot) {
  for (const char* name : {"a", "b", "c", "d", "e"}) send("POST", leases, lease(name));
  Node first = json(send("GET", str(leases, "?limit=2")));
  ASSERT_EQ(first.at("items").items.size(), 2U);
  const std::string token(first.at("metadata").text_of("continue"));
  ASSERT_FALSE(token.empty());
  send("DELETE", std::string(leases) + "/d");
  std::vector<std::string> names;
  std::string next = token;
  while (!next.empty()) {
    Node page = json(send("GET", str(leases, "?limit=2&continue=", http::percent_encode(next))));
    for (const Node& item : page.at("items").items) names.emplace_back(item.find("metadata")->text_of("name"));
    EXPECT_EQ(page.at("metadata").text_of("resourceVersion"), first.at("metadata").text_of("resourceVersion"));
    next = page.at("metadata").text_of("continue");
  }
  EXPECT_EQ(names, (std::vector<std::string>{"c", "d", "e"})) << "the list is that of its first page's moment";
  EXPECT_EQ(send("GET", str(leases, "?limit=2&continue=nonsense")).status, 400);
}

TEST_F(ServerTest, selects_by_labels_and_fields) {
  send("POST", leases, lease("a", "x", R"({"app":"web"})"));
  send("POST", leases, lease("b", "x", R"({"app":"db"})"));
  EXPECT_EQ(json(send("GET", str(leases, "?labelSelector=app%3Dweb"))).at("items").items.size(), 1U);
  EXPECT_EQ(json(send("GET", str(leases, "?labelSelector=app!%3Dweb"))).at("items").items.size(), 1U);
  EXPECT_EQ(json(send("GET", str(leases, "?fieldSelector=metadata.name%3Db"))).at("items").items.size(), 1U);
  EXPECT_EQ(json(send("GET", "/apis/coordination.k8s.io/v1/leases")).at("items").items.size(), 2U);
}

TEST_F(ServerTest, tables_carry_columns_and_rows) {
  send("POST", leases, lease("a"));
  const Node table =
      json(send("GET", leases, {}, {{"Accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}}));
  EXPECT_EQ(table.text_of("kind"), "Table");
  ASSERT_EQ(table.find("rows")->items.size(), 1U);
  EXPECT_EQ(table.find("rows")->items[0].find("cells")->items[0].text, "a");
  EXPECT_EQ(table.find("columnDefinitions")->items.front().text_of("name"), "Name");
  EXPECT_EQ(table.find("columnDefinitions")->items.back().text_of("name"), "Age");
}

TEST_F(ServerTest, a_watch_goes_on_where_the_list_ended) {
  send("POST", leases, lease("a"));
  const std::string revision(json(send("GET", leases)).at("metadata").text_of("resourceVersion"));
  send("POST", leases, lease("b"));
  send("PATCH", std::string(leases) + "/b", R"({"spec":{"holderIdentity":"z"}})");
  send("DELETE", std::string(leases) + "/a");
  const http::Response events =
      send("GET", str(leases, "?watch=true&timeoutSeconds=1&allowWatchBookmarks=true&resourceVersion=", revision));
  std::vector<std::string> types;
  std::vector<std::string> names;
  for (const std::string_view line : split(events.body, '\n')) {
    if (line.empty()) continue;
    const auto event = parse_json(line);
    ASSERT_TRUE(event.ok()) << line;
    types.emplace_back(event->text_of("type"));
    names.emplace_back(event->find("object")->find("metadata")->text_of("name"));
  }
  EXPECT_EQ(types, (std::vector<std::string>{"ADDED", "MODIFIED", "DELETED", "BOOKMARK"}));
  EXPECT_EQ(names, (std::vector<std::string>{"b", "b", "a", ""}));
}

TEST_F(ServerTest, a_watch_without_a_revision_begins_with_what_is) {
  send("POST", leases, lease("a"));
  const http::Response events = send("GET", str(leases, "?watch=true&timeoutSeconds=1"));
  EXPECT_NE(events.body.find("\"ADDED\""), std::string::npos);
}

TEST_F(ServerTest, leaving_a_selection_is_a_deletion_for_its_watcher) {
  send("POST", leases, lease("a", "x", R"({"app":"web"})"));
  const std::string revision(json(send("GET", leases)).at("metadata").text_of("resourceVersion"));
  send("PATCH", std::string(leases) + "/a", R"({"metadata":{"labels":{"app":"db"}}})");
  const http::Response events =
      send("GET", str(leases, "?watch=true&timeoutSeconds=1&labelSelector=app%3Dweb&resourceVersion=", revision));
  EXPECT_NE(events.body.find("\"DELETED\""), std::string::npos) << events.body;
}

TEST_F(ServerTest, serves_health_version_discovery_and_metrics) {
  EXPECT_EQ(send("GET", "/livez").body, "ok");
  EXPECT_EQ(send("GET", "/readyz").body, "ok");
  EXPECT_EQ(send("GET", "/metrics").body, "up 1\n");
  EXPECT_EQ(json(send("GET", "/version")).text_of("major"), "1");
  EXPECT_EQ(json(send("GET", "/api")).text_of("kind"), "APIVersions");
  EXPECT_EQ(json(send("GET", "/apis")).text_of("kind"), "APIGroupList");
  EXPECT_EQ(json(send("GET", "/apis/muster.dev/v1beta1")).text_of("kind"), "APIResourceList");
}

TEST_F(ServerTest, is_not_for_browsers) {
  EXPECT_EQ(send("GET", "/livez", {}, {{"Origin", "https://example.org"}}).status, 403);
  EXPECT_EQ(send("GET", leases, {}, {{"Origin", "https://example.org"}, {"Authorization", "Bearer x"}}).status, 401)
      << "a page cannot know a token, and this is none";
  EXPECT_EQ(send("GET", "/livez", {}, {{"Host", "example.org"}}).status, 403);
  EXPECT_EQ(send("GET", "/livez", {}, {{"Host", "localhost:1"}}).status, 200);
}

TEST_F(ServerTest, listens_on_loopback_only) {
  EXPECT_FALSE(io_.run([&] { return server_->listen("0.0.0.0:0"); }).ok());
}

TEST_F(ServerTest, services_have_a_scale) {
  const std::string services = "/apis/muster.dev/v1beta1/namespaces/default/services";
  ASSERT_EQ(
      send(
          "POST", services,
          R"({"apiVersion":"muster.dev/v1beta1","kind":"Service","metadata":{"name":"web"},"spec":{"taskDefinition":"web"}})")
          .status,
      201);
  EXPECT_EQ(
      json(send("PATCH", services + "/web/scale", R"({"spec":{"replicas":4}})")).at("spec").at("replicas").integer, 4);
  EXPECT_EQ(json(send("GET", services + "/web")).at("spec").at("desiredCount").integer, 4);
  EXPECT_EQ(send("PATCH", services + "/web/scale", R"({"spec":{"replicas":-4}})").status, 422);

  const auto patch = [&](const std::string& type, const std::string& body) {
    return send("PATCH", services + "/web/scale", body, {{"Content-Type", type}});
  };
  const http::Response operations =
      patch("application/json-patch+json", R"([{"op":"replace","path":"/spec/replicas","value":5}])");
  EXPECT_EQ(json(operations).at("spec").at("replicas").integer, 5) << operations.body;
  EXPECT_EQ(patch("application/json-patch+json", R"([{"op":"test","path":"/spec/replicas","value":9}])").status, 422);
  EXPECT_EQ(patch("application/strategic-merge-patch+json", R"({"spec":{"replicas":6}})").status, 415);
  EXPECT_EQ(patch("application/merge-patch+json", "[]").status, 400);
  Node scale = json(send("GET", services + "/web/scale"));
  scale.at("spec").at("replicas") = Node::of(std::int64_t{7});
  EXPECT_EQ(send("PUT", services + "/web/scale", write_json(scale)).status, 200);
  EXPECT_EQ(send("PUT", services + "/web/scale", write_json(scale)).status, 409) << "it has been written since";
  // What it says of itself must be what the path says.
  for (const auto& [body, status] : std::vector<std::pair<std::string, int>>{
           {R"({"metadata":{"name":"other"},"spec":{"replicas":1}})", 400},
           {R"({"metadata":{"name":"web","namespace":"other"},"spec":{"replicas":1}})", 400},
           {R"({"kind":"Foo","apiVersion":"v9","spec":{"replicas":1}})", 400},
           {R"({"metadata":{"uid":"00000000-0000-4000-8000-000000000000"},"spec":{"replicas":1}})", 409},
           {R"({"spec":{"replicas":1,"zork":2}})", 400}}) {
    EXPECT_EQ(send("PUT", services + "/web/scale?fieldValidation=Strict", body).status, status) << body;
  }
  EXPECT_EQ(patch("application/merge-patch+json", R"({"metadata":{"uid":"1"},"spec":{"replicas":1}})").status, 409);
  const Node managers = json(send("GET", services + "/web")).at("metadata").at("managedFields");
  EXPECT_EQ(managers.items.back().text_of("subresource"), "scale") << write_json(managers);

  const auto apply = [&](const std::string& query, int replicas) {
    return send(
        "PATCH", str(services, "/web/scale", query),
        str("apiVersion: autoscaling/v1\nkind: Scale\nmetadata: {name: web}\nspec: {replicas: ", replicas, "}\n"),
        {{"Content-Type", "application/apply-patch+yaml"}});
  };
  EXPECT_EQ(apply("", 3).status, 422) << "who applies has a name";
  EXPECT_EQ(apply("?fieldManager=hpa", 3).status, 409) << "the count is another's";
  const http::Response applied = apply("?fieldManager=hpa&force=true", 3);
  EXPECT_EQ(applied.status, 200) << applied.body;
  EXPECT_EQ(json(applied).at("spec").at("replicas").integer, 3);
  EXPECT_EQ(json(send("GET", services + "/web")).at("spec").at("desiredCount").integer, 3);
  EXPECT_EQ(apply("?fieldManager=hpa", 4).status, 200) << "now it is its own";
}

TEST(LoopbackHost, names_of_this_machine_only) {
  for (const char* host : {"127.0.0.1", "127.0.0.1:8700", "localhost", "LOCALHOST:1", "[::1]:8700", "127.1.2.3"})
    EXPECT_TRUE(loopback_host(host)) << host;
  for (const char* host :
       {"", "example.org", "127.0.0.1.example.org", "10.0.0.1", "[::2]", "localhost.example.org", "127.0.0.256"})
    EXPECT_FALSE(loopback_host(host)) << host;
}

}  // namespace
}  // namespace muster::server
