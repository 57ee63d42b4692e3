// The server's end of an agent's link, on a manual loop: keeps objects, records reports, can be cut off.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/protocol/frames.h"
#include "api/types/kinds.h"
#include "runtime/agent/link.h"
#include "runtime/base/loop.h"
#include "runtime/base/random.h"

namespace muster::agent::testing {

class FakeServer {
 public:
  explicit FakeServer(Loop& loop) : loop_(loop) {}

  // ---- objects
  std::shared_ptr<TaskDefinitionRevision> define(const std::string& name, std::vector<ContainerDefinition> containers,
                                                 std::vector<Volume> volumes = {}) {
    auto revision = std::make_shared<TaskDefinitionRevision>(make<TaskDefinitionRevision>());
    revision->metadata.ns = "default";
    revision->metadata.name = name;
    revision->metadata.uid = "revision-" + std::to_string(++last_);
    revision->spec.family = name.substr(0, name.find(':'));
    revision->spec.container_definitions = std::move(containers);
    revision->spec.volumes = std::move(volumes);
    revisions_[name] = revision;
    put(*revision);
    return revision;
  }
  // A task of the definition, given to the agent at once. Answers its uid.
  std::string run(const std::string& definition, const std::function<void(Task&)>& edit = nullptr) {
    auto task = std::make_shared<Task>(make<Task>());
    SeededRandom random(++last_);
    task->metadata.ns = "default";
    task->metadata.name = "task-" + std::to_string(last_);
    task->metadata.uid = random_hex32(random);
    task->spec.task_definition = definition;
    task->spec.group = "service:web";
    task->spec.container_instance = "host-1";
    task->status.last_status = LastStatus::pending;
    if (edit) edit(*task);
    tasks[task->metadata.uid] = task;
    put(*task);
    return task->metadata.uid;
  }
  void stop(const std::string& uid) {
    Task& task = *tasks.at(uid);
    task.spec.desired_status = DesiredStatus::stopped;
    task.spec.stop_code = StopCode::service_scheduler_initiated;
    task.spec.stopped_reason = "Scaling activity initiated by (deployment x)";
    put(task);
  }
  void erase(const std::string& uid) {
    const auto task = tasks.extract(uid).mapped();
    send(protocol::encode(protocol::Down(protocol::Remove{"Task", "default", task->metadata.name, uid})));
  }
  const TaskStatus& status(const std::string& uid) const { return tasks.at(uid)->status; }

  // ---- the wire
  void send(const std::string& line) {
    const auto client = current_.lock();
    if (client == nullptr || !client->welcomed) return;
    loop_.post([client, line] {
      if (client->open && client->callbacks.on_message) client->callbacks.on_message(line);
    });
  }
  void put(const Object& object) { send(protocol::encode_put(encode_object(object))); }
  // The connection breaks; nothing in flight arrives.
  void cut(const std::string& reason) {
    if (const auto client = current_.lock()) end(client, reason);
    current_.reset();
  }
  bool connected() const {
    const auto client = current_.lock();
    return client != nullptr && client->open && client->welcomed;
  }

  bool reachable = true;  // dials come through
  bool answers = true;    // frames are answered
  bool acknowledges = true;
  std::string refusal;  // not empty: hello is refused
  std::string cluster_uid = "cluster-1", instance_uid = "instance-1";
  std::string instance = "host-1";
  Duration beat_interval = std::chrono::seconds(1);

  std::map<std::string, std::shared_ptr<Task>> tasks;
  std::vector<ObjectPtr> config;  // Secrets and ConfigMaps that a new connection is sent
  std::vector<protocol::Hello> hellos;
  std::vector<protocol::Report> reports;
  std::vector<protocol::Away> aways;
  int dials = 0, beats = 0;
  int backward = 0;  // reports of a status before the one that was known
  // Status of each task in order of arrival, equal neighbours once.
  std::map<std::string, std::vector<LastStatus>> history;
  struct Stream {
    std::string target, bytes, end;
    bool open = false, closed = false;
  };
  std::map<std::string, Stream> streams;  // by name

 private:
  struct Client {
    LinkCallbacks callbacks;
    std::string stream;  // empty: the agent's connection
    bool open = false, welcomed = false;
  };

  class FakeConnection final : public Connection {
   public:
    FakeConnection(FakeServer& server, std::shared_ptr<Client> client) : server_(server), client_(std::move(client)) {}
    ~FakeConnection() override { client_->open = false, client_->callbacks = {}; }
    bool send_text(std::string message) override {
      if (!client_->open) return false;
      server_.loop_.post([&server = server_, client = client_, message] {
        if (client->open) server.receive(client, message);
      });
      return true;
    }
    bool send_bytes(std::string message) override {
      if (!client_->open) return false;
      server_.streams[client_->stream].bytes += message;
      return true;
    }
    std::size_t queued() const override { return 0; }
    void close(std::string reason) override {
      server_.loop_.post([&server = server_, client = client_, reason] {
        if (!client->stream.empty()) server.streams[client->stream].end = reason;
        end(client, reason);
      });
    }

   private:
    FakeServer& server_;
    std::shared_ptr<Client> client_;
  };

  class FakeLink final : public Link {
   public:
    explicit FakeLink(FakeServer& server) : server_(server) {}
    std::unique_ptr<Connection> dial(std::string target, LinkCallbacks callbacks) override {
      return server_.accept(target, std::move(callbacks));
    }

   private:
    FakeServer& server_;
  };

  std::unique_ptr<Connection> accept(const std::string& target, LinkCallbacks callbacks) {
    auto client = std::make_shared<Client>();
    client->callbacks = std::move(callbacks);
    const std::size_t at = target.find("/streams/");
    if (at != std::string::npos) {
      client->stream = target.substr(at + 9);
      streams[client->stream].target = target;
    } else {
      EXPECT_EQ(target, "/apis/muster.dev/v1beta1/containerinstances/" + instance + "/agent");
      ++dials;
    }
    loop_.post([this, client] {
      if (!client->callbacks.on_open) return;  // dropped
      if (!reachable) return end(client, "connection refused");
      client->open = true;
      if (client->stream.empty()) {
        current_ = client;
      } else {
        streams[client->stream].open = true;
      }
      client->callbacks.on_open();
    });
    return std::make_unique<FakeConnection>(*this, client);
  }

  static void end(const std::shared_ptr<Client>& client, const std::string& reason) {
    client->open = false;
    const auto callback = client->callbacks.on_close;
    client->callbacks = {};
    if (callback) callback(reason);
  }

  void receive(const std::shared_ptr<Client>& client, const std::string& message) {
    if (!answers) return;
    const auto frames = protocol::decode_up(message);
    ASSERT_TRUE(frames.ok()) << frames.error().text();
    for (const protocol::Up& frame : *frames) take(client, frame);
  }

  void take(const std::shared_ptr<Client>& client, const protocol::Up& frame) {
    if (const auto* hello = std::get_if<protocol::Hello>(&frame)) {
      hellos.push_back(*hello);
      client->welcomed = true;
      if (!refusal.empty()) return send(protocol::encode(protocol::Down(protocol::Refuse{refusal})));
      send(protocol::encode(protocol::Down(protocol::Welcome{instance_uid, cluster_uid, beat_interval})));
      for (const auto& [name, revision] : revisions_) put(*revision);
      for (const ObjectPtr& object : config) put(*object);
      for (const auto& [uid, task] : tasks) put(*task);
      send(protocol::encode(protocol::Down(protocol::Synced{})));
    } else if (std::holds_alternative<protocol::Beat>(frame)) {
      ++beats;
    } else if (const auto* report = std::get_if<protocol::Report>(&frame)) {
      reports.push_back(*report);
      for (const protocol::TaskReport& task : report->tasks) take(task);
      if (acknowledges) send(protocol::encode(protocol::Down(protocol::Ack{report->sequence})));
    } else if (const auto* away = std::get_if<protocol::Away>(&frame)) {
      aways.push_back(*away);
    }
  }

  void take(const protocol::TaskReport& report) {
    const auto found = tasks.find(report.uid);
    if (found == tasks.end()) return;
    EXPECT_EQ(report.name, found->second->metadata.name);
    if (report.status.last_status < found->second->status.last_status) {
      ++backward;
      return;
    }
    found->second->status = report.status;
    std::vector<LastStatus>& seen = history[report.uid];
    if (seen.empty() || seen.back() != report.status.last_status) seen.push_back(report.status.last_status);
  }

 public:
  std::unique_ptr<Link> link() { return std::make_unique<FakeLink>(*this); }

 private:
  Loop& loop_;
  std::map<std::string, std::shared_ptr<TaskDefinitionRevision>> revisions_;
  std::weak_ptr<Client> current_;
  std::uint64_t last_ = 0;
};

}  // namespace muster::agent::testing
