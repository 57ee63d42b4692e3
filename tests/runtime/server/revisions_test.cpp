// Which state a list is over and where a watch begins: Kubernetes' rules for resourceVersion and its companions.
#include "runtime/server/event_sink.h"

#include <set>

#include "tests/runtime/server/running_api.h"

namespace muster::server {
namespace {

class RevisionsTest : public ServerTest {
 protected:
  int list(const std::string& query) { return send("GET", str(leases, "?", query)).status; }
  std::int64_t revision_of(const http::Response& response) {
    return *parse_int(json(response).find("metadata")->text_of("resourceVersion"));
  }
  std::vector<std::string> names(const http::Response& response) {
    std::vector<std::string> found;
    const Node body = json(response);
    if (const Node* items = body.find("items")) {
      for (const Node& item : items->items) found.emplace_back(item.find("metadata")->text_of("name"));
    }
    return found;
  }
};

TEST_F(RevisionsTest, CombinationsThatMeanNothingAreRefused) {
  EXPECT_EQ(list("resourceVersionMatch=Exact"), 422);
  EXPECT_EQ(list("resourceVersionMatch=NotOlderThan"), 422);
  EXPECT_EQ(list("resourceVersion=0&resourceVersionMatch=Exact"), 422);
  EXPECT_EQ(list("resourceVersion=1&resourceVersionMatch=Newest"), 422);
  EXPECT_EQ(list("resourceVersion=1&resourceVersionMatch=Exact&continue=x"), 422);
  EXPECT_EQ(list("sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=0"), 422);
  EXPECT_EQ(list("watch=true&resourceVersionMatch=NotOlderThan"), 422);
  EXPECT_EQ(list("watch=true&sendInitialEvents=true"), 422);
  EXPECT_EQ(list("watch=true&sendInitialEvents=true&resourceVersionMatch=Exact"), 422);
  EXPECT_EQ(list("resourceVersion=0"), 200);
  EXPECT_EQ(list("resourceVersion=1&resourceVersionMatch=NotOlderThan"), 200);
}

TEST_F(RevisionsTest, WhatIsInTheFutureIsWaitedForInVain) {
  ASSERT_EQ(send("POST", leases, lease("a")).status, 201);
  for (const char* target : {"", "/a"}) {
    const http::Response late = send("GET", str(leases, target, "?resourceVersion=999999"));
    EXPECT_EQ(late.status, 504) << late.body;
    const Node details = *json(late).find("details");
    EXPECT_EQ(details.find("causes")->items.at(0).text_of("reason"), "ResourceVersionTooLarge");
    ASSERT_NE(details.find("retryAfterSeconds"), nullptr);
    EXPECT_EQ(details.find("retryAfterSeconds")->integer, 1);
  }
  const http::Response watch = send("GET", str(leases, "?watch=true&resourceVersion=999999"));
  EXPECT_NE(watch.body.find("\"ResourceVersionTooLarge\""), std::string::npos) << watch.body;
  EXPECT_EQ(send("GET", str(leases, "/a?resourceVersion=1")).status, 200);
}

TEST_F(RevisionsTest, WhatIsNoPageIsRefused) {
  for (const char* token : {"abc", "v1/0//", "v1/0//a", "v1/-1//a", "v1/1//", "v2/1//a", "v1/1//a/", "v1/1//a/-1",
                            "v1/1//a/x", "v1/1//a/1/"}) {
    EXPECT_EQ(list(str("continue=", token)), 400) << token;
  }
  EXPECT_EQ(list("includeObject=Some"), 400);
}

TEST_F(RevisionsTest, APageSaysHowManyItemsAreLeft) {
  for (const char* name : {"a", "b", "c", "d", "e"}) ASSERT_EQ(send("POST", leases, lease(name)).status, 201);
  const auto page = [&](const std::string& query) {
    const http::Response response = send("GET", str(leases, "?limit=2&", query));
    const Node metadata = *json(response).find("metadata");
    const Node* remaining = metadata.find("remainingItemCount");
    return std::pair(std::string(metadata.text_of("continue")), remaining == nullptr ? -1 : remaining->integer);
  };
  const auto [second, after_first] = page("");
  EXPECT_EQ(after_first, 3);
  ASSERT_EQ(send("POST", leases, lease("f")).status, 201);
  const auto [third, after_second] = page(str("continue=", http::percent_encode(second)));
  EXPECT_EQ(after_second, 1) << "of the state that the list is over";
  const auto [end, after_third] = page(str("continue=", http::percent_encode(third)));
  EXPECT_EQ(end, "");
  EXPECT_EQ(after_third, -1);
  // Kubernetes: not known where a selector chooses.
  EXPECT_EQ(page("fieldSelector=metadata.name%21%3Dx").second, -1);
}

TEST_F(RevisionsTest, AnExactListIsOverTheStateOfThatRevision) {
  ASSERT_EQ(send("POST", leases, lease("a")).status, 201);
  const std::int64_t then = revision_of(send("GET", leases));
  ASSERT_EQ(send("POST", leases, lease("b")).status, 201);
  ASSERT_EQ(send("DELETE", str(leases, "/a")).status, 200);
  EXPECT_EQ(names(send("GET", leases)), std::vector<std::string>{"b"});
  const http::Response exact = send("GET", str(leases, "?resourceVersionMatch=Exact&resourceVersion=", then));
  EXPECT_EQ(names(exact), std::vector<std::string>{"a"});
  EXPECT_EQ(revision_of(exact), then);
  // As of old, a limit asks for the same.
  EXPECT_EQ(names(send("GET", str(leases, "?limit=5&resourceVersion=", then))), std::vector<std::string>{"a"});
  EXPECT_EQ(names(send("GET", str(leases, "?resourceVersion=", then))), std::vector<std::string>{"b"});
  EXPECT_EQ(names(send("GET", str(leases, "?resourceVersionMatch=NotOlderThan&resourceVersion=", then))),
            std::vector<std::string>{"b"});
}

TEST_F(RevisionsTest, AWatchListSaysWhereTheInitialEventsEnd) {
  ASSERT_EQ(send("POST", leases, lease("a")).status, 201);
  const http::Response response =
      send("GET", str(leases, "?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
                      "&allowWatchBookmarks=true&timeoutSeconds=1"));
  ASSERT_EQ(response.status, 200);
  std::vector<Node> events;
  for (const std::string_view line : split(response.body, '\n')) {
    if (!line.empty()) events.push_back(parse_json(line).value());
  }
  ASSERT_GE(events.size(), 2U) << response.body;
  EXPECT_EQ(events[0].text_of("type"), "ADDED");
  EXPECT_EQ(events[1].text_of("type"), "BOOKMARK");
  const Node& bookmark = *events[1].find("object");
  EXPECT_EQ(bookmark.text_of("kind"), "Lease");
  EXPECT_EQ(bookmark.find("metadata")->find("annotations")->text_of("k8s.io/initial-events-end"), "true");
}

// More than a connection may have queued: it comes in steps, as the peer takes it.
TEST_F(RevisionsTest, AWatchMayBeginWithManyMegabytes) {
  const std::int64_t before = revision_of(send("GET", leases));
  const std::string filler(200'000, 'x');
  constexpr int count = 45;
  for (int i = 0; i < count; ++i) {
    const std::string body = str(R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l)", i,
                                 R"(","annotations":{"a":")", filler, R"("}},"spec":{"holderIdentity":"h"}})");
    ASSERT_EQ(send("POST", leases, body).status, 201);
  }
  const auto added = [&](const std::string& query) {
    const http::Response response = send("GET", str(leases, "?watch=true&timeoutSeconds=2&", query));
    EXPECT_EQ(response.status, 200);
    std::set<std::string> names;
    std::size_t events = 0;
    for (const std::string_view line : split(response.body, '\n')) {
      if (line.empty()) continue;
      const Node event = parse_json(line).value();
      if (event.text_of("type") != "ADDED") continue;
      ++events;
      names.emplace(event.find("object")->find("metadata")->text_of("name"));
    }
    EXPECT_EQ(names.size(), events) << "none comes twice";
    return events;
  };
  EXPECT_EQ(added("resourceVersion=0"), std::size_t{count});
  EXPECT_EQ(added("sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"),
            std::size_t{count});
  EXPECT_EQ(added(str("resourceVersion=", before)), std::size_t{count}) << "resumed";
}

TEST(Subprotocol, IsTheFirstThatCarriesNoToken) {
  EXPECT_EQ(choose_subprotocol(""), "");
  EXPECT_EQ(choose_subprotocol("base64url.bearer.authorization.k8s.io.abc"), "");
  EXPECT_EQ(choose_subprotocol("base64url.bearer.authorization.k8s.io.abc, base64.binary.k8s.io"),
            "base64.binary.k8s.io");
  EXPECT_EQ(choose_subprotocol("v5.channel.k8s.io,v4.channel.k8s.io"), "v5.channel.k8s.io");
}

}  // namespace
}  // namespace muster::server
