// The walk over structs against the plain comparison of documents: objects of every kind, made and changed at random,
// must give the same sets to the byte.
#include "api/apply/changes.h"

#include <gtest/gtest.h>

#include <random>

#include "api/apply/agreement.h"
#include "api/apply/managers.h"
#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/schema/raw.h"
#include "api/types/builtin.h"
#include "api/types/service.h"
#include "api/types/task_definition.h"
#include "tests/api/apply/document_changes.h"

namespace muster::apply {
namespace {

// Values of any description. Few different ones, so that keys repeat and values meet their defaults.
class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}

  bool chance(unsigned one_in) { return random_() % one_in == 0; }
  std::size_t below(std::size_t end) { return random_() % end; }

  // Changes some of the fields of what is there; `density` in 100 of them.
  void change(const Type& type, void* value, std::size_t density) {
    switch (type.shape) {
      case Shape::boolean: *static_cast<bool*>(value) = chance(2); return;
      case Shape::integer: return type.store(value, pick<std::int64_t>({0, 1, 2, 80, type.highest}));
      case Shape::string: *static_cast<std::string*>(value) = word(); return;
      case Shape::time:
        // With fractions, which some fields are written without.
        *static_cast<Time*>(value) = Time{} + std::chrono::milliseconds(pick<int>({0, 1'000, 1'500, 1'700}));
        return;
      case Shape::duration: *static_cast<Duration*>(value) = std::chrono::seconds(below(3) * 60); return;
      case Shape::enumeration: return type.store(value, static_cast<std::int64_t>(below(type.enumerators.size())));
      case Shape::raw:
        static_cast<Raw*>(value)->json =
            pick<const char*>({"", "null", "{}", R"({"a":1,"b":2})", R"({"b":2,"a":1})", R"([1])", R"("x")"});
        return;
      case Shape::optional:
        if (chance(3)) return type.reset(value);
        return change(*type.element(), type.has(value) ? type.inside(value) : type.emplace(value), density);
      case Shape::list: return change_list(type, value, density);
      case Shape::map: return change_map(type, value, density);
      case Shape::object:
        for (const Field& field : type.fields) {
          if (field.get != nullptr && below(100) < density) change(*field.type(), field.get(value), density);
        }
        return;
    }
  }

 private:
  template <class T>
  T pick(std::initializer_list<T> choices) {
    return choices.begin()[below(choices.size())];
  }
  std::string word() {
    return pick<const char*>(
        {"", "web", "app", "tcp", "udp", "a \"b\" \\ c", "two\nlines", "a rather long value of many letters"});
  }
  void change_list(const Type& type, void* value, std::size_t density) {
    const std::size_t count = type.count(value);
    for (std::size_t i = 0; i < count; ++i) {
      if (below(100) < density) change(*type.element(), type.item(value, i), density);
    }
    if (count > 4 || chance(5)) return type.reset(value);
    for (std::size_t more = below(3); more > 0; --more) change(*type.element(), type.append(value), density);
  }
  void change_map(const Type& type, void* value, std::size_t density) {
    if (type.count(value) > 4 || chance(5)) return type.reset(value);
    for (std::size_t more = below(4); more > 0; --more) {
      change(*type.element(), type.insert(value, pick<const char*>({"a", "b", "c.d/e", "Z", "\"", ""})), density);
    }
  }

  std::mt19937 random_;
};

Node document_of(const Object& object) {
  Node document = object_node(object);
  if (Node* metadata = document.find("metadata")) metadata->erase("managedFields");
  return document;
}

void expect_same(const Object* before, const Object& after) {
  const Kind& kind = *after.kind;
  const Node one = before != nullptr ? document_of(*before) : Node::map();
  const Node other = document_of(after);
  for (const std::string_view subresource : {"", "status", "scale"}) {
    SCOPED_TRACE(str(kind.kind, " ", subresource, "\n", write_json(one), "\n", write_json(other)));
    const Changes fast = changes_between(before, after, subresource);
    const Changes slow = document_changes(kind, one, other, subresource);
    ASSERT_EQ(write_fields(fast.written), write_fields(slow.written));
    ASSERT_EQ(write_fields(fast.removed), write_fields(slow.removed));
    ASSERT_EQ(fast.written, slow.written);
    ASSERT_EQ(fast.removed, slow.removed);
  }
}

TEST(Changes, AreThoseOfTheDocumentsForAnyObjectOfAnyKind) {
  std::size_t repeated = 0;
  for (const Kind& kind : all_kinds()) {
    for (unsigned seed = 0; seed < 150; ++seed) {
      SCOPED_TRACE(str("seed ", seed));
      Dice dice(seed);
      std::shared_ptr<Object> object = kind.make();
      dice.change(*kind.type(), kind.fields(*object), 70);
      expect_same(nullptr, *object);
      for (int step = 0; step < 4; ++step) {
        std::shared_ptr<Object> next = kind.copy(*object);
        dice.change(*kind.type(), kind.fields(*next), dice.chance(2) ? 20 : 60);
        expect_same(object.get(), *next);
        if (HasFatalFailure()) return;
        if (changes_between(object.get(), *next, "").none()) ++repeated;
        object = std::move(next);
      }
      expect_same(object.get(), *object);
      EXPECT_TRUE(changes_between(object.get(), *object, "").none());
    }
  }
  EXPECT_GT(repeated, 0U);
}

TEST(Changes, OfACreateAreAllThatTheObjectSaysButItsIdentity) {
  auto definition = make<TaskDefinition>();
  definition.metadata.name = "web";
  definition.metadata.labels["app"] = "web";
  definition.metadata.uid = "1";
  auto& container = definition.spec.container_definitions.emplace_back();
  container.name = "app";
  container.port_mappings.emplace_back().container_port = 80;
  const Changes changes = changes_between(nullptr, definition, "");
  EXPECT_TRUE(changes.removed.empty());
  EXPECT_EQ(write_fields(changes.written),
            R"({"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{".":{},"f:containerDefinitions":{".":{},)"
            R"("k:{\"name\":\"app\"}":{".":{},"f:cpu":{},"f:essential":{},"f:name":{},"f:portMappings":{".":{},)"
            R"("k:{\"containerPort\":80,\"protocol\":\"tcp\"}":{".":{},"f:containerPort":{},"f:protocol":{}}}}},)"
            R"("f:networkMode":{}}})");
}

// A part of what the object says, or something near it.
Node excerpt(Dice& dice, const Node& value) {
  Node part = value;
  if (part.is_map()) {
    std::erase_if(part.members, [&](const auto&) { return dice.chance(4); });
    for (auto& [name, member] : part.members) member = excerpt(dice, member);
  } else if (part.is_list()) {
    std::erase_if(part.items, [&](const Node&) { return dice.chance(6); });
    for (Node& item : part.items) item = excerpt(dice, item);
  } else if (dice.chance(60)) {
    part = dice.chance(2) ? Node{} : Node::of(std::string("web"));
  }
  return part;
}

TEST(Agreement, MeansThatMergingChangesNothing) {
  std::size_t agreed = 0;
  std::size_t missed = 0;
  for (const Kind& kind : all_kinds()) {
    for (unsigned seed = 0; seed < 400; ++seed) {
      Dice dice(seed);
      std::shared_ptr<Object> object = kind.make();
      dice.change(*kind.type(), kind.fields(*object), 40);
      object->metadata.managed_fields.clear();
      Node live = document_of(*object);
      live.erase("apiVersion");
      live.erase("kind");
      const Node configuration = excerpt(dice, live);
      if (!applied_fields(kind, configuration, "").ok()) continue;
      const bool same = write_json(merge(*kind.type(), live, configuration)) == write_json(live);
      if (says_the_same(*object, configuration)) {
        ++agreed;
        ASSERT_TRUE(same) << write_json(live) << '\n' << write_json(configuration);
      } else if (same) {
        ++missed;
      }
    }
  }
  EXPECT_GT(agreed, 100U);
  EXPECT_LT(missed, agreed / 4) << "it may miss some, but the plain ones it must find";
}

}  // namespace
}  // namespace muster::apply
