// The store on real threads and a real disk: several writers and watchers at once (for the thread sanitizer), and
// kill -9 in the middle of writes.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/runtime/store/store_support.h"
#include "tests/support/temp_dir.h"

namespace muster::store::testing {
namespace {

Result<Committed> commit_and_wait(Store& store, std::vector<Write> writes) {
  auto promise = std::make_shared<std::promise<Result<Committed>>>();
  store.commit(batch_of(std::move(writes)),
               [promise](Result<Committed> result) { promise->set_value(std::move(result)); });
  return promise->get_future().get();
}

// A watcher on a thread of its own.
class ThreadFollower {
 public:
  ThreadFollower(Store& store, const State& from) : follower_(from) {
    std::promise<void> subscribed;
    loop_.post([&] {
      auto result = store.subscribe(from.revision(), loop_, [this](const CommitPtr& commit) {
        const std::lock_guard lock(mutex_);
        follower_.take(commit);
        changed_.notify_all();
      });
      EXPECT_TRUE(result.ok());
      if (result.ok()) subscription_ = std::move(result).value();
      subscribed.set_value();
    });
    subscribed.get_future().wait();
  }
  ~ThreadFollower() {
    std::promise<void> dropped;
    loop_.post([&] {
      subscription_ = nullptr;
      dropped.set_value();
    });
    dropped.get_future().wait();
  }
  ThreadFollower(const ThreadFollower&) = delete;
  ThreadFollower& operator=(const ThreadFollower&) = delete;

  bool reaches(std::int64_t revision) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return follower_.revision() >= revision; });
  }
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return follower_.state().size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Follower follower_;
  std::unique_ptr<Subscription> subscription_;
  ThreadLoop loop_{"follower"};
};

TEST(StoreThreads, many_writers_and_watchers) {
  const muster::testing::TempDir folder;
  SeededRandom random(1);
  constexpr int writers = 4;
  constexpr int each = 150;
  std::int64_t revision = 0;
  {
    ThreadLoop loop("writer");
    auto store = Store::open(open_sqlite_log(folder / "store.db").value(), loop, random, {}).value();
    ASSERT_TRUE(commit_and_wait(*store, {create(a_namespace())}).ok());
    const State start = store->state();
    ThreadFollower first(*store, start);
    std::atomic<int> conflicts = 0;
    std::vector<std::thread> threads;
    for (int w = 0; w < writers; ++w) {
      threads.emplace_back([&, w] {
        for (int i = 0; i < each; ++i) {
          EXPECT_TRUE(commit_and_wait(*store, {create(a_lease(str("l", w, "-", i)))}).ok());
          // One object that all fight over.
          const ObjectPtr shared = store->state().find(kind_of<Lease>(), "default", "shared");
          const Write write = shared == nullptr ? create(a_lease("shared")) : held_by(shared, str(w, "-", i));
          const Result<Committed> result = commit_and_wait(*store, {write});
          if (!result.ok()) ++conflicts;
          // Watchers come and go meanwhile.
          if (i % 50 == 0) {
            ThreadFollower passing(*store, store->state());
            EXPECT_TRUE(passing.reaches(store->state().revision()));
          }
          static_cast<void>(store->stats());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    revision = store->state().revision();
    EXPECT_EQ(revision, 1 + 2 * writers * each - conflicts);
    EXPECT_TRUE(first.reaches(revision));
    EXPECT_EQ(first.size(), store->state().size());
    ThreadFollower late(*store, start);
    EXPECT_TRUE(late.reaches(revision));
    EXPECT_EQ(late.size(), store->state().size());
  }
  ThreadLoop loop("writer");
  auto store = Store::open(open_sqlite_log(folder / "store.db").value(), loop, random, {}).value();
  EXPECT_EQ(store->state().revision(), revision);
  EXPECT_EQ(store->state().count(kind_of<Lease>()), writers * each + 1U);
}

TEST(StoreThreads, closes_while_writers_write) {
  for (int round = 0; round < 5; ++round) {
    SeededRandom random(1);
    ThreadLoop loop("writer");
    auto store = Store::open(open_memory_log(make_memory_disk()), loop, random, {}).value();
    std::atomic<int> answered = 0;
    int asked = 0;
    for (; asked < 300; ++asked) {
      store->commit(batch_of({create(a_namespace(str("n", asked)))}), [&](const Result<Committed>&) { ++answered; });
    }
    store = nullptr;
    EXPECT_EQ(answered, asked) << "every batch is answered once";
  }
}

// Writes numbered leases with several batches under way, and prints each number to the pipe once it is acknowledged.
[[noreturn]] void write_until_killed(const std::string& path, int acknowledgements) {
  SystemRandom random;
  ThreadLoop loop("writer");
  auto log = open_sqlite_log(path);
  if (!log.ok()) ::_exit(3);
  auto store = Store::open(std::move(log).value(), loop, random, {});
  if (!store.ok()) ::_exit(4);
  if (store.value()->state().get<Namespace>({}, "default") == nullptr) {
    if (!commit_and_wait(*store.value(), {create(a_namespace())}).ok()) ::_exit(5);
  }
  std::vector<std::thread> threads;
  for (int w = 0; w < 3; ++w) {
    threads.emplace_back([&, w] {
      for (int i = 0;; ++i) {
        const std::string name = str("p", ::getpid(), "-", w, "-", i);
        if (!commit_and_wait(*store.value(), {create(a_lease(name)), create(a_lease(name + "-twin"))}).ok()) ::_exit(6);
        const std::string line = name + "\n";
        if (::write(acknowledgements, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(7);
      }
    });
  }
  while (true) ::pause();
}

TEST(StoreThreads, an_acknowledged_write_survives_kill_9) {
  const muster::testing::TempDir folder;
  const std::string path = folder / "store.db";
  std::set<std::string> acknowledged;
  SeededRandom random(7);
  for (int life = 0; life < 20; ++life) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      write_until_killed(path, ends[1]);
    }
    ::close(ends[1]);
    // Killed after a number of acknowledgements, not after a time: the place differs, the progress does not.
    const std::size_t enough = acknowledged.size() + 10 + random.next() % 40;
    std::string buffer;
    char bytes[4096];
    ssize_t size = 0;
    bool killed = false;
    while ((size = ::read(ends[0], bytes, sizeof(bytes))) > 0) {
      buffer.append(bytes, static_cast<std::size_t>(size));
      for (std::size_t end = buffer.find('\n'); end != std::string::npos; end = buffer.find('\n')) {
        acknowledged.insert(buffer.substr(0, end));
        buffer.erase(0, end + 1);
      }
      if (!killed && acknowledged.size() >= enough) {
        ::kill(child, SIGKILL);
        killed = true;
      }
    }
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself: " << WEXITSTATUS(status);

    muster::testing::ManualLoop loop;
    auto log = open_sqlite_log(path);
    ASSERT_TRUE(log.ok()) << log.error().message;
    auto store = Store::open(std::move(log).value(), loop, random, {});
    ASSERT_TRUE(store.ok()) << store.error().message;
    const State state = store.value()->state();
    for (const std::string& name : acknowledged) {
      ASSERT_NE(state.get<Lease>("default", name), nullptr) << name << " was acknowledged and is lost";
    }
    for (const auto& lease : state.list<Lease>()) {
      // Batches are whole, acknowledged or not.
      const std::string& name = lease->metadata.name;
      const bool twin = name.ends_with("-twin");
      EXPECT_NE(state.get<Lease>("default", twin ? name.substr(0, name.size() - 5) : name + "-twin"), nullptr) << name;
    }
  }
  EXPECT_GT(acknowledged.size(), 200U);
}

}  // namespace
}  // namespace muster::store::testing
