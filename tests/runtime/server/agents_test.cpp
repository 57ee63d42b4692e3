// The hub of the agents' connections: what the store says of an instance is what its newest connection is.
#include <gtest/gtest.h>

#include <vector>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "tests/runtime/server/hub.h"

namespace muster::server {
namespace {

using testing::AgentHubTest;
using testing::milliseconds;
using testing::seconds;
using testing::Socket;

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
  const auto instance = store_->state().get<ContainerInstance>({}, "host-1");
  const auto kept = store_->state().get<Secret>(system_namespace, enrolment_name("host-1"));
  ASSERT_EQ(kept->metadata.owner_references.size(), 1U) << "or it would stay for good";
  EXPECT_EQ(kept->metadata.owner_references[0].uid, instance->metadata.uid);
  EXPECT_EQ(kept->metadata.owner_references[0].kind, "ContainerInstance");
  commit({remove(*instance)});
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
