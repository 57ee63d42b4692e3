// Server-side apply as clients see it: the golden cases of Kubernetes' merge, manager by manager, and properties that
// hold for any sequence of applies.
#include "api/apply/managers.h"

#include <gtest/gtest.h>

#include <random>

#include "api/apply/merge.h"
#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/types/service.h"
#include "tests/api/apply/document_changes.h"

namespace muster::apply {
namespace {

Node json(const std::string& text) {
  auto node = parse_json(text);
  EXPECT_TRUE(node.ok()) << text << (node.ok() ? "" : node.error().text());
  return node.ok() ? std::move(node).value() : Node::map();
}

// One object and its managers, as a server keeps them.
class Applied {
 public:
  explicit Applied(const Kind& kind = kind_of<TaskDefinition>()) : kind_(kind) {}

  Status apply(const std::string& manager, const std::string& configuration, Conflicts conflicts = Conflicts::refuse) {
    return apply(manager, json(configuration), conflicts);
  }
  Status apply(const std::string& manager, const Node& configuration, Conflicts conflicts = Conflicts::refuse) {
    Manager applier{manager, Operation::apply, kind_.api_version(), "", tick(), {}};
    TRY(applier.fields, applied_fields(kind_, configuration, ""));
    Node merged = merge_applied(kind_, live_, configuration, managers_, applier);
    const FieldSet excused = manager == "kubectl" ? last_applied_fields(kind_, live_) : FieldSet{};
    TRY(managers_, after_apply(document_changes(kind_, live_, merged, ""), managers_, applier, conflicts, excused));
    live_ = std::move(merged);
    return {};
  }
  void update(const std::string& manager, const std::string& document) {
    const Manager writer{manager, Operation::update, kind_.api_version(), "", tick(), {}};
    Node object = json(document);
    managers_ = after_update(document_changes(kind_, live_, object, ""), managers_, writer);
    live_ = std::move(object);
  }
  std::string spec() const {
    const Node* spec = live_.find("spec");
    return spec == nullptr ? "" : write_json(*spec);
  }
  std::string live() const { return write_json(live_); }
  const Node& document() const { return live_; }
  const Managers& managers() const { return managers_; }
  std::string fields(const std::string& manager, Operation operation = Operation::apply) const {
    for (const Manager& candidate : managers_) {
      if (candidate.name == manager && candidate.operation == operation) return write_fields(candidate.fields);
    }
    return "";
  }

 private:
  Time tick() { return now_ += std::chrono::seconds(1); }

  const Kind& kind_;
  Node live_ = Node::map();
  Managers managers_;
  Time now_ = Time(std::chrono::seconds(1'800'000'000));
};

#define EXPECT_APPLIED(expression)                                                                  \
  do {                                                                                              \
    const Status applied_status = (expression);                                                     \
    EXPECT_TRUE(applied_status.ok()) << (applied_status.ok() ? "" : applied_status.error().text()); \
  } while (false)

std::string service(const std::string& spec) {
  return str(R"({"apiVersion":"muster.dev/v1beta1","kind":"Service","metadata":{"name":"web"},"spec":)", spec, "}");
}

TEST(Apply, OwnsTheLeavesButNotTheStructsAroundThem) {
  Applied object(kind_of<Service>());
  EXPECT_APPLIED(object.apply("a", service(R"({"desiredCount":2,"deploymentConfiguration":{"maximumPercent":150}})")));
  EXPECT_EQ(object.fields("a"),
            R"({"f:spec":{"f:deploymentConfiguration":{"f:maximumPercent":{}},"f:desiredCount":{}}})");
}

TEST(Apply, OwnsAnEmptyStructItself) {
  Applied object(kind_of<Service>());
  EXPECT_APPLIED(object.apply("a", service(R"({"deploymentConfiguration":{}})")));
  EXPECT_EQ(object.fields("a"), R"({"f:spec":{"f:deploymentConfiguration":{}}})");
}

TEST(Apply, FillsKeyDefaultsIntoTheElement) {
  Applied object;
  EXPECT_APPLIED(
      object.apply("a", R"({"spec":{"containerDefinitions":[{"name":"app","portMappings":[{"containerPort":80}]}]}})"));
  EXPECT_EQ(object.fields("a"),
            R"({"f:spec":{"f:containerDefinitions":{"k:{\"name\":\"app\"}":{".":{},"f:name":{},"f:portMappings":)"
            R"({"k:{\"containerPort\":80,\"protocol\":\"tcp\"}":{".":{},"f:containerPort":{}}}}}}})");
}

TEST(Apply, ConflictsOnAnothersValueAndSaysWhose) {
  Applied object(kind_of<Service>());
  EXPECT_APPLIED(object.apply("a", service(R"({"desiredCount":2})")));
  const Status refused = object.apply("b", service(R"({"desiredCount":3})"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::conflict);
  EXPECT_EQ(refused.error().message, R"(Apply failed with 1 conflict: conflict with "a": .spec.desiredCount)");
  ASSERT_EQ(refused.error().causes.size(), 1U);
  EXPECT_EQ(refused.error().causes[0].field, ".spec.desiredCount");
  EXPECT_EQ(refused.error().causes[0].reason, "FieldManagerConflict");
  EXPECT_EQ(object.spec(), R"({"desiredCount":2})");
}

TEST(Apply, NamesVersionAndTimeOfAnUpdater) {
  Applied object(kind_of<Service>());
  object.update("editor", service(R"({"desiredCount":2,"taskDefinition":"web"})"));
  const Status refused = object.apply("b", service(R"({"desiredCount":3,"taskDefinition":"api"})"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message,
            "Apply failed with 2 conflicts: conflicts with \"editor\" using muster.dev/v1beta1 at "
            "2027-01-15T08:00:01Z:\n- .spec.desiredCount\n- .spec.taskDefinition");
}

TEST(Apply, SameValueIsSharedNotFoughtOver) {
  Applied object(kind_of<Service>());
  EXPECT_APPLIED(object.apply("a", service(R"({"desiredCount":2})")));
  EXPECT_APPLIED(object.apply("b", service(R"({"desiredCount":2})")));
  EXPECT_EQ(object.fields("a"), object.fields("b"));
  // A co-owner that drops the field leaves it; the last one takes it away.
  EXPECT_APPLIED(object.apply("a", service("{}")));
  EXPECT_EQ(object.spec(), R"({"desiredCount":2})");
  EXPECT_APPLIED(object.apply("b", service(R"({"taskDefinition":"web"})")));
  EXPECT_EQ(object.spec(), R"({"taskDefinition":"web"})");
}

TEST(Apply, ForceTakesTheFieldFromTheLoser) {
  Applied object(kind_of<Service>());
  EXPECT_APPLIED(object.apply("a", service(R"({"desiredCount":2,"taskDefinition":"web"})")));
  EXPECT_APPLIED(object.apply("b", service(R"({"desiredCount":3})"), Conflicts::force));
  EXPECT_EQ(object.fields("a"), R"({"f:spec":{"f:taskDefinition":{}}})");
  // The loser may leave it out without effect.
  EXPECT_APPLIED(object.apply("a", service(R"({"taskDefinition":"web"})")));
  EXPECT_EQ(object.spec(), R"({"desiredCount":3,"taskDefinition":"web"})");
}

TEST(Apply, SetsUniteAndLastOwnerRemoves) {
  Applied object;
  EXPECT_APPLIED(object.apply("a", R"({"metadata":{"finalizers":["x/a","x/c"]}})"));
  EXPECT_APPLIED(object.apply("b", R"({"metadata":{"finalizers":["x/b","x/c"]}})"));
  EXPECT_EQ(object.live(), R"({"metadata":{"finalizers":["x/a","x/c","x/b"]}})");
  EXPECT_APPLIED(object.apply("a", R"({"metadata":{"finalizers":[]}})"));
  EXPECT_EQ(object.live(), R"({"metadata":{"finalizers":["x/c","x/b"]}})");
}

TEST(Apply, AtomicListsConflictAsAWhole) {
  Applied object;
  EXPECT_APPLIED(object.apply("a", R"({"spec":{"containerDefinitions":[{"name":"app","command":["a","b"]}]}})"));
  const Status refused = object.apply("b", R"({"spec":{"containerDefinitions":[{"name":"app","command":["c"]}]}})");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().causes[0].field, R"(.spec.containerDefinitions[name="app"].command)");
}

TEST(Apply, ListItemsOfTwoManagersComeAndGoAlone) {
  Applied object;
  EXPECT_APPLIED(object.apply("a", R"({"spec":{"containerDefinitions":[{"name":"app","image":"x"}]}})"));
  EXPECT_APPLIED(object.apply("b", R"({"spec":{"containerDefinitions":[{"name":"side","image":"y"}]}})"));
  EXPECT_EQ(object.spec(), R"({"containerDefinitions":[{"name":"app","image":"x"},{"name":"side","image":"y"}]})");
  EXPECT_APPLIED(object.apply("a", R"({"spec":{"networkMode":"host"}})"));
  EXPECT_EQ(object.spec(), R"({"containerDefinitions":[{"name":"side","image":"y"}],"networkMode":"host"})");
}

TEST(Apply, AnItemStaysForAnotherOwnerOfOneOfItsFields) {
  Applied object;
  EXPECT_APPLIED(object.apply("a", R"({"spec":{"containerDefinitions":[{"name":"app","image":"x"}]}})"));
  object.update("sizer", R"({"spec":{"containerDefinitions":[{"name":"app","image":"x","cpu":5}]}})");
  EXPECT_APPLIED(object.apply("a", R"({"spec":{"networkMode":"host"}})"));
  EXPECT_EQ(object.spec(), R"({"containerDefinitions":[{"name":"app","cpu":5}],"networkMode":"host"})");
}

TEST(Apply, UnownedFieldsOfARemovedItemGoWithIt) {
  Applied object;
  EXPECT_APPLIED(object.apply("a", R"({"spec":{"containerDefinitions":[{"name":"app","image":"x"}]}})"));
  // What a default filled in belongs to nobody.
  Node live = json(R"({"spec":{"containerDefinitions":[{"name":"app","image":"x","essential":true}]}})");
  Manager applier{"a", Operation::apply, "muster.dev/v1beta1", "", {}, {}};
  const Node configuration = json(R"({"spec":{"networkMode":"host"}})");
  auto fields = applied_fields(kind_of<TaskDefinition>(), configuration, "");
  ASSERT_TRUE(fields.ok());
  applier.fields = std::move(fields).value();
  const Node merged = merge_applied(kind_of<TaskDefinition>(), live, configuration, object.managers(), applier);
  EXPECT_EQ(write_json(merged), R"({"spec":{"networkMode":"host"}})");
}

TEST(Apply, UpdateOwnsTheContainersItMakes) {
  Applied object;
  object.update("editor", R"({"metadata":{"labels":{"a":"1"}},"spec":{"family":"web"}})");
  EXPECT_EQ(object.fields("editor", Operation::update),
            R"({"f:metadata":{"f:labels":{".":{},"f:a":{}}},"f:spec":{".":{},"f:family":{}}})");
}

TEST(Apply, UpdateThatRemovesAFieldTakesItFromAppliers) {
  Applied object(kind_of<Service>());
  EXPECT_APPLIED(object.apply("a", service(R"({"desiredCount":2,"taskDefinition":"web"})")));
  object.update("editor", service(R"({"taskDefinition":"web"})"));
  EXPECT_EQ(object.fields("a"), R"({"f:spec":{"f:taskDefinition":{}}})");
  EXPECT_APPLIED(object.apply("a", service(R"({"desiredCount":2,"taskDefinition":"web"})")));
  EXPECT_EQ(object.spec(), R"({"taskDefinition":"web","desiredCount":2})");
}

TEST(Apply, ExplicitNullIsOwned) {
  Applied object(kind_of<Service>());
  EXPECT_APPLIED(object.apply("a", service(R"({"desiredCount":null})")));
  EXPECT_EQ(object.fields("a"), R"({"f:spec":{"f:desiredCount":{}}})");
}

TEST(Apply, SayingTheSameAgainKeepsTheTime) {
  Applied object(kind_of<Service>());
  EXPECT_APPLIED(object.apply("a", service(R"({"desiredCount":2})")));
  const Managers before = object.managers();
  EXPECT_APPLIED(object.apply("a", service(R"({"desiredCount":2})")));
  EXPECT_EQ(object.managers(), before);
  EXPECT_APPLIED(object.apply("b", service(R"({"desiredCount":2})")));
  ASSERT_EQ(object.managers().size(), 2U);
  EXPECT_FALSE(is_set(object.managers()[1].time));
}

TEST(Apply, RefusesWhatDoesNotFitTheDescription) {
  Applied object;
  const auto message = [&](const std::string& configuration) {
    const Status refused = object.apply("a", configuration);
    EXPECT_FALSE(refused.ok()) << configuration;
    return refused.ok() ? "" : refused.error().message;
  };
  EXPECT_EQ(message(R"({"spec":{"bogus":1}})"), ".spec.bogus: field not declared in schema");
  EXPECT_EQ(message(R"({"spec":{"containerDefinitions":[{"image":"x"}]}})"),
            ".spec.containerDefinitions: associative list with keys has an element that omits key field \"name\"");
  EXPECT_EQ(message(R"({"spec":{"containerDefinitions":[{"name":"a"},{"name":"a"}]}})"),
            ".spec.containerDefinitions: duplicate entries for key [name=\"a\"]");
  EXPECT_EQ(message(R"({"metadata":{"managedFields":[]}})"), "metadata.managedFields must be nil");
}

TEST(Apply, KubectlTakesOverWhatItAppliedClientSide) {
  Applied object(kind_of<Service>());
  const std::string annotation =
      R"({\"apiVersion\":\"muster.dev/v1beta1\",\"kind\":\"Service\",\"spec\":{\"desiredCount\":2}})";
  object.update("kubectl-client-side-apply",
                str(R"({"metadata":{"name":"web","annotations":{"kubectl.kubernetes.io/last-applied-configuration":")",
                    annotation, R"("}},"spec":{"desiredCount":2}})"));
  EXPECT_APPLIED(object.apply("kubectl", service(R"({"desiredCount":3})")));
  EXPECT_EQ(object.document().find("spec")->find("desiredCount")->integer, 3);
}

TEST(Apply, KubectlDoesNotTakeOverWhatSomebodyChangedSince) {
  Applied object(kind_of<Service>());
  const std::string annotation = R"({\"spec\":{\"desiredCount\":2}})";
  object.update("editor",
                str(R"({"metadata":{"name":"web","annotations":{"kubectl.kubernetes.io/last-applied-configuration":")",
                    annotation, R"("}},"spec":{"desiredCount":7}})"));
  EXPECT_FALSE(object.apply("kubectl", service(R"({"desiredCount":3})")).ok());
}

TEST(Managers, ReadWhatTheyWrite) {
  Applied object(kind_of<Service>());
  EXPECT_APPLIED(object.apply("a", service(R"({"desiredCount":2})")));
  object.update("editor", service(R"({"desiredCount":2,"taskDefinition":"web"})"));
  const auto entries = write_managers(object.managers());
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].operation, "Apply");
  EXPECT_EQ(entries[1].operation, "Update");
  const auto managers = read_managers(entries);
  ASSERT_TRUE(managers.ok());
  EXPECT_EQ(*managers, object.managers());
}

TEST(Managers, RefuseBrokenEntries) {
  const ManagedFieldsEntry good{"a", "Apply", "muster.dev/v1beta1", {}, "FieldsV1", Raw{"{}"}, ""};
  const auto refused = [&](auto change) {
    ManagedFieldsEntry entry = good;
    change(entry);
    const auto managers = read_managers({entry});
    return managers.ok() ? std::string() : managers.error().causes.front().field;
  };
  EXPECT_EQ(refused([](auto& entry) { entry.operation = "Merge"; }), "metadata.managedFields[0].operation");
  EXPECT_EQ(refused([](auto& entry) { entry.fields_type = "FieldsV2"; }), "metadata.managedFields[0].fieldsType");
  EXPECT_EQ(refused([](auto& entry) { entry.fields_v1.json = "{\"x\":{}}"; }), "metadata.managedFields[0].fieldsV1");
}

TEST(Managers, JoinTheOldestUpdateEntriesBeyondTen) {
  Applied object;
  std::string labels;
  for (int i = 0; i < 14; ++i) {
    labels += str(labels.empty() ? "" : ",", "\"l", i, "\":\"x\"");
    object.update(str("m", i), str(R"({"metadata":{"labels":{)", labels, "}}}"));
  }
  const auto entries = write_managers(object.managers());
  ASSERT_EQ(entries.size(), 10U);
  EXPECT_EQ(entries.front().manager, "ancient-changes");
  for (int i = 0; i < 5; ++i) EXPECT_NE(entries.front().fields_v1.json.find(str("f:l", i)), std::string::npos) << i;
  EXPECT_EQ(entries[1].manager, "m5");
}

// Random configurations over fields of every layout.
class Configurations {
 public:
  explicit Configurations(unsigned seed) : random_(seed) {}
  Node next() {
    Node spec = Node::map();
    if (chance()) spec.at("family") = Node::of(word());
    if (chance()) spec.at("networkMode") = Node::of(std::string(chance() ? "host" : "bridge"));
    if (chance()) spec.at("containerDefinitions") = containers();
    Node metadata = Node::map();
    metadata.at("name") = Node::of(std::string("x"));
    if (chance()) {
      metadata.at("labels") = Node::map();
      for (const char* name : {"a", "b", "c"}) {
        if (chance()) metadata.at("labels").at(name) = Node::of(word());
      }
    }
    if (chance()) {
      metadata.at("finalizers") = Node::list();
      for (const char* name : {"x/a", "x/b"}) {
        if (chance()) metadata.at("finalizers").items.push_back(Node::of(std::string(name)));
      }
    }
    Node document = Node::map();
    document.at("metadata") = std::move(metadata);
    document.at("spec") = std::move(spec);
    return document;
  }
  std::string manager() { return std::string(1, static_cast<char>('p' + random_() % 3)); }
  bool chance() { return random_() % 2 == 0; }

 private:
  std::string word() { return std::string(1, static_cast<char>('a' + random_() % 3)); }
  Node containers() {
    Node list = Node::list();
    for (const char* name : {"app", "side"}) {
      if (!chance()) continue;
      Node container = Node::map();
      container.at("name") = Node::of(std::string(name));
      if (chance()) container.at("image") = Node::of(word());
      if (chance()) container.at("cpu") = Node::of(static_cast<std::int64_t>(random_() % 3));
      if (chance()) {
        container.at("command") = Node::list();
        container.at("command").items.push_back(Node::of(word()));
      }
      list.items.push_back(std::move(container));
    }
    return list;
  }
  std::mt19937 random_;
};

TEST(ApplyProperties, HoldForAnySequence) {
  const Kind& kind = kind_of<TaskDefinition>();
  for (unsigned seed = 0; seed < 300; ++seed) {
    Configurations configurations(seed);
    Applied object;
    for (int step = 0; step < 12; ++step) {
      SCOPED_TRACE(str("seed ", seed, " step ", step));
      const Node configuration = configurations.next();
      const std::string name = configurations.manager();
      const Applied before = object;
      const bool force = configurations.chance();
      const Status done = object.apply(name, configuration, force ? Conflicts::force : Conflicts::refuse);
      if (!done.ok()) {
        ASSERT_FALSE(force) << done.error().text();
        ASSERT_EQ(object.live(), before.live()) << "a refused apply changes nothing";
        continue;
      }
      // What was applied is there.
      const Node again = merge(*kind.type(), object.document(), configuration);
      ASSERT_TRUE(equal(again, object.document())) << write_json(configuration) << '\n' << object.live();
      // Applying the same again changes neither the object nor its managers.
      Applied twice = object;
      ASSERT_TRUE(twice.apply(name, configuration).ok());
      ASSERT_TRUE(equal(twice.document(), object.document()));
      ASSERT_EQ(twice.managers(), object.managers());
      // Nothing that another manager still owns was pruned: it is owned by value, so it must be found.
      const Comparison all = compare(*kind.type(), Node::map(), object.document());
      for (const Manager& manager : object.managers()) {
        if (manager.name == name) continue;
        FieldSet missing = subtract(manager.fields, all.added);
        // Empty lists and maps that were owned as such may have gone with the last of their parts.
        each_member(missing, [&](const std::string& path) {
          ADD_FAILURE() << manager.name << " owns " << path << " of " << object.live();
        });
      }
    }
  }
}

TEST(ApplyProperties, ConflictsAreSymmetric) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    Configurations configurations(seed);
    const Node one = configurations.next();
    const Node other = configurations.next();
    const auto conflict = [](const Node& first, const Node& second) {
      Applied object;
      EXPECT_TRUE(object.apply("p", first).ok());
      return !object.apply("q", second).ok();
    };
    EXPECT_EQ(conflict(one, other), conflict(other, one)) << write_json(one) << '\n' << write_json(other);
  }
}

}  // namespace
}  // namespace muster::apply
