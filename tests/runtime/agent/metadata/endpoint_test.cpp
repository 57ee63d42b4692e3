// Over real HTTP: who is answered what.
#include "runtime/agent/metadata/endpoint.h"

#include <gtest/gtest.h>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "tests/runtime/agent/metadata/seen_task.h"
#include "tests/runtime/http/running_server.h"
#include "tests/support/temporary_directory.h"

namespace muster::agent::metadata {
namespace {

class MetadataEndpoint : public ::testing::Test {
 protected:
  void SetUp() override {
    open();
    serve();
  }
  void TearDown() override {
    io.run([&] { endpoint.reset(); });
  }
  void open() {
    const Status status = io.run([&]() -> Status {
      endpoint.reset();
      TRY(endpoint, Endpoint::open(io.loop, random, {folder.path(), 0}));
      return {};
    });
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  void serve() {
    io.run([&] {
      Source source;
      source.task = [this](const std::string& asked) {
        return asked == uid ? std::optional<Seen>(task.seen()) : std::nullopt;
      };
      source.measured = [this](const std::string& host_name) -> std::optional<Measurement> {
        if (!has_measured || host_name != "muster-web-app") return std::nullopt;
        return Measurement{host_name, "aaaa", {}, {}, {}};
      };
      source.machine = [] { return Machine{2, 1024}; };
      endpoint->serve(std::move(source));
    });
  }
  std::string url(const std::string& container, NetworkMode mode = NetworkMode::host) {
    return io.run([&] { return endpoint->url(mode, uid, container); });
  }
  http::Response ask(const std::string& whole, const std::string& method = "GET") {
    const std::size_t path = whole.find('/', std::string_view("http://").size());
    http::Request request;
    request.method = method;
    request.target = whole.substr(path);
    auto response = http::fetch(whole.substr(0, path), std::move(request), http::patience);
    EXPECT_TRUE(response.ok()) << (response.ok() ? "" : response.error().text());
    return response.ok() ? *response : http::Response{};
  }

  http::LoopThread io;
  SeededRandom random{7};
  muster::testing::TemporaryDirectory folder;
  SeenTask task;
  bool has_measured = true;
  std::unique_ptr<Endpoint> endpoint;
};

TEST_F(MetadataEndpoint, answers_a_container_about_itself_and_its_task) {
  const http::Response own = ask(url("app"));
  EXPECT_EQ(own.status, 200) << own.body;
  EXPECT_EQ(parse_json(own.body)->text_of("Name"), "app");
  EXPECT_EQ(parse_json(ask(url("beside")).body)->text_of("Name"), "beside");
  for (const char* route : {"/task", "/taskWithTags"}) {
    EXPECT_EQ(parse_json(ask(url("app") + route).body)->text_of("Family"), "web") << route;
  }
  EXPECT_EQ(parse_json(ask(url("app") + "/stats").body)->text_of("id"), "aaaa");
  EXPECT_NE(parse_json(ask(url("app") + "/task/stats").body)->find("aaaa"), nullptr);
  has_measured = false;
  EXPECT_EQ(ask(url("app") + "/stats").status, 404) << "not yet";
}

TEST_F(MetadataEndpoint, tells_nobody_which_ids_there_are) {
  const std::string good = url("app");
  const http::Response wrong = ask(good.substr(0, good.size() - 1) + (good.back() == '0' ? "1" : "0"));
  EXPECT_EQ(wrong.status, 404);
  const std::string base = good.substr(0, good.rfind('/'));
  for (const std::string& id : {std::string("x"), std::string(uid), str(uid, "-", std::string(32, '0')),
                                str(std::string(32, 'f'), "-", std::string(32, '0'))}) {
    const http::Response other = ask(str(base, '/', id));
    EXPECT_EQ(other.status, 404) << id;
    EXPECT_EQ(other.body, wrong.body) << "whatever is wrong with it";
  }
  EXPECT_EQ(ask(base.substr(0, base.rfind('/')) + "/").status, 404);
  EXPECT_EQ(ask(good + "/credentials").status, 404);
}

TEST_F(MetadataEndpoint, can_only_be_read) {
  for (const char* method : {"PUT", "POST", "DELETE", "HEAD"}) EXPECT_EQ(ask(url("app"), method).status, 405) << method;
}

TEST_F(MetadataEndpoint, limits_how_often_a_task_asks) {
  int refused = 0;
  for (int i = 0; i < 200 && refused == 0; ++i) refused += ask(url("app")).status == 429 ? 1 : 0;
  EXPECT_EQ(refused, 1);
}

TEST_F(MetadataEndpoint, keeps_its_ids_and_its_port) {
  const std::string before = url("app");
  open();
  EXPECT_EQ(url("app"), before);
  EXPECT_EQ(ask(before).status, 503) << "the agent is starting";
  serve();
  EXPECT_EQ(ask(before).status, 200);
}

TEST_F(MetadataEndpoint, is_where_a_container_can_reach_it) {
  EXPECT_EQ(url("app", NetworkMode::bridge), "") << "no bridge is known";
  EXPECT_EQ(url("app", NetworkMode::none), "");
  // An address that no interface has yet.
  io.run([&] { endpoint->reach({{"127.77.0.1", "127.77.0.0/16"}}); });
  const std::string there = url("app", NetworkMode::bridge);
  EXPECT_TRUE(there.starts_with("http://127.77.0.1:")) << there;
  EXPECT_EQ(ask(there).status, 200);
  io.run([&] { endpoint->reach({{"nonsense", "10.0.0.0/8"}}); });
  EXPECT_EQ(url("app", NetworkMode::bridge), there);
}

TEST_F(MetadataEndpoint, a_port_that_is_taken_is_passed_over) {
  muster::testing::TemporaryDirectory elsewhere;
  auto second = io.run([&] { return Endpoint::open(io.loop, random, {elsewhere.path(), 0}); });
  ASSERT_TRUE(second.ok()) << second.error().message;
  EXPECT_NE((*second)->port(), io.run([&] { return endpoint->port(); }));
  io.run([&] { second->reset(); });
}

}  // namespace
}  // namespace muster::agent::metadata
