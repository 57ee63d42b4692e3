// Which Secrets and ConfigMaps the agent of an instance is sent: those of its own tasks, before them, and no others.
#include <gtest/gtest.h>

#include "api/base/base64.h"
#include "api/schema/json.h"
#include "api/types/configuration.h"
#include "tests/runtime/server/hub.h"

namespace muster::server {
namespace {

using testing::AgentHubTest;
using testing::milliseconds;

class AgentConfigTest : public AgentHubTest {
 protected:
  AgentConfigTest() {
    auto other = std::make_shared<Namespace>(make<Namespace>());
    other->metadata.name = "other";
    commit({create(std::move(other))});
    define("web", [](ContainerDefinition& container) {
      container.secrets = {{"PASSWORD", "db:password"}};
      container.environment_files = {{ConfigKind::config_map, "settings:web.env"}};
    });
    define("files", [](ContainerDefinition& container) {
      ConfigMount& mount = container.config_files.emplace_back();
      mount.container_path = "/etc/app";
      mount.secret_ref = ConfigObject{"files", false};
      EnvironmentSource& source = container.environment_from.emplace_back();
      source.config_map_ref = ConfigObject{"settings", true};
    });
    define("private", [](ContainerDefinition& container) {
      container.repository_credentials = RepositoryCredentials{"hub"};
      container.log_configuration = LogConfiguration{"syslog", {}, {{"tag", "log:password"}}};
    });
    define("plain");
    for (const char* name : {"db", "files", "hub", "log", "unused"}) write_secret("default", name, "of default");
    write_secret("other", "db", "of other");
    auto map = std::make_shared<ConfigMap>(make<ConfigMap>());
    map->metadata.ns = "default";
    map->metadata.name = "settings";
    map->data["web.env"] = "A=b";
    commit({create(std::move(map))});
    boot();
  }

  void write_secret(const std::string& ns, const std::string& name, const std::string& value) {
    const auto there = store_->state().get<Secret>(ns, name);
    auto secret = std::make_shared<Secret>(there != nullptr ? *there : make<Secret>());
    secret->metadata.ns = ns;
    secret->metadata.name = name;
    secret->data["password"] = encode_base64(value);
    commit({there != nullptr ? update(std::move(secret)) : create(std::move(secret))});
  }
  void run(const std::string& name, const std::string& definition, const std::string& instance = "host-1") {
    auto task = std::make_shared<Task>(make<Task>());
    task->metadata.ns = "default";
    task->metadata.name = name;
    task->spec.cluster = "default";
    task->spec.task_definition = definition + ":1";
    task->spec.container_instance = instance;
    commit({create(std::move(task))});
    pass(milliseconds(5));
  }
  void end(const std::string& name) {
    auto task = std::make_shared<Task>(*store_->state().get<Task>("default", name));
    task->status.last_status = LastStatus::stopped;
    commit({update_status(std::move(task))});
    pass(milliseconds(5));
  }
  // What was sent since the last call, in short: "+secret/default/db", "-secret/default/db", "task/one".
  std::vector<std::string> sent(testing::Socket& socket) {
    std::vector<std::string> out;
    for (const protocol::Down& each : std::exchange(socket.sent, {})) {
      if (const auto* put = std::get_if<protocol::Put>(&each)) {
        const Node node = parse_json(put->object.json).value();
        const auto object = decode_object(node, nullptr, {}, nullptr).value();
        const Meta& meta = object->metadata;
        if (object->kind == &kind_of<Task>()) out.push_back("task/" + meta.name);
        if (object->kind != &kind_of<Secret>() && object->kind != &kind_of<ConfigMap>()) continue;
        out.push_back("+" + std::string(object->kind->kind) + "/" + meta.ns + "/" + meta.name);
        const auto stored = store_->state().find(*object->kind, meta.ns, meta.name);
        EXPECT_EQ(meta.resource_version, stored->metadata.resource_version);
        EXPECT_EQ(meta.uid, stored->metadata.uid);
        EXPECT_TRUE(meta.managed_fields.empty());
        if (const auto* secret = as<Secret>(object.get())) values[meta.name] = secret->data.at("password");
      } else if (const auto* remove = std::get_if<protocol::Remove>(&each)) {
        out.push_back("-" + remove->kind + "/" + remove->ns + "/" + remove->name);
      }
    }
    return out;
  }

  using Texts = std::vector<std::string>;
  std::map<std::string, std::string> values;
};

TEST_F(AgentConfigTest, credentials_for_registries_and_options_of_logs_are_sent_to_those_who_need_them) {
  run("one", "private");
  run("elsewhere", "plain", "host-2");
  const auto socket = connect("a");
  pass(milliseconds(5));
  EXPECT_EQ(sent(*socket), (Texts{"+Secret/default/hub", "+Secret/default/log", "task/one"}));
  write_secret("default", "hub", "new");
  pass(milliseconds(5));
  EXPECT_EQ(sent(*socket), Texts{"+Secret/default/hub"}) << "the next pull has it";
  end("one");
  EXPECT_EQ(sent(*socket), (Texts{"-Secret/default/hub", "-Secret/default/log"}));
}

TEST_F(AgentConfigTest, what_a_task_refers_to_comes_before_it_and_nothing_else_does) {
  run("one", "web");
  run("elsewhere", "files", "host-2");
  const auto socket = connect("a");
  pass(milliseconds(5));
  EXPECT_EQ(sent(*socket), (Texts{"+Secret/default/db", "+ConfigMap/default/settings", "task/one"}));
  EXPECT_EQ(values["db"], encode_base64("of default"));

  run("two", "plain");
  EXPECT_EQ(sent(*socket), Texts{"task/two"});
  run("three", "files");
  EXPECT_EQ(sent(*socket), (Texts{"+Secret/default/files", "task/three"})) << "settings are there already";
  for (const char* name : {"unused", "db"}) write_secret("other", name, "new");
  write_secret("default", "unused", "new");
  pass(milliseconds(5));
  EXPECT_EQ(sent(*socket), Texts{});
}

TEST_F(AgentConfigTest, changes_follow_for_as_long_as_a_task_may_use_them) {
  run("one", "web");
  run("two", "web");
  const auto socket = connect("a");
  pass(milliseconds(5));
  sent(*socket);
  write_secret("default", "db", "changed");
  pass(milliseconds(5));
  EXPECT_EQ(sent(*socket), Texts{"+Secret/default/db"});
  EXPECT_EQ(values["db"], encode_base64("changed"));

  auto labelled = std::make_shared<Secret>(*store_->state().get<Secret>("default", "db"));
  labelled->metadata.labels["a"] = "b";
  commit({update(std::move(labelled))});
  pass(milliseconds(5));
  EXPECT_EQ(sent(*socket), Texts{}) << "its values are the same";

  commit({remove(*store_->state().find(kind_of<Secret>(), "default", "db"))});
  pass(milliseconds(5));
  EXPECT_EQ(sent(*socket), Texts{"-Secret/default/db"});
  write_secret("default", "db", "again");
  pass(milliseconds(5));
  EXPECT_EQ(sent(*socket), Texts{"+Secret/default/db"});

  end("one");
  EXPECT_EQ(sent(*socket), Texts{});
  end("two");
  EXPECT_EQ(sent(*socket), (Texts{"-Secret/default/db", "-ConfigMap/default/settings"}));
  write_secret("default", "db", "unseen");
  pass(milliseconds(5));
  EXPECT_EQ(sent(*socket), Texts{});
}

TEST_F(AgentConfigTest, a_new_connection_is_sent_all_of_it_again_but_not_for_tasks_that_have_ended) {
  run("one", "web");
  run("old", "files");
  connect("a");
  pass(milliseconds(5));
  end("old");
  const auto again = connect("a");
  pass(milliseconds(5));
  EXPECT_EQ(sent(*again), (Texts{"task/old", "+Secret/default/db", "+ConfigMap/default/settings", "task/one"}));
  write_secret("default", "db", "changed");
  pass(milliseconds(5));
  EXPECT_EQ(sent(*again), Texts{"+Secret/default/db"});
}

TEST_F(AgentConfigTest, overrides_may_name_other_files) {
  auto task = std::make_shared<Task>(make<Task>());
  task->metadata.ns = "default";
  task->metadata.name = "one";
  task->spec.cluster = "default";
  task->spec.task_definition = "web:1";
  task->spec.container_instance = "host-1";
  ContainerOverride& changed = task->spec.overrides.container_overrides.emplace_back();
  changed.name = "main";
  changed.environment_files = {{ConfigKind::secret, "unused:lines"}};
  commit({create(std::move(task))});
  const auto socket = connect("a");
  pass(milliseconds(5));
  EXPECT_EQ(sent(*socket), (Texts{"+Secret/default/db", "+Secret/default/unused", "task/one"}));
}

}  // namespace
}  // namespace muster::server
