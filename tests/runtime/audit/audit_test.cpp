// The audit log: what a line says and never says, which requests get one, and how the file grows.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "runtime/audit/event.h"
#include "runtime/audit/writer.h"
#include "tests/support/temporary_directory.h"

namespace muster::audit {
namespace {

std::shared_ptr<Event> event(const std::string& name = "web") {
  auto out = std::make_shared<Event>();
  out->id = "6f1e0c1a-0000-4000-8000-000000000000";
  out->uri = "/apis/muster.dev/v1beta1/namespaces/default/services";
  out->verb = "create";
  out->user = std::make_shared<const access::User>(access::User{"ann", "u", {"team"}, {{"a", {"b"}}}});
  out->source = "127.0.0.1:4711";
  out->user_agent = "kubectl/v1.32";
  out->group = "muster.dev";
  out->version = "v1beta1";
  out->resource = "services";
  out->ns = "default";
  out->name = name;
  out->code = 201;
  out->received = Time(std::chrono::seconds(1'767'225'600) + std::chrono::microseconds(42));
  out->answered = out->received + std::chrono::milliseconds(3);
  out->decision = Event::Decision::allow;
  out->reason = "RBAC: allowed by \"x\"";
  return out;
}

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> out;
  for (std::string line; std::getline(file, line);) out.push_back(line);
  return out;
}

TEST(AuditEvent, is_one_of_kubernetes) {
  EXPECT_EQ(
      write_event(*event()),
      R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"6f1e0c1a-0000-4000-8000-000000000000",)"
      R"("stage":"ResponseComplete","requestURI":"/apis/muster.dev/v1beta1/namespaces/default/services","verb":"create",)"
      R"("user":{"username":"ann","uid":"u","groups":["team"],"extra":{"a":["b"]}},"sourceIPs":["127.0.0.1"],)"
      R"("userAgent":"kubectl/v1.32","objectRef":{"resource":"services","namespace":"default","name":"web",)"
      R"("apiGroup":"muster.dev","apiVersion":"v1beta1"},"responseStatus":{"metadata":{},"code":201},)"
      R"("requestReceivedTimestamp":"2026-01-01T00:00:00.000042Z","stageTimestamp":"2026-01-01T00:00:00.003042Z",)"
      R"("annotations":{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":"RBAC: allowed by \"x\""}})");
}

TEST(AuditEvent, stays_one_line_of_json_whatever_was_sent) {
  auto odd = event("a\nb\"c");
  odd->user = nullptr;
  odd->source = "[::1]:80";
  odd->user_agent = "\xff\xfe";
  odd->impersonated = std::make_shared<const access::User>(access::User{"bob", {}, {}, {}});
  const std::string line = write_event(*odd);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto node = parse_json(line);
  ASSERT_TRUE(node.ok()) << line;
  EXPECT_EQ(node->find("impersonatedUser")->text_of("username"), "bob");
  EXPECT_EQ(node->find("sourceIPs")->items.front().text, "::1");
}

TEST(AuditEvent, shows_no_value_that_may_be_a_secret) {
  EXPECT_EQ(safe_uri("/api/v1/pods?limit=5&token=abc&command=mysql&command=-phunter2&watch=1&secret"),
            "/api/v1/pods?limit=5&token=...&command=...&command=...&watch=1&...");
  EXPECT_EQ(safe_uri("/livez"), "/livez");
  EXPECT_LE(safe_uri("/" + std::string(9'000, 'a')).size(), 2'048U);
  EXPECT_LE(safe_uri("/x?limit=" + std::string(9'000, '1')).size(), 2'048U);
}

TEST(AuditEvent, is_logged_by_what_it_did) {
  const auto logged = [](const char* verb, const char* resource, const char* sub, int code, Level level) {
    auto one = event();
    one->verb = verb;
    one->resource = resource;
    if (std::string(resource) == "secrets") one->group = {};
    if (!one->resource.empty()) one->subresource = sub;
    one->code = code;
    return is_logged(*one, sub, level);
  };
  EXPECT_TRUE(logged("create", "services", "", 201, Level::writes));
  EXPECT_TRUE(logged("delete", "services", "", 404, Level::writes));
  EXPECT_FALSE(logged("get", "services", "", 200, Level::writes));
  EXPECT_TRUE(logged("get", "services", "", 403, Level::writes));
  EXPECT_TRUE(logged("list", "secrets", "", 200, Level::writes));
  EXPECT_TRUE(logged("get", "pods", "exec", 101, Level::writes));
  EXPECT_FALSE(logged("get", "", "/api", 200, Level::writes));
  EXPECT_TRUE(logged("get", "", "/metrics", 401, Level::writes));
  EXPECT_TRUE(logged("get", "services", "", 200, Level::all));
  EXPECT_TRUE(logged("get", "", "/api", 200, Level::all));
  EXPECT_FALSE(logged("get", "", "/metrics", 200, Level::all));
  EXPECT_FALSE(logged("get", "", "/livez", 200, Level::all));
  EXPECT_FALSE(logged("create", "services", "", 403, Level::none));
}

TEST(AuditWriter, adds_to_its_file_and_keeps_it_private) {
  const testing::TemporaryDirectory directory;
  WriterOptions options;
  options.path = directory / "audit/audit.log";
  for (int run = 0; run < 2; ++run) {
    auto writer = Writer::open(options);
    ASSERT_TRUE(writer.ok()) << writer.error().message;
    (*writer)->add(event("a"));
    (*writer)->add(event("b"));
    (*writer)->flush();
    EXPECT_EQ(lines_of(options.path).size(), 2U + 3U * static_cast<unsigned>(run));
    EXPECT_EQ((*writer)->written(), 2U);
    (*writer)->add(event("c"));  // written when it ends
  }
  EXPECT_EQ(lines_of(options.path).size(), 6U);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(options.path).permissions() & perms::all, perms::owner_read | perms::owner_write);
  EXPECT_EQ(std::filesystem::status(directory / "audit").permissions() & perms::all, perms::owner_all);
}

TEST(AuditWriter, turns_the_file_over_when_it_has_grown) {
  const testing::TemporaryDirectory directory;
  WriterOptions options;
  options.path = directory / "audit.log";
  options.max_bytes = 3 * (write_event(*event("00")).size() + 1);
  options.backups = 2;
  auto writer = Writer::open(options);
  ASSERT_TRUE(writer.ok());
  for (int i = 10; i < 21; ++i) (*writer)->add(event(std::to_string(i)));
  (*writer)->flush();
  // Three a file: 10-12 are gone.
  EXPECT_EQ(lines_of(options.path).size(), 2U);
  EXPECT_EQ(lines_of(options.path + ".1").size(), 3U);
  EXPECT_EQ(lines_of(options.path + ".2").size(), 3U);
  EXPECT_FALSE(std::filesystem::exists(options.path + ".3"));
  EXPECT_NE(lines_of(options.path + ".2").front().find(R"("name":"13")"), std::string::npos);
  EXPECT_EQ((*writer)->written(), 11U);
  EXPECT_EQ((*writer)->dropped(), 0U);
}

TEST(AuditWriter, counts_what_it_cannot_keep) {
  const testing::TemporaryDirectory directory;
  WriterOptions options;
  options.path = directory / "audit.log";
  options.queue = 4;
  options.gather = std::chrono::hours(1);  // nothing leaves the queue by itself
  auto writer = Writer::open(options);
  ASSERT_TRUE(writer.ok());
  for (int i = 0; i < 10; ++i) (*writer)->add(event());
  EXPECT_EQ((*writer)->dropped(), 6U);
  (*writer)->flush();
  EXPECT_EQ((*writer)->written(), 4U);
  EXPECT_FALSE(Writer::open({"/proc/nowhere/audit.log"}).ok());
  // A full disk: the server goes on, the events are counted.
  auto full = Writer::open({"/dev/full"});
  ASSERT_TRUE(full.ok());
  (*full)->add(event());
  (*full)->flush();
  EXPECT_EQ((*full)->dropped(), 1U);
}

}  // namespace
}  // namespace muster::audit
