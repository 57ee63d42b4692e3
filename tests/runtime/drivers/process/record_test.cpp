// What is kept on disk of a container: everything comes back, broken bytes are refused, impossible configurations too.
#include "runtime/drivers/process/record.h"

#include <gtest/gtest.h>

#include <csignal>

namespace muster::drivers {
namespace {

ContainerConfig config() {
  ContainerConfig out;
  out.name = "web";
  out.entry_point = std::vector<std::string>{"/bin/sh", "-c"};
  out.command = std::vector<std::string>{"echo a=b\nsecond line 3:x"};
  out.environment = {{"A", "1=2\n"}, {"EMPTY", ""}};
  out.labels = {{"muster.dev/task-uid", "abc"}, {"x", "="}};
  out.working_directory = "/tmp";
  out.user = "nobody:nogroup";
  out.ports = {PortMapping{80, 8080, "tcp", "127.0.0.1"}, PortMapping{53, 0, "udp", ""}};
  out.stop_signal = "SIGUSR1";
  out.health_check = HealthCheck{{"CMD-SHELL", "test -e /x"}, Duration(5), Duration(6), Duration(7), 8};
  return out;
}

TEST(Record, ComesBack) {
  const Result<ProcessRecord> record = make_record(config(), "id1");
  ASSERT_TRUE(record.ok()) << record.error().message;
  EXPECT_EQ(record->arguments.size(), 3U);
  EXPECT_EQ(record->ports[0].host_port, 80) << "mapped 1:1";
  EXPECT_EQ(record->stop_signal, SIGUSR1);
  const Result<ProcessRecord> back = decode_record(encode_record(*record));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, *record);
}

TEST(Record, EveryCutIsRefused) {
  const std::string bytes = encode_record(*make_record(config(), "id1"));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_record(bytes.substr(0, size)).ok()) << "cut at " << size;
  }
}

TEST(Record, GarbageIsRefused) {
  for (const char* bytes :
       {"x", "x 5:a", "x -1:a\n", "x 99999999999999999999:a\n", "name 1:a\nargument 1:bX", "end 0:\n"}) {
    EXPECT_FALSE(decode_record(bytes).ok()) << bytes;
  }
}

TEST(Record, NeedsSomethingToRun) {
  ContainerConfig none = config();
  none.entry_point.reset();
  none.command.reset();
  EXPECT_EQ(make_record(none, "id").error().code, Code::invalid);
  none.command = std::vector<std::string>{""};
  EXPECT_FALSE(make_record(none, "id").ok());
  none.command = std::vector<std::string>{std::string("a\0b", 3)};
  EXPECT_FALSE(make_record(none, "id").ok());
  ContainerConfig environment = config();
  environment.environment = {{"A=B", "1"}};
  EXPECT_FALSE(make_record(environment, "id").ok());
}

TEST(Record, Signals) {
  EXPECT_EQ(*parse_signal(""), SIGTERM);
  EXPECT_EQ(*parse_signal("SIGINT"), SIGINT);
  EXPECT_EQ(*parse_signal("QUIT"), SIGQUIT);
  EXPECT_EQ(*parse_signal("9"), SIGKILL);
  EXPECT_FALSE(parse_signal("0").ok());
  EXPECT_FALSE(parse_signal("SIGNOTHING").ok());
  EXPECT_FALSE(parse_signal("65").ok());
}

}  // namespace
}  // namespace muster::drivers
