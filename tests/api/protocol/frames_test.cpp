// Frames survive the wire, newer ends are tolerated, and nothing malformed gets through.
#include "api/protocol/frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/base/text.h"

namespace muster::protocol {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr Time noon{std::chrono::seconds(1'767'225'600)};

Hello hello() {
  Hello frame;
  frame.cluster = "default";
  frame.name = "host-1";
  frame.instance_uid = "0123456789abcdef0123456789abcdef";
  frame.session = "s1";
  frame.version_info = VersionInfo{"0.1.0", "docker 20.10.24"};
  frame.resources = {InstanceResource{"CPU", "INTEGER", 2048, {}}, InstanceResource{"PORTS", "STRINGSET", 0, {"22"}}};
  frame.attributes = {Attribute{"ecs.os-type", "linux"}, Attribute{"ssd", ""}};
  frame.address = "192.0.2.1";
  return frame;
}

Report report() {
  Report frame;
  frame.sequence = 7;
  frame.full = true;
  frame.engine_down = true;
  TaskReport task{"default", "web-0-0-1", "aa", {}};
  task.status.last_status = LastStatus::stopped;
  task.status.stop_code = StopCode::essential_container_exited;
  task.status.stopped_reason = "Essential container in task exited \"now\"\n";
  task.status.started_at = noon;
  task.status.containers.resize(1);
  ContainerStatus& container = task.status.containers.front();
  container.name = "app";
  container.last_status = ContainerLastStatus::stopped;
  container.exit_code = 0;
  container.network_bindings = {NetworkBinding{"0.0.0.0", 80, 32768, Protocol::udp}};
  frame.tasks.push_back(std::move(task));
  return frame;
}

std::vector<Up> every_up() {
  return {hello(),
          Beat{},
          report(),
          Report{},
          Away{std::chrono::seconds(120)},
          TaskEvent{"default", "web-0", "0123", true, "PullRetry", "no luck"}};
}

std::vector<Down> every_down() {
  Open open;
  open.stream = "st";
  open.task_uid = "aa";
  open.container = "app";
  open.follow = open.timestamps = true;
  open.tail = 0;
  open.since = noon;
  Open plain;
  plain.stream = "st";
  plain.task_uid = "aa";
  Open exec;
  exec.stream = "st";
  exec.task_uid = "aa";
  exec.kind = StreamKind::exec;
  exec.command = {"sh", "-c", "echo \"a\"\n"};
  exec.input = exec.output = exec.errors = exec.terminal = true;
  exec.port = 80;
  return {Welcome{"i", "c", std::chrono::milliseconds(250)},
          Refuse{"taken"},
          Put{Raw{R"({"kind":"Task","spec":{"a":"}}"}})"}},
          Remove{"Task", "default", "web", "aa"},
          Synced{},
          Ack{9},
          open,
          exec,
          plain};
}

TEST(Frames, every_frame_comes_back_from_its_line) {
  for (const Up& frame : every_up()) {
    const std::string line = encode(frame);
    EXPECT_THAT(line, Not(HasSubstr("\n")));
    const auto decoded = decode_up(line);
    ASSERT_TRUE(decoded.ok()) << decoded.error().text() << line;
    EXPECT_THAT(*decoded, ElementsAre(frame)) << line;
  }
  for (const Down& frame : every_down()) {
    const std::string line = encode(frame);
    const auto decoded = decode_down(line);
    ASSERT_TRUE(decoded.ok()) << decoded.error().text() << line;
    EXPECT_THAT(*decoded, ElementsAre(frame)) << line;
  }
}

TEST(Frames, a_message_holds_many_lines) {
  std::string message;
  for (const Up& frame : every_up()) message += encode(frame) + "\n";
  const auto decoded = decode_up(message);
  ASSERT_TRUE(decoded.ok()) << decoded.error().text();
  EXPECT_EQ(*decoded, every_up());
}

TEST(Frames, a_put_carries_the_bytes_of_the_object_untouched) {
  const std::string json = R"({"b":1.50,"a":[{"x":"}}"}]})";
  EXPECT_EQ(encode_put(json), encode(Down(Put{Raw{json}})));
  const auto decoded = decode_down(encode_put(json));
  ASSERT_TRUE(decoded.ok());
  EXPECT_THAT(*decoded, ElementsAre(Down(Put{Raw{json}})));
}

TEST(Frames, what_a_newer_end_says_is_skipped) {
  const auto decoded = decode_up("{\"dance\":{\"tempo\":3}}\n{\"away\":{\"hold\":\"2m\",\"mood\":\"good\"}}\n\n");
  ASSERT_TRUE(decoded.ok()) << decoded.error().text();
  EXPECT_THAT(*decoded, ElementsAre(Up(Away{std::chrono::minutes(2)})));
}

TEST(Frames, nothing_at_all_is_no_frame) {
  EXPECT_TRUE(decode_up("")->empty());
  EXPECT_TRUE(decode_down("\n \n")->empty());
}

struct BadLine {
  const char* name;
  std::string line;
  const char* message;
};
class BadFrames : public testing::TestWithParam<BadLine> {};

TEST_P(BadFrames, are_refused_with_the_number_of_the_line) {
  const auto decoded = decode_up("{\"beat\":{}}\n" + GetParam().line);
  ASSERT_FALSE(decoded.ok());
  EXPECT_THAT(decoded.error().text(), HasSubstr("frame 2"));
  EXPECT_THAT(decoded.error().text(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    all, BadFrames,
    testing::Values(BadLine{"not_json", "hello", ""}, BadLine{"list", "[1]", "one member"},
                    BadLine{"two_types", R"({"beat":{},"away":{}})", "one member"},
                    BadLine{"wrong_type", R"({"away":{"hold":3}})", "hold"},
                    BadLine{"missing_name", R"({"hello":{"cluster":"default","session":"s"}})", "name"},
                    BadLine{"long_name",
                            R"({"hello":{"cluster":"default","session":"s","name":")" + std::string(300, 'x') + "\"}}",
                            "name"},
                    BadLine{"negative_sequence", R"({"report":{"sequence":-1}})", "sequence"},
                    BadLine{"deep", R"({"report":)" + std::string(1'000'000, '['), ""},
                    BadLine{"bad_utf8", "{\"away\":{\"hold\":\"\xff\"}}", ""}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Frames, a_message_has_limits) {
  EXPECT_EQ(decode_up(std::string((16U << 20U) + 1, ' ')).error().code, Code::too_large);
  std::string beats;
  for (int count = 0; count < 100'001; ++count) beats += "{\"beat\":{}}\n";
  EXPECT_EQ(decode_up(beats).error().code, Code::too_large);
}

}  // namespace
}  // namespace muster::protocol
