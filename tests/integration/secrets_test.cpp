// Secrets in the real program: on the disk they are never readable, over the API they are as they were written.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/http_call.h"
#include "tests/support/muster_process.h"

namespace muster::testing {
namespace {

constexpr const char* secrets_path = "/api/v1/namespaces/default/secrets";
constexpr const char* json_header = "Content-Type: application/json\r\n";

std::string secret(const std::string& name, const std::string& value) {
  return R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":")" + name +
         R"(","annotations":{"note":"said-in-passing"}},"data":{"password":")" + value + "\"}}";
}

// The files below the folder, those of the keys left out, in which the text stands.
std::vector<std::string> files_with(const std::string& folder, const std::string& text) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::stringstream bytes;
    bytes << file.rdbuf();
    if (bytes.str().find(text) != std::string::npos) out.push_back(entry.path().string());
  }
  return out;
}

void expect_hidden(const MusterProcess& process) {
  for (const char* text : {"Zmlyc3QtdmFsdWU", "c2Vjb25kLXZhbHVl", "first-value", "second-value", "said-in-passing"}) {
    EXPECT_EQ(files_with(process.data(), text), std::vector<std::string>()) << text;
  }
}

TEST(Secrets, AreNowhereReadableOnTheDisk) {
  MusterProcess process;
  process.start_server();
  const HttpAnswer made = http_call(process.url(), "POST", secrets_path, secret("a", "Zmlyc3QtdmFsdWU="), json_header);
  ASSERT_EQ(made.status, 201) << made.body;
  expect_hidden(process);
  const std::string path = std::string(secrets_path) + "/a";
  const HttpAnswer changed = http_call(process.url(), "PATCH", path, R"({"data":{"password":"c2Vjb25kLXZhbHVl"}})",
                                       "Content-Type: application/merge-patch+json\r\n");
  ASSERT_EQ(changed.status, 200) << changed.body;
  process.kill();
  expect_hidden(process);
  process.start_server({"--rotate-secret-key"});
  const HttpAnswer got = http_call(process.url(), "GET", path);
  EXPECT_NE(got.body.find("c2Vjb25kLXZhbHVl"), std::string::npos) << got.body;
  EXPECT_NE(got.body.find("said-in-passing"), std::string::npos);
  expect_hidden(process);
  ASSERT_EQ(http_call(process.url(), "DELETE", path).status, 200);
  expect_hidden(process);
  process.stop();
  expect_hidden(process);
  EXPECT_FALSE(files_with(process.data(), "secrets").empty()) << "the search finds what is there";
}

TEST(Secrets, HoldAMebibyteAsInKubernetes) {
  MusterProcess process;
  process.start_server();
  const std::string most((1U << 20U) / 3 * 4, 'A');  // of base64: 1 MiB less one byte
  const HttpAnswer made = http_call(process.url(), "POST", secrets_path, secret("large", most), json_header);
  ASSERT_EQ(made.status, 201) << made.body.substr(0, 500);
  const HttpAnswer refused =
      http_call(process.url(), "POST", secrets_path, secret("larger", most + "AAAA"), json_header);
  EXPECT_EQ(refused.status, 422) << refused.body.substr(0, 500);
  EXPECT_EQ(refused.body.find("AAAA"), std::string::npos) << "no value is quoted";
  process.kill();
  process.start_server();
  const HttpAnswer got = http_call(process.url(), "GET", std::string(secrets_path) + "/large");
  EXPECT_NE(got.body.find(most), std::string::npos);
  process.stop();
}

TEST(Secrets, NeedTheirKey) {
  MusterProcess process;
  process.start_server();
  ASSERT_EQ(http_call(process.url(), "POST", secrets_path, secret("a", "Zmlyc3QtdmFsdWU="), json_header).status, 201);
  process.stop();
  const std::string key = process.data() + "/keys/secrets.key";
  std::filesystem::rename(key, process.home() + "/away");
  const Ran missing = process.muster({"server", "--data-dir", process.data(), "--listen", "127.0.0.1:0"});
  EXPECT_EQ(missing.code, 1);
  EXPECT_NE(missing.err.find("restore the file"), std::string::npos) << missing.err;
  std::filesystem::rename(process.home() + "/away", key);
  std::filesystem::permissions(key, std::filesystem::perms(0644));
  const Ran open = process.muster({"server", "--data-dir", process.data(), "--listen", "127.0.0.1:0"});
  EXPECT_EQ(open.code, 1);
  EXPECT_NE(open.err.find("chmod 600"), std::string::npos) << open.err;
}

}  // namespace
}  // namespace muster::testing
