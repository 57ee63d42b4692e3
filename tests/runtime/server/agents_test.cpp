// The hub of the agents' connections: what the store says of an instance is what its newest connection is.
#include "runtime/server/agents.h"

#include <gtest/gtest.h>

#include <vector>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/types/builtin.h"
#include "api/types/cluster.h"
#include "api/types/task.h"
#include "runtime/server/enrolment.h"
#include "runtime/store/log.h"
#include "runtime/store/store.h"
#include "tests/support/manual_loop.h"

namespace muster::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Socket final : public http::WebSocket {
 public:
  void on_message(std::function<void(std::string, http::Frame)> callback) override { heard = std::move(callback); }
  void on_close(std::function<void(std::string)> callback) override { ended = std::move(callback); }
  bool send(std::shared_ptr<const std::string> message, http::Frame) override {
    auto frames = protocol::decode_down(*message);
    EXPECT_TRUE(frames.ok());
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
  void run_task() {
    auto definition = std::make_shared<TaskDefinition>(make<TaskDefinition>());
    definition->metadata.ns = "default";
    definition->metadata.name = "web";
    ContainerDefinition& container = definition->spec.container_definitions.emplace_back();
    container.name = "main";
    container.image = "web:v1";
    container.memory = 64;
    commit({create(std::move(definition))});
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
  testing::ManualLoop writer_, loop_;
  std::shared_ptr<store::MemoryDisk> disk_ = store::make_memory_disk();
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<AgentHub> hub_;
  std::unique_ptr<store::Subscription> feed_;
};

TEST_F(AgentHubTest, the_end_of_a_connection_does_not_end_the_next_one_of_the_same_agent) {
  boot();
  const auto first = connect("a");
  pass(milliseconds(5));
  ASSERT_TRUE(stored().connected);
  store::set_disk_full(*disk_, true);
  first->end();
  pass(milliseconds(5));  // its end cannot be written yet
  const auto second = connect("a");
  store::set_disk_full(*disk_, false);
  for (int i = 0; i < 20; ++i) {
    pass(milliseconds(100));
    second->say(protocol::Beat{});
  }
  EXPECT_TRUE(second->told<protocol::Welcome>());
  EXPECT_TRUE(stored().connected);
}

TEST_F(AgentHubTest, a_connection_that_ends_before_its_hello_is_stored_is_known_to_have_ended) {
  boot();
  const auto socket = connect("a");
  pass_without_writes(milliseconds(1));
  socket->end();
  pass(seconds(1));
  EXPECT_EQ(stored().session, "a");
  EXPECT_FALSE(stored().connected);
}

TEST_F(AgentHubTest, a_full_report_counts_for_its_own_connection_only) {
  boot();
  const auto first = connect("a");
  pass(milliseconds(5));
  protocol::Report report;
  report.sequence = 1;
  report.full = true;
  store::set_disk_full(*disk_, true);
  first->say(report);
  pass(milliseconds(5));
  const auto second = connect("a");
  store::set_disk_full(*disk_, false);
  for (int i = 0; i < 5; ++i) {
    pass(milliseconds(100));
    second->say(protocol::Beat{});
  }
  EXPECT_TRUE(stored().connected);
  EXPECT_FALSE(stored().synced);
  second->say(report);
  pass(milliseconds(100));
  EXPECT_TRUE(stored().synced);
}

TEST_F(AgentHubTest, reports_are_stored_and_acknowledged_in_their_order) {
  boot();
  const auto socket = connect("a");
  pass(milliseconds(5));
  run_task();
  store::set_disk_full(*disk_, true);
  report(*socket, 1, HealthStatus::unknown);
  pass(milliseconds(20));
  report(*socket, 2, HealthStatus::unhealthy);
  pass(milliseconds(20));
  EXPECT_FALSE(socket->told<protocol::Ack>());
  store::set_disk_full(*disk_, false);
  report(*socket, 3, HealthStatus::healthy);
  pass(milliseconds(900));
  EXPECT_EQ(task()->status.health_status, HealthStatus::healthy);
  std::int64_t last = 0;
  for (const protocol::Down& frame : socket->sent) {
    const auto* ack = std::get_if<protocol::Ack>(&frame);
    if (ack == nullptr) continue;
    EXPECT_GT(ack->sequence, last);
    last = ack->sequence;
  }
  EXPECT_EQ(last, 3);
}

TEST_F(AgentHubTest, an_agent_that_reports_on_without_an_acknowledgement_is_refused) {
  boot();
  const auto socket = connect("a");
  pass(milliseconds(5));
  run_task();
  store::set_disk_full(*disk_, true);
  for (std::int64_t sequence = 1; sequence <= 10; ++sequence) report(*socket, sequence, HealthStatus::healthy);
  EXPECT_FALSE(socket->closed);
  for (std::int64_t sequence = 11; sequence <= 100; ++sequence) report(*socket, sequence, HealthStatus::healthy);
  EXPECT_TRUE(socket->told<protocol::Refuse>());
}

TEST_F(AgentHubTest, a_report_on_a_task_of_another_instance_changes_nothing) {
  boot();
  const auto socket = connect("a");
  pass(milliseconds(5));
  run_task();
  auto foreign = std::make_shared<Task>(*task());
  foreign->metadata = {};
  foreign->metadata.ns = "default";
  foreign->metadata.name = "two";
  foreign->spec.container_instance = "host-2";
  commit({create(std::move(foreign))});
  pass(milliseconds(5));
  const auto two = store_->state().get<Task>("default", "two");
  protocol::Report words;
  words.sequence = 1;
  for (const auto& [name, uid] : {std::pair{"two", two->metadata.uid}, std::pair{"one", two->metadata.uid}}) {
    protocol::TaskReport& each = words.tasks.emplace_back();
    each.ns = "default";
    each.name = name;
    each.uid = uid;
    each.status.last_status = LastStatus::stopped;
  }
  socket->say(words);
  pass(milliseconds(5));
  EXPECT_TRUE(socket->told<protocol::Ack>());
  EXPECT_EQ(store_->state().get<Task>("default", "two")->metadata.resource_version, two->metadata.resource_version);
  EXPECT_NE(task()->status.last_status, LastStatus::stopped) << "another task's uid";
  EXPECT_FALSE(std::any_of(socket->sent.begin(), socket->sent.end(), [&](const protocol::Down& each) {
    return protocol::encode(each).find(two->metadata.uid) != std::string::npos;
  })) << "it is not told of others' tasks either";
}

TEST_F(AgentHubTest, the_end_of_its_enrolment_cuts_an_agent_off) {
  boot();
  enrol(seconds(3600));
  const auto deleted = connect_enrolled();
  ASSERT_TRUE(deleted->told<protocol::Welcome>());
  const auto bound = find_enrolment(store_->state(), "host-1");
  ASSERT_TRUE(bound.ok());
  EXPECT_EQ(bound->instance_uid, store_->state().get<ContainerInstance>({}, "host-1")->metadata.uid);
  // Joined anew by another host.
  Enrolment next = *bound;
  next.id = "join-2";
  commit({update(std::make_shared<Secret>(secret_of(next)))});
  pass(milliseconds(5));
  EXPECT_TRUE(deleted->closed);
  EXPECT_NE(refusal(*deleted).find("join again"), std::string::npos) << refusal(*deleted);
  EXPECT_FALSE(connect_enrolled("join-1")->told<protocol::Welcome>());
  const auto second = connect_enrolled("join-2");
  EXPECT_TRUE(second->told<protocol::Welcome>());
  // The Secret is deleted.
  commit({remove(secret_of(*find_enrolment(store_->state(), "host-1")))});
  pass(milliseconds(5));
  EXPECT_TRUE(second->closed);
  EXPECT_FALSE(find_enrolment(store_->state(), "host-1").ok());
}

TEST_F(AgentHubTest, a_deleted_instance_takes_its_enrolment_along) {
  boot();
  enrol(seconds(3600));
  const auto socket = connect_enrolled();
  ASSERT_TRUE(socket->told<protocol::Welcome>());
  commit({remove(*store_->state().get<ContainerInstance>({}, "host-1"))});
  pass(milliseconds(5));
  EXPECT_TRUE(socket->closed);
  EXPECT_FALSE(find_enrolment(store_->state(), "host-1").ok());
  EXPECT_FALSE(connect_enrolled()->told<protocol::Welcome>());
  EXPECT_EQ(store_->state().get<ContainerInstance>({}, "host-1"), nullptr) << "it has not registered itself again";
}

TEST_F(AgentHubTest, a_connection_outlives_a_certificate_that_was_renewed) {
  boot();
  const Enrolment first = enrol(seconds(4));
  const auto socket = connect_enrolled();
  ASSERT_TRUE(socket->told<protocol::Welcome>());
  const auto beat_for = [&](Duration time) {
    for (Duration passed{}; passed < time; passed += milliseconds(200)) {
      socket->say(protocol::Beat{});
      pass(milliseconds(200));
    }
  };
  beat_for(seconds(3));
  Enrolment renewed = *find_enrolment(store_->state(), "host-1");
  renewed.keys = {"sha256:2", "sha256:1"};
  renewed.until = first.until + seconds(3);
  commit({update(std::make_shared<Secret>(secret_of(renewed)))});
  beat_for(seconds(3));
  EXPECT_FALSE(socket->closed) << refusal(*socket);
  beat_for(seconds(2));
  EXPECT_TRUE(socket->closed);
  EXPECT_NE(refusal(*socket).find("expired"), std::string::npos) << refusal(*socket);
}

TEST_F(AgentHubTest, another_agent_is_refused_as_soon_as_the_holder_is_heard) {
  boot();
  const auto holder = connect("a");
  pass(milliseconds(5));
  const auto other = connect("b");
  pass(milliseconds(5));
  EXPECT_FALSE(other->told<protocol::Refuse>());
  const auto third = connect("c");  // one at a time
  EXPECT_TRUE(third->told<protocol::Refuse>());
  EXPECT_FALSE(other->told<protocol::Refuse>());
  holder->say(protocol::Beat{});
  EXPECT_TRUE(other->told<protocol::Refuse>());
  EXPECT_TRUE(other->closed);
  EXPECT_FALSE(holder->closed);
  EXPECT_EQ(stored().session, "a");
}

TEST_F(AgentHubTest, a_host_that_comes_back_from_a_crash_waits_only_until_its_former_connection_is_found_dead) {
  boot();
  const auto dead = connect("a");
  pass(milliseconds(5));
  const auto next = connect("b");
  pass(milliseconds(1'300));
  EXPECT_TRUE(dead->closed);
  EXPECT_FALSE(next->told<protocol::Refuse>());
  EXPECT_TRUE(next->told<protocol::Welcome>());
  EXPECT_EQ(stored().session, "b");
  EXPECT_TRUE(stored().connected);
}

TEST_F(AgentHubTest, an_agent_with_other_data_waits_until_the_instance_is_lost) {
  boot();
  const auto first = connect("a");
  pass(milliseconds(5));
  first->end();
  pass(milliseconds(5));
  const auto attempt = [&] {
    auto socket = sockets_.emplace_back(std::make_shared<Socket>());
    hub_->attach(socket, "host-1");
    protocol::Hello words = hello("b");
    words.instance_uid.clear();
    socket->say(words);
    pass(milliseconds(5));
    return socket;
  };
  EXPECT_TRUE(attempt()->told<protocol::Refuse>());
  EXPECT_EQ(stored().session, "a");

  auto lost =
      std::make_shared<ContainerInstance>(*store_->state().get<ContainerInstance>(std::string_view(), "host-1"));
  lost->status.connection = Connection::lost;
  commit({update_status(std::move(lost))});
  EXPECT_TRUE(attempt()->told<protocol::Welcome>());
  EXPECT_EQ(stored().session, "b");
}

TEST_F(AgentHubTest, a_challenger_that_goes_again_is_forgotten) {
  boot();
  const auto holder = connect("a");
  pass(milliseconds(5));
  connect("b")->end();
  holder->end();
  pass(milliseconds(500));
  EXPECT_FALSE(stored().connected);
  const auto next = connect("c");
  pass(milliseconds(5));
  EXPECT_TRUE(next->told<protocol::Welcome>());
}

TEST_F(AgentHubTest, starts_with_more_instances_than_one_batch_holds) {
  const std::size_t count = limits::batch_objects * 2 + 3;
  std::vector<Write> writes;
  for (std::size_t i = 0; i < count; ++i) {
    auto instance = std::make_shared<ContainerInstance>(make<ContainerInstance>());
    instance->metadata.name = str("host-", i);
    writes.push_back(create(std::move(instance)));
    if (writes.size() == limits::batch_objects || i + 1 == count) commit(std::exchange(writes, {}));
  }
  boot();
  std::size_t marked = 0;
  for (const auto& each : store_->state().list<ContainerInstance>()) {
    if (is_set(each->status.agent.since)) ++marked;
  }
  EXPECT_EQ(marked, count);
}

}  // namespace
}  // namespace muster::server
