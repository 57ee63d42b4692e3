// The work queue: keys wait once, come again when added while held, and come when due.
#include "runtime/reconcile/queue.h"

#include <gtest/gtest.h>

#include "api/types/service.h"

namespace muster::reconcile {
namespace {

using std::chrono::seconds;

Key key(const std::string& name) {
  return Key{&kind_of<Service>(), "default", name};
}

TEST(Queue, a_key_waits_once) {
  Queue queue;
  queue.add(key("a"));
  queue.add(key("b"));
  queue.add(key("a"));
  EXPECT_EQ(queue.depth(), 2U);
  EXPECT_EQ(queue.take({})->name, "a");
  EXPECT_EQ(queue.take({})->name, "b");
  EXPECT_FALSE(queue.take({}).has_value());
}

TEST(Queue, what_is_added_while_held_comes_again_after_it) {
  Queue queue;
  queue.add(key("a"));
  ASSERT_TRUE(queue.take({}).has_value());
  queue.add(key("a"));
  EXPECT_FALSE(queue.take({}).has_value()) << "one key is never worked on twice at the same time";
  queue.finish(key("a"));
  EXPECT_EQ(queue.take({})->name, "a");
  queue.finish(key("a"));
  EXPECT_FALSE(queue.take({}).has_value());
}

TEST(Queue, comes_when_due_and_the_earlier_time_counts) {
  Queue queue;
  queue.add_at(key("a"), seconds(10));
  queue.add_at(key("a"), seconds(5));
  queue.add_at(key("a"), seconds(20));
  EXPECT_EQ(queue.next_due(), Duration(seconds(5)));
  EXPECT_FALSE(queue.take(seconds(4)).has_value());
  EXPECT_EQ(queue.take(seconds(5))->name, "a");
  queue.finish(key("a"));
  EXPECT_FALSE(queue.next_due().has_value());
}

TEST(Queue, at_once_beats_later) {
  Queue queue;
  queue.add_at(key("a"), seconds(10));
  queue.add(key("a"));
  EXPECT_EQ(queue.take({})->name, "a");
  queue.finish(key("a"));
  EXPECT_FALSE(queue.take(seconds(11)).has_value()) << "the later time was forgotten";
}

TEST(Queue, a_later_time_does_not_delay_a_waiting_key) {
  Queue queue;
  queue.add(key("a"));
  queue.add_at(key("a"), seconds(10));
  EXPECT_EQ(queue.next_due(), Duration::min());
}

TEST(Queue, counts_failures_in_a_row) {
  Queue queue;
  EXPECT_EQ(queue.failed(key("a")), 1);
  EXPECT_EQ(queue.failed(key("a")), 2);
  EXPECT_EQ(queue.failed(key("b")), 1);
  queue.succeeded(key("a"));
  EXPECT_EQ(queue.failed(key("a")), 1);
}

}  // namespace
}  // namespace muster::reconcile
