// The table of kinds: every row is whole, and every name leads to its row only.
#include "api/types/kinds.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "api/base/text.h"
#include "api/schema/describe.h"
#include "api/types/builtin.h"
#include "api/types/cluster.h"
#include "api/types/configuration.h"
#include "api/types/names.h"
#include "api/types/rbac.h"
#include "api/types/service.h"
#include "api/types/task_run.h"

namespace muster {
namespace {

TEST(Kinds, RowsAreWhole) {
  ASSERT_EQ(all_kinds().size(), 19U);
  std::size_t index = 0;
  for (const Kind& kind : all_kinds()) {
    SCOPED_TRACE(kind.kind);
    EXPECT_EQ(kind.index, index++);
    EXPECT_EQ(kind.singular, to_lower(kind.kind));
    EXPECT_FALSE(kind.version.empty());
    EXPECT_NE(kind.check, nullptr);
    EXPECT_NE(kind.defaults, nullptr);
    EXPECT_FALSE(kind.columns.empty());
    EXPECT_EQ(kind.type()->name, kind.kind);
    const auto object = kind.make();
    EXPECT_EQ(object->kind, &kind);
    EXPECT_EQ(kind.copy(*object)->kind, &kind);
    EXPECT_EQ(kind.has_status, kind.type()->find("status") != nullptr);
  }
}

// A view is served under its own name, but nobody can name it where something is stored.
TEST(Kinds, ViewsStandBehindWhatIsStored) {
  ASSERT_GT(served_kinds().size(), all_kinds().size());
  std::set<std::string> seen;
  for (std::size_t i = 0; i < served_kinds().size(); ++i) {
    const Kind& kind = served_kinds()[i];
    EXPECT_EQ(kind.index, i);
    EXPECT_EQ(kind.source != nullptr, i >= all_kinds().size()) << kind.kind;
    EXPECT_EQ(find_resource(kind.group, kind.version, kind.plural), &kind);
    if (kind.source == nullptr) continue;
    seen.emplace(str(kind.plural, " of ", kind.source().plural));
    EXPECT_EQ(kind.source().source, nullptr) << "no view of a view";
    EXPECT_EQ(kind.scope, kind.source().scope) << kind.kind;
    EXPECT_FALSE(kind.has_status);
    EXPECT_EQ(find_kind(kind.plural), nullptr);
    EXPECT_EQ(find_kind(kind.api_version(), kind.kind), nullptr);
    EXPECT_EQ(kind.make()->kind, &kind);
    EXPECT_NE(view_sentence(kind).find(kind.source().resource()), std::string::npos);
  }
  EXPECT_EQ(seen, (std::set<std::string>{"endpointslices of tasks", "nodes of containerinstances", "pods of tasks"}));
}

TEST(Kinds, WhereTheyLive) {
  const std::set<std::string_view> cluster_wide = {"Cluster",     "ContainerInstance",  "Namespace",
                                                   "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"};
  for (const Kind& kind : all_kinds()) {
    EXPECT_EQ(kind.scope == Scope::cluster, cluster_wide.contains(kind.kind)) << kind.kind;
  }
  EXPECT_EQ(kind_of<Service>().api_version(), "muster.dev/v1beta1");
  EXPECT_EQ(kind_of<Service>().resource(), "services.muster.dev");
  EXPECT_TRUE(kind_of<Service>().has_scale);
  EXPECT_EQ(kind_of<Namespace>().api_version(), "v1");
  EXPECT_EQ(kind_of<Namespace>().resource(), "namespaces");
  EXPECT_EQ(kind_of<Lease>().api_version(), "coordination.k8s.io/v1");
}

TEST(Kinds, FindsByEveryWord) {
  std::map<std::string, const Kind*> words;
  for (const Kind& kind : all_kinds()) {
    std::vector<std::string_view> names = {kind.plural, kind.singular};
    names.insert(names.end(), kind.short_names.begin(), kind.short_names.end());
    for (const std::string_view name : names) {
      const auto [found, fresh] = words.emplace(name, &kind);
      EXPECT_TRUE(fresh || found->second == &kind) << name << " names two kinds";
      EXPECT_EQ(find_kind(name), &kind) << name;
    }
    EXPECT_EQ(find_kind(kind.kind), &kind);
    EXPECT_EQ(find_kind(kind.api_version(), kind.kind), &kind);
    EXPECT_EQ(find_resource(kind.group, kind.version, kind.plural), &kind);
  }
  EXPECT_EQ(find_kind("cm"), &kind_of<ConfigMap>());
  EXPECT_EQ(find_kind("sa"), &kind_of<ServiceAccount>());
  EXPECT_EQ(find_kind("rolebindings.rbac.authorization.k8s.io"), &kind_of<RoleBinding>());
  EXPECT_EQ(find_kind("SVC"), &kind_of<Service>());
  EXPECT_EQ(find_kind("services.muster.dev"), &kind_of<Service>());
  EXPECT_EQ(find_kind("services.v1beta1.muster.dev"), &kind_of<Service>());
  for (const std::string_view word : {"", "pods", "services.", "services.example.com", ".", "s"}) {
    EXPECT_EQ(find_kind(word), nullptr) << word;
  }
  EXPECT_EQ(find_kind("v1", "Service"), nullptr);
  EXPECT_EQ(find_kind("muster.dev/v1beta1", "service"), nullptr);
  EXPECT_EQ(find_resource("", "v1beta1", "services"), nullptr);
}

TEST(Kinds, AsSeesOnlyItsOwn) {
  const ObjectPtr service = share(make<Service>());
  EXPECT_NE(as<Service>(service), nullptr);
  EXPECT_EQ(as<Task>(service), nullptr);
  EXPECT_EQ(as<Task>(static_cast<const Object*>(nullptr)), nullptr);
}

// Every field and type a user can see is explained, and no description speaks of a key that is not there.
void check_docs(const Type& type, std::set<const Type*>& seen) {
  if (!seen.insert(&type).second) return;
  switch (type.shape) {
    case Shape::optional:
    case Shape::list:
    case Shape::map: return check_docs(*type.element(), seen);
    case Shape::enumeration: EXPECT_GT(type.doc.size(), 10U) << type.name; return;
    case Shape::object: break;
    case Shape::boolean:
    case Shape::integer:
    case Shape::string:
    case Shape::time:
    case Shape::duration:
    case Shape::raw: return;
  }
  EXPECT_GT(type.doc.size(), 10U) << type.name;
  for (const Field& field : type.fields) {
    const std::string at = str(type.name, '.', field.name);
    EXPECT_GT(field.doc.size(), 4U) << at;
    EXPECT_EQ(field.doc.substr(field.doc.size() - 1), ".") << at;
    const Type& inner = *field.type();
    for (const std::string_view key : field.list_keys) {
      ASSERT_EQ(inner.shape, Shape::list) << at;
      EXPECT_NE(inner.element()->find(key), nullptr) << at;
    }
    check_docs(inner, seen);
  }
}

TEST(Kinds, EveryFieldIsExplained) {
  std::set<const Type*> seen;
  for (const Kind& kind : served_kinds()) check_docs(*kind.type(), seen);
  EXPECT_GT(seen.size(), 60U);
}

TEST(Kinds, NamesOfEcs) {
  EXPECT_EQ(name_of(LastStatus::deprovisioning), "DEPROVISIONING");
  EXPECT_EQ(name_of(LastStatus::stopped), "STOPPED");
  EXPECT_EQ(name_of(StopCode::none), "");
  EXPECT_EQ(name_of(StopCode::task_failed_to_start), "TaskFailedToStart");
  EXPECT_EQ(name_of(StopCode::termination_notice), "TerminationNotice");
  EXPECT_EQ(name_of(ConstraintType::distinct_instance), "distinctInstance");
  EXPECT_EQ(name_of(StrategyType::binpack), "binpack");
  EXPECT_EQ(name_of(SchedulingStrategy::daemon), "DAEMON");
  EXPECT_EQ(name_of(DeploymentStatus::inactive), "INACTIVE");
  EXPECT_EQ(name_of(RolloutState::in_progress), "IN_PROGRESS");
  EXPECT_EQ(name_of(DependencyCondition::healthy), "HEALTHY");
  EXPECT_EQ(name_of(NetworkMode::none), "none");
  EXPECT_EQ(name_of(Connection::lost), "Lost");
  EXPECT_EQ(name_of(Connection::returning), "Returning");
  EXPECT_EQ(name_of(TaintEffect::no_execute), "NoExecute");
  EXPECT_EQ(name_of(InstanceState::draining), "DRAINING");
  EXPECT_EQ(name_of(HealthStatus::unhealthy), "UNHEALTHY");
}

}  // namespace
}  // namespace muster
