// Proves that the tree is an ordered map, and that a copy never changes when another copy is edited: random edits are
// compared with std::map while many copies of both are alive.
#include "api/state/object_tree.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace muster {
namespace {

using Map = std::map<std::string, ObjectPtr, std::less<>>;

ObjectPtr numbered(std::int64_t number) {
  auto object = std::make_shared<Object>();
  object->metadata.resource_version = number;
  return object;
}

Map entries(const ObjectTree& tree) {
  Map out;
  std::string last;
  tree.scan("", [&](std::string_view key, const ObjectPtr& value) {
    EXPECT_TRUE(out.empty() || last < key) << "out of order: " << last << " before " << key;
    last = std::string(key);
    out.emplace(key, value);
    return true;
  });
  EXPECT_EQ(out.size(), tree.size());
  return out;
}

// Keys of several shapes: long shared beginnings, one the beginning of another, the empty key, arbitrary bytes.
std::string key_for(std::uint64_t number) {
  switch (number % 5) {
    case 0: return "tasks/default/web-" + std::to_string(number);
    case 1: return std::string("instance\0i-", 11) + std::to_string(number % 97) + '\0' + std::to_string(number);
    case 2: return std::string(number % 40, 'a');
    case 3: return std::string(1, static_cast<char>(number % 251)) + std::to_string(number);
    default: return "x" + std::to_string(number * 2654435761U % 100'003);
  }
}

TEST(ObjectTree, is_empty_at_first) {
  ObjectTree tree;
  EXPECT_TRUE(tree.empty());
  EXPECT_EQ(tree.find("a"), nullptr);
  EXPECT_EQ(tree.erase("a"), nullptr);
  EXPECT_FALSE(tree.contains(""));
  EXPECT_TRUE(entries(tree).empty());
}

TEST(ObjectTree, puts_replaces_and_erases) {
  ObjectTree tree;
  const ObjectPtr one = numbered(1);
  const ObjectPtr two = numbered(2);
  EXPECT_EQ(tree.put("a", one), nullptr);
  EXPECT_EQ(tree.put("a", two), one);
  EXPECT_EQ(tree.size(), 1U);
  EXPECT_EQ(tree.find("a"), two);
  EXPECT_EQ(tree.find(""), nullptr);
  EXPECT_EQ(tree.put("", one), nullptr);
  EXPECT_EQ(tree.find(""), one);
  EXPECT_EQ(tree.erase("a"), two);
  EXPECT_EQ(tree.erase(""), one);
  EXPECT_TRUE(tree.empty());
}

TEST(ObjectTree, keeps_keys_without_values) {
  ObjectTree tree;
  for (int i = 0; i < 1'000; ++i) tree.put(std::to_string(i), nullptr);
  EXPECT_EQ(tree.size(), 1'000U);
  EXPECT_TRUE(tree.contains("999"));
  EXPECT_EQ(tree.find("999"), nullptr);
  const ObjectPtr value = numbered(1);
  tree.put("500", value);
  EXPECT_EQ(tree.find("500"), value);
  EXPECT_EQ(tree.find("501"), nullptr);
  for (int i = 0; i < 1'000; ++i) tree.erase(std::to_string(i));
  EXPECT_TRUE(tree.empty());
}

TEST(ObjectTree, equals_a_map_while_copies_live) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    std::mt19937_64 random(seed);
    ObjectTree tree;
    Map map;
    std::vector<std::pair<ObjectTree, Map>> copies;
    const std::uint64_t space = seed % 2 == 0 ? 400 : 6'000;
    for (int step = 0; step < 12'000; ++step) {
      // Phases of growth and of shrinking, so that nodes split and merge at every level.
      const bool growing = (step / 3'000) % 2 == 0;
      const std::string key = key_for(random() % space);
      if (random() % 10 < (growing ? 8U : 2U)) {
        const ObjectPtr value = numbered(step);
        const auto found = map.find(key);
        EXPECT_EQ(tree.put(key, value), found == map.end() ? nullptr : found->second);
        map[key] = value;
      } else {
        const auto found = map.find(key);
        EXPECT_EQ(tree.erase(key), found == map.end() ? nullptr : found->second);
        map.erase(key);
      }
      const std::string asked = key_for(random() % space);
      const auto expected = map.find(asked);
      ASSERT_EQ(tree.find(asked), expected == map.end() ? nullptr : expected->second);
      if (step % 500 == 0) copies.emplace_back(tree, map);
      if (random() % 2'000 == 0 && !copies.empty()) {
        // Go on from an old copy: two histories that share nodes.
        const auto& chosen = copies[random() % copies.size()];
        tree = chosen.first;
        map = chosen.second;
      }
    }
    ASSERT_EQ(entries(tree), map) << "seed " << seed;
    for (const auto& [copy, expected] : copies) ASSERT_EQ(entries(copy), expected) << "seed " << seed;
    while (!map.empty()) {
      ASSERT_NE(tree.erase(map.begin()->first), nullptr);
      map.erase(map.begin());
    }
    EXPECT_TRUE(tree.empty());
  }
}

TEST(ObjectTree, takes_keys_in_ascending_and_descending_order) {
  ObjectTree up;
  ObjectTree down;
  Map map;
  for (int i = 0; i < 20'000; ++i) {
    const std::string key = "key-" + std::to_string(1'000'000 + i);
    up.put(key, numbered(i));
    map[key] = up.find(key);
  }
  for (auto entry = map.rbegin(); entry != map.rend(); ++entry) down.put(entry->first, entry->second);
  EXPECT_EQ(entries(up), map);
  EXPECT_EQ(entries(down), map);
}

TEST(ObjectTree, scans_from_a_key_and_stops_when_told) {
  ObjectTree tree;
  Map map;
  for (std::uint64_t i = 0; i < 3'000; ++i) {
    tree.put(key_for(i), numbered(1));
    map[key_for(i)] = tree.find(key_for(i));
  }
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    const std::string from = key_for(random() % 4'000);
    auto expected = map.lower_bound(from);
    std::size_t seen = 0;
    tree.scan(from, [&](std::string_view key, const ObjectPtr& value) {
      EXPECT_EQ(key, expected->first);
      EXPECT_EQ(value, expected->second);
      ++expected;
      return ++seen < 20;
    });
    EXPECT_TRUE(seen == 20 || expected == map.end());
  }
  std::size_t in_prefix = 0;
  tree.scan_prefix("tasks/default/web-1", [&](std::string_view key, const ObjectPtr&) {
    EXPECT_TRUE(key.starts_with("tasks/default/web-1"));
    ++in_prefix;
    return true;
  });
  std::size_t expected_in_prefix = 0;
  for (const auto& [key, value] : map) expected_in_prefix += key.starts_with("tasks/default/web-1") ? 1 : 0;
  EXPECT_EQ(in_prefix, expected_in_prefix);
}

TEST(ObjectTree, a_scan_goes_on_over_the_old_entries_when_the_callback_edits) {
  ObjectTree tree;
  for (int i = 0; i < 500; ++i) tree.put(std::to_string(1'000 + i), numbered(i));
  int seen = 0;
  tree.scan("", [&](std::string_view key, const ObjectPtr& value) {
    EXPECT_EQ(value->metadata.resource_version, seen);
    ++seen;
    tree.erase(std::string(key));
    tree.put("0" + std::string(key), value);
    return true;
  });
  EXPECT_EQ(seen, 500);
  EXPECT_EQ(tree.size(), 500U);
}

TEST(ObjectTree, a_finder_answers_as_find_does) {
  ObjectTree tree;
  for (std::uint64_t i = 0; i < 5'000; ++i) tree.put(key_for(i * 2), numbered(static_cast<std::int64_t>(i)));
  std::mt19937_64 random(3);
  ObjectTree::Finder finder(tree);
  for (int i = 0; i < 20'000; ++i) {
    const std::string key = i % 2 == 0 ? key_for(static_cast<std::uint64_t>(i)) : key_for(random() % 12'000);
    ASSERT_EQ(finder.find(key), tree.find(key)) << key;
  }
}

// Readers walk copies while one thread edits its own: for the thread sanitizer.
TEST(ObjectTree, copies_are_read_while_one_is_edited) {
  ObjectTree edited;
  for (int i = 0; i < 2'000; ++i) edited.put("key-" + std::to_string(i), numbered(0));
  std::mutex mutex;
  ObjectTree published = edited;
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  std::atomic<int> rounds = 0;
  for (int r = 0; r < 2; ++r) {
    readers.emplace_back([&] {
      while (!done) {
        ObjectTree copy;
        {
          const std::lock_guard lock(mutex);
          copy = published;
        }
        std::int64_t number = -1;
        std::size_t count = 0;
        copy.scan("", [&](std::string_view, const ObjectPtr& value) {
          // Every published tree has one and the same number in all its entries.
          if (number < 0) number = value->metadata.resource_version;
          EXPECT_EQ(number, value->metadata.resource_version);
          ++count;
          return true;
        });
        EXPECT_EQ(count, 2'000U);
        ++rounds;
      }
    });
  }
  for (int generation = 1; generation <= 20 || rounds < 4; ++generation) {
    for (int i = 0; i < 2'000; ++i) edited.put("key-" + std::to_string(i), numbered(generation));
    const ObjectTree old = [&] {
      const std::lock_guard lock(mutex);
      return std::exchange(published, edited);
    }();
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace muster
