// The docker driver against a scripted engine: negotiation, status codes, timeouts, error names, pulls, reconnects.
#include "runtime/drivers/docker/docker.h"
#include "runtime/drivers/docker/health.h"
#include "runtime/drivers/docker/wire.h"

#include <gtest/gtest.h>

#include <future>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "api/base/text.h"
#include "runtime/http/server.h"
#include "tests/support/driver_calls.h"
#include "tests/support/source_dir.h"
#include "tests/support/temporary_directory.h"

namespace muster::drivers {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// An engine whose answers the test writes.
class FakeEngine {
 public:
  using Handle = std::function<void(std::shared_ptr<http::Exchange>)>;

  FakeEngine(http::IoLoop& loop, std::string address) : loop_(loop), address_(std::move(address)) { listen(); }
  ~FakeEngine() { close(); }

  void listen() {
    testing::on_loop(loop_, [this] {
      server_ = std::make_unique<http::Server>(loop_, http::ServerOptions{},
                                               [this](std::shared_ptr<http::Exchange> exchange) { handle(exchange); });
      ASSERT_TRUE(server_->listen(address_).ok());
    });
  }
  void close() {
    testing::on_loop(loop_, [this] {
      streams.clear();
      silent_.clear();
      server_.reset();
    });
    std::filesystem::remove(address_.substr(7));
  }
  // "POST /containers/x/start", without version and query.
  void on(const std::string& what, int status, const std::string& body) {
    on(what, [status, body](const std::shared_ptr<http::Exchange>& exchange) {
      http::Response response;
      response.status = status;
      response.body = body;
      exchange->respond(std::move(response));
    });
  }
  void on(const std::string& what, Handle handle) {
    testing::on_loop(loop_, [&] { handlers_[what] = std::move(handle); });
  }
  // The answer is a stream that the test writes to.
  void on_stream(const std::string& what) {
    on(what, [this](const std::shared_ptr<http::Exchange>& exchange) {
      streams.push_back(exchange->stream(http::Response{}));
    });
  }
  // Never answers.
  void on_silence(const std::string& what) {
    on(what, [this](const std::shared_ptr<http::Exchange>& exchange) { silent_.push_back(exchange); });
  }
  std::vector<std::string> requests() {
    std::vector<std::string> out;
    testing::on_loop(loop_, [&] { out = requests_; });
    return out;
  }
  std::size_t count(const std::string& part) {
    std::size_t out = 0;
    for (const std::string& request : requests()) out += request.find(part) != std::string::npos ? 1 : 0;
    return out;
  }

  std::vector<std::shared_ptr<http::Stream>> streams;  // on the loop

 private:
  void handle(const std::shared_ptr<http::Exchange>& exchange) {
    const http::Request& request = exchange->request();
    requests_.push_back(request.method + " " + request.target);
    std::string path = request.target.substr(0, request.target.find('?'));
    if (path.rfind("/v1.", 0) == 0) path = path.substr(path.find('/', 1));
    const auto at = handlers_.find(request.method + " " + path);
    if (at != handlers_.end()) return at->second(exchange);
    http::Response response;
    response.status = 404;
    response.body = R"({"message":"page not found"})";
    exchange->respond(std::move(response));
  }

  http::IoLoop& loop_;
  std::string address_;
  std::unique_ptr<http::Server> server_;
  std::map<std::string, Handle> handlers_;
  std::vector<std::shared_ptr<http::Exchange>> silent_;
  std::vector<std::string> requests_;
};

class DockerTest : public ::testing::Test {
 protected:
  DockerTest() : thread([this] { loop.run(); }) {
    engine = std::make_unique<FakeEngine>(loop, "unix://" + (directory / "s"));
    engine->on("GET /version", 200, R"({"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"})");
    options.host = "unix://" + (directory / "s");
    options.reconnect_first = milliseconds(5);
    options.reconnect_last = milliseconds(20);
  }
  ~DockerTest() override {
    calls.reset();
    engine.reset();
    loop.stop();
    thread.join();
  }
  void connect() {
    testing::on_loop(
        loop, [this] { calls = std::make_unique<testing::DriverCalls>(loop, make_docker_driver(loop, options)); });
  }
  static std::string inspected(const std::string& name, const std::string& labels = "{}") {
    return str(R"({"Id":"id-)", name, R"(","Name":"/)", name, R"(","Config":{"Labels":)", labels,
               R"(},"State":{"Status":"running","StartedAt":"2026-11-22T20:00:00Z"}})");
  }
  void send(std::size_t stream, const std::string& bytes) {
    testing::on_loop(loop, [&] { engine->streams.at(stream)->write(std::make_shared<const std::string>(bytes)); });
  }
  void finish(std::size_t stream) {
    testing::on_loop(loop, [&] { engine->streams.at(stream)->finish(); });
  }
  bool wait_streams(std::size_t count) {
    const Duration end = system_monotonic() + testing::patience;
    std::size_t have = 0;
    while (have < count && system_monotonic() < end) {
      testing::on_loop(loop, [&] { have = engine->streams.size(); });
    }
    return have >= count;
  }

  testing::TemporaryDirectory directory;
  http::IoLoop loop;
  std::thread thread;
  std::unique_ptr<FakeEngine> engine;
  DockerOptions options;
  std::unique_ptr<testing::DriverCalls> calls;
};

TEST_F(DockerTest, SpeaksTheVersionBothKnow) {
  connect();
  engine->on("GET /containers/a/json", 200, inspected("a"));
  ASSERT_TRUE(calls->inspect("a").ok());
  ASSERT_TRUE(calls->inspect("a").ok());
  EXPECT_EQ(engine->requests(),
            (std::vector<std::string>{"GET /version", "GET /v1.41/containers/a/json", "GET /v1.41/containers/a/json"}));
}

TEST_F(DockerTest, TooOldEngineIsNamed) {
  engine->on("GET /version", 200, R"({"ApiVersion":"1.39"})");
  connect();
  const auto info = calls->info();
  ASSERT_FALSE(info.ok());
  EXPECT_NE(info.error().message.find("1.39 is too old"), std::string::npos) << info.error().message;
}

TEST_F(DockerTest, EngineThatIsAwayIsUnavailable) {
  connect();
  engine->close();
  for (const Status& status : {calls->create(ContainerConfig{}), calls->start("a"), calls->stop("a", seconds(1)),
                               calls->remove("a"), calls->pull("busybox")}) {
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, Code::unavailable) << status.error().message;
    EXPECT_NE(status.error().message.find("Error: "), std::string::npos) << status.error().message;
    EXPECT_NE(status.error().message.find(options.host), std::string::npos) << status.error().message;
  }
  EXPECT_EQ(calls->inspect("a").error().code, Code::unavailable);
  EXPECT_EQ(calls->list({}).error().code, Code::unavailable);
  EXPECT_EQ(calls->image("a").error().code, Code::unavailable);
  EXPECT_EQ(calls->resolve("a").error().code, Code::unavailable);
  EXPECT_EQ(calls->images().error().code, Code::unavailable);
  EXPECT_EQ(calls->logs("a", {}).error().code, Code::unavailable);
  engine->listen();
  engine->on("GET /containers/a/json", 200, inspected("a"));
  EXPECT_TRUE(calls->inspect("a").ok()) << "and back again";
}

TEST_F(DockerTest, StatusCodesThatAreSuccesses) {
  connect();
  engine->on("POST /containers/a/start", 304, "");
  EXPECT_TRUE(calls->start("a").ok());
  engine->on("POST /containers/a/stop", 304, "");
  EXPECT_TRUE(calls->stop("a", milliseconds(1500)).ok());
  EXPECT_EQ(engine->count("/stop?t=2"), 1U) << "rounded up to seconds";
  engine->on("POST /containers/a/stop", 404, "{}");
  EXPECT_TRUE(calls->stop("a", seconds(1)).ok());
  engine->on("DELETE /containers/a", 409, R"({"message":"removal of container a is already in progress"})");
  EXPECT_TRUE(calls->remove("a").ok());
  EXPECT_EQ(engine->count("DELETE /v1.41/containers/a?force=true&v=true"), 1U);
  engine->on("DELETE /containers/a", 404, "{}");
  EXPECT_TRUE(calls->remove("a").ok());
}

TEST_F(DockerTest, ErrorsHaveEcsNamesAndTheEnginesText) {
  connect();
  engine->on("POST /containers/create", 404, R"({"message":"No such image: x:1"})");
  EXPECT_EQ(calls->create(ContainerConfig{}).error().message, "CannotCreateContainerError: No such image: x:1");
  engine->on("POST /containers/a/start", 500, R"({"message":"port is already allocated"})");
  const Status started = calls->start("a");
  EXPECT_EQ(started.error().message, "CannotStartContainerError: port is already allocated");
  EXPECT_EQ(started.error().code, Code::internal);
  engine->on("POST /containers/a/stop", 500, "broken");
  EXPECT_EQ(calls->stop("a", seconds(1)).error().message, "CannotStopContainerError: broken");
  EXPECT_EQ(calls->inspect("zzz").error().code, Code::not_found);
}

TEST_F(DockerTest, SilentEngineTimesOut) {
  options.start_timeout = milliseconds(100);
  options.stop_allowance = milliseconds(100);
  connect();
  engine->on_silence("POST /containers/a/start");
  const Status started = calls->start("a");
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code, Code::timeout);
  EXPECT_EQ(started.error().message,
            "DockerTimeoutError: Could not transition to started; timed out after waiting 100ms");
  engine->on_silence("POST /containers/a/stop");
  EXPECT_EQ(calls->stop("a", milliseconds(100)).error().message,
            "DockerTimeoutError: Could not transition to stopped; timed out after waiting 200ms");
}

TEST_F(DockerTest, TakenNameIsComparedByLabels) {
  connect();
  ContainerConfig config;
  config.name = "web";
  config.labels = {{"task", "1"}};
  engine->on("POST /containers/create", 409, R"({"message":"Conflict. The name is in use"})");
  engine->on("GET /containers/web/json", 200, inspected("web", R"({"task":"1","of-the-image":"x"})"));
  EXPECT_TRUE(calls->create(config).ok());
  engine->on("GET /containers/web/json", 200, inspected("web", R"({"task":"2"})"));
  EXPECT_EQ(calls->create(config).error().code, Code::already_exists);
}

constexpr const char* podman_version =
    R"({"Version":"4.3.1","ApiVersion":"1.41","MinAPIVersion":"1.24","Components":[{"Name":"Podman Engine"}]})";

TEST_F(DockerTest, PodmanSaysSomeThingsInItsOwnWay) {
  engine->on("GET /version", 200, podman_version);
  connect();
  engine->on("POST /containers/create", 500,
             R"({"message":"the container name \"x\" is already in use by 1f: that name is already in use"})");
  engine->on("GET /containers/x/json", 200, inspected("x", R"({"a":"b"})"));
  ContainerConfig config;
  config.name = "x";
  config.image = "web:1";
  config.labels = {{"a", "b"}};
  EXPECT_TRUE(calls->create(config).ok()) << "it is there already";
  config.labels = {{"a", "c"}};
  EXPECT_EQ(calls->create(config).error().code, Code::already_exists);

  ContainerConfig with_gpu = config;
  with_gpu.gpu_ids = {"0"};
  EXPECT_EQ(calls->create(with_gpu).error().message,
            "CannotCreateContainerError: Podman's service gives containers no GPUs");

  engine->on("GET /containers/x/stats", 200, "");
  EXPECT_EQ(calls->usage("x").error().code, Code::not_found) << "does not run";

  engine->on("GET /containers/x/json", 200, R"({"Id":"i","Name":"/x","State":{"Status":"created","Error":""}})");
  EXPECT_EQ(calls->inspect("x")->error, "");
  engine->on("POST /containers/x/start", 500, R"({"message":"no such program"})");
  EXPECT_FALSE(calls->start("x").ok());
  EXPECT_EQ(calls->inspect("x")->error, "CannotStartContainerError: no such program") << "which it does not keep";
  engine->on("POST /containers/x/start", 204, "");
  EXPECT_TRUE(calls->start("x").ok());
  EXPECT_EQ(calls->inspect("x")->error, "");
}

// While it cleans up after a container it sometimes fails to look at it.
TEST_F(DockerTest, PodmanIsAskedAgain) {
  engine->on("GET /version", 200, podman_version);
  connect();
  int asked = 0;
  int failures = 3;
  const auto fail_first = [&](const std::string& body) {
    return [&, body](const std::shared_ptr<http::Exchange>& exchange) {
      http::Response response;
      response.status = ++asked > failures ? 200 : 500;
      response.body = response.status == 200 ? body : R"({"message":"getting container state: no such file"})";
      exchange->respond(std::move(response));
    };
  };
  engine->on("GET /containers/x/json", fail_first(inspected("x", "{}")));
  EXPECT_TRUE(calls->inspect("x").ok());
  EXPECT_EQ(asked, 4);
  asked = 0;
  engine->on("GET /containers/json", fail_first("[]"));
  EXPECT_TRUE(calls->list({}).ok());
  asked = 0;
  failures = 100;
  EXPECT_EQ(calls->inspect("x").error().message, "CannotInspectContainerError: getting container state: no such file");
  EXPECT_EQ(asked, 4) << "but not for ever";
}

TEST_F(DockerTest, HealthChecksOfPodmanAreRunWhereSystemdDoesNot) {
  const std::string path = "GET /v4.0.0/libpod/containers/x/healthcheck";
  engine->on("GET /version", 200, podman_version);
  std::promise<void> third;
  int runs = 0;
  engine->on(path, [&](const std::shared_ptr<http::Exchange>& exchange) {
    http::Response response;
    response.status = ++runs == 3 ? 409 : 200;  // 409: it does not run any more
    exchange->respond(std::move(response));
    if (runs == 3) third.set_value();
  });
  docker::Inspected running;
  running.state.name = "x";
  running.state.phase = ContainerPhase::running;
  running.check_interval = milliseconds(1);
  std::shared_ptr<docker::Engine> podman;
  std::unique_ptr<docker::HealthChecks> checks, idle;
  testing::on_loop(loop, [&] {
    podman = std::make_shared<docker::Engine>(loop, options.host);
    podman->negotiate([&](const Result<docker::Server>&) {
      idle = std::make_unique<docker::HealthChecks>(podman, docker::HealthChecks::Timers::of_systemd);
      idle->seen(running);
      checks = std::make_unique<docker::HealthChecks>(podman, docker::HealthChecks::Timers::none);
      docker::Inspected without = running;
      without.state.name = "y";
      without.check_interval = {};
      checks->seen(without);
      checks->seen(running);
      checks->seen(running);  // once is enough
    });
  });
  ASSERT_EQ(third.get_future().wait_for(testing::patience), std::future_status::ready);
  testing::on_loop(loop, [&] {
    EXPECT_EQ(runs, 3);
    checks.reset();
    idle.reset();
    podman.reset();
  });
  EXPECT_EQ(engine->count("/healthcheck"), 3U);
}

TEST_F(DockerTest, InspectWantsTheNameNotAnId) {
  connect();
  engine->on("GET /containers/abc/json", 200, inspected("other"));
  EXPECT_EQ(calls->inspect("abc").error().code, Code::not_found);
}

TEST_F(DockerTest, NamesCannotLeaveTheirPath) {
  connect();
  EXPECT_FALSE(calls->inspect("../images?x=1").ok());
  EXPECT_EQ(engine->requests().back(), "GET /v1.41/containers/..%2Fimages%3Fx%3D1/json");
  EXPECT_EQ(calls->image("../../containers/a").error().code, Code::invalid);
  EXPECT_EQ(calls->resolve("../../containers/a").error().code, Code::invalid);
  EXPECT_EQ(calls->pull("a b").error().code, Code::invalid);
}

TEST_F(DockerTest, ListInspectsEachAndSkipsWhatHasGone) {
  connect();
  std::string names;
  for (int i = 0; i < 30; ++i) {
    names += str(i == 0 ? "" : ",", R"({"Names":["/c)", i, R"("]})");
    if (i != 7) engine->on(str("GET /containers/c", i, "/json"), 200, inspected(str("c", i)));
  }
  engine->on("GET /containers/json", 200, "[" + names + "]");
  const auto list = calls->list({{"a", "b"}});
  ASSERT_TRUE(list.ok()) << list.error().message;
  EXPECT_EQ(list->size(), 29U);
  EXPECT_EQ(engine->count("GET /v1.41/containers/json?all=true&filters=%7B%22label%22%3A%5B%22a%3Db%22%5D%7D"), 1U);
  engine->on("GET /containers/c7/json", 500, "broken");
  EXPECT_FALSE(calls->list({}).ok()) << "an incomplete list is none";
}

TEST_F(DockerTest, PullTellsProgressAndSucceeds) {
  connect();
  engine->on("POST /images/create", 200,
             "{\"status\":\"Pulling from library/busybox\",\"id\":\"1.36\"}\r\n"
             "{\"status\":\"Already exists\",\"id\":\"a0\"}\r\n"
             "{\"status\":\"Downloading\",\"id\":\"a1\",\"progressDetail\":{\"current\":10,\"total\":90}}\r\n"
             "{\"status\":\"Downloading\",\"id\":\"a1\",\"progressDetail\":{\"current\":60,\"total\":90}}\r\n"
             "{\"status\":\"Download complete\",\"id\":\"a1\"}\r\n"
             "{\"status\":\"Extracting\",\"id\":\"a1\",\"progressDetail\":{\"current\":5,\"total\":90}}\r\n"
             "{\"status\":\"Pull complete\",\"id\":\"a1\"}\r\n");
  std::vector<PullProgress> told;
  const auto hear = [&](const PullProgress& progress) { told.push_back(progress); };
  ASSERT_TRUE(calls->pull("registry:5000/busybox:1.36", hear).ok());
  ASSERT_EQ(told.size(), 6U);
  EXPECT_EQ(told[1].bytes, 10);
  EXPECT_EQ(told[1].bytes_to_come, 80);
  EXPECT_EQ(told[1].layers, 2U);
  EXPECT_EQ(told[1].layers_done, 1U);
  EXPECT_EQ(told[2].bytes, 60);
  EXPECT_EQ(told.back().bytes, 90);
  EXPECT_EQ(told.back().bytes_to_come, 0);
  EXPECT_EQ(told.back().layers_done, 2U);
  EXPECT_EQ(engine->count("fromImage=registry%3A5000%2Fbusybox&tag=1.36"), 1U) << engine->requests().back();
}

TEST_F(DockerTest, RegistriesAreToldWhoPulls) {
  connect();
  std::vector<std::string> auths;
  const auto note = [&](const std::shared_ptr<http::Exchange>& exchange) {
    auths.emplace_back(http::header(exchange->request().headers, "X-Registry-Auth"));
    http::Response response;
    response.body = R"({"Descriptor":{"digest":"sha256:1"}})";
    exchange->respond(std::move(response));
  };
  engine->on("POST /images/create", note);
  engine->on("GET /distribution/r%3A5000/a%3A1/json", note);
  const RegistryAuth auth{"r:5000", "me", "secret?>", {}};
  ASSERT_TRUE(calls->pull("r:5000/a:1", nullptr, auth).ok());
  EXPECT_EQ(*calls->resolve("r:5000/a:1", auth), "sha256:1");
  ASSERT_TRUE(calls->pull("r:5000/a:1").ok());
  EXPECT_EQ(auths, (std::vector<std::string>{docker::encode_auth(auth), docker::encode_auth(auth), ""}));
  for (const std::string& request : engine->requests()) EXPECT_EQ(request.find("secret"), std::string::npos);
}

TEST_F(DockerTest, ResolveTellsWhyNot) {
  connect();
  engine->on("GET /distribution/a%3A1/json", 401, R"({"message":"unauthorized: authentication required"})");
  EXPECT_EQ(calls->resolve("a:1").error().code, Code::unauthorized);
  engine->on("GET /distribution/a%3A1/json", 404, R"({"message":"manifest unknown"})");
  EXPECT_EQ(calls->resolve("a:1").error().code, Code::not_found);
  engine->on("GET /distribution/a%3A1/json", 404, "Not Found");
  EXPECT_EQ(calls->resolve("a:1").error().code, Code::unsupported) << "Podman does not have it";
  engine->on("GET /distribution/a%3A1/json", 200, "{}");
  EXPECT_EQ(calls->resolve("a:1").error().code, Code::malformed);
}

TEST_F(DockerTest, RegistryThatDoesNotAnswerIsGivenUp) {
  options.pull_inactivity = milliseconds(100);
  connect();
  engine->on_silence("GET /distribution/a%3A1/json");
  const auto resolved = calls->resolve("a:1");
  ASSERT_FALSE(resolved.ok());
  EXPECT_EQ(resolved.error().code, Code::timeout);
  EXPECT_EQ(resolved.error().message,
            "CannotPullContainerError: the pull of a:1 has stalled: its registry did not answer for 100ms");
}

TEST_F(DockerTest, ImagesKnowWhoUsesThem) {
  connect();
  engine->on("GET /images/json", 200,
             R"([{"Id":"sha256:1","RepoTags":["a:1"],"RepoDigests":["a@sha256:d"],"Size":7},
                 {"Id":"sha256:2","RepoTags":["<none>:<none>"],"RepoDigests":["b@<none>"]}])");
  engine->on("GET /containers/json", 200, R"([{"Id":"c","ImageID":"sha256:2"}])");
  const auto images = calls->images();
  ASSERT_TRUE(images.ok()) << images.error().message;
  ASSERT_EQ(images->size(), 2U);
  EXPECT_EQ((*images)[0].tags, std::vector<std::string>{"a:1"});
  EXPECT_EQ((*images)[0].digests, std::vector<std::string>{"a@sha256:d"});
  EXPECT_EQ((*images)[0].size_bytes, 7);
  EXPECT_FALSE((*images)[0].in_use);
  EXPECT_TRUE((*images)[1].tags.empty());
  EXPECT_TRUE((*images)[1].digests.empty());
  EXPECT_TRUE((*images)[1].in_use);
  engine->on("DELETE /images/a%3A1", 409, R"({"message":"in use"})");
  EXPECT_EQ(calls->remove_image("a:1").error().code, Code::conflict);
  EXPECT_TRUE(calls->remove_image("gone:1").ok());
  engine->on("POST /images/sha256%3A1/tag", 201, "");
  EXPECT_TRUE(calls->tag("sha256:1", "a:2").ok());
  EXPECT_EQ(engine->count("/images/sha256%3A1/tag?repo=a&tag=2"), 1U);
}

TEST_F(DockerTest, PullErrorIsInTheStream) {
  connect();
  engine->on("POST /images/create", 200,
             R"({"errorDetail":{"message":"manifest unknown"},"error":"x"})"
             "\n");
  const Status pulled = calls->pull("nothing:1");
  ASSERT_FALSE(pulled.ok());
  EXPECT_EQ(pulled.error().message, "CannotPullContainerError: manifest unknown");
  engine->on("POST /images/create", 404, R"({"message":"pull access denied for nothing"})");
  const Status denied = calls->pull("nothing:1");
  EXPECT_EQ(denied.error().message, "CannotPullContainerError: pull access denied for nothing");
  EXPECT_EQ(denied.error().code, Code::not_found);
}

TEST_F(DockerTest, PullWithoutProgressTimesOut) {
  options.pull_inactivity = milliseconds(100);
  connect();
  engine->on_stream("POST /images/create");
  const Status pulled = calls->pull("slow:1");
  ASSERT_FALSE(pulled.ok());
  EXPECT_EQ(pulled.error().message, "CannotPullContainerError: the pull of slow:1 has stalled: no progress for 100ms");
}

TEST_F(DockerTest, EventsReconnectAndSaySo) {
  engine->on_stream("GET /events");
  connect();
  testing::EventLog events(*calls, {{"a", "b"}});
  ASSERT_TRUE(events.wait_for(""));
  send(0, "{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"Attributes\":{\"name\":\"web\"}}}\n{\"Type\":\"con");
  ASSERT_TRUE(events.wait_for("web"));
  send(0, "tainer\",\"Action\":\"start\",\"Actor\":{\"Attributes\":{\"name\":\"db\"}}}\n");
  ASSERT_TRUE(events.wait_for("db"));
  finish(0);
  ASSERT_TRUE(events.wait_for("", 1)) << "announces the reconnect";
  ASSERT_TRUE(wait_streams(2));
  send(1, "{\"Type\":\"container\",\"Action\":\"stop\",\"Actor\":{\"Attributes\":{\"name\":\"web\"}}}\n");
  ASSERT_TRUE(events.wait_for("web", 1));
  engine->close();
  engine->listen();
  EXPECT_TRUE(events.wait_for("", 2)) << "after an outage";
  EXPECT_GE(engine->count("type%22%3A%5B%22container%22%5D%2C%22label%22%3A%5B%22a%3Db%22%5D"), 3U);
}

TEST_F(DockerTest, EventsWaitForAnEngineThatIsNotThereYet) {
  engine->on_stream("GET /events");
  engine->close();
  connect();
  testing::EventLog events(*calls, {});
  engine->listen();
  EXPECT_TRUE(events.wait_for(""));
}

TEST_F(DockerTest, DroppedSubscriptionIsSilent) {
  engine->on_stream("GET /events");
  connect();
  std::unique_ptr<Subscription> subscription;
  int told = 0;
  testing::on_loop(loop, [&] {
    subscription = calls->driver().events({}, [&](const std::string&) {
      ++told;
      subscription.reset();
    });
  });
  ASSERT_TRUE(wait_streams(1));
  send(0, "{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"Attributes\":{\"name\":\"web\"}}}\n");
  bool closed = false;
  while (!closed) {
    testing::on_loop(loop, [&] { closed = !engine->streams[0]->write(std::make_shared<const std::string>("\n")); });
  }
  testing::on_loop(loop, [&] { EXPECT_EQ(told, 1); });
}

TEST_F(DockerTest, TerminalLogIsRawAndOthersAreFramed) {
  connect();
  engine->on("GET /containers/tty/json", 200, R"({"Id":"1","Name":"/tty","Config":{"Tty":true},"State":{}})");
  engine->on("GET /containers/tty/logs", 200, "raw text");
  EXPECT_EQ(calls->logs("tty", {})->out, "raw text");
  engine->on("GET /containers/web/json", 200, inspected("web"));
  engine->on("GET /containers/web/logs", 200, std::string("\1\0\0\0\0\0\0\3abc\2\0\0\0\0\0\0\1e", 20));
  LogOptions log;
  log.tail = 7;
  log.timestamps = true;
  log.since = Time{seconds(5) + milliseconds(1)};
  const auto read = calls->logs("web", log);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->out, "abc");
  EXPECT_EQ(read->err, "e");
  EXPECT_EQ(engine->requests().back(),
            "GET /v1.41/containers/web/logs?stdout=true&stderr=true&timestamps=true&tail=7&since=5.001000000");
  engine->on("GET /containers/web/logs", 200, "no frames at all");
  EXPECT_FALSE(calls->logs("web", {}).ok());
  engine->on("GET /containers/web/logs", 500, R"({"message":"configured logging driver does not support reading"})");
  EXPECT_EQ(calls->logs("web", {}).error().message,
            "CannotDescribeContainerError: log driver \"\" cannot be read back: look where it sends the output");
}

TEST_F(DockerTest, PausedLogMakesTheEngineWait) {
  connect();
  engine->on("GET /containers/tty/json", 200, R"({"Id":"1","Name":"/tty","Config":{"Tty":true},"State":{}})");
  engine->on_stream("GET /containers/tty/logs");
  std::string got;
  std::optional<Status> end;
  std::unique_ptr<Subscription> subscription;
  LogOptions log;
  log.follow = true;
  testing::on_loop(loop, [&] {
    LogCallbacks callbacks;
    callbacks.on_bytes = [&](std::string_view bytes, bool) {
      if (got.empty()) subscription->pause();
      got += bytes;
    };
    callbacks.on_end = [&](Status status) { end = std::move(status); };
    subscription = calls->driver().logs("tty", log, std::move(callbacks));
  });
  const auto eventually = [&](const std::function<bool()>& holds) {
    const Duration last = system_monotonic() + testing::patience;
    bool held = false;
    while (!held && system_monotonic() < last) testing::on_loop(loop, [&] { held = holds(); });
    return held;
  };
  ASSERT_TRUE(wait_streams(1));
  send(0, "begin");
  ASSERT_TRUE(eventually([&] { return got == "begin"; }));
  std::string sent = "begin";
  for (int i = 0; i < 64; ++i) {
    const std::string block(32U << 10U, static_cast<char>('a' + i % 26));
    send(0, block);
    sent += block;
  }
  for (int round = 0; round < 100; ++round) testing::on_loop(loop, [&] { EXPECT_EQ(got, "begin"); });
  testing::on_loop(loop, [&] { EXPECT_GT(engine->streams[0]->queued(), 0U) << "more than sockets hold is not read"; });
  testing::on_loop(loop, [&] { subscription->resume(); });
  ASSERT_TRUE(eventually([&] { return got.size() == sent.size(); }));
  EXPECT_TRUE(got == sent);

  testing::on_loop(loop, [&] { subscription->pause(); });
  send(0, "last");
  finish(0);
  for (int round = 0; round < 100; ++round) testing::on_loop(loop, [&] { EXPECT_FALSE(end.has_value()); });
  testing::on_loop(loop, [&] { subscription->resume(); });
  ASSERT_TRUE(eventually([&] { return end.has_value(); }));
  EXPECT_TRUE(end->ok()) << end->error().text();
  EXPECT_EQ(got, sent + "last");
}

// A container with its files: of the tree that the tests of control groups have.
class DockerUsageTest : public DockerTest {
 protected:
  DockerUsageTest() {
    const std::string tree = testing::source_dir() / "tests/runtime/drivers/cgroup/v2";
    options.control_groups = {tree + "/sys", tree + "/proc"};
    connect();
    engine->on("GET /containers/a/json", 200, running(4242));
    engine->on("GET /containers/a/stats", 200,
               R"({"cpu_stats":{"cpu_usage":{"total_usage":7}},"memory_stats":{"usage":9}})");
  }
  static std::string running(int process, const std::string& network = "default") {
    return str(R"({"Id":"container","Name":"/a","State":{"Status":"running","Pid":)", process,
               R"(},"HostConfig":{"NetworkMode":")", network, R"("}})");
  }
  std::size_t asked() { return engine->count("/containers/a/stats"); }
};

TEST_F(DockerUsageTest, IsReadFromTheContainersFiles) {
  for (int round = 0; round < 3; ++round) {
    const auto usage = calls->usage("a");
    ASSERT_TRUE(usage.ok()) << usage.error().text();
    EXPECT_EQ(usage->cpu, std::chrono::microseconds(2411873));
    EXPECT_EQ(usage->network.size(), 1U);
  }
  EXPECT_EQ(asked(), 0U);
  EXPECT_EQ(engine->count("/containers/a/json"), 1U) << "what was inspected is known";
}

TEST_F(DockerUsageTest, OfTheHostsNetworkIsNotTold) {
  engine->on("GET /containers/a/json", 200, running(4242, "host"));
  EXPECT_TRUE(calls->usage("a")->network.empty());
}

TEST_F(DockerUsageTest, IsTheEnginesWordWhereThereAreNoFiles) {
  engine->on("GET /containers/a/json", 200, running(4243));
  for (int round = 0; round < 3; ++round) EXPECT_EQ(calls->usage("a")->cpu, std::chrono::nanoseconds(7));
  EXPECT_EQ(asked(), 3U);
  EXPECT_EQ(engine->count("/containers/a/json"), 1U);
  // It runs as another process since; whoever inspects it finds out.
  engine->on("GET /containers/a/json", 200, running(4242));
  ASSERT_TRUE(calls->inspect("a").ok());
  EXPECT_EQ(calls->usage("a")->cpu, std::chrono::microseconds(2411873));
  EXPECT_EQ(asked(), 3U);
}

TEST_F(DockerUsageTest, OfOneThatHasEndedIsNotFound) {
  ASSERT_TRUE(calls->usage("a").ok());
  engine->on("GET /containers/a/json", 200, R"({"Id":"container","Name":"/a","State":{"Status":"exited"}})");
  ASSERT_TRUE(calls->inspect("a").ok());
  EXPECT_EQ(calls->usage("a").error().code, Code::not_found);
  engine->on("GET /containers/a/json", 404, R"({"message":"No such container: a"})");
  EXPECT_EQ(calls->usage("a").error().code, Code::not_found);
  EXPECT_EQ(asked(), 0U);
}

TEST_F(DockerTest, DroppedDriverIsSilent) {
  connect();
  engine->on_silence("POST /containers/a/start");
  engine->on_silence("POST /images/create");
  testing::on_loop(loop, [&] {
    calls->driver().start("a", [](const Status&) { FAIL() << "after the driver's end"; });
    calls->driver().pull("b", {}, nullptr, [](const Status&) { FAIL() << "after the driver's end"; });
  });
  calls.reset();
  engine->close();
  testing::on_loop(loop, [] {});
}

}  // namespace
}  // namespace muster::drivers
