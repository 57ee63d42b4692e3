// The store on a virtual clock: groups, conflicts, atomic batches, watches, compaction and recovery, step by step.
#include "runtime/store/store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/runtime/store/store_support.h"

namespace muster::store::testing {
namespace {

using Results = std::vector<Result<Committed>>;

// Hands in the batches together, so that they form one group.
std::shared_ptr<Results> hand_in(World& world, std::vector<Batch> batches) {
  auto results = std::make_shared<Results>();
  for (Batch& batch : batches) {
    world.store().commit(std::move(batch),
                         [results](Result<Committed> result) { results->push_back(std::move(result)); });
  }
  world.loop().run_ready();
  return results;
}

TEST(Store, stores_and_finds) {
  World world;
  world.must({create(a_namespace())});
  const Committed made = world.must({create(a_lease("a", "x"))});
  ASSERT_EQ(made.results.size(), 1U);
  EXPECT_EQ(made.revision, 2);
  EXPECT_EQ(made.results[0].object->metadata.resource_version, 2);
  EXPECT_FALSE(made.results[0].object->metadata.uid.empty());
  EXPECT_EQ(holder_of(world.store().state(), "a"), "x");
  EXPECT_EQ(world.store().state().revision(), 2);
}

TEST(Store, one_append_and_one_commit_for_a_group) {
  World world;
  world.must({create(a_namespace())});
  Follower follower(world.store().state());
  const auto subscription = world.store().subscribe(1, world.loop(), [&](const CommitPtr& c) { follower.take(c); });
  ASSERT_TRUE(subscription.ok());
  const std::int64_t groups = world.store().stats().groups;
  std::vector<Batch> batches;
  for (int i = 0; i < 50; ++i)
    batches.push_back(batch_of({create(a_lease(str("l", i))), create(a_lease(str("m", i)))}));
  const auto results = hand_in(world, std::move(batches));
  ASSERT_EQ(results->size(), 50U);
  for (const auto& result : *results) EXPECT_TRUE(result.ok());
  EXPECT_EQ(results->back()->revision, 101);
  EXPECT_EQ(world.store().stats().groups, groups + 1);
  EXPECT_EQ(world.store().stats().rows, 101);
  EXPECT_EQ(follower.commits(), 1);
  EXPECT_EQ(follower.revision(), 101);
}

TEST(Store, a_failing_batch_leaves_nothing_and_harms_no_other) {
  World world;
  world.must({create(a_namespace())});
  const auto results = hand_in(world, {batch_of({create(a_lease("a"))}),
                                       batch_of({create(a_lease("b")), create(a_lease("a"))}),  // a exists by now
                                       batch_of({create(a_lease("c"))})});
  ASSERT_EQ(results->size(), 3U);
  EXPECT_EQ(std::count_if(results->begin(), results->end(), [](const auto& result) { return result.ok(); }), 2);
  const State state = world.store().state();
  EXPECT_EQ(holder_of(state, "a"), "h");
  EXPECT_EQ(holder_of(state, "b"), "none");
  EXPECT_EQ(holder_of(state, "c"), "h");
  EXPECT_EQ(state.revision(), 3);
}

TEST(Store, the_second_writer_of_the_same_state_gets_a_conflict) {
  World world;
  world.must({create(a_namespace())});
  const ObjectPtr stored = world.must({create(a_lease("a"))}).results[0].object;
  const auto results = hand_in(world, {batch_of({held_by(stored, "first")}), batch_of({held_by(stored, "second")})});
  ASSERT_EQ(results->size(), 2U);
  const auto failed = std::find_if(results->begin(), results->end(), [](const auto& result) { return !result.ok(); });
  ASSERT_NE(failed, results->end());
  EXPECT_EQ(failed->error().code, Code::conflict);
  EXPECT_EQ(holder_of(world.store().state(), "a"), "first");
  EXPECT_EQ(world.store().stats().conflicts, 1);
  EXPECT_EQ(world.commit({remove(*stored)}).error().code, Code::conflict);
  EXPECT_EQ(world.store().stats().conflicts, 2);
}

TEST(Store, a_refusal_that_speaks_of_what_the_group_could_not_store_is_none) {
  World world;
  world.must({create(a_namespace())});
  set_disk_full(world.disk(), true);
  const auto results = hand_in(world, {batch_of({create(a_lease("a"))}), batch_of({create(a_lease("a"))})});
  ASSERT_EQ(results->size(), 2U);
  for (const auto& result : *results) {
    ASSERT_FALSE(result.ok());
    EXPECT_NE(result.error().code, Code::already_exists) << "there is no such object";
  }
  set_disk_full(world.disk(), false);
  world.must({create(a_lease("a"))});
}

TEST(Store, a_dry_run_of_what_is_too_large_says_so) {
  World world;
  world.must({create(a_namespace())});
  auto large = std::make_shared<Lease>(static_cast<const Lease&>(*a_lease("a")));
  for (int i = 0; i < 40; ++i) {
    ManagedFieldsEntry& entry = large->metadata.managed_fields.emplace_back();
    entry.manager = str("m", i);
    entry.operation = "Update";
    entry.api_version = "coordination.k8s.io/v1";
    entry.fields_type = "FieldsV1";
    entry.fields_v1 = Raw{str(R"({"f:metadata":{"f:labels":{"f:)", std::string(50'000, 'x'), R"(":{}}}})")};
  }
  for (const Batch::Mode mode : {Batch::Mode::dry_run, Batch::Mode::store}) {
    Batch batch = batch_of({create(large)});
    batch.mode = mode;
    const auto result = world.commit(std::move(batch));
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, Code::too_large) << result.error().text();
  }
  EXPECT_EQ(world.store().state().revision(), 1);
}

TEST(Store, a_dry_run_stores_nothing) {
  World world;
  world.must({create(a_namespace())});
  Batch batch = batch_of({create(a_lease("a"))});
  batch.mode = Batch::Mode::dry_run;
  const auto result = world.commit(batch);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->results[0].object->metadata.name, "a");
  EXPECT_EQ(holder_of(world.store().state(), "a"), "none");
  EXPECT_EQ(world.store().state().revision(), 1);
  batch.writes.push_back(create(a_lease("a")));
  EXPECT_EQ(world.commit(batch).error().code, Code::already_exists);
}

TEST(Store, a_dry_run_takes_no_revision) {
  World world;
  world.must({create(a_namespace())});
  Batch made = batch_of({create(a_lease("a"))});
  made.mode = Batch::Mode::dry_run;
  const auto dry = world.commit(made);
  ASSERT_TRUE(dry.ok());
  EXPECT_EQ(dry->results[0].object->metadata.resource_version, 0) << "it is not stored";
  const ObjectPtr stored = world.must({create(a_lease("a", "x"))}).results[0].object;
  Batch changed = batch_of({held_by(stored, "y")});
  changed.mode = Batch::Mode::dry_run;
  const auto result = world.commit(changed);
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->results[0].changed);
  EXPECT_EQ(result->results[0].object->metadata.resource_version, stored->metadata.resource_version);
  EXPECT_EQ(result->results[0].object->metadata.generation, stored->metadata.generation + 1);
}

TEST(Store, a_batch_that_changes_nothing_takes_no_revision) {
  World world;
  world.must({create(a_namespace())});
  const ObjectPtr stored = world.must({create(a_lease("a", "x"))}).results[0].object;
  Follower follower(world.store().state());
  const auto subscription = world.store().subscribe(2, world.loop(), [&](const CommitPtr& c) { follower.take(c); });
  const Committed same = world.must({held_by(stored, "x")});
  EXPECT_EQ(same.revision, 2);
  EXPECT_FALSE(same.results[0].changed);
  Batch decision = batch_of({});
  decision.journal.emplace_back();
  EXPECT_TRUE(world.commit(decision).ok());
  EXPECT_EQ(follower.commits(), 0);
}

TEST(Store, a_watcher_gets_every_commit_in_order) {
  World world;
  world.must({create(a_namespace())});
  Follower follower(world.store().state());
  const auto subscription = world.store().subscribe(1, world.loop(), [&](const CommitPtr& c) { follower.take(c); });
  for (int i = 0; i < 30; ++i) {
    const ObjectPtr made = world.must({create(a_lease(str("l", i))), create(a_lease(str("m", i)))}).results[0].object;
    world.must({held_by(made, "other")});
    if (i % 3 == 0) {
      Write removal;
      removal.verb = Verb::remove;
      removal.key = key_of(*made);
      world.must({removal, create(a_lease(str("n", i)))});
    }
  }
  EXPECT_EQ(follower.revision(), world.store().state().revision());
  EXPECT_EQ(follower.commits(), 70);
}

TEST(Store, a_deleted_object_carries_the_revision_of_its_deletion) {
  World world;
  world.must({create(a_namespace())});
  const ObjectPtr stored = world.must({create(a_lease("a"))}).results[0].object;
  CommitPtr last;
  const auto subscription = world.store().subscribe(2, world.loop(), [&](const CommitPtr& commit) { last = commit; });
  world.must({remove(*stored)});
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(last->changes[0].after, nullptr);
  EXPECT_EQ(last->changes[0].before->metadata.resource_version, 2);
  EXPECT_NE(last->json[0]->find(R"("resourceVersion":"3")"), std::string::npos) << *last->json[0];
  EXPECT_NE(last->json[0]->find(R"("name":"a")"), std::string::npos) << *last->json[0];
}

TEST(Store, a_watcher_resumes_from_any_kept_revision) {
  World world;
  std::vector<State> states{world.store().state()};
  world.must({create(a_namespace())});
  states.push_back(world.store().state());
  for (int i = 0; i < 20; ++i) {
    const ObjectPtr made = world.must({create(a_lease(str("l", i)))}).results[0].object;
    states.push_back(world.store().state());
    world.must({held_by(made, "x")});
    states.push_back(world.store().state());
  }
  for (const bool restarted : {false, true}) {
    if (restarted) world.open();
    for (const State& from : states) {
      Follower follower(from);
      const auto subscription =
          world.store().subscribe(from.revision(), world.loop(), [&](const CommitPtr& c) { follower.take(c); });
      ASSERT_TRUE(subscription.ok()) << subscription.error().message;
      world.loop().run_ready();
      EXPECT_EQ(follower.revision(), world.store().state().revision());
      EXPECT_LE(follower.commits(), 1) << "the past comes as one commit";
    }
  }
}

TEST(Store, a_watcher_cut_inside_a_batch_gets_the_rest_of_it) {
  World world;
  world.must({create(a_namespace())});
  world.must({create(a_lease("a")), create(a_lease("b")), create(a_lease("c"))});  // 2, 3, 4
  std::vector<std::int64_t> revisions;
  const auto subscription =
      world.store().subscribe(3, world.loop(), [&](const CommitPtr& commit) { revisions = commit->revisions; });
  ASSERT_TRUE(subscription.ok());
  world.loop().run_ready();
  EXPECT_EQ(revisions, (std::vector<std::int64_t>{2, 3, 4}));
}

TEST(Store, a_watch_from_the_future_or_from_before_the_window_is_refused) {
  StoreOptions options;
  options.window_changes = 10;
  World world(options);
  world.must({create(a_namespace())});
  const auto nothing = [](const CommitPtr&) {};
  EXPECT_EQ(world.store().subscribe(2, world.loop(), nothing).error().code, Code::invalid);
  for (int i = 0; i < 30; ++i) world.must({create(a_lease(str("l", i)))});
  EXPECT_EQ(world.store().oldest_resumable(), 21);
  EXPECT_EQ(world.store().subscribe(20, world.loop(), nothing).error().code, Code::gone);
  EXPECT_TRUE(world.store().subscribe(21, world.loop(), nothing).ok());
  EXPECT_TRUE(world.store().subscribe(31, world.loop(), nothing).ok());
  world.open();
  EXPECT_EQ(world.store().oldest_resumable(), 21) << "the same after a restart";
}

TEST(Store, the_window_is_bounded_by_bytes_too) {
  StoreOptions options;
  options.window_bytes = 20'000;
  World world(options);
  world.must({create(a_namespace())});
  for (int i = 0; i < 30; ++i) world.must({create(a_lease(str("l", i), std::string(2'000, 'x')))});
  EXPECT_GT(world.store().oldest_resumable(), 20);
  const std::int64_t oldest = world.store().oldest_resumable();
  world.open();
  EXPECT_EQ(world.store().oldest_resumable(), oldest);
}

TEST(Store, a_dropped_subscription_calls_no_more) {
  World world;
  world.must({create(a_namespace())});
  int calls = 0;
  std::unique_ptr<Subscription> subscription;
  subscription = world.store()
                     .subscribe(1, world.loop(),
                                [&](const CommitPtr&) {
                                  ++calls;
                                  subscription = nullptr;  // from its own callback
                                })
                     .value();
  hand_in(world, {batch_of({create(a_lease("a"))}), batch_of({create(a_lease("b"))})});
  EXPECT_EQ(calls, 1);
  world.must({create(a_lease("c"))});
  EXPECT_EQ(calls, 1);
  // Dropped while a delivery is posted.
  subscription = world.store().subscribe(1, world.loop(), [&](const CommitPtr&) { ++calls; }).value();
  subscription = nullptr;
  world.loop().run_ready();
  EXPECT_EQ(calls, 1);
}

TEST(Store, a_slow_watcher_gets_merged_commits_and_is_cut_off_at_last) {
  StoreOptions options;
  options.subscriber_bytes = 4 << 20;
  World world(options);
  world.must({create(a_namespace())});
  muster::testing::ManualLoop slow;  // runs only when told
  Follower follower(world.store().state());
  const auto subscription = world.store().subscribe(1, slow, [&](const CommitPtr& c) { follower.take(c); });
  for (int i = 0; i < 1'000; ++i) world.must({create(a_lease(str("l", i)))});
  slow.run_ready();
  EXPECT_EQ(follower.revision(), 1'001);
  EXPECT_LT(follower.commits(), 300) << "waiting commits are merged";
  EXPECT_FALSE(follower.cut());
  for (int i = 0; i < 50; ++i) world.must({create(a_lease(str("large", i), std::string(100'000, 'x')))});
  slow.run_ready();
  EXPECT_TRUE(follower.cut());
  EXPECT_EQ(follower.revision(), 1'001);
  world.must({create(a_lease("later"))});
  slow.run_ready();
  EXPECT_EQ(follower.revision(), 1'001);
}

TEST(Store, answers_too_many_when_the_queue_is_full) {
  StoreOptions options;
  options.queue_batches = 3;
  World world(options);
  std::vector<Batch> batches;
  for (int i = 0; i < 5; ++i) batches.push_back(batch_of({create(a_namespace(str("n", i)))}));
  const auto results = hand_in(world, std::move(batches));
  int refused = 0;
  for (const auto& result : *results) refused += !result.ok() && result.error().code == Code::too_many ? 1 : 0;
  EXPECT_EQ(refused, 2);
  EXPECT_TRUE(world.commit({create(a_namespace("later"))}).ok());
}

TEST(Store, a_group_is_bounded) {
  StoreOptions options;
  options.group_batches = 10;
  World world(options);
  std::vector<Batch> batches;
  for (int i = 0; i < 35; ++i) batches.push_back(batch_of({create(a_namespace(str("n", i)))}));
  const auto results = hand_in(world, std::move(batches));
  EXPECT_EQ(results->size(), 35U);
  EXPECT_EQ(world.store().stats().groups, 4);
}

TEST(Store, a_full_disk_fails_the_group_and_changes_nothing) {
  World world;
  world.must({create(a_namespace())});
  const State before = world.store().state();
  Follower follower(before);
  const auto subscription = world.store().subscribe(1, world.loop(), [&](const CommitPtr& c) { follower.take(c); });
  set_disk_full(world.disk(), true);
  const auto results = hand_in(world, {batch_of({create(a_lease("a"))}), batch_of({create(a_lease("b"))})});
  ASSERT_EQ(results->size(), 2U);
  for (const auto& result : *results) {
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, Code::unavailable);
    EXPECT_NE(result.error().message.find("the disk is full"), std::string::npos) << result.error().message;
  }
  EXPECT_EQ(world.store().state().revision(), 1);
  EXPECT_EQ(holder_of(world.store().state(), "a"), "none");
  EXPECT_EQ(follower.commits(), 0);
  set_disk_full(world.disk(), false);
  EXPECT_EQ(world.must({create(a_lease("a"))}).revision, 2);
  world.open();
  EXPECT_EQ(holder_of(world.store().state(), "a"), "h");
  EXPECT_EQ(holder_of(world.store().state(), "b"), "none");
}

TEST(Store, batches_that_wait_when_it_closes_are_answered) {
  World world;
  std::optional<Result<Committed>> answer;
  world.store().commit(batch_of({create(a_namespace())}),
                       [&](Result<Committed> result) { answer.emplace(std::move(result)); });
  world.close();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->error().code, Code::unavailable);
  world.loop().run_ready();
  world.open();
  EXPECT_EQ(world.store().state().revision(), 0);
}

std::vector<std::pair<std::string, std::int64_t>> contents(const State& state) {
  std::vector<std::pair<std::string, std::int64_t>> out;
  for (const Kind& kind : all_kinds()) {
    state.each(kind, {}, [&](const ObjectPtr& object) {
      out.emplace_back(encode_object(*object), object->metadata.resource_version);
      return true;
    });
  }
  return out;
}

TEST(Store, comes_back_as_it_was) {
  World world;
  world.must({create(a_namespace())});
  for (int i = 0; i < 40; ++i) {
    const ObjectPtr made = world.must({create(a_lease(str("l", i % 25), str("h", i)))}).results[0].object;
    if (i % 2 == 0) world.must({held_by(made, "x")});
    if (i % 3 == 0 || i < 15) {
      Write removal;
      removal.verb = Verb::remove;
      removal.key = key_of(*made);
      world.must({removal});
    }
  }
  const auto before = contents(world.store().state());
  const std::int64_t revision = world.store().state().revision();
  world.open();
  EXPECT_EQ(contents(world.store().state()), before);
  EXPECT_EQ(world.store().state().revision(), revision);
  world.lose_power();
  EXPECT_EQ(contents(world.store().state()), before);
  EXPECT_EQ(world.store().state().revision(), revision);
}

TEST(Store, compaction_removes_history_and_nothing_else) {
  StoreOptions options;
  options.history = std::chrono::hours(1);
  options.window_changes = 5;
  World world(options);
  world.must({create(a_namespace())});
  const auto write_some = [&](const std::string& name) {
    ObjectPtr stored = world.must({create(a_lease(name))}).results[0].object;
    for (int i = 0; i < 400; ++i) stored = world.must({held_by(stored, str("h", i))}).results[0].object;
    return stored;
  };
  write_some("kept");
  const ObjectPtr doomed = write_some("doomed");
  world.must({remove(*doomed)});
  const auto before = contents(world.store().state());
  const std::int64_t revision = world.store().state().revision();
  world.loop().advance(std::chrono::minutes(30));
  const std::int64_t size = world.store().stats().size_bytes;
  EXPECT_EQ(world.store().stats().compacted_revision, 0);
  world.loop().advance(std::chrono::minutes(40));
  EXPECT_EQ(world.store().stats().compacted_revision, revision);
  EXPECT_LT(world.store().stats().size_bytes, size / 2);
  world.open();
  EXPECT_EQ(contents(world.store().state()), before);
  EXPECT_EQ(world.store().state().revision(), revision)
      << "the newest row was a deletion and is gone; the number stays";
  EXPECT_EQ(world.must({create(a_lease("next"))}).revision, revision + 1);
  EXPECT_EQ(world.store().oldest_resumable(), revision);
}

TEST(Store, a_large_database_keeps_less_history) {
  StoreOptions options;
  options.history_bytes = 400'000;
  options.window_changes = 50;
  World world(options);
  world.must({create(a_namespace())});
  ObjectPtr stored = world.must({create(a_lease("a"))}).results[0].object;
  for (int i = 0; i < 2'000; ++i)
    stored = world.must({held_by(stored, str(i, std::string(2'000, 'x')))}).results[0].object;
  EXPECT_GT(world.store().stats().size_bytes, 4'000'000);
  world.loop().advance(std::chrono::minutes(2));
  EXPECT_LT(world.store().stats().size_bytes, 500'000);
  world.open();
  EXPECT_EQ(holder_of(world.store().state(), "a").substr(0, 4), "1999");
  EXPECT_GE(world.store().state().revision() - world.store().oldest_resumable(), 49) << "watchers can still resume";
}

TEST(Store, tells_how_long_a_group_took) {
  World world;
  std::size_t rows = 0;
  world.store().on_group([&](Duration, Duration, std::size_t count) { rows += count; });
  world.must({create(a_namespace()), create(a_lease("a"))});
  EXPECT_EQ(rows, 2U);
}

// Random histories with crashes and compaction: after each life the store is what the acknowledged writes made it.
TEST(Store, random_histories_survive_crashes) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    StoreOptions options;
    options.history = std::chrono::minutes(5);
    options.window_changes = 40;
    World world(options);
    SeededRandom random(seed);
    world.must({create(a_namespace())});
    for (int life = 0; life < 5; ++life) {
      Follower follower(world.store().state());
      const auto subscription =
          world.store().subscribe(follower.revision(), world.loop(), [&](const CommitPtr& c) { follower.take(c); });
      ASSERT_TRUE(subscription.ok());
      for (int step = 0; step < 60; ++step) {
        const std::string name = str("l", random.next() % 12);
        const ObjectPtr there = world.store().state().find(kind_of<Lease>(), "default", name);
        std::vector<Write> writes;
        if (there == nullptr) {
          writes.push_back(create(a_lease(name)));
        } else if (random.next() % 3 == 0) {
          writes.push_back(remove(*there));
        } else {
          writes.push_back(held_by(there, str(random.next() % 5)));
        }
        if (random.next() % 4 == 0) writes.push_back(create(a_lease(str("x", seed, "-", life, "-", step))));
        world.must(std::move(writes));
        if (random.next() % 10 == 0) world.loop().advance(std::chrono::minutes(random.next() % 4));
      }
      ASSERT_EQ(contents(follower.state()), contents(world.store().state())) << "seed " << seed;
      const auto before = contents(world.store().state());
      const std::int64_t revision = world.store().state().revision();
      if (random.next() % 2 == 0) {
        world.lose_power();
      } else {
        world.open();
      }
      ASSERT_EQ(contents(world.store().state()), before) << "seed " << seed << " life " << life;
      ASSERT_EQ(world.store().state().revision(), revision);
    }
  }
}

}  // namespace
}  // namespace muster::store::testing
