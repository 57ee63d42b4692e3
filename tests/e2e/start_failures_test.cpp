// What the engine cannot do is told in its own words, tried again with back-off, and works as soon as it can.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/e2e/engine_test.h"

namespace muster::testing {
namespace {

class StartFailures : public EngineTest {
 protected:
  // The first stopped task of the service, once there are so many.
  Node stopped_task(const std::string& service, std::size_t count) {
    Node found;
    const bool met = eventually([&] {
      std::size_t stopped = 0;
      for (Node& task : process_.list("tasks", "muster.dev/service=" + service)) {
        if (text_at(task, "status.lastStatus") != "STOPPED") continue;
        if (++stopped == 1) found = std::move(task);
      }
      return stopped >= count;
    });
    EXPECT_TRUE(met) << process_.must({"get", "tasks"});
    return found;
  }
};

// A port of this host that somebody listens on.
class TakenPort {
 public:
  TakenPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_, 1), 0);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    number_ = ntohs(address.sin_port);
  }
  ~TakenPort() { release(); }
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;
  int number() const { return number_; }
  void release() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

 private:
  int socket_;
  int number_ = 0;
};

TEST_F(StartFailures, ImageThatDoesNotExist) {
  process_.start_dev(options());
  process_.apply(
      "apiVersion: muster.dev/v1beta1\nkind: TaskDefinition\nmetadata: {name: none}\nspec:\n  containerDefinitions:\n"
      "    - {name: app, image: \"127.0.0.1:1/no/such:image\", memory: 16}\n---\n" +
      service("none", 1));
  const Node task = stopped_task("none", 2);
  EXPECT_EQ(text_at(task, "status.stopCode"), "TaskFailedToStart");
  EXPECT_NE(text_at(task, "status.stoppedReason").find("CannotPullContainerError"), std::string::npos)
      << text_at(task, "status.stoppedReason");
  const std::string text = process_.must({"describe", "service/none"});
  EXPECT_NE(text.find("CannotPullContainerError"), std::string::npos) << text;
  EXPECT_NE(text.find("failures in a row"), std::string::npos) << text;
  EXPECT_TRUE(containers("-a").empty());
  process_.must({"delete", "service/none"});
  process_.stop();
}

TEST_F(StartFailures, PortTakenThenFree) {
  TakenPort port;
  process_.start_dev(options());
  process_.apply(definition("web", serve,
                            "      portMappings: [{containerPort: 80, hostPort: " + std::to_string(port.number()) +
                                "}]\n  networkMode: bridge\n") +
                 service("web", 1));
  const Node task = stopped_task("web", 2);
  EXPECT_EQ(text_at(task, "status.stopCode"), "TaskFailedToStart");
  const std::string reason = text_at(task, "status.stoppedReason");
  EXPECT_NE(reason.find(std::to_string(port.number())), std::string::npos) << reason;
  port.release();
  EXPECT_TRUE(process_.becomes("service", "web", "status.runningCount", "1"));

  // The scheduler knows the ports of its own tasks: a second one waits instead of failing.
  process_.must({"scale", "service/web", "--count", "2"});
  EXPECT_TRUE(eventually([&] {
    for (const Node& each : process_.list("tasks"))
      if (text_at(each, "status.conditions.0.reason") == "Unplaceable") return true;
    return false;
  })) << process_.must({"get", "tasks"});
  EXPECT_EQ(containers().size(), 1U);
  process_.stop();
}

TEST_F(StartFailures, NoSuchCommand) {
  process_.start_dev(options());
  process_.apply(
      "apiVersion: muster.dev/v1beta1\nkind: TaskDefinition\nmetadata: {name: bad}\nspec:\n  containerDefinitions:\n"
      "    - {name: app, image: \"muster-test:busybox\", memory: 16, command: [/no/such/program]}\n---\n" +
      service("bad", 1));
  const Node task = stopped_task("bad", 2);
  EXPECT_EQ(text_at(task, "status.stopCode"), "TaskFailedToStart");
  EXPECT_NE(text_at(task, "status.stoppedReason").find("/no/such/program"), std::string::npos)
      << text_at(task, "status.stoppedReason");
  process_.stop();
}

}  // namespace
}  // namespace muster::testing
