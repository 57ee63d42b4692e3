// Variables with secret values: the process has them, also after its agent was started again; no disk does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <tuple>

#include "runtime/base/private_folder.h"
#include "runtime/drivers/process/process.h"
#include "runtime/drivers/process/record.h"
#include "tests/support/driver_calls.h"
#include "tests/support/temporary_directory.h"

namespace muster::drivers {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class ProcessSecretsTest : public ::testing::Test {
 protected:
  ProcessSecretsTest() {
    if (!is_in_memory("/dev/shm")) return;
    std::string form = "/dev/shm/muster-test-XXXXXX";
    if (::mkdtemp(form.data()) != nullptr) memory = form;
  }
  ~ProcessSecretsTest() override {
    if (calls != nullptr) std::ignore = calls->remove("app");
    calls.reset();
    std::error_code ignored;
    if (!memory.empty()) fs::remove_all(memory, ignored);
  }
  void connect() {
    ProcessOptions options;
    options.directory = directory / "driver";
    if (!memory.empty()) options.memory_directory = memory + "/process";
    testing::on_loop(loop, [&] {
      Result<std::unique_ptr<Driver>> driver = make_process_driver(loop, options);
      ASSERT_TRUE(driver.ok()) << driver.error().message;
      calls = std::make_unique<testing::DriverCalls>(loop, std::move(*driver));
    });
  }
  static ContainerConfig config() {
    ContainerConfig out;
    out.name = "app";
    out.command = std::vector<std::string>{"/bin/sh", "-c", "echo $PLAIN-${#PASSWORD}"};
    out.environment = {{"PLAIN", "p"}, {"PASSWORD", "s3cret-value"}};
    out.secret_variables = {"PASSWORD"};
    return out;
  }
  std::string everything_in(const std::string& folder) {
    std::string out;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      out.append(std::istreambuf_iterator<char>(file), {});
    }
    return out;
  }
  std::string output() {
    LogOptions options;
    options.follow = true;
    const auto log = calls->logs("app", options);
    return log.ok() ? log->all : log.error().message;
  }

  testing::TemporaryDirectory directory;
  std::string memory;
  ThreadLoop loop{"driver"};
  std::unique_ptr<testing::DriverCalls> calls;
};

TEST_F(ProcessSecretsTest, are_kept_in_memory_and_outlive_the_agent) {
  if (memory.empty()) GTEST_SKIP() << "/dev/shm is not in memory here";
  connect();
  ASSERT_TRUE(calls->create(config()).ok());
  EXPECT_THAT(everything_in(directory / "driver"), HasSubstr("PASSWORD"));
  EXPECT_THAT(everything_in(directory / "driver"), Not(HasSubstr("s3cret-value")));
  calls.reset();
  connect();
  ASSERT_TRUE(calls->start("app").ok());
  EXPECT_THAT(output(), HasSubstr("p-12"));
  EXPECT_THAT(everything_in(directory / "driver"), Not(HasSubstr("s3cret-value")));
  ASSERT_TRUE(calls->remove("app").ok());
  EXPECT_TRUE(fs::is_empty(memory + "/process"));
}

TEST_F(ProcessSecretsTest, a_container_does_not_start_without_them) {
  if (memory.empty()) GTEST_SKIP() << "/dev/shm is not in memory here";
  connect();
  ASSERT_TRUE(calls->create(config()).ok());
  calls.reset();
  fs::remove_all(memory + "/process");  // the host was started anew
  connect();
  const Status started = calls->start("app");
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().message, HasSubstr("in memory only and are gone"));
}

TEST_F(ProcessSecretsTest, are_refused_where_there_is_only_a_disk) {
  if (is_in_memory(directory.path())) GTEST_SKIP() << "temporary files are in memory here";
  std::error_code ignored;
  if (!memory.empty()) fs::remove_all(memory, ignored);
  memory = directory / "disk";
  connect();
  const Status created = calls->create(config());
  ASSERT_FALSE(created.ok());
  EXPECT_THAT(created.error().message, HasSubstr("is not on a tmpfs"));
  EXPECT_THAT(created.error().message, Not(HasSubstr("s3cret-value")));
}

TEST_F(ProcessSecretsTest, files_cannot_be_mounted) {
  connect();
  ContainerConfig mounted = config();
  mounted.file_mounts = {{"/dev/shm/x", "/etc/app"}};
  const Status created = calls->create(mounted);
  ASSERT_FALSE(created.ok());
  EXPECT_THAT(created.error().message, HasSubstr("/etc/app"));
}

}  // namespace
}  // namespace muster::drivers
