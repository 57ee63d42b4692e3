// Secrets and ConfigMaps at the agent: what its containers get, when they wait, and where values are never written.
#include <gmock/gmock.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "api/base/base64.h"
#include "api/base/text.h"
#include "api/types/configuration.h"
#include "runtime/base/private_folder.h"
#include "tests/runtime/agent/host.h"
#include "tests/support/temporary_directory.h"

namespace muster::agent::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr const char* value = "s3cret-value";

ObjectPtr secret(const std::string& name, const std::string& text = value, const std::string& ns = "default") {
  auto out = std::make_shared<Secret>(make<Secret>());
  out->metadata.ns = ns;
  out->metadata.name = name;
  out->metadata.uid = "uid-of-" + name;
  out->metadata.resource_version = 7;
  out->data["password"] = encode_base64(text);
  return out;
}

ObjectPtr credentials(const std::string& name, const std::string& user, const std::string& word) {
  auto out = std::make_shared<Secret>(make<Secret>());
  out->metadata.ns = "default";
  out->metadata.name = name;
  out->metadata.uid = "uid-of-" + name;
  out->data["username"] = encode_base64(user);
  out->data["password"] = encode_base64(word);
  return out;
}

class AgentConfigTest : public AgentTest {
 protected:
  AgentConfigTest() {
    answer_delay = std::chrono::microseconds(10);
    options.data_dir = disk / "agent";
    std::string form = "/dev/shm/muster-test-XXXXXX";
    if (is_in_memory("/dev/shm") && ::mkdtemp(form.data()) != nullptr) memory = form;
    options.run_dir = memory + "/run";
  }
  ~AgentConfigTest() override {
    std::error_code ignored;
    if (!memory.empty()) fs::remove_all(memory, ignored);
  }
  void SetUp() override {
    if (memory.empty()) GTEST_SKIP() << "/dev/shm is not in memory here";
  }

  static ContainerDefinition with_secret(const std::string& name = "app") {
    ContainerDefinition definition = container(name);
    definition.secrets = {{"PASSWORD", "db:password"}};
    return definition;
  }
  static ContainerDefinition with_file() {
    ContainerDefinition definition = container("app");
    ConfigMount& mount = definition.config_files.emplace_back();
    mount.container_path = "/run/db";
    mount.secret_ref = ConfigObject{"db", false};
    mount.owner = std::to_string(::geteuid()) + ":" + std::to_string(::getegid());
    return definition;
  }
  // As the server sends it when it changes.
  void tell(const ObjectPtr& object) {
    std::erase_if(server.config, [&](const ObjectPtr& each) {
      return each->kind == object->kind && each->metadata.name == object->metadata.name &&
             each->metadata.ns == object->metadata.ns;
    });
    server.config.push_back(object);
    server.put(*object);
  }
  std::map<std::string, std::string> environment(const std::string& uid, const std::string& name = "app") const {
    const auto& all = created.at(host_name(uid, name)).environment;
    return {all.begin(), all.end()};
  }
  const ContainerStatus& container_status(const std::string& uid) const { return server.status(uid).containers.at(0); }
  std::string on_disk() const {
    std::string out;
    for (const auto& entry : fs::recursive_directory_iterator(disk.path())) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      out.append(std::istreambuf_iterator<char>(file), {});
    }
    return out;
  }
  // The agent's own folder is named after its cluster and itself.
  std::string folder_of(const std::string& uid) const {
    return str(options.run_dir, '/', hex(stable_hash("cluster-1/host-1"), 16), '/', uid);
  }
  void start_anew() {
    crash();
    server.cut("crash");
    boot();
    settle();
  }

  muster::testing::TemporaryDirectory disk;
  std::string memory;
};

TEST_F(AgentConfigTest, containers_get_the_values_and_the_disk_does_not) {
  boot();
  settle();
  server.define("web:1", {with_secret()});
  tell(secret("db"));
  const std::string uid = server.run("web:1");
  settle();
  EXPECT_EQ(server.status(uid).last_status, LastStatus::running);
  EXPECT_THAT(environment(uid), Contains(Pair("PASSWORD", value)));
  const drivers::ContainerConfig& config = created.at(host_name(uid, "app"));
  EXPECT_THAT(config.secret_variables, ElementsAre("PASSWORD"));
  for (const auto& [label, text] : config.labels) EXPECT_THAT(text, Not(HasSubstr(value)));
  EXPECT_THAT(on_disk(), HasSubstr("db:password"));
  EXPECT_THAT(on_disk(), Not(HasSubstr(value)));
  EXPECT_THAT(on_disk(), Not(HasSubstr(encode_base64(value))));
}

TEST_F(AgentConfigTest, another_namespace_has_other_values) {
  boot();
  settle();
  server.define("web:1", {with_secret()});
  tell(secret("db", "of another", "other"));
  const std::string uid = server.run("web:1");
  settle();
  EXPECT_EQ(server.status(uid).last_status, LastStatus::stopped);
}

// ---- credentials for registries

TEST_F(AgentConfigTest, images_are_pulled_with_the_secret_that_the_definition_names) {
  simulated.pull_latency = milliseconds(5);
  options.images.auth = [](const std::string&, const std::string&) {
    return Result<drivers::RegistryAuth>(drivers::RegistryAuth{"", "host", "own", ""});
  };
  boot();
  settle();
  tell(credentials("hub", "me", value));
  ContainerDefinition with = container("app");
  with.repository_credentials = RepositoryCredentials{"hub"};
  server.define("web:1", {with});
  server.define("web:2", {container("app")});
  const std::string first = server.run("web:1"), second = server.run("web:2");
  settle();
  EXPECT_EQ(server.status(first).last_status, LastStatus::running);
  EXPECT_EQ(server.status(second).last_status, LastStatus::running);
  EXPECT_THAT(pulls, UnorderedElementsAre(Pair("busybox", str("me:", value)), Pair("busybox", "host:own")))
      << "one's credentials are not another's, also when both want the same image at once";
  EXPECT_THAT(on_disk(), Not(HasSubstr(value)));
  for (const auto& [name, text] : created.at(host_name(first, "app")).environment) {
    EXPECT_THAT(text, Not(HasSubstr(value)));
  }
}

TEST_F(AgentConfigTest, missing_credentials_end_the_task_and_are_named) {
  boot();
  settle();
  ContainerDefinition with = container("app");
  with.repository_credentials = RepositoryCredentials{"hub"};
  server.define("web:1", {with});
  const std::string first = server.run("web:1");
  settle();
  EXPECT_EQ(server.status(first).stopped_reason,
            "ResourceInitializationError: Secret \"hub\" in namespace \"default\" does not exist");
  tell(secret("hub"));
  const std::string second = server.run("web:1");
  settle();
  EXPECT_EQ(server.status(second).stopped_reason,
            "ResourceInitializationError: Secret \"hub\" in namespace \"default\" has neither the key "
            "\".dockerconfigjson\" nor the keys \"username\" and \"password\"");
  EXPECT_THAT(pulls, IsEmpty());
}

TEST_F(AgentConfigTest, credentials_of_another_registry_are_not_shown_to_this_one) {
  simulated.pull_latency = milliseconds(5);
  boot();
  settle();
  auto hub = std::make_shared<Secret>(make<Secret>());
  hub->metadata.ns = "default";
  hub->metadata.name = "hub";
  hub->data[".dockerconfigjson"] =
      encode_base64(str(R"({"auths": {"other.example.com": {"username": "me", "password": ")", value, R"("}}})"));
  tell(hub);
  ContainerDefinition with = container("app");
  with.repository_credentials = RepositoryCredentials{"hub"};
  server.define("web:1", {with});
  const std::string uid = server.run("web:1");
  settle();
  EXPECT_EQ(server.status(uid).stopped_reason,
            "CannotPullContainerError: busybox: Secret \"hub\" in namespace \"default\": it has no credentials for the "
            "registry docker.io");
  EXPECT_THAT(pulls, IsEmpty());
}

TEST_F(AgentConfigTest, a_pull_waits_for_its_credentials_while_the_server_is_away) {
  simulated.pull_latency = milliseconds(5);
  boot();
  settle();
  tell(credentials("hub", "me", value));
  ContainerDefinition with = container("app");
  with.repository_credentials = RepositoryCredentials{"hub"};
  server.define("web:1", {with});
  engine->make_unavailable();
  const std::string uid = server.run("web:1");
  settle();
  server.reachable = false;
  engine->make_available();
  start_anew();
  EXPECT_THAT(pulls, IsEmpty());
  server.reachable = true;
  loop.advance(minutes(3));
  EXPECT_EQ(server.status(uid).last_status, LastStatus::running);
  EXPECT_THAT(pulls, ElementsAre(Pair("busybox", str("me:", value))));
}

TEST_F(AgentConfigTest, a_missing_object_or_key_ends_the_task_and_is_named) {
  boot();
  settle();
  server.define("web:1", {with_secret()});
  const std::string first = server.run("web:1");
  settle();
  EXPECT_EQ(server.status(first).last_status, LastStatus::stopped);
  EXPECT_EQ(server.status(first).stop_code, StopCode::task_failed_to_start);
  EXPECT_EQ(server.status(first).stopped_reason,
            "ResourceInitializationError: Secret \"db\" in namespace \"default\" does not exist");
  ContainerDefinition other = with_secret();
  other.secrets[0].value_from = "db:user";
  server.define("web:2", {other});
  tell(secret("db"));
  const std::string second = server.run("web:2");
  settle();
  EXPECT_EQ(server.status(second).stopped_reason,
            "ResourceInitializationError: Secret \"db\" in namespace \"default\" has no key \"user\"");
  EXPECT_THAT(engine->containers(), IsEmpty());
}

TEST_F(AgentConfigTest, without_its_server_a_task_waits_and_says_what_for) {
  server.define("web:1", {with_secret()});
  tell(secret("db"));
  simulated.images["busybox"] = {};
  boot();
  settle();
  engine->make_unavailable();  // the task is known, and nothing of it can be made
  const std::string uid = server.run("web:1");
  settle();
  server.reachable = false;
  crash();
  server.cut("crash");
  engine->make_available();
  boot();
  loop.advance(seconds(30));
  EXPECT_THAT(engine->containers(), IsEmpty());
  EXPECT_EQ(agent->stats().pending, 1u);
  EXPECT_THAT(on_disk(), HasSubstr("waiting for secret/db"));

  server.reachable = true;
  server.answers = true;
  loop.advance(minutes(2));
  EXPECT_EQ(server.status(uid).last_status, LastStatus::running);
  EXPECT_THAT(environment(uid), Contains(Pair("PASSWORD", value)));
  EXPECT_EQ(container_status(uid).reason, "");
}

TEST_F(AgentConfigTest, what_runs_is_adopted_untouched_without_the_server) {
  server.define("web:1", {with_secret()});
  tell(secret("db"));
  boot();
  settle();
  const std::string uid = server.run("web:1");
  settle();
  const std::uint64_t starts = engine->starts();
  server.reachable = false;
  start_anew();
  loop.advance(minutes(1));
  EXPECT_EQ(engine->starts(), starts);
  EXPECT_EQ(engine->running(), 1u);
  EXPECT_EQ(agent->stats().running, 1u);
}

TEST_F(AgentConfigTest, a_change_concerns_what_is_made_later) {
  server.define("web:1", {with_secret()});
  tell(secret("db"));
  boot();
  settle();
  const std::string first = server.run("web:1");
  settle();
  tell(secret("db", "changed"));
  const std::string second = server.run("web:1");
  settle();
  EXPECT_THAT(environment(first), Contains(Pair("PASSWORD", value)));
  EXPECT_THAT(environment(second), Contains(Pair("PASSWORD", "changed")));
  EXPECT_EQ(engine->starts(), 2u);
}

TEST_F(AgentConfigTest, what_the_server_takes_back_or_does_not_send_again_is_gone) {
  server.define("web:1", {with_secret()});
  tell(secret("db"));
  boot();
  settle();
  server.send(protocol::encode(protocol::Down(protocol::Remove{"Secret", "default", "db", {}})));
  const std::string first = server.run("web:1");
  settle();
  EXPECT_EQ(server.status(first).last_status, LastStatus::stopped);
  tell(secret("db"));
  server.config.clear();
  server.cut("again");
  loop.advance(minutes(1));
  const std::string second = server.run("web:1");
  settle();
  EXPECT_EQ(server.status(second).last_status, LastStatus::stopped);
}

TEST_F(AgentConfigTest, files_are_there_from_before_the_container_until_the_task_has_stopped) {
  server.define("web:1", {with_file()});
  tell(secret("db"));
  boot();
  settle();
  const std::string uid = server.run("web:1");
  settle();
  ASSERT_EQ(server.status(uid).last_status, LastStatus::running) << server.status(uid).stopped_reason;
  const drivers::ContainerConfig& config = created.at(host_name(uid, "app"));
  ASSERT_THAT(config.file_mounts, SizeIs(1));
  EXPECT_EQ(config.file_mounts[0].target, "/run/db");
  const std::string file = config.file_mounts[0].source + "/password";
  struct stat found {};
  ASSERT_EQ(::stat(file.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777, 0400u);
  EXPECT_EQ(found.st_uid, ::geteuid());
  ASSERT_EQ(::stat(options.run_dir.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777, 0700u);
  EXPECT_THAT(config.environment, IsEmpty());
  EXPECT_THAT(on_disk(), Not(HasSubstr(value)));

  start_anew();
  EXPECT_TRUE(fs::exists(file)) << "they outlive the agent";
  server.stop(uid);
  settle();
  EXPECT_EQ(server.status(uid).last_status, LastStatus::stopped);
  EXPECT_FALSE(fs::exists(folder_of(uid)));
}

TEST_F(AgentConfigTest, after_the_host_was_off_files_come_back_when_the_server_has_told_what_is_in_them) {
  ContainerDefinition definition = with_file();
  definition.restart_policy.emplace().enabled = true;
  definition.restart_policy->restart_attempt_period = 60;
  server.define("web:1", {definition});
  tell(secret("db"));
  boot();
  settle();
  const std::string uid = server.run("web:1");
  loop.advance(minutes(2));
  ASSERT_EQ(server.status(uid).last_status, LastStatus::running) << server.status(uid).stopped_reason;
  const std::string file = created.at(host_name(uid, "app")).file_mounts.at(0).source + "/password";

  crash();
  engine->kill_all();
  fs::remove_all(options.run_dir);  // it was in memory
  server.cut("power");
  server.reachable = false;
  boot();
  loop.advance(minutes(10));
  EXPECT_EQ(engine->running(), 0u);
  EXPECT_EQ(agent->stats().stopped, 0u) << "it waits";
  EXPECT_THAT(on_disk(), HasSubstr("waiting for secret/db"));

  server.reachable = true;
  loop.advance(minutes(2));
  EXPECT_EQ(server.status(uid).last_status, LastStatus::running) << server.status(uid).stopped_reason;
  EXPECT_TRUE(fs::exists(file));
  EXPECT_THAT(engine->containers(), SizeIs(1)) << "the same container";
  EXPECT_EQ(engine->starts(), 2u);
}

TEST_F(AgentConfigTest, files_of_tasks_that_ended_unseen_go_too) {
  server.define("web:1", {with_file()});
  tell(secret("db"));
  boot();
  settle();
  const std::string uid = server.run("web:1");
  settle();
  fs::create_directories(folder_of("0123") + "/app/0");
  start_anew();
  EXPECT_TRUE(fs::exists(folder_of(uid)));
  EXPECT_FALSE(fs::exists(folder_of("0123")));
}

TEST_F(AgentConfigTest, secrets_are_not_written_to_a_disk) {
  if (is_in_memory(disk.path())) GTEST_SKIP() << "temporary files are in memory here";
  options.run_dir = disk / "run";
  server.define("web:1", {with_file()});
  tell(secret("db"));
  boot();
  settle();
  const std::string uid = server.run("web:1");
  settle();
  EXPECT_EQ(server.status(uid).last_status, LastStatus::stopped);
  EXPECT_THAT(server.status(uid).stopped_reason, HasSubstr("ResourceInitializationError: files from a Secret"));
  EXPECT_THAT(on_disk(), Not(HasSubstr(value)));
}

}  // namespace
}  // namespace muster::agent::testing
