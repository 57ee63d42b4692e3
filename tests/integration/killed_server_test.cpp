// kill -9 of the server: what it has acknowledged is there again, and a watch goes on where it was.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "tests/integration/clusters.h"
#include "tests/support/muster_process.h"

namespace muster::testing {
namespace {

TEST(KilledServer, WatchResumesWithEverythingSince) {
  MusterProcess process;
  process.start_server({"--controllers=cleanup"});
  std::string seen;
  for (int i = 0; i < 10; ++i) {
    const HttpAnswer answer = create_cluster(process.url(), "c" + std::to_string(i));
    ASSERT_EQ(answer.status, 201) << answer.body;
    if (i == 4) seen = resource_version_in(answer.body);
  }
  process.kill();
  process.start_server({"--controllers=cleanup"});
  for (int i = 10; i < 15; ++i) ASSERT_EQ(create_cluster(process.url(), "c" + std::to_string(i)).status, 201);
  const HttpAnswer watch = http_call(
      process.url(), "GET", std::string(clusters_path) + "?watch=true&timeoutSeconds=1&resourceVersion=" + seen);
  std::vector<std::string> expected;
  for (int i = 5; i < 15; ++i) expected.push_back("c" + std::to_string(i));
  EXPECT_EQ(names_in(watch.body), expected) << watch.body;
  process.stop();
}

// Each writer creates until it gets no answer any more; what was answered with 201 has been promised.
std::set<std::string> write_until_killed(MusterProcess& process, int round) {
  constexpr int writers = 64;
  constexpr std::size_t enough = 600;
  const std::string text(1'500, 'x');
  std::mutex mutex;
  std::set<std::string> acknowledged;
  std::atomic<std::size_t> count{0};
  std::vector<std::thread> threads;
  for (int writer = 0; writer < writers; ++writer) {
    threads.emplace_back([&, writer] {
      for (int i = 0;; ++i) {
        const std::string name = "r" + std::to_string(round) + "-" + std::to_string(writer) + "-" + std::to_string(i);
        if (create_cluster(process.url(), name, text).status != 201) return;
        const std::lock_guard lock(mutex);
        acknowledged.insert(name);
        ++count;
      }
    });
  }
  EXPECT_TRUE(eventually([&] { return count >= enough; })) << "only " << count << " writes";
  process.kill();
  for (std::thread& thread : threads) thread.join();
  return acknowledged;
}

TEST(KilledServer, NoAcknowledgedWriteIsLost) {
  MusterProcess process;
  process.start_server();
  std::set<std::string> acknowledged;
  for (int round = 0; round < 3; ++round) {
    acknowledged.merge(write_until_killed(process, round));
    process.start_server();
    const HttpAnswer list = http_call(process.url(), "GET", clusters_path);
    ASSERT_EQ(list.status, 200) << list.body.substr(0, 500);
    const std::vector<std::string> found = names_in(list.body);
    const std::set<std::string> stored(found.begin(), found.end());
    EXPECT_EQ(stored.size(), found.size()) << "doubled";
    EXPECT_TRUE(std::includes(stored.begin(), stored.end(), acknowledged.begin(), acknowledged.end()))
        << acknowledged.size() << " acknowledged, " << stored.size() << " stored";
  }
  process.stop();
}

TEST(KilledServer, TasksOfTheProcessDriverAreAdopted) {
  MusterProcess process;
  const Command options{"--driver", "process"};
  process.start_dev(options);
  process.apply(definition("web", "exec sleep 1000") + service("web", 3));
  ASSERT_TRUE(process.becomes("service", "web", "status.runningCount", "3"));
  const auto identities = [&] {
    std::set<std::string> all;
    for (const Node& task : process.list("tasks"))
      all.insert(text_at(task, "metadata.name") + " " + text_at(task, "status.lastStatus") + " " +
                 text_at(task, "status.containers.0.runtimeId"));
    return all;
  };
  const std::set<std::string> before = identities();
  process.kill();
  process.start_dev(options);
  ASSERT_TRUE(process.becomes("containerinstance", "dev", "status.connection", "Connected"));
  EXPECT_TRUE(process.becomes("service", "web", "status.runningCount", "3"));
  EXPECT_EQ(identities(), before);
  process.stop();
}

TEST(KilledServer, SecondServerOnTheSameDataIsRefused) {
  MusterProcess process;
  process.start_server();
  const Ran second = process.muster({"server", "--data-dir", process.data(), "--listen", "127.0.0.1:0"});
  EXPECT_EQ(second.code, 1);
  EXPECT_NE(second.err.find("in use by another process"), std::string::npos) << second.err;
  process.stop();
}

}  // namespace
}  // namespace muster::testing
