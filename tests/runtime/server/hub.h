// A hub of agents over a store in memory, on manual loops, and the sockets by which agents would speak to it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/schema/json.h"
#include "api/types/builtin.h"
#include "api/types/cluster.h"
#include "api/types/task.h"
#include "runtime/server/agents.h"
#include "runtime/server/enrolment.h"
#include "runtime/store/log.h"
#include "runtime/store/store.h"
#include "tests/support/manual_loop.h"

namespace muster::server::testing {

using muster::testing::ManualLoop;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Socket final : public http::WebSocket {
 public:
  void on_message(std::function<void(std::string, http::Frame)> callback) override { heard = std::move(callback); }
  void on_close(std::function<void(std::string)> callback) override { ended = std::move(callback); }
  bool send(std::shared_ptr<const std::string> message, http::Frame) override {
    auto frames = protocol::decode_down(*message);
    EXPECT_TRUE(frames.ok());
    if (frames.ok()) expect_readable(*frames);
    if (frames.ok()) std::move(frames->begin(), frames->end(), std::back_inserter(sent));
    return !closed;
  }
  void pause() override {}
  void resume() override {}
  std::size_t queued() const override { return 0; }
  void close(std::string_view) override { closed = true; }

  void say(const protocol::Up& frame) { heard(protocol::encode(frame), http::Frame::text); }
  void end() {
    closed = true;
    if (const auto callback = std::exchange(ended, nullptr)) callback("reset by peer");
  }
  template <class T>
  bool told() const {
    return std::any_of(sent.begin(), sent.end(),
                       [](const protocol::Down& each) { return std::holds_alternative<T>(each); });
  }

  // As an agent reads them: it cannot use an object that lacks what its kind requires.
  static void expect_readable(const std::vector<protocol::Down>& frames) {
    DecodeOptions options;
    options.unknown = Unknown::ignore;
    for (const protocol::Down& each : frames) {
      const auto* put = std::get_if<protocol::Put>(&each);
      if (put == nullptr) continue;
      const auto node = parse_json(put->object.json);
      ASSERT_TRUE(node.ok()) << put->object.json;
      const auto object = decode_object(*node, nullptr, options, nullptr);
      EXPECT_TRUE(object.ok()) << object.error().text() << "\n" << put->object.json;
    }
  }

  std::function<void(std::string, http::Frame)> heard;
  std::function<void(std::string)> ended;
  std::vector<protocol::Down> sent;
  bool closed = false;
};

class AgentHubTest : public ::testing::Test {
 protected:
  AgentHubTest() {
    auto opened = store::Store::open(store::open_memory_log(disk_), writer_, random_, {});
    EXPECT_TRUE(opened.ok());
    store_ = std::move(opened).value();
    auto cluster = std::make_shared<Cluster>(make<Cluster>());
    cluster->metadata.name = "default";
    auto ns = std::make_shared<Namespace>(make<Namespace>());
    ns->metadata.name = "default";
    auto own = std::make_shared<Namespace>(make<Namespace>());
    own->metadata.name = system_namespace;
    commit({create(std::move(cluster)), create(std::move(ns)), create(std::move(own))});
  }
  ~AgentHubTest() override {
    feed_.reset();
    store_.reset();  // before the hub, which its answers call
    hub_.reset();
    // A connection lives as long as its socket's callbacks, as it does with a real one.
    for (const auto& socket : sockets_) socket->heard = nullptr, socket->ended = nullptr;
  }

  void commit(std::vector<Write> writes) {
    store::Batch batch;
    batch.writes = std::move(writes);
    std::string answer = "none";
    store_->commit(std::move(batch), [&](const Result<store::Committed>& result) {
      answer = result.ok() ? "stored" : result.error().text();
    });
    writer_.run_ready();
    EXPECT_EQ(answer, "stored");
  }
  void boot() {
    hub_ = std::make_unique<AgentHub>(*store_, loop_, AgentHubOptions{});
    feed_ = store_
                ->subscribe(store_->state().revision(), loop_,
                            [this](const store::CommitPtr& each) {
                              if (each != nullptr) hub_->observe(each);
                            })
                .value();
    bool started = false;
    hub_->start([&](const Status& status) { started = status.ok(); });
    pass(milliseconds(10));
    EXPECT_TRUE(started);
  }
  // Both loops, a millisecond at a time.
  void pass(Duration time) {
    for (Duration each{}; each < time; each += milliseconds(1)) {
      loop_.advance(milliseconds(1));
      writer_.advance(milliseconds(1));
      loop_.run_ready();
    }
  }
  // The writer does not come to its work meanwhile.
  void pass_without_writes(Duration time) { loop_.advance(time); }
  // Of an agent with the data of the instance's first agent.
  protocol::Hello hello(const std::string& session) {
    protocol::Hello words;
    const auto instance = store_->state().get<ContainerInstance>({}, "host-1");
    if (instance != nullptr) words.instance_uid = instance->metadata.uid;
    words.cluster = "default";
    words.name = "host-1";
    words.session = session;
    return words;
  }
  std::shared_ptr<Socket> connect(const std::string& session) {
    auto socket = sockets_.emplace_back(std::make_shared<Socket>());
    hub_->attach(socket, "host-1");
    socket->say(hello(session));
    return socket;
  }
  // Of host-1, valid for so long.
  Enrolment enrol(Duration life) {
    Enrolment enrolment{"host-1", "join-1", "token", {"sha256:1"}, loop_.now() + life, {}, 0};
    commit({create(std::make_shared<Secret>(secret_of(enrolment)))});
    return enrolment;
  }
  std::shared_ptr<Socket> connect_enrolled(const std::string& id = "join-1") {
    auto socket = sockets_.emplace_back(std::make_shared<Socket>());
    hub_->attach(socket, "host-1", id);
    socket->say(hello("a"));
    pass(milliseconds(5));
    return socket;
  }
  std::string refusal(const Socket& socket) {
    for (const protocol::Down& each : socket.sent) {
      if (const auto* refuse = std::get_if<protocol::Refuse>(&each)) return refuse->reason;
    }
    return {};
  }
  AgentConnection stored() {
    const auto instance = store_->state().get<ContainerInstance>({}, "host-1");
    return instance == nullptr ? AgentConnection{} : instance->status.agent;
  }
  // A task definition of one container, which `fill` may say more of.
  void define(const std::string& name, const std::function<void(ContainerDefinition&)>& fill = nullptr) {
    auto definition = std::make_shared<TaskDefinition>(make<TaskDefinition>());
    definition->metadata.ns = "default";
    definition->metadata.name = name;
    ContainerDefinition& container = definition->spec.container_definitions.emplace_back();
    container.name = "main";
    container.image = "web:v1";
    container.memory = 64;
    if (fill != nullptr) fill(container);
    commit({create(std::move(definition))});
  }
  void run_task() {
    define("web");
    auto task = std::make_shared<Task>(make<Task>());
    task->metadata.ns = "default";
    task->metadata.name = "one";
    task->spec.cluster = "default";
    task->spec.task_definition = "web:1";
    task->spec.container_instance = "host-1";
    commit({create(std::move(task))});
  }
  std::shared_ptr<const Task> task() { return store_->state().get<Task>("default", "one"); }
  void report(Socket& socket, std::int64_t sequence, HealthStatus health) {
    protocol::Report report;
    report.sequence = sequence;
    protocol::TaskReport& words = report.tasks.emplace_back();
    words.ns = "default";
    words.name = "one";
    words.uid = task()->metadata.uid;
    words.status.last_status = LastStatus::running;
    words.status.health_status = health;
    socket.say(report);
  }

  std::vector<std::shared_ptr<Socket>> sockets_;
  SystemRandom random_;
  ManualLoop writer_, loop_;
  std::shared_ptr<store::MemoryDisk> disk_ = store::make_memory_disk();
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<AgentHub> hub_;
  std::unique_ptr<store::Subscription> feed_;
};

}  // namespace muster::server::testing
