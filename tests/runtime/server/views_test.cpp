// Pods, nodes and endpoint slices over real HTTP: what is shown, what is watched, what a write to them does.
#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "tests/runtime/server/running_api.h"

namespace muster::server {
namespace {

constexpr const char* muster_api = "/apis/muster.dev/v1beta1";
constexpr const char* pods = "/api/v1/namespaces/default/pods";
constexpr const char* nodes = "/api/v1/nodes";
constexpr const char* slices = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
constexpr const char* strategic = "application/strategic-merge-patch+json";

// "TYPE name" of an event.
std::string event_text(std::string_view line) {
  const Node event = parse_json(line).value();
  return str(event.text_of("type"), " ", event.find("object")->find("metadata")->text_of("name"));
}

// A watch that is open: the server has begun it when the constructor returns.
class LiveWatch {
 public:
  LiveWatch(http::LoopThread& io, const std::string& base, const std::string& target) : io_(io) {
    io_.run([&] {
      http::Request request;
      request.target = target;
      client_ = std::make_unique<http::Client>(io_.loop, base, http::ClientOptions{});
      http::StreamCallbacks callbacks;
      callbacks.on_head = [this](const http::Response& head) { note([&] { status_ = head.status; }); };
      callbacks.on_bytes = [this](std::string_view bytes) { note([&] { text_ += bytes; }); };
      callbacks.on_end = [this](Status) { note([&] { ended_ = true; }); };
      call_ = client_->stream(std::move(request), http::patience, std::move(callbacks));
    });
    wait([&] { return status_ != 0; });
    EXPECT_EQ(status_, 200) << target;
  }
  ~LiveWatch() {
    io_.run([&] {
      call_.reset();
      client_.reset();
    });
  }
  // Waits for so many events.
  std::vector<std::string> first(std::size_t count) {
    wait([&] { return static_cast<std::size_t>(std::ranges::count(text_, '\n')) >= count; });
    const std::lock_guard lock(mutex_);
    std::vector<std::string> out;
    for (const std::string_view line : split(text_, '\n')) {
      if (!line.empty()) out.push_back(event_text(line));
    }
    return out;
  }

 private:
  template <class Function>
  void note(Function function) {
    const std::lock_guard lock(mutex_);
    function();
    changed_.notify_all();
  }
  template <class Condition>
  void wait(Condition condition) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, http::patience, [&] { return ended_ || condition(); });
  }

  http::LoopThread& io_;
  std::unique_ptr<http::Client> client_;
  std::unique_ptr<http::Call> call_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int status_ = 0;
  std::string text_;
  bool ended_ = false;
};

class ViewsTest : public ServerTest {
 protected:
  std::string our(const std::string& rest) { return str(muster_api, "/namespaces/default/", rest); }

  void ok(const http::Response& response) { EXPECT_LT(response.status, 300) << response.body; }
  void instance(const std::string& name) {
    ok(send(
        "POST", str(muster_api, "/containerinstances"),
        str(R"({"apiVersion":"muster.dev/v1beta1","kind":"ContainerInstance","metadata":{"name":")", name, "\"}}")));
    connection(name, "Connected");
  }
  void connection(const std::string& name, const std::string& word) {
    ok(send("PATCH", str(muster_api, "/containerinstances/", name, "/status"),
            str(R"({"status":{"address":"127.0.0.1","connection":")", word, "\"}}")));
  }
  void service(int desired, int minimum) {
    ok(send("POST", our("taskdefinitions"),
            R"({"apiVersion":"muster.dev/v1beta1","kind":"TaskDefinition","metadata":{"name":"web"},"spec":{)"
            R"("containerDefinitions":[{"name":"app","image":"busybox","memory":16}]}})"));
    ok(send("POST", our("services"),
            str(R"({"apiVersion":"muster.dev/v1beta1","kind":"Service","metadata":{"name":"web"},"spec":{)",
                R"("taskDefinition":"web","desiredCount":)", desired,
                R"(,"deploymentConfiguration":{"minimumHealthyPercent":)", minimum, "}}}")));
  }
  // One of the service's, placed on the instance.
  void task(const std::string& name, const std::string& on = "host") {
    ok(send("POST", our("tasks"),
            str(R"({"apiVersion":"muster.dev/v1beta1","kind":"Task","metadata":{"name":")", name,
                R"(","labels":{"app":"web"}},"spec":{"taskDefinition":"web:1","group":"service:web",)",
                R"("containerInstance":")", on, "\"}}")));
  }
  void status(const std::string& name, const std::string& word) {
    ok(send("PATCH", our(str("tasks/", name, "/status")),
            str(R"({"status":{"lastStatus":")", word, R"(","startedAt":"2026-01-01T00:00:00Z","containers":[)",
                R"({"name":"app","lastStatus":"RUNNING","networkBindings":[{"bindIP":"0.0.0.0","containerPort":80,)",
                R"("hostPort":32768,"protocol":"tcp"}]}]}})")));
  }
  std::vector<std::string> names(const std::string& target) {
    const Node list = json(send("GET", target));
    std::vector<std::string> out;
    const Node* items = list.find("items");
    EXPECT_NE(items, nullptr) << target;
    if (items == nullptr) return out;
    for (const Node& each : items->items) out.emplace_back(each.find("metadata")->text_of("name"));
    return out;
  }
  // The first `count` events after the revision, each as "TYPE name".
  std::vector<std::string> events(const std::string& target, std::int64_t after) {
    const http::Response response = send("GET", str(target, "?watch=true&timeoutSeconds=1&resourceVersion=", after));
    std::vector<std::string> out;
    for (const std::string_view line : split(response.body, '\n')) {
      if (line.empty()) continue;
      out.push_back(event_text(line));
    }
    return out;
  }
  std::int64_t revision() { return *parse_int(json(send("GET", pods)).find("metadata")->text_of("resourceVersion")); }
  std::string text(const Node& node, std::initializer_list<std::string_view> path) {
    const Node* at = &node;
    for (const std::string_view each : path) {
      at = at->find(each);
      if (at == nullptr) return "(none)";
    }
    return at->is_string() ? at->text : write_json(*at);
  }
};
using Names = std::vector<std::string>;

TEST_F(ViewsTest, PodsAreTasks) {
  instance("host");
  service(2, 0);
  task("web-0");
  task("web-1");
  status("web-0", "RUNNING");
  EXPECT_EQ(names(pods), (Names{"web-0", "web-1"}));
  EXPECT_EQ(names("/api/v1/pods"), (Names{"web-0", "web-1"}));
  EXPECT_EQ(names(str(pods, "?labelSelector=app%3Dweb")), (Names{"web-0", "web-1"}));
  EXPECT_EQ(names(str(pods, "?labelSelector=app%3Dother")), Names{});
  EXPECT_EQ(names(str(pods, "?fieldSelector=spec.nodeName%3Dhost")), (Names{"web-0", "web-1"}));
  EXPECT_EQ(names(str(pods, "?fieldSelector=spec.nodeName%3Dother")), Names{});
  EXPECT_EQ(names(str(pods, "?fieldSelector=status.phase%3DRunning")), Names{"web-0"});
  EXPECT_EQ(names(str(pods, "?fieldSelector=status.phase!%3DRunning,metadata.name!%3Dx")), Names{"web-1"});
  EXPECT_EQ(names(str(pods, "?fieldSelector=metadata.name%3Dweb-1")), Names{"web-1"});
  EXPECT_EQ(send("GET", str(pods, "?fieldSelector=spec.bogus%3D1")).status, 400);

  const Node pod = json(send("GET", str(pods, "/web-0")));
  const Node stored = json(send("GET", our("tasks/web-0")));
  EXPECT_EQ(text(pod, {"apiVersion"}), "v1");
  EXPECT_EQ(text(pod, {"kind"}), "Pod");
  EXPECT_EQ(text(pod, {"metadata", "resourceVersion"}), text(stored, {"metadata", "resourceVersion"}));
  EXPECT_NE(text(pod, {"metadata", "uid"}), text(stored, {"metadata", "uid"}));
  EXPECT_EQ(text(pod, {"metadata", "managedFields"}), "(none)");
  EXPECT_EQ(pod.find("spec")->find("containers")->items.at(0).text_of("image"), "busybox");
  EXPECT_EQ(text(pod, {"status", "podIP"}), "127.0.0.1");
  const http::Response missing = send("GET", str(pods, "/ghost"));
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(json(missing).text_of("message"), "pods \"ghost\" not found");
}

TEST_F(ViewsTest, PodsArePaged) {
  instance("host");
  service(3, 0);
  for (const char* name : {"a", "b", "c"}) task(name);
  const Node first = json(send("GET", str(pods, "?limit=2")));
  EXPECT_EQ(first.find("items")->items.size(), 2U);
  const std::string token = text(first, {"metadata", "continue"});
  EXPECT_EQ(names(str(pods, "?limit=2&continue=", token)), Names{"c"});
}

TEST_F(ViewsTest, TablesHaveTheColumnsOfKubernetes) {
  instance("host");
  service(1, 0);
  task("web-0");
  status("web-0", "RUNNING");
  const auto table = [&](const std::string& target) {
    return json(send("GET", target, {}, {{"Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"}}));
  };
  const auto columns = [&](const std::string& target) {
    std::string out;
    const Node answer = table(target);
    for (const Node& each : answer.find("columnDefinitions")->items)
      out += str(out.empty() ? "" : ",", each.text_of("name"));
    return out;
  };
  EXPECT_EQ(columns(pods), "Name,Ready,Status,Restarts,Age,IP,Node,Nominated Node,Readiness Gates");
  EXPECT_EQ(columns(nodes),
            "Name,Status,Roles,Age,Version,Internal-IP,External-IP,OS-Image,Kernel-Version,Container-Runtime");
  EXPECT_EQ(columns(slices), "Name,AddressType,Ports,Endpoints,Age");
  const Node answer = table(pods);
  const Node& cells = *answer.find("rows")->items.at(0).find("cells");
  EXPECT_EQ(cells.items.at(1).text, "1/1");
  EXPECT_EQ(cells.items.at(2).text, "Running");
}

TEST_F(ViewsTest, AWatchFollowsTheSource) {
  instance("host");
  service(1, 0);
  const std::int64_t begin = revision();
  task("web-0");
  status("web-0", "RUNNING");
  status("web-0", "STOPPED");
  ok(send("DELETE", our("tasks/web-0")));
  EXPECT_EQ(events(pods, begin), (Names{"ADDED web-0", "MODIFIED web-0", "MODIFIED web-0", "DELETED web-0"}));
  EXPECT_EQ(events(str(pods), revision()), Names{});
  const auto of_running = [&](std::int64_t after) {
    const http::Response response = send(
        "GET", str(pods, "?watch=true&timeoutSeconds=1&fieldSelector=status.phase%3DRunning&resourceVersion=", after));
    std::string out;
    for (const std::string_view line : split(response.body, '\n')) {
      if (!line.empty()) out += str(parse_json(line).value().text_of("type"), " ");
    }
    return out;
  };
  EXPECT_EQ(of_running(begin), "ADDED DELETED ");
}

TEST_F(ViewsTest, ALiveWatchIsToldToo) {
  instance("host");
  service(1, 0);
  LiveWatch watching(io_, base_, str(pods, "?watch=true&resourceVersion=0"));
  LiveWatch sliced(io_, base_, str(slices, "?watch=true&resourceVersion=0"));
  task("web-0");
  status("web-0", "RUNNING");
  connection("host", "Suspect");
  EXPECT_EQ(watching.first(2), (Names{"ADDED web-0", "MODIFIED web-0"}));
  EXPECT_EQ(sliced.first(2), (Names{"ADDED web-0", "DELETED web-0"}));
}

TEST_F(ViewsTest, SlicesAreOfTasksThatTakeTraffic) {
  instance("host");
  service(2, 0);
  const std::int64_t begin = revision();
  task("web-0");
  task("web-1");
  status("web-0", "RUNNING");
  EXPECT_EQ(names(str(slices, "?labelSelector=kubernetes.io/service-name%3Dweb")), Names{"web-0"});
  EXPECT_EQ(names(str(slices, "?labelSelector=kubernetes.io/service-name%3Dother")), Names{});
  EXPECT_EQ(send("GET", str(slices, "/web-1")).status, 404) << "not ready";
  const Node slice = json(send("GET", str(slices, "/web-0")));
  EXPECT_EQ(write_json(*slice.find("ports")), R"([{"name":"tcp-80","protocol":"TCP","port":32768}])");
  connection("host", "Suspect");
  EXPECT_EQ(names(slices), Names{});
  connection("host", "Connected");
  EXPECT_EQ(names(slices), Names{"web-0"});
  EXPECT_EQ(events(slices, begin), (Names{"ADDED web-0", "DELETED web-0", "ADDED web-0"}));
}

TEST_F(ViewsTest, WritesNameTheRealKind) {
  const http::Response created = send("POST", pods, R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"}})");
  EXPECT_EQ(created.status, 405);
  EXPECT_EQ(json(created).text_of("message"),
            "pods are a view of tasks.muster.dev: create a TaskRun or a Service instead");
  for (const auto& [method, target] : {std::pair("PATCH", str(pods, "/x")),
                                       {"PUT", str(pods, "/x")},
                                       {"DELETE", std::string(pods)},
                                       {"DELETE", str(nodes, "/x")},
                                       {"POST", std::string(nodes)},
                                       {"DELETE", str(slices, "/x")},
                                       {"PATCH", str(slices, "/x")}}) {
    const http::Response refused = send(method, target, "{}");
    EXPECT_EQ(refused.status, 405) << method << " " << target;
    EXPECT_NE(refused.body.find("are a view of"), std::string::npos) << refused.body;
  }
  EXPECT_EQ(send("GET", str(pods, "/x/status")).status, 404);
}

TEST_F(ViewsTest, CordonAndTaintAreTheInstances) {
  instance("host");
  const auto patch = [&](const std::string& body, const char* type = strategic) {
    return send("PATCH", str(nodes, "/host"), body, {{"Content-Type", type}});
  };
  const http::Response cordoned = patch(R"({"spec":{"unschedulable":true}})");
  ASSERT_EQ(cordoned.status, 200) << cordoned.body;
  EXPECT_EQ(json(cordoned).text_of("kind"), "Node");
  ok(patch(R"({"spec":{"taints":[{"key":"a","value":"b","effect":"NoSchedule"}]},"metadata":{"labels":{"rack":"7"}}})",
           "application/merge-patch+json"));
  const auto stored = [&] { return json(send("GET", str(muster_api, "/containerinstances/host"))); };
  EXPECT_EQ(text(stored(), {"spec", "unschedulable"}), "true");
  EXPECT_EQ(text(stored(), {"spec", "status"}), "ACTIVE");
  EXPECT_EQ(text(stored(), {"spec", "taints"}), R"([{"key":"a","value":"b","effect":"NoSchedule"}])");
  EXPECT_EQ(text(stored(), {"metadata", "labels"}), R"({"rack":"7"})");
  ok(patch(R"({"spec":{"unschedulable":null,"taints":null}})"));
  EXPECT_EQ(text(stored(), {"spec", "unschedulable"}), "(none)");

  EXPECT_EQ(patch(R"({"spec":{"$retainKeys":["a"],"unschedulable":true}})").status, 400);
  EXPECT_EQ(patch(R"({"spec":{"$patch":"mix"}})").status, 400);
  EXPECT_EQ(patch(R"({"spec":{"providerID":"x"}})").status, 422);
  EXPECT_EQ(patch("{}", "application/apply-patch+yaml").status, 415);
  EXPECT_EQ(patch(R"({"metadata":{"resourceVersion":"1"}})").status, 409);
  EXPECT_EQ(patch(R"({"metadata":{"uid":"00000000-0000-0000-0000-000000000000"}})").status, 409);
  // No version of our own kinds takes a strategic patch.
  EXPECT_EQ(send("PATCH", str(muster_api, "/containerinstances/host"), "{}", {{"Content-Type", strategic}}).status,
            415);

  const Node node = json(send("GET", str(nodes, "/host")));
  ok(send("PUT", str(nodes, "/host"), write_json(node)));
  EXPECT_EQ(text(json(send("GET", str(nodes, "/host"))), {"metadata", "resourceVersion"}),
            text(node, {"metadata", "resourceVersion"}))
      << "nothing changed";
}

TEST_F(ViewsTest, DeletingAPodDeletesItsTask) {
  instance("host");
  service(2, 0);
  task("web-0");
  const Node pod = json(send("GET", str(pods, "/web-0")));
  EXPECT_EQ(send("DELETE", str(pods, "/web-0"), R"({"preconditions":{"uid":"other"}})").status, 409);
  const http::Response removed =
      send("DELETE", str(pods, "/web-0"), str(R"({"preconditions":{"uid":")", text(pod, {"metadata", "uid"}), "\"}}"));
  ASSERT_EQ(removed.status, 200) << removed.body;
  EXPECT_EQ(text(json(removed), {"details", "kind"}), "pods");
  EXPECT_EQ(text(json(removed), {"details", "uid"}), text(pod, {"metadata", "uid"}));
  EXPECT_EQ(send("GET", our("tasks/web-0")).status, 404);
  const http::Response again = send("DELETE", str(pods, "/web-0"));
  EXPECT_EQ(again.status, 404);
  EXPECT_EQ(json(again).text_of("message"), "pods \"web-0\" not found");
}

TEST_F(ViewsTest, AnEvictionHonoursTheService) {
  instance("host");
  service(2, 50);
  for (const char* name : {"web-0", "web-1"}) {
    task(name);
    status(name, "RUNNING");
  }
  const auto evict = [&](const std::string& name, const std::string& query = {}) {
    return send("POST", str(pods, "/", name, "/eviction", query),
                str(R"({"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":")", name, "\"}}"));
  };
  EXPECT_EQ(evict("web-0", "?dryRun=All").status, 201);
  const auto evict_by = [&](const std::string& body) {
    return send("POST", str(pods, "/web-0/eviction"), body).status;
  };
  EXPECT_EQ(evict_by(R"({"metadata":{"name":"web-1"}})"), 400) << "another pod's name";
  EXPECT_EQ(evict_by(R"({"deleteOptions":{"preconditions":{"resourceVersion":"1"}}})"), 409);
  ASSERT_EQ(evict("web-0").status, 201);
  EXPECT_EQ(send("GET", str(pods, "/web-0")).status, 404);

  const http::Response refused = evict("web-1");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(http::header(refused.headers, "Retry-After"), "") << "whoever evicts is told, not made to wait";
  const Node answer = json(refused);
  EXPECT_EQ(answer.text_of("reason"), "TooManyRequests");
  EXPECT_EQ(answer.text_of("message"), "Cannot evict pod as it would violate the pod's disruption budget.");
  const Node& cause = answer.find("details")->find("causes")->items.at(0);
  EXPECT_EQ(cause.text_of("reason"), "DisruptionBudget");
  EXPECT_EQ(cause.text_of("message"), "The disruption budget web needs 1 healthy pods and has 1 currently");
  // Its service is told to replace it first; the refusal does not wait for that to be stored.
  const auto marked = [&] {
    const std::string annotations = text(json(send("GET", our("tasks/web-1"))), {"metadata", "annotations"});
    return annotations.find("muster.dev/evicted") != std::string::npos;
  };
  while (!marked()) std::this_thread::yield();

  // Who is not healthy is not missed.
  status("web-1", "STOPPED");
  EXPECT_EQ(evict("web-1").status, 201);
  EXPECT_EQ(evict("ghost").status, 404);
  EXPECT_EQ(send("GET", str(pods, "/web-1/eviction")).status, 405);
}

// What kubectl from 1.32 on sends.
TEST_F(ViewsTest, AnEvictionInProtobuf) {
  instance("host");
  service(1, 0);
  task("web-0");
  // Unknown{typeMeta{"policy/v1", "Eviction"}, raw: Eviction{2 deleteOptions{2 preconditions{1 uid}, 5 dryRun}}}
  const auto field = [](char number, const std::string& bytes) {
    return str(std::string(1, static_cast<char>(number << 3 | 2)), std::string(1, static_cast<char>(bytes.size())),
               bytes);
  };
  const auto body = [&](const std::string& options) {
    return str(std::string("k8s\0", 4), field(1, str(field(1, "policy/v1"), field(2, "Eviction"))),
               field(2, str(field(1, field(1, "web-0")), field(2, options))));
  };
  const auto evict = [&](const std::string& bytes) {
    return send("POST", str(pods, "/web-0/eviction"), bytes, {{"Content-Type", "application/vnd.kubernetes.protobuf"}})
        .status;
  };
  EXPECT_EQ(evict("k8s"), 400);
  EXPECT_EQ(evict(body("").substr(0, 30)), 400);
  EXPECT_EQ(evict(body(field(2, field(1, "other")))), 409);
  EXPECT_EQ(evict(body(field(5, "All"))), 201);
  EXPECT_EQ(send("GET", str(pods, "/web-0")).status, 200) << "a dry run";
  EXPECT_EQ(evict(body("")), 201);
  EXPECT_EQ(send("GET", str(pods, "/web-0")).status, 404);
}

TEST_F(ViewsTest, EventsOfATaskAreThoseOfItsPod) {
  instance("host");
  service(1, 0);
  task("web-0");
  const Node stored = json(send("GET", our("tasks/web-0")));
  const Node pod = json(send("GET", str(pods, "/web-0")));
  ok(send("POST", "/api/v1/namespaces/default/events",
          str(R"({"apiVersion":"v1","kind":"Event","metadata":{"name":"e"},"reason":"Placed","involvedObject":{)",
              R"("apiVersion":"muster.dev/v1beta1","kind":"Task","namespace":"default","name":"web-0","uid":")",
              text(stored, {"metadata", "uid"}), "\"}}")));
  const std::string base = "/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Dweb-0,";
  EXPECT_EQ(names(str(base, "involvedObject.kind%3DPod,involvedObject.uid%3D", text(pod, {"metadata", "uid"}))),
            Names{"e"});
  EXPECT_EQ(names(str(base, "involvedObject.kind%3DPod,involvedObject.uid%3Dother")), Names{});
  EXPECT_EQ(names(str(base, "involvedObject.kind%3DTask")), Names{"e"});
}

TEST_F(ViewsTest, LogsOfAPodAreItsTasks) {
  instance("host");
  service(1, 0);
  EXPECT_EQ(send("GET", str(pods, "/ghost/log")).status, 404);
  task("web-0");
  const http::Response previous = send("GET", str(pods, "/web-0/log?previous=true"));
  EXPECT_EQ(previous.status, 400);
  EXPECT_NE(previous.body.find("previous terminated container"), std::string::npos) << previous.body;
  EXPECT_EQ(send("GET", str(pods, "/web-0/log?limitBytes=-1")).status, 400);
  EXPECT_EQ(send("GET", str(pods, "/web-0/log")).status, 503) << "no agent holds the instance";
}

}  // namespace
}  // namespace muster::server
